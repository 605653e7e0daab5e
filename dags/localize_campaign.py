"""
### Localize one campaign

Reads a manifest of image edits, makes every image in every target locale, checks each one, asks for
approval and publishes what was approved as one immutable release.

| task | what it does |
|---|---|
| `load_manifest` | reads the manifest and plans the jobs; a wrong row becomes a `failed` result |
| `edit_images` | one mapped task per image (per shard of 20 to 50 beyond 64 images): edit, check, try again |
| `quality_gate` | gathers the results, writes the report, stops a run that went wrong as a whole |
| `review` | asks a person once, under *Required actions*, if the parameter `approval` says so |
| `publish` | publishes exactly what the recorded decisions name, and moves the pointer last |
| `report` | writes the report again, with decisions and release |

Everything lives in the workspace; only small records travel between tasks. Running it again with the same
input edits nothing and publishes nothing new. Edits run in the pool `image_edit`.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Param, TriggerRule

from localizer.engines.registry import engine_names
from operators.edit import POOL, EditImagesOperator
from operators.gate import QualityGateOperator
from operators.manifest import LoadManifestOperator
from operators.publish import PublishReleaseOperator
from operators.report import ReportOperator
from operators.retries import RETRY_DEFAULTS
from operators.review import ReviewOperator

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "examples" / "campaign"
WORKSPACE = os.environ.get("LOCALIZER_WORKSPACE", str(ROOT / "out" / "workspace"))
PUBLISH = os.environ.get("LOCALIZER_PUBLISH", str(ROOT / "out" / "published"))

# The form offers these; the API takes any BCP 47 tag.
# fmt: off
LOCALES = [
    "en", "zh-Hans", "zh-Hant", "ja", "ko", "vi", "th", "id", "ms", "ar", "hi", "ru", "uk", "de", "fr", "es",
    "it", "pt", "pt-BR", "nl", "pl", "tr", "cs", "sv", "da", "nb", "fi", "hu", "ro",
]
# fmt: on

# A relative path would mean another folder on every worker.
LOCATION = r"^(gs://[a-z0-9][a-z0-9._-]+(/.*)?|file:///.+|/.+)$"

params = {
    "manifest": Param(
        str(SAMPLE / "manifest.csv"),
        type="string",
        pattern=LOCATION,
        title="Manifest",
        description="CSV, TSV, JSON Lines, Parquet or a JSON campaign document: absolute path or gs://",
        examples=[str(SAMPLE / "manifest.csv"), "gs://bucket/campaigns/618/manifest.csv"],
        section="Input",
    ),
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
        enum=list(engine_names()),
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
        str(SAMPLE / "brand.yaml"),
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
        description="Approved copy for translate_text; empty: as the document says, or copy_deck.csv beside",
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

with DAG(
    "localize_campaign",
    schedule=None,
    catchup=False,
    max_active_runs=4,
    default_args={"owner": "localization", **RETRY_DEFAULTS},
    params=params,
    # So that lists, booleans and empty values stay what they are on their way through templates.
    render_template_as_native_obj=True,
    tags=["localization", "images"],
    doc_md=__doc__,
):
    place = {"workspace": "{{ params.workspace }}", "gcp_conn_id": "{{ params.gcp_conn_id }}"}
    engine = {
        "engine": "{{ params.engine }}",
        "engine_conn_id": "{{ params.engine_conn_id }}",
        "engine_parameters": "{{ params.engine_parameters }}",
    }
    load = LoadManifestOperator(
        task_id="load_manifest",
        manifest="{{ params.manifest }}",
        image_root="{{ params.image_root }}",
        locales="{{ params.locales }}",
        copy_deck="{{ params.copy_deck }}",
        brand="{{ params.brand }}",
        plan_only="{{ params.dry_run }}",
        **engine,
        **place,
    )
    edit = EditImagesOperator.partial(
        task_id="edit_images",
        pool=POOL,
        map_index_template="{{ asset }}",
        execution_timeout=timedelta(hours=2),  # a hung native call must not hold a slot for ever
        **engine,
        **place,
    ).expand(shard=load.output)
    gate = QualityGateOperator(
        task_id="quality_gate",
        shards=load.output,
        plan_only="{{ params.dry_run }}",
        # Judge what there is, also when the task of one image died, or when no row was good.
        trigger_rule=TriggerRule.ALL_DONE,
        **place,
    )
    review = ReviewOperator(task_id="review", approval="{{ params.approval }}", **place)
    publish = PublishReleaseOperator(
        task_id="publish",
        publish_uri="{{ params.publish_uri }}",
        campaign="{{ params.campaign }}",
        **place,
    )
    report = ReportOperator(task_id="report", published=publish.output, **place)

    edit >> gate >> review >> publish >> report
