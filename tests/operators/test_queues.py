"""Queue and pool by engine, and that Airflow finds the policy."""

from __future__ import annotations

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from operators import queues


def routed(
    conf: dict[str, Any] | None, task_id: str = "edit_images", dag_id: str = "localize_campaign"
) -> tuple[str, str]:
    task: Any = SimpleNamespace(dag_id=dag_id, task_id=task_id, queue="usual", pool="usual_pool")
    run: Any = None if conf is None else SimpleNamespace(conf=conf)
    queues.task_instance_mutation_hook(task, run)
    return task.queue, task.pool


def test_a_model_in_the_process_goes_to_the_gpu_and_nothing_else_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCALIZER_EDIT_QUEUE", "cpu")
    monkeypatch.setenv("LOCALIZER_GPU_QUEUE", "gpu")
    monkeypatch.setenv("LOCALIZER_GPU_POOL", "image_edit_gpu")
    assert routed({"engine": "qwen"}) == ("gpu", "image_edit_gpu")
    assert routed({"engine": "typeset"}) == ("cpu", "image_edit")
    assert routed({"engine": "openai"}) == ("cpu", "image_edit")
    assert routed({}) == routed(None) == ("usual", "usual_pool")
    assert routed({"engine": "qwen"}, task_id="publish") == ("usual", "usual_pool")
    assert routed({"engine": "qwen"}, "redo", "redo_image") == ("gpu", "image_edit_gpu")
    assert routed({"engine": None}, "redo", "redo_image") == ("usual", "usual_pool")
    assert routed({"engine": "qwen"}, "redo") == ("usual", "usual_pool")


def test_a_pod_of_its_own_where_there_are_no_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALIZER_GPU_POD_TEMPLATE", "/gpu-pod.yaml")
    task: Any = SimpleNamespace(dag_id="localize_catalog", task_id="edit_images", executor_config={})
    run: Any = SimpleNamespace(conf={"engine": "typeset"})
    queues.task_instance_mutation_hook(task, run)
    assert task.executor_config == {}
    run.conf["engine"] = "qwen"
    queues.task_instance_mutation_hook(task, run)
    assert task.executor_config == {"pod_template_file": "/gpu-pod.yaml"}


def test_without_a_gpu_queue_everything_goes_where_edits_go(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOCALIZER_EDIT_QUEUE", "LOCALIZER_GPU_QUEUE", "LOCALIZER_GPU_POOL"):
        monkeypatch.delenv(name, raising=False)
    assert routed({"engine": "qwen"}) == ("default", "image_edit")


def test_copy_is_prepared_where_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCALIZER_EDIT_QUEUE", "cpu")
    assert queues.copy_place() == {"queue": "cpu"}
    monkeypatch.setenv("LOCALIZER_COPY_QUEUE", "gpu")
    monkeypatch.setenv("LOCALIZER_COPY_POOL", "translation")
    monkeypatch.setenv("LOCALIZER_COPY_POD_TEMPLATE", "/gpu-pod.yaml")
    assert queues.copy_place() == {
        "queue": "gpu",
        "pool": "translation",
        "executor_config": {"pod_template_file": "/gpu-pod.yaml"},
    }


def test_airflow_finds_the_policy() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert list(project["entry-points"]["airflow.policy"].values()) == [queues.__name__]
    hook: Any = queues.task_instance_mutation_hook
    assert hook.__dict__, "pluggy finds only what is marked"
