"""Every DAG imports quickly, alone, and says who owns it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DAG_FILES = sorted((PROJECT / "dags").rglob("*.py"))
HEAVY = [
    "torch", "transformers", "cv2", "google.cloud", "pandas", "scipy", "onnxruntime", "rapidocr",
    "skia", "PIL", "numpy", "lxml", "translate", "opencc",
    "localizer.copydeck", "localizer.extraction", "localizer.translation",
]  # fmt: skip

_IMPORT = """
import json, sys, time
import airflow, airflow.sdk, airflow.sdk.bases.operator, airflow.sdk.definitions.dag, jinja2
import airflow.providers.standard.operators.hitl
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
started = time.process_time()
namespace = __import__(sys.argv[2])
seconds = time.process_time() - started
print(json.dumps({"seconds": seconds, "heavy": [m for m in sys.argv[3:] if m in set(sys.modules) - before]}))
"""


def test_there_are_dags() -> None:
    assert [p.stem for p in DAG_FILES] == [
        "campaign_errors",
        "campaigns",
        "evict_results",
        "localize_campaign",
        "localize_catalog",
        "prune_releases",
        "redo_image",
        "rollback_release",
        "rush_job",
        "verify_release",
    ]


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_imports_in_under_a_second_and_nothing_heavy(path: Path) -> None:
    runs = []
    for _ in range(2):  # the first may have to compile
        command = [sys.executable, "-c", _IMPORT, str(path.parent), path.stem, *HEAVY]
        runs.append(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert runs[-1]["heavy"] == []
    assert runs[-1]["seconds"] < 1.0


@pytest.fixture(scope="module")
def dags(airflow_db: None) -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags"))
    assert bag.import_errors == {}
    return dict(bag.dags)


def test_every_dag_says_what_it_is(dags: dict[str, Any]) -> None:
    for dag in dags.values():
        assert dag.tags, dag.dag_id
        assert dag.doc_md, dag.dag_id
        for task in dag.tasks:
            assert task.owner not in {"", "airflow"}, task.task_id
            assert 1 <= task.retries <= 2, task.task_id


@pytest.mark.parametrize(
    "dag_id",
    [
        "localize_campaign",
        "localize_catalog",
        "prune_releases",
        "rollback_release",
        "rush_job",
        "verify_release",
    ],
)
def test_every_parameter_explains_itself_and_has_a_default_that_is_valid(
    dags: dict[str, Any], dag_id: str
) -> None:
    params = dags[dag_id].params
    if dag_id != "rollback_release":  # which campaign, and why, only a person can say
        params.validate()
    for name in params:
        param = params.get_param(name)
        # The form shows a plain description in place of the Markdown one.
        assert bool(param.description) != bool(param.schema.get("description_md")), name
        assert param.schema.get("title"), name


@pytest.mark.parametrize("dag_id", ["localize_campaign", "localize_catalog", "rush_job", "campaign_rush"])
def test_few_fields_stand_first_and_no_section_is_torn(dags: dict[str, Any], dag_id: str) -> None:
    params = dags[dag_id].params
    sections = [params.get_param(name).schema.get("section", "") for name in params]
    runs = [section for section, _ in itertools.groupby(sections)]
    assert runs == list(dict.fromkeys(sections))  # the form gathers a section where its first field stands
    assert runs[0] == ""
    assert sections.count("") <= 6
    first = {name for name in params if not params.get_param(name).schema.get("section")}
    assert {"approval", "dry_run", "locales"} <= first


def test_only_what_a_run_cannot_do_without_is_required(dags: dict[str, Any]) -> None:
    def required(dag_id: str) -> set[str]:
        params = dags[dag_id].params
        return {name for name in params if "null" not in params.get_param(name).schema["type"]}

    usual = {"approval", "engine", "publish_uri", "workspace"}
    assert required("localize_campaign") == usual | {"manifest"}
    assert required("localize_catalog") == usual
    assert required("rush_job") == usual


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("manifest", "manifest.csv"),
        ("manifest", "ftp://host/manifest.csv"),
        ("publish_uri", "s3://bucket/x"),
        ("workspace", "../elsewhere"),
        ("engine", "photoshop"),
        ("approval", "sometimes"),
        ("locales", "ja"),
        ("dry_run", "perhaps"),
    ],
)
def test_a_wrong_parameter_is_refused_before_anything_runs(
    dags: dict[str, Any], name: str, value: object
) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    params = dags["localize_campaign"].params
    with pytest.raises(ParamValidationError, match=name):
        params[name] = value


def test_edits_run_in_their_pool_and_retry_only_what_is_worth_it(dags: dict[str, Any]) -> None:
    from localizer.errors import (
        ConfigurationError,
        EngineError,
        EngineUnavailable,
        ManifestError,
        StorageUnavailable,
    )
    from operators.retries import RETRY_POLICY

    for name in ("localize_campaign", "localize_catalog"):
        edit = dags[name].get_task("edit_images")
        assert edit.pool == "image_edit"
        assert edit.map_index_template == "{{ asset }}"

    def action(error: Exception) -> str:
        return str(RETRY_POLICY.evaluate(error, try_number=1, max_tries=2).action.value)

    assert [action(e("x")) for e in (EngineUnavailable, StorageUnavailable)] == ["retry", "retry"]
    assert [action(e("x")) for e in (ManifestError, ConfigurationError, EngineError)] == ["fail"] * 3
    assert action(ConnectionResetError()) == "default"


def test_operators_are_ours_after_plugins_are_loaded(airflow_db: None) -> None:
    from airflow import plugins_manager

    plugins_manager.get_plugin_info()
    import operators

    assert Path(operators.__file__).parent == PROJECT / "operators"
