"""Campaigns as files: what is localized, how, for whom and when."""

from localizer.campaigns.loading import campaign_files, load_campaign, tenant_named
from localizer.campaigns.model import Campaign, Cron, Engine, Provenance, Schedule, ToFestival, is_template

__all__ = [
    "Campaign",
    "Cron",
    "Engine",
    "Provenance",
    "Schedule",
    "ToFestival",
    "campaign_files",
    "is_template",
    "load_campaign",
    "tenant_named",
]
