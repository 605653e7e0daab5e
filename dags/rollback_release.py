"""
### Take a release back

Makes an earlier release of a campaign current again. Only the pointer moves: no image is written or removed,
and it can be undone in the same way.

1. Trigger it with the campaign and why, or from the review page of the run that published it; without a
   release it goes to the one before. *Take back* names the release that is to go: if another is current by
   then, nothing happens.
2. `propose` works out from which release to which, and how many images of each locale change.
3. `confirm` asks for a yes under *Required actions*, with that table. A no moves nothing.
4. `roll_back` verifies the release and moves the pointer, unless somebody moved it since the table was made:
   then it refuses, and you look again.

The move stands in `<campaign>/history/` with the person's name, and readers of the asset alias
`localizer_releases` learn of it. A run that would publish the very release that was taken back is refused,
and so is one with images of it that only a policy approves: a person has to say that they were right.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import Param

from localizer.notices import Event
from localizer.tenants.roles import RELEASE
from operators.form import google_connection
from operators.notices import RunNotices
from operators.pipeline import CAMPAIGN_PRIORITY, default_args
from operators.publish import ROLLBACK_DAG
from operators.release_params import CAMPAIGN, TARGET, release_id
from operators.releases import ConfirmRollbackOperator, ProposeRollbackOperator, RollBackOperator
from operators.tenant_dags import tenant_dag, tenants_here
from operators.tenants import dag_id_of

params = {
    "campaign": Param(**{**CAMPAIGN, "minLength": 1, "description": "Folder it is published under"}),
    "release_id": Param(
        "",
        **release_id("Go back to", empty="the one before the current one"),
        section="Release",
    ),
    "leaving": Param(
        "",
        **release_id("Take back", empty="whichever is current"),
        section="Release",
    ),
    "reason": Param(
        type="string",
        minLength=3,
        title="Why",
        description="Kept in the history, and shown to whoever confirms",
        section="Release",
        examples=["wrong price in Japan"],
    ),
    "publish_uri": TARGET,
    "gcp_conn_id": google_connection(),
}

failed = RunNotices.of_installation().notifiers(Event.FAILED)

for tenant in tenants_here(__file__):
    with tenant_dag(
        tenant,
        dag_id_of(ROLLBACK_DAG, tenant),
        by=RELEASE,
        schedule=None,
        catchup=False,
        # A way out of trouble has to work when it is needed.
        is_paused_upon_creation=False,
        default_args=default_args(CAMPAIGN_PRIORITY),
        params=params,
        on_failure_callback=failed or None,
        render_template_as_native_obj=True,
        tags=["localization", "release"],
        doc_md=__doc__,
    ):
        place: dict[str, Any] = {
            "publish_uri": "{{ params.publish_uri }}",
            "gcp_conn_id": "{{ params.gcp_conn_id }}",
        }
        # As a literal: JSON would halve emoji, and then no task could be given it.
        reason = "{{ '%r' | format(params.reason) }}"
        propose = ProposeRollbackOperator(
            task_id="propose",
            # As JSON: native templates would take 2026_06 for a number.
            campaign="{{ params.campaign | tojson }}",
            release_id="{{ params.release_id | tojson }}",
            leaving="{{ params.leaving | tojson }}",
            **place,
        )
        proposal: Any = propose.output
        confirm = ConfirmRollbackOperator(
            task_id="confirm", proposal=proposal, reason=reason, response_timeout=timedelta(hours=12)
        )
        confirmation: Any = confirm.output
        RollBackOperator(
            task_id="roll_back", proposal=proposal, confirmation=confirmation, reason=reason, **place
        )
