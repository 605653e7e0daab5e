"""Festivals by region: when they are, and how long before them a campaign starts."""

from localizer.festivals.calendars import FIRST_YEAR, LAST_YEAR
from localizer.festivals.catalog import FESTIVALS, festival_named
from localizer.festivals.leads import Lead, Window, parse_lead, zone_named
from localizer.festivals.model import Certainty, Festival, Occurrence, custom_festival
from localizer.festivals.occurrences import in_year, occurrences, upcoming
from localizer.festivals.regions import REGIONS, Region, region_named

__all__ = [
    "FESTIVALS",
    "FIRST_YEAR",
    "LAST_YEAR",
    "REGIONS",
    "Certainty",
    "Festival",
    "Lead",
    "Occurrence",
    "Region",
    "Window",
    "custom_festival",
    "festival_named",
    "in_year",
    "occurrences",
    "parse_lead",
    "region_named",
    "upcoming",
    "zone_named",
]
