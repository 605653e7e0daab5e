"""
### Do one image of a run again

With other copy, by another engine, or both. Usually the review page triggers it, for an image that the reviewer
does not want as it is. Only that image is edited and checked; what is known already costs nothing. The new image
takes the place of the old one in the run, whose results and report are written again. The plan of the run stays
what it was; who asked for what, and why, is kept in its `amendments.jsonl`.

**The new image is not approved**, whatever was decided on the old one. If the run waits for its review, it is part
of that. If it was reviewed already, clear its task `review` with all downstream tasks: it asks again.

| parameter | |
|---|---|
| `dag_id`, `run_id` | the DAG run whose image it is |
| `run_name` | its name in the workspace; empty: `<dag_id>__<run_id>` |
| `item` | `{"asset_id": "poster-01", "locale": "ja", "job": ""}`; with the key of the image that was looked at as `job`, an image that was done again since stays as it is |
| `replacements` | for each edit of the image the text to set, or null where it stays; empty: all copy stays |
| `engine` | empty: the run's, with its parameters and connection; one that needs a GPU is found by its queue only if it is named here |
| `engine_conn_id` | of another engine that calls a service; empty: `localizer_<engine>` |

New copy is for this image of this run. The log says what to add to the copy deck, so that the next run has it too.
"""  # noqa: E501 (a table row is one line)

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param

from localizer.engines.registry import engine_names
from localizer.tenants.roles import REVIEW
from operators.form import LOCATION, WORKSPACE, further_engines, google_connection
from operators.pipeline import REDO_PRIORITY, default_args
from operators.queues import REDO_DAG, REDO_TASK, edit_pool, edit_queue
from operators.redo import RedoImageOperator
from operators.tenant_dags import tenant_dag, tenants_here
from operators.tenants import dag_id_of

params = {
    "dag_id": Param(
        None,
        type="string",
        title="DAG",
        description="Whose run it is",
        examples=["localize_campaign"],
        section="Image",
    ),
    "run_id": Param(None, type="string", title="Run ID", description="Of that DAG", section="Image"),
    "run_name": Param(
        None,
        type=["string", "null"],
        title="Name in the workspace",
        description="Empty: DAG and run ID, with two underscores between",
        section="Image",
    ),
    "item": Param(
        None,
        type="object",
        properties={
            "asset_id": {"type": "string", "minLength": 1},
            "locale": {"type": "string", "minLength": 2},
            "job": {"type": ["string", "null"]},
        },
        required=["asset_id", "locale"],
        additionalProperties=False,
        title="Image",
        description='{"asset_id": "poster-01", "locale": "ja"}, as "job" the key of the image that was seen',
        section="Image",
    ),
    "replacements": Param(
        None,
        type=["array", "null"],
        items={"type": ["string", "null"]},
        title="New copy",
        description='For each edit of the image, in order: the text to set, or null: ["新品上市", null]',
        section="Change",
    ),
    "engine": Param(
        None,
        type=["string", "null"],
        enum=[None, *engine_names(), *further_engines()],
        title="Engine",
        description="Empty: the run's",
        section="Change",
    ),
    "engine_conn_id": Param(
        None,
        type=["string", "null"],
        title="Engine connection",
        description="Of another engine that calls a service; empty: localizer_<engine>",
        section="Change",
    ),
    "engine_parameters": Param(
        {},
        type=["object", "null"],
        title="Engine parameters",
        description="Empty: the run's, if the engine is; never a key",
        section="Change",
    ),
    "comment": Param(
        "",
        type=["string", "null"],
        maxLength=2000,
        title="Why",
        description="Kept in the record, and shown in the report",
        section="Change",
    ),
    "workspace": Param(
        WORKSPACE,
        type="string",
        pattern=LOCATION,
        title="Workspace",
        description="Of that run: absolute path or gs://",
        section="Storage",
    ),
    "gcp_conn_id": google_connection(),
}

for tenant in tenants_here(__file__):
    with tenant_dag(
        tenant,
        dag_id_of(REDO_DAG, tenant),
        by=REVIEW,
        schedule=None,
        catchup=False,
        max_active_runs=8,
        is_paused_upon_creation=False,  # the review page counts on it
        default_args=default_args(REDO_PRIORITY),
        params=params,
        render_template_as_native_obj=True,
        tags=["localization", "images", "review"],
        doc_md=__doc__,
    ):
        RedoImageOperator(
            task_id=REDO_TASK,
            workspace="{{ params.workspace }}",
            gcp_conn_id="{{ params.gcp_conn_id }}",
            # Native templates read text as a Python literal, so it is written as one: no name is
            # taken for a number.
            run_name="{{ (params.run_name or params.dag_id ~ '__' ~ params.run_id) | pprint }}",
            item="{{ params.item }}",
            replacements="{{ params.replacements }}",
            engine="{{ params.engine }}",
            engine_conn_id="{{ params.engine_conn_id }}",
            engine_parameters="{{ params.engine_parameters }}",
            comment="{{ (params.comment or '') | pprint }}",
            pool=edit_pool("typeset"),
            queue=edit_queue("typeset"),
            execution_timeout=timedelta(hours=2),
        )
