from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localizer.errors import InputError
from operators.checking import as_bool, target_locales

PROJECT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["ja", " zh-CN "], ["ja", "zh-Hans"]),
        ("ja,ar, ,ja", ["ja", "ar"]),
        (None, []),
        ([], []),
        ("", []),
    ],
)
def test_target_locales_are_normalised_and_named_once(
    given: list[str] | str | None, expected: list[str]
) -> None:
    assert target_locales(given) == expected


def test_every_bad_locale_is_named() -> None:
    with pytest.raises(InputError, match=r"'klingonian-x'.*'12'"):
        target_locales(["ja", "klingonian-x", "12"])


@pytest.mark.parametrize(("given", "expected"), [(True, True), ("False", False), ("true", True), ("", False)])
def test_flags_may_come_as_text(given: bool | str, expected: bool) -> None:
    assert as_bool(given, field="dry_run") is expected


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(InputError, match="dry_run: 'maybe'"):
        as_bool("maybe", field="dry_run")


@pytest.fixture
def loaded(tmp_path: Path, airflow_db: None) -> Any:
    """Runs the first task of the DAG alone; gives its state and the XCom ``plan``."""
    from airflow.dag_processing.dagbag import DagBag
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    def run(manifest: Path, missing_ok: bool | str = False) -> tuple[str, dict[str, Any] | None]:
        whole = DagBag(dag_folder=str(PROJECT / "dags")).dags["localize_campaign"]
        dag = whole.partial_subset("load_manifest", include_upstream=False)
        dag.get_task("load_manifest").missing_ok = missing_ok
        conf = {"manifest": str(manifest), "workspace": str(tmp_path / "workspace"), "brand": None}
        done = dag.test(run_conf=conf)
        (state,) = [str(ti.state) for ti in done.get_task_instances() if ti.task_id == "load_manifest"]
        with create_session() as session:
            query = XComModel.get_many(
                run_id=done.run_id, key="plan", task_ids="load_manifest", dag_ids=dag.dag_id
            )
            found = session.scalars(query).first()
            return state, XComModel.deserialize_value(found) if found else None

    return run


def test_a_manifest_that_does_not_exist_is_skipped_only_where_that_is_allowed(
    loaded: Any, small_campaign: Path
) -> None:
    state, plan = loaded(small_campaign / "none.csv", missing_ok=True)
    assert state == "skipped"
    assert plan is not None
    assert (plan["jobs"], plan["rejected"]) == (0, [])
    assert plan["skipped"].endswith("none.csv: there is no such file")
    assert loaded(small_campaign / "none.csv") == ("failed", None)
    (small_campaign / "dangling.csv").symlink_to("nowhere.csv")
    assert loaded(small_campaign / "dangling.csv", missing_ok=True) == ("failed", None)


def test_the_summary_in_xcom_is_short_and_the_plan_is_in_the_workspace(
    loaded: Any, small_campaign: Path
) -> None:
    manifest = small_campaign / "small.csv"
    rows = "".join(f"x{n},missing.png,en,de,replace_text,OLD,ALT\n" for n in range(100))
    manifest.write_text(manifest.read_text() + rows)
    state, plan = loaded(manifest, missing_ok="True")
    assert state == "success"
    assert plan is not None
    assert (plan["campaign"], plan["jobs"], plan["locales"]) == ("small", 2, {"de": 2})
    assert len(plan["rejected"]) == 20
    assert "skipped" not in plan
    (saved,) = (small_campaign / "workspace" / "runs").glob("*/plan.parquet")
    assert saved.stat().st_size > 0
