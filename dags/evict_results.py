"""
### Keep the result cache within its budget

Once a week, evicts results of the workspace that were not used for longest, until they take no more than the
budget. What an unfinished run, a review or a publish still needs stays, and runs may go on meanwhile: a job
whose result went is simply done again. Published images are not part of it.

Paused until somebody turns it on. Skips where no budget is set: by the environment variable
`LOCALIZER_CACHE_BUDGET` (such as `200GB`) or when it is triggered.
"""

from __future__ import annotations

import os

from airflow.sdk import Param

from localizer.tenants.roles import RELEASE
from operators.cache import EvictResultsOperator
from operators.form import WORKSPACE, google_connection
from operators.retries import RETRY_DEFAULTS
from operators.tenant_dags import tenant_dag, tenants_here
from operators.tenants import dag_id_of

params = {
    "workspace": Param(
        WORKSPACE, type="string", title="Workspace", description="Absolute path or gs://", section="Storage"
    ),
    "budget": Param(
        os.environ.get("LOCALIZER_CACHE_BUDGET", ""),
        type="string",
        title="Budget",
        description="Evict until the results take no more, such as 200GB",
        section="Cache",
    ),
    "older_than": Param(
        "",
        type="string",
        title="Older than",
        description="Evict only what was not used for so long, such as 30d",
        section="Cache",
    ),
    "check_only": Param(
        False,
        type="boolean",
        title="Check only",
        description="Only say in the log what would go",
        section="Cache",
    ),
    "gcp_conn_id": google_connection(),
}

for tenant in tenants_here(__file__):
    with tenant_dag(
        tenant,
        dag_id_of("evict_results", tenant),
        by=RELEASE,
        schedule="0 4 * * 0",
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=True,
        default_args={"owner": "localization", **RETRY_DEFAULTS},
        params=params,
        render_template_as_native_obj=True,
        tags=["localization", "maintenance"],
        doc_md=__doc__,
    ):
        EvictResultsOperator(
            task_id="evict_results",
            workspace="{{ params.workspace }}",
            gcp_conn_id="{{ params.gcp_conn_id }}",
            budget="{{ params.budget }}",
            older_than="{{ params.older_than }}",
            check_only="{{ params.check_only }}",
        )
