"""
### Is what is published still what was approved?

Reads every published image and compares its size, CRC32C and SHA-256 with what `release.json` recorded. Fails
with a table if any is missing, altered, or does not belong there. Writes nothing.

Once a week over the current releases of all campaigns; paused until somebody turns it on. Triggered, it looks
at one campaign, one release, or at all that there are.
"""

from __future__ import annotations

from airflow.sdk import Param

from localizer.notices import Event
from localizer.tenants.roles import RELEASE
from operators.form import google_connection
from operators.notices import RunNotices
from operators.release_params import CAMPAIGN, TARGET, release_id
from operators.releases import VerifyReleasesOperator
from operators.retries import RETRY_DEFAULTS
from operators.tenant_dags import tenant_dag, tenants_here
from operators.tenants import dag_id_of

params = {
    "campaign": Param("", **CAMPAIGN),
    "release": Param(
        "current",
        **release_id("Release", empty="current", words="current|all"),
        section="Release",
        examples=["current", "all"],
    ),
    "publish_uri": TARGET,
    "gcp_conn_id": google_connection(),
}

failed = RunNotices.of_installation().notifiers(Event.FAILED)

for tenant in tenants_here(__file__):
    with tenant_dag(
        tenant,
        dag_id_of("verify_release", tenant),
        by=RELEASE,
        schedule="0 3 * * 6",
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
        VerifyReleasesOperator(
            task_id="verify_release",
            publish_uri="{{ params.publish_uri }}",
            gcp_conn_id="{{ params.gcp_conn_id }}",
            # As JSON: native templates would take 2026_06 for a number.
            campaign="{{ params.campaign | tojson }}",
            release="{{ params.release }}",
        )
