"""The DAGs of campaign files, in Airflow: good ones, broken ones, runs and backfills."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import pendulum
import pytest

PROJECT = Path(__file__).resolve().parents[2]
GOOD = "manifest: manifest.csv\nowners: [Mei, jo@example.com]\n"


@pytest.fixture
def dag_folder(tmp_path: Path, airflow_db: None) -> Path:
    """A DAG folder with the two files that read campaigns, and no campaign yet."""
    folder = tmp_path / "dags"
    (folder / "campaigns").mkdir(parents=True)
    for name in ("campaigns.py", "campaign_errors.py"):
        shutil.copy(PROJECT / "dags" / name, folder)
    return folder


def write(dag_folder: Path, name: str, text: str) -> None:
    (dag_folder / "campaigns" / name).write_text(text, "utf-8")


def parsed(dag_folder: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(dag_folder), bundle_path=dag_folder, bundle_name="campaigns-test")


def stored(dag_folder: Path) -> Any:
    """Parsed, and written to the database as the DAG processor does."""
    from airflow.dag_processing.dagbag import sync_bag_to_db
    from airflow.models.dagbundle import DagBundleModel
    from airflow.utils.session import create_session

    bag = parsed(dag_folder)
    with create_session() as session:
        session.merge(DagBundleModel(name="campaigns-test"))
    sync_bag_to_db(bag, "campaigns-test", None)
    return bag


def test_the_samples_are_dags_with_their_schedules(airflow_db: None) -> None:
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=str(PROJECT / "dags"))
    assert bag.import_errors == {}
    schedules = {
        dag_id: type(dag.timetable).__name__
        for dag_id, dag in bag.dags.items()
        if dag_id.startswith("campaign_")
    }
    assert schedules == {
        "campaign_mid_autumn": "FestivalTimetable",
        "campaign_weekly_offers": "CronTriggerTimetable",
        "campaign_rush": "NullTimetable",
    }
    for dag_id in schedules:
        bag.dags[dag_id].params.validate()
        assert {"localization", "campaign", "sample"} <= set(bag.dags[dag_id].tags)


def test_what_the_file_says_is_in_the_form_and_in_the_tasks(dag_folder: Path) -> None:
    write(
        dag_folder,
        "618.yaml",
        GOOD + "title: The 618\nlocales: [zh-TW]\nengine: {name: openai, connection: edit_server}\n"
        "approval: never\npool: gpu\nqueue: far\nmax_active_runs: 3\ntags: [big]\npublish: {to: gs://bucket/x}\n"
        "provenance: {signing_connection: credentials}\n"
        "copy: {ask: always, translator_connection: drafts}\n",
    )
    dag = parsed(dag_folder).dags["campaign_618"]
    assert dag.dag_display_name == "The 618"
    assert dag.max_active_runs == 3
    assert dag.owner == "Mei, jo@example.com"
    assert dag.owner_links == {"jo@example.com": "mailto:jo@example.com"}
    assert "big" in dag.tags
    values = dag.params.dump()
    assert values["manifest"] == str(dag_folder / "campaigns" / "manifest.csv")
    assert values["locales"] == ["zh-Hant"]
    assert (values["engine"], values["engine_conn_id"]) == ("openai", "edit_server")
    assert (values["approval"], values["publish_uri"], values["campaign"]) == (
        "never",
        "gs://bucket/x",
        "618",
    )
    assert values["c2pa_conn_id"] == "credentials"
    assert (values["copy_approval"], values["translator_conn_id"]) == ("always", "drafts")
    for task_id in ("prepare_copy", "load_manifest", "publish"):
        assert dag.get_task(task_id).c2pa_conn_id == "{{ params.c2pa_conn_id }}"
    edit = dag.get_task("edit_images")
    assert (edit.pool, edit.queue) == ("gpu", "far")
    assert all(task.owner == "Mei, jo@example.com" for task in dag.tasks)


@pytest.mark.parametrize(
    ("given", "published"), [("618", "618"), ("1_0", "1_0"), ("None", "None"), ("x-1", "x-1"), (None, "")]
)
def test_a_campaign_with_the_name_of_a_number_stays_text(
    dag_folder: Path, given: str | None, published: str
) -> None:
    write(dag_folder, "rush.yaml", GOOD)
    task = parsed(dag_folder).dags["campaign_rush"].get_task("publish")
    context = {"params": {"campaign": given}}
    assert task.render_template(task.campaign, context, task.dag.get_template_env()) == published


def test_a_broken_file_is_an_import_error_and_hides_no_other(dag_folder: Path) -> None:
    from airflow.models.dag import DagModel
    from airflow.models.errors import ParseImportError
    from airflow.utils.session import create_session
    from sqlalchemy import select

    write(dag_folder, "good.yaml", GOOD)
    write(dag_folder, "bad.yaml", GOOD + "schedule:\n  festival: mid-autum\n  lead: 14d\n  region: CN\n")
    write(dag_folder, "worse.yaml", "manifest: [\n")
    bag = stored(dag_folder)
    assert set(bag.dags) == {"campaign_good"}
    assert set(bag.import_errors) == {"campaign_errors.py"}
    with create_session() as session:
        shown = session.scalars(
            select(ParseImportError).where(ParseImportError.bundle_name == "campaigns-test")
        ).all()
        model = session.get(DagModel, "campaign_good")
        assert [error.filename for error in shown] == ["campaign_errors.py"]
        assert not model.has_import_errors
        assert not model.is_stale
        said = shown[0].stacktrace
    assert "bad.yaml, line 4, schedule.festival" in said
    assert "did you mean 'mid-autumn'" in said
    assert "worse.yaml, line 2" in said

    # Mended, the error goes.
    write(dag_folder, "bad.yaml", GOOD)
    (dag_folder / "campaigns" / "worse.yaml").unlink()
    assert set(stored(dag_folder).dags) == {"campaign_good", "campaign_bad"}


def test_what_airflow_itself_refuses_is_told_of_that_file_only(dag_folder: Path) -> None:
    write(dag_folder, "good.yaml", GOOD)
    write(dag_folder, "elsewhere.yaml", GOOD + "engine: {name: 'package.module:NotDeployed'}\n")
    write(dag_folder, "twice.yaml", GOOD)
    write(dag_folder, "twice.yml", GOOD)
    bag = parsed(dag_folder)
    assert set(bag.dags) == {"campaign_good", "campaign_twice"}
    (said,) = bag.import_errors.values()
    assert "elsewhere.yaml" in said
    assert "twice.yml: twice.yaml names the same DAG" in said


def test_a_task_about_to_run_reads_its_own_file_only(
    dag_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.definitions.context import _AIRFLOW_PARSING_CONTEXT_DAG_ID as WANTED

    write(dag_folder, "good.yaml", GOOD)
    write(dag_folder, "other.yaml", GOOD)
    write(dag_folder, "bad.yaml", "owners: []\n")
    (dag_folder / "campaign_errors.py").unlink()  # no task comes from there
    monkeypatch.setenv(WANTED, "campaign_good")
    bag = parsed(dag_folder)
    assert (set(bag.dags), bag.import_errors) == ({"campaign_good"}, {})
    monkeypatch.setenv(WANTED, "campaign_bad")
    bag = parsed(dag_folder)
    assert "owners" in bag.import_errors["campaigns.py"]


def test_backfill_of_a_festival_lists_last_years_run(dag_folder: Path) -> None:
    from airflow.cli import cli_parser

    write(dag_folder, "moon.yaml", GOOD + "schedule: {festival: mid-autumn, lead: 14d, region: CN}\n")
    assert stored(dag_folder).import_errors == {}
    command = "backfill create --dag-id campaign_moon --from-date 2025-01-01 --to-date 2025-12-31 --dry-run"
    arguments = cli_parser.get_parser().parse_args(command.split())
    printed = io.StringIO()
    with redirect_stdout(printed):
        arguments.func(arguments)
    rows = [line for line in printed.getvalue().splitlines() if line.startswith("| 20")]
    assert [row.split()[1] for row in rows] == ["2025-09-22"], printed.getvalue()


def test_a_run_takes_the_manifest_of_its_festival_and_publishes_under_its_year(
    dag_folder: Path, small_campaign: Path
) -> None:
    (small_campaign / "2026-09-25").mkdir()
    shutil.move(small_campaign / "small.csv", small_campaign / "2026-09-25" / "manifest.csv")
    write(
        dag_folder,
        "moon.yaml",
        f"""
manifest: {small_campaign}/{{{{ festival_date(dag_run) }}}}/manifest.csv
image_root: {small_campaign}
workspace: {small_campaign}/workspace
publish:
  to: {small_campaign}/published
  as: "{{{{ festival_date(dag_run)[:4] }}}}"
owners: [Mei]
approval: never
schedule: {{festival: mid-autumn, lead: 14d, region: CN}}
""",
    )
    bag = stored(dag_folder)
    assert bag.import_errors == {}
    dag = bag.dags["campaign_moon"]
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    run = dag.test(logical_date=pendulum.datetime(2026, 9, 11, 1))
    assert str(run.state) == "success"
    current = json.loads((small_campaign / "published" / "2026" / "current.json").read_bytes())
    release = small_campaign / "published" / "2026" / "releases" / current["release_id"]
    assert sorted(p.name for p in (release / "de").iterdir()) == ["a.png", "b.png"]
