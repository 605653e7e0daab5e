"""
### Remove releases that nobody needs any more

Of each campaign stay: the current release, the last ones on the way back from it, the newest ones, what was
current or made not long ago, and what is pinned. A release holds all of its images itself, so no other is
needed for it. Beside releases nothing is touched.

**A dry run by default**: the log says what would go. Runs once a week when it is turned on, and removes only
where `LOCALIZER_PRUNE_RELEASES` is `1` or it is triggered so. It may run beside publishers and people who
take releases back: what is being removed stands in `current.json` meanwhile, and nobody can make it current.
"""

from __future__ import annotations

import os

from airflow.sdk import Param

from localizer.notices import Event
from localizer.tenants.roles import RELEASE
from operators.form import google_connection
from operators.notices import RunNotices
from operators.release_params import CAMPAIGN, TARGET
from operators.releases import PruneReleasesOperator
from operators.retries import RETRY_DEFAULTS
from operators.tenant_dags import tenant_dag, tenants_here
from operators.tenants import dag_id_of

params = {
    "campaign": Param("", **CAMPAIGN),
    "keep": Param(
        10,
        type="integer",
        minimum=1,
        title="Keep",
        description="So many of the newest, and so many before the current one",
        section="Release",
    ),
    "keep_for": Param(
        "90d",
        type="string",
        pattern=r"^\d+\s*[hdwHDW]$",
        title="Keep for",
        description="What was current or made so recently stays, such as 90d",
        section="Release",
    ),
    "pinned": Param(
        [],
        type=["array", "null"],
        items={"type": "string", "pattern": "^r-[0-9a-f]{16}$"},
        title="Pinned",
        description="Ids of releases that stay, one a line",
        section="Release",
    ),
    "dry_run": Param(
        os.environ.get("LOCALIZER_PRUNE_RELEASES") != "1",
        type="boolean",
        title="Dry run",
        description="Only say in the log what would go",
        section="Release",
    ),
    "publish_uri": TARGET,
    "gcp_conn_id": google_connection(),
}

failed = RunNotices.of_installation().notifiers(Event.FAILED)

for tenant in tenants_here(__file__):
    with tenant_dag(
        tenant,
        dag_id_of("prune_releases", tenant),
        by=RELEASE,
        schedule="0 5 * * 0",
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        default_args={"owner": "localization", **RETRY_DEFAULTS},
        params=params,
        on_failure_callback=failed or None,
        render_template_as_native_obj=True,
        tags=["localization", "release", "maintenance"],
        doc_md=__doc__,
    ):
        PruneReleasesOperator(
            task_id="prune_releases",
            publish_uri="{{ params.publish_uri }}",
            gcp_conn_id="{{ params.gcp_conn_id }}",
            # As JSON: native templates would take 2026_06 for a number.
            campaign="{{ params.campaign | tojson }}",
            keep="{{ params.keep }}",
            keep_for="{{ params.keep_for | tojson }}",
            pinned="{{ params.pinned }}",
            check_only="{{ params.dry_run }}",
        )
