"""Which campaigns the calendar shows to whom."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

FILES = {
    "seen": "manifest: m.csv\nowners: [Mei]\n",
    "paused": "manifest: m.csv\nowners: [Mei]\n",
    "hidden": "manifest: m.csv\nowners: [Mei]\n",
    "gone": "manifest: m.csv\nowners: [Mei]\n",
    "broken": "manifest: [\n",
}


@pytest.fixture
def installed(tmp_path: Path, airflow_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A DAG folder with campaign files, and their DAGs in the database; one of them went since."""
    from airflow.models.dag import DagModel
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    (tmp_path / "campaigns").mkdir()
    for name, text in FILES.items():
        (tmp_path / "campaigns" / f"{name}.yaml").write_text(text, "utf-8")
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path))
    rows = [
        DagModel(
            dag_id=f"campaign_{name}",
            bundle_name="calendar-test",
            is_stale=name == "gone",
            is_paused=name == "paused",
            timetable_type="x",
        )
        for name in FILES
    ]
    with create_session() as session:
        session.merge(DagBundleModel(name="calendar-test"))
        session.flush()
        session.add_all(rows)
    yield
    with create_session() as session:
        for name in FILES:
            session.delete(session.get(DagModel, f"campaign_{name}"))


def test_a_viewer_sees_the_campaigns_whose_dag_they_may_read(installed: None) -> None:
    from operators.coming import planned_campaigns

    readable = {"campaign_seen", "campaign_paused", "campaign_gone", "campaign_broken", "localize_campaign"}
    planned, broken = planned_campaigns(readable)
    assert {(p.campaign.name, p.link, p.is_paused) for p in planned} == {
        ("seen", "../dags/campaign_seen", False),
        ("paused", "../dags/campaign_paused", True),
    }
    assert broken == 1
    assert planned_campaigns(set()) == ([], 1)


def test_where_there_are_tenants_broken_files_of_others_are_not_told_of(
    installed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from operators import coming

    monkeypatch.setattr(coming, "installed_tenants", dict)
    assert coming.planned_campaigns({"campaign_seen"})[1] == 0
