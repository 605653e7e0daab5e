"""
One DAG for each file of `dags/campaigns/`, `campaign_<file>`, with the tasks of `localize_campaign` and the
file's values in its form. A broken file has no DAG; `campaign_errors.py` shows why among the import errors.
"""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import get_parsing_context
from festival_timetable import FestivalTimetable

from localizer.errors import CampaignError
from operators.campaigns import campaign_dags
from operators.tenant_dags import tenants_here

# A task needs its own DAG only, and nothing else should keep it waiting.
wanted = get_parsing_context().dag_id
dags, faults = campaign_dags(
    Path(__file__).with_suffix(""), FestivalTimetable, tenants=tenants_here(__file__), only=wanted
)
if wanted and faults:
    raise CampaignError("\n".join(faults))
globals().update({dag.dag_id: dag for dag in dags})
