"""The campaigns of the calendar page: those whose DAG a viewer may read."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote

from airflow.models.dag import DagModel
from airflow.sdk.configuration import conf
from airflow.utils.session import create_session
from sqlalchemy import select

from localizer.campaigns import campaign_files, load_campaign
from localizer.errors import CampaignError
from localizer.review.agenda import PlannedCampaign
from localizer.tenants import installed_tenants
from operators.queues import CAMPAIGN_PREFIX

log = logging.getLogger(__name__)


def planned_campaigns(readable: Collection[str]) -> tuple[list[PlannedCampaign], int]:
    """The campaigns with a DAG among those that may be read, and how many files are broken.

    The files are read where Airflow's DAG folder is; an API server without one shows no campaigns. Where
    there are tenants, nobody learns of broken files, which may be another's.
    """
    folder = Path(conf.get("core", "dags_folder")) / "campaigns"
    files = {CAMPAIGN_PREFIX + path.stem: path for path in campaign_files(folder)}
    with create_session(scoped=False) as session:
        rows = session.execute(
            select(DagModel.dag_id, DagModel.is_paused).where(
                DagModel.dag_id.in_(files.keys() & set(readable)), DagModel.is_stale.is_(False)
            )
        ).all()
    paused = {dag_id: bool(is_paused) for dag_id, is_paused in rows}
    planned, broken = [], 0
    for dag_id, path in files.items():
        try:
            campaign = load_campaign(path)
        except CampaignError as error:
            log.info("%s", error)
            broken += 1
            continue
        if dag_id in paused:
            planned.append(PlannedCampaign(campaign, f"../dags/{quote(dag_id, safe='')}", paused[dag_id]))
    return planned, 0 if installed_tenants() is not None else broken
