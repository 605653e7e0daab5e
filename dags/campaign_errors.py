"""
No DAG comes from this file: it fails, and so shows among Airflow's import errors, while a file of
`dags/campaigns/` is broken, and says file, line, field and what to do.

Why a file of its own: an import error of `campaigns.py` would take the good campaigns with it, whose DAGs
come from there; a DAG in place of the broken one would rewrite that campaign's tasks under its running runs.
Without one, Airflow holds them until the file is mended.
"""

from __future__ import annotations

from pathlib import Path

from festival_timetable import FestivalTimetable

from localizer.errors import CampaignError
from operators.campaigns import campaign_dags
from operators.tenant_dags import tenants_here

_, faults = campaign_dags(
    Path(__file__).with_name("campaigns"), FestivalTimetable, tenants=tenants_here(__file__)
)
if faults:
    raise CampaignError("\n" + "\n".join(faults))
