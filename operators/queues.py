"""On which workers copy is prepared and edits run: queue and pool, of edits chosen by the engine of each run.

An Airflow cluster policy, found by the entry point ``airflow.policy``. Edits go to the queue that
``LOCALIZER_EDIT_QUEUE`` names. Where ``LOCALIZER_GPU_QUEUE`` is set, those of a run whose engine is a model
in the task's own process (``qwen``, and those of ``LOCALIZER_GPU_ENGINES``, by commas) go there, and to the
pool that ``LOCALIZER_GPU_POOL`` names, if any, so that what waits for a GPU holds no slot of those that need
none.

Copy is prepared in the queue of those that need no GPU. Where brand kits name a translation model that runs
in the task's own process, ``LOCALIZER_COPY_QUEUE`` sends it to a worker with a GPU, and
``LOCALIZER_COPY_POOL`` keeps such tasks from each other.

Set them for all components. Each queue needs a worker (``airflow celery worker --queues cpu,default``).
KubernetesExecutor has no queues: there, ``LOCALIZER_GPU_POD_TEMPLATE`` names the pod template of runs on a
GPU, and ``LOCALIZER_COPY_POD_TEMPLATE`` that of preparing copy.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from airflow.policies import hookimpl

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

POOL = "image_edit"
"""The pool that `make` and the compose file create."""

GPU_ENGINES = ("qwen", *filter(None, os.environ.get("LOCALIZER_GPU_ENGINES", "").split(",")))
"""Engines that need a GPU in the task's process; the others compute on a CPU or call a server."""

EDIT_TASK = "edit_images"
COPY_TASK = "prepare_copy"
REDO_DAG, REDO_TASK = "redo_image", "redo"
CAMPAIGN_PREFIX = "campaign_"
"""Of the ids of the DAGs that campaign files make."""
_DAGS = ("localize_campaign", "localize_catalog", "rush_job")


def edit_queue(engine: str) -> str:
    """The queue for edits by an engine."""
    if engine in GPU_ENGINES and (queue := os.environ.get("LOCALIZER_GPU_QUEUE")):
        return queue
    return os.environ.get("LOCALIZER_EDIT_QUEUE") or "default"


def edit_pool(engine: str) -> str:
    """The pool for edits by an engine."""
    return (os.environ.get("LOCALIZER_GPU_POOL") if engine in GPU_ENGINES else None) or POOL


def edit_slots(engine: str) -> int | None:
    """How many slots the pool for edits by an engine has, as ``LOCALIZER_EDIT_SLOTS`` (of `POOL`) or
    ``LOCALIZER_GPU_SLOTS`` (of ``LOCALIZER_GPU_POOL``) says: a task cannot ask Airflow. None: nobody says.
    """
    variable = "LOCALIZER_EDIT_SLOTS" if edit_pool(engine) == POOL else "LOCALIZER_GPU_SLOTS"
    text = os.environ.get(variable, "").strip()
    return int(text) if text.isdecimal() and int(text) else None


def edit_pod(engine: str) -> str:
    """The pod template for edits by an engine; empty: the executor's own."""
    return os.environ.get("LOCALIZER_GPU_POD_TEMPLATE", "") if engine in GPU_ENGINES else ""


def copy_place() -> dict[str, Any]:
    """Where copy is prepared, as arguments of its task: which translator a run has, its brand kit says, so it
    is not known when the task is queued."""
    place: dict[str, Any] = {"queue": os.environ.get("LOCALIZER_COPY_QUEUE") or edit_queue("typeset")}
    if pool := os.environ.get("LOCALIZER_COPY_POOL"):
        place["pool"] = pool
    if template := os.environ.get("LOCALIZER_COPY_POD_TEMPLATE"):
        place["executor_config"] = {"pod_template_file": template}
    return place


@hookimpl
def task_instance_mutation_hook(task_instance: TaskInstance, dag_run: DagRun | None) -> None:
    """Called by the scheduler whenever it makes or takes up a task instance."""
    kind = task_instance.dag_id.partition("__")[0]  # a tenant's own has its name after that
    if not _edits(kind, task_instance.task_id):
        return
    conf = (dag_run.conf if dag_run else None) or {}
    # A run that names no engine takes the DAG's default, whose queue and pool the task already has.
    if engine := conf.get("engine"):
        task_instance.queue, task_instance.pool = edit_queue(engine), edit_pool(engine)
        if template := edit_pod(engine):
            task_instance.executor_config = {"pod_template_file": template}


def _edits(kind: str, task_id: str) -> bool:
    if kind == REDO_DAG:
        return task_id == REDO_TASK
    return task_id == EDIT_TASK and (kind in _DAGS or kind.startswith(CAMPAIGN_PREFIX))
