"""The tasks of a run, copy → load → edit → gate → review → publish → report, in one place for all DAGs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import TriggerRule

from localizer.notices import Event
from operators.copy import PrepareCopyOperator
from operators.copy_approval import ApproveCopyOperator
from operators.edit import EditImagesOperator
from operators.gate import QualityGateOperator
from operators.manifest import LoadManifestOperator
from operators.notices import PUBLISH_TASK, RunNotices
from operators.publish import PublishReleaseOperator
from operators.queues import COPY_TASK, EDIT_TASK, copy_place, edit_pool, edit_queue
from operators.report import ReportOperator
from operators.retries import RETRY_DEFAULTS
from operators.review import ReviewOperator

REDO_PRIORITY, CAMPAIGN_PRIORITY, CATALOG_PRIORITY = 1000, 100, 1
"""A slot that becomes free goes to the image that a person waits for, then to a campaign, however long a
catalog waits."""

COPY_APPROVAL = "{{ params.copy_approval or ('never' if params.approval == 'never' else 'drafts') }}"
"""Where nobody is asked about images, nobody is asked about their copy, unless a run says so."""


def default_args(priority: int) -> dict[str, Any]:
    """For a DAG: owner, retries, and the priority of all of its tasks as it stands."""
    return {
        "owner": "localization",
        # Not the sum over what comes after, which would set the load of a catalog above a campaign's report.
        "priority_weight": priority,
        "weight_rule": "absolute",
        **RETRY_DEFAULTS,
    }


def add_tasks(
    *,
    manifest: str = "{{ params.manifest }}",
    image_root: str = "{{ params.image_root }}",
    # As JSON: native templates would take 2026_06 for a number.
    campaign: str = "{{ params.campaign if params.campaign is none else params.campaign | tojson }}",
    usual_engine: str = "typeset",
    missing_ok: bool = False,
    notices: RunNotices | None = None,
    **edit_limits: Any,
) -> PrepareCopyOperator:
    """Put the tasks of a run into the DAG that is being made; returns the first of them.

    Args:
        manifest, image_root, campaign: Jinja templates; of an author of DAGs, never of whoever triggers.
        usual_engine: of a run that names none; decides on the queue.
        missing_ok: a manifest that is not there skips the whole run.
        notices: who is told of what; the DAG must be made with the same.
        edit_limits: further arguments of the edit tasks, such as ``max_active_tis_per_dag``, or another
            ``pool`` or ``queue`` than the engine's.
    """
    place: dict[str, Any] = {
        "workspace": "{{ params.workspace }}",
        "gcp_conn_id": "{{ params.gcp_conn_id }}",
    }
    engine: dict[str, Any] = {
        "engine": "{{ params.engine }}",
        "engine_conn_id": "{{ params.engine_conn_id }}",
        "engine_parameters": "{{ params.engine_parameters }}",
    }
    given: dict[str, Any] = {
        "manifest": manifest,
        "image_root": image_root,
        "locales": "{{ params.locales }}",
        "copy_deck": "{{ params.copy_deck }}",
        "brand": "{{ params.brand }}",
        "plan_only": "{{ params.dry_run }}",
        "missing_ok": missing_ok,
        "publish_uri": "{{ params.publish_uri }}",
        "campaign": campaign,
        "c2pa_conn_id": "{{ params.c2pa_conn_id }}",
        **engine,
        **place,
    }
    notices = notices or RunNotices()
    copy = PrepareCopyOperator(
        task_id=COPY_TASK,
        translator_conn_id="{{ params.translator_conn_id }}",
        execution_timeout=timedelta(hours=12),  # many images to read; a retry goes on after the last of them
        **copy_place(),
        **given,
    )
    approve = ApproveCopyOperator(
        task_id="approve_copy",
        copy_approval=COPY_APPROVAL,
        notifiers=notices.notifiers(Event.COPY_WAITING),
        **place,
    )
    load = LoadManifestOperator(task_id="load_manifest", **given)
    planned: Any = load.output
    edit = EditImagesOperator.partial(
        task_id=EDIT_TASK,
        map_index_template="{{ asset }}",
        execution_timeout=timedelta(hours=2),  # a hung native call must not hold a slot for ever
        **({"pool": edit_pool(usual_engine), "queue": edit_queue(usual_engine)} | edit_limits),
        **engine,
        **place,
    ).expand(shard=planned)
    gate = QualityGateOperator(
        task_id="quality_gate",
        shards=planned,
        plan_only="{{ params.dry_run }}",
        # Judge what there is, also when the task of one image died, or when no row was good.
        trigger_rule=TriggerRule.ALL_DONE,
        **place,
    )
    review = ReviewOperator(
        task_id="review",
        approval="{{ params.approval }}",
        notifiers=notices.notifiers(Event.REVIEW_WAITING),
        **place,
    )
    publish = PublishReleaseOperator(
        task_id=PUBLISH_TASK,
        publish_uri="{{ params.publish_uri }}",
        campaign=campaign,
        on_success_callback=notices.notifiers(Event.PUBLISHED, Event.NOTHING_PUBLISHED),
        c2pa_conn_id="{{ params.c2pa_conn_id }}",
        **place,
    )
    released: Any = publish.output
    report = ReportOperator(task_id="report", published=released, **place)

    copy >> approve >> load
    edit >> gate >> review >> publish >> report
    return copy
