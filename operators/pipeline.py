"""The tasks of a run, load → edit → gate → review → publish → report, in one place for all DAGs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Param, TriggerRule

from localizer.engines.registry import engine_names
from operators.edit import EditImagesOperator
from operators.gate import QualityGateOperator
from operators.manifest import LoadManifestOperator
from operators.publish import PublishReleaseOperator
from operators.queues import EDIT_TASK, edit_pool, edit_queue
from operators.report import ReportOperator
from operators.retries import RETRY_DEFAULTS
from operators.review import ReviewOperator

ROOT = Path(__file__).resolve().parents[1]
WORKSPACE = os.environ.get("LOCALIZER_WORKSPACE", str(ROOT / "out" / "workspace"))
PUBLISH = os.environ.get("LOCALIZER_PUBLISH", str(ROOT / "out" / "published"))

REDO_PRIORITY, CAMPAIGN_PRIORITY, CATALOG_PRIORITY = 1000, 100, 1
"""A slot that becomes free goes to the image that a person waits for, then to a campaign, however long a
catalog waits."""

# The form offers these; the API takes any BCP 47 tag.
# fmt: off
LOCALES = [
    "en", "zh-Hans", "zh-Hant", "ja", "ko", "vi", "th", "id", "ms", "ar", "hi", "ru", "uk", "de", "fr", "es",
    "it", "pt", "pt-BR", "nl", "pl", "tr", "cs", "sv", "da", "nb", "fi", "hu", "ro",
]
# fmt: on

# A relative path would mean another folder on every worker.
LOCATION = r"^(gs://[a-z0-9][a-z0-9._-]+(/.*)?|file:///.+|/.+)$"


def default_args(priority: int) -> dict[str, Any]:
    """For a DAG: owner, retries, and the priority of all of its tasks as it stands."""
    return {
        "owner": "localization",
        # Not the sum over what comes after, which would set the load of a catalog above a campaign's report.
        "priority_weight": priority,
        "weight_rule": "absolute",
        **RETRY_DEFAULTS,
    }


def further_engines() -> list[str]:
    """Engines by import path that whoever deploys lets people choose: ``LOCALIZER_ENGINES``, by commas."""
    return [name.strip() for name in os.environ.get("LOCALIZER_ENGINES", "").split(",") if name.strip()]


def run_params(manifest: Param, *, defaults: Mapping[str, Any] | None = None) -> dict[str, Param]:
    """The trigger form.

    Args:
        manifest: differs from DAG to DAG.
        defaults: in place of the form's own, by parameter.
    """
    params = {
        "manifest": manifest,
        "image_root": Param(
            None,
            type=["string", "null"],
            pattern=LOCATION,
            title="Image root",
            description="Folder that image paths are relative to; empty: the manifest's folder",
            section="Input",
        ),
        "locales": Param(
            [],
            type=["array", "null"],
            items={"type": "string", "minLength": 2},
            title="Target locales",
            description="None chosen: all locales of the manifest",
            examples=LOCALES,
            section="Input",
        ),
        "engine": Param(
            "typeset",
            type="string",
            enum=[*engine_names(), *further_engines()],
            title="Engine",
            description="What makes the images; `typeset` needs no GPU",
            section="Edit",
        ),
        "engine_conn_id": Param(
            None,
            type=["string", "null"],
            title="Engine connection",
            description="Airflow connection of the service that the engine calls (openai, dify, dashscope)",
            examples=["edit_server"],
            section="Edit",
        ),
        "engine_parameters": Param(
            {},
            type=["object", "null"],
            title="Engine parameters",
            description='Keyword arguments of the engine, such as {"model": "/models/Qwen-Image-Edit-2509"}; '
            "never a key",
            section="Edit",
        ),
        "brand": Param(
            None,
            type=["string", "null"],
            title="Brand kit",
            description="Path of a brand.yaml; empty: the one that the campaign document names, else none",
            section="Edit",
        ),
        "copy_deck": Param(
            None,
            type=["string", "null"],
            pattern=LOCATION,
            title="Copy deck",
            description="Approved copy for translate_text; empty: as the document says, or copy_deck.csv "
            "beside",
            section="Input",
        ),
        "approval": Param(
            "always",
            type="string",
            enum=["always", "exceptions_only", "never"],
            values_display={
                "always": "always: a person decides on everything",
                "exceptions_only": "exceptions only: what passed is approved, a person decides on the rest",
                "never": "never: what passed is approved, the rest stays unpublished",
            },
            title="Approval",
            description="When a person is asked",
            section="Publish",
        ),
        "campaign": Param(
            None,
            type=["string", "null"],
            pattern="^[A-Za-z0-9][A-Za-z0-9._-]*$",
            title="Campaign",
            description="Folder to publish under; empty: as the manifest says, else its file name",
            examples=["618-2026"],
            section="Publish",
        ),
        "publish_uri": Param(
            PUBLISH,
            type="string",
            pattern=LOCATION,
            title="Publish to",
            description="Absolute path or gs://bucket/prefix",
            examples=[PUBLISH, "gs://bucket/campaigns"],
            section="Publish",
        ),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Show the plan (log and XCom `plan` of load_manifest); edit and publish nothing",
            section="Publish",
        ),
        "workspace": Param(
            WORKSPACE,
            type="string",
            pattern=LOCATION,
            title="Workspace",
            description="Where sources, candidates and records are kept; every worker must reach it",
            section="Storage",
        ),
        "gcp_conn_id": Param(
            None,
            type=["string", "null"],
            title="Google connection",
            description="Airflow connection for gs://; empty: Application Default Credentials",
            examples=["google_cloud_default"],
            section="Storage",
        ),
    }
    for name, value in (defaults or {}).items():
        old = params[name]
        params[name] = Param(value, description=old.description, **old.schema)
    return params


def add_tasks(
    *,
    manifest: str = "{{ params.manifest }}",
    # As JSON: native templates would take 2026_06 for a number.
    campaign: str = "{{ params.campaign if params.campaign is none else params.campaign | tojson }}",
    usual_engine: str = "typeset",
    missing_ok: bool = False,
    **edit_limits: Any,
) -> None:
    """Put the tasks of a run into the DAG that is being made.

    Args:
        manifest, campaign: Jinja templates; of an author of DAGs, never of whoever triggers a run.
        usual_engine: of a run that names none; decides on the queue.
        missing_ok: a manifest that is not there skips the whole run.
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
    load = LoadManifestOperator(
        task_id="load_manifest",
        manifest=manifest,
        image_root="{{ params.image_root }}",
        locales="{{ params.locales }}",
        copy_deck="{{ params.copy_deck }}",
        brand="{{ params.brand }}",
        plan_only="{{ params.dry_run }}",
        missing_ok=missing_ok,
        **engine,
        **place,
    )
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
    review = ReviewOperator(task_id="review", approval="{{ params.approval }}", **place)
    publish = PublishReleaseOperator(
        task_id="publish", publish_uri="{{ params.publish_uri }}", campaign=campaign, **place
    )
    released: Any = publish.output
    report = ReportOperator(task_id="report", published=released, **place)

    edit >> gate >> review >> publish >> report
