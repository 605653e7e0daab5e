"""The review page inside Airflow's own app, over Airflow's own database. What a scheduler would do is done by
hand: the command line makes a run, and its DAG run is put into the state of one that waits for its review.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image, ImageDraw, ImageFont
from starlette.concurrency import run_in_threadpool
from starlette.testclient import TestClient

from localizer.approval import Seen
from localizer.cli import main
from localizer.runs.run import path_segment
from localizer.workspace import Workspace
from operators.review_access import Answerers

PROJECT = Path(__file__).resolve().parents[2]
DAG, MADE = "localize_campaign", "made"
ROLES = {"mei": "user", "ana": "user", "vera": "viewer", "nell": None}

Browser = Callable[[str], TestClient]


@pytest.fixture(scope="module")
def dags(airflow_db: None) -> Any:
    """The DAGs of the project, in the database as a DAG processor would put them there."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.utils.session import create_session

    bag = DagBag(dag_folder=str(PROJECT / "dags"), bundle_name="dags-folder")
    with create_session() as session:
        DagBundlesManager().sync_bundles_to_db(session=session)
        session.commit()
        sync_bag_to_db(bag, "dags-folder", None, session=session)
    return bag


@pytest.fixture(scope="module")
def app(dags: Any) -> Any:
    from airflow.api_fastapi.app import create_app, purge_cached_app

    yield create_app(apps="core")
    purge_cached_app()


@pytest.fixture
def browser(app: Any, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """A browser in which somebody is signed in."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    monkeypatch.setattr("localizer.review.opened._LOOK_S", 0.0)

    def signed_in(name: str) -> TestClient:
        client = TestClient(
            app, base_url="http://testserver/localizer/", headers={"Sec-Fetch-Site": "same-origin"}
        )
        user = SimpleAuthManagerUser(username=name, role=ROLES[name])
        client.cookies.set("_token", get_auth_manager().generate_jwt(user))
        return client

    return signed_in


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run of two posters and a row that is wrong, made by the real command line."""
    folder = tmp_path_factory.mktemp("edited")
    for name, text in (("a.png", "SALE"), ("b.png", "NEW")):
        image = Image.new("RGB", (480, 320), "white")
        ImageDraw.Draw(image).text((240, 160), text, "black", ImageFont.load_default(64), "mm")
        image.save(folder / name)
    (folder / "small.csv").write_text(
        "asset_id,image,source_locale,locale,action,text,replacement\n"
        "a,a.png,en,de,replace_text,SALE,RABATT\n"
        "b,b.png,en,de,replace_text,NEW,NEU\n"
        "c,missing.png,en,de,replace_text,OLD,ALT\n"
    )
    options = ["--workspace", str(folder / "workspace"), "--run-id", MADE, "--approve", "none"]
    assert main(["run", str(folder / "small.csv"), *options]) == 0
    return folder / "workspace"


class Waiting:
    """A DAG run whose review waits for an answer."""

    def __init__(self, folder: Path, run_id: str, *, conf: dict[str, Any], of: str = DAG) -> None:
        from airflow.models.serialized_dag import SerializedDagModel
        from airflow.utils.session import create_session
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType

        self.where = {"dag_id": of, "run_id": run_id}
        self.workspace = Workspace.open(str(folder / "workspace"))
        self.run = self.workspace.run(f"{of}__{run_id}")
        conf = {"workspace": self.workspace.uri} | conf
        with create_session() as session:
            dag = SerializedDagModel.get_dag(of, session=session)
            assert dag is not None
            dag.create_dagrun(
                run_id=run_id,
                run_after=datetime.now(UTC),
                conf=conf,
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.REST_API,
                triggering_user_name="mei",
                state=DagRunState.RUNNING,
                session=session,
            )

    def edit(self, edited: Path) -> None:
        """What the tasks before the review would do."""
        shutil.copytree(edited, self.workspace.uri, copy_function=shutil.copy2)
        runs = Path(self.workspace.uri, "runs")
        (runs / MADE).rename(runs / path_segment(self.run.run_id))
        self.set_states(load_manifest="success", quality_gate="success")

    def ask(self, *reviewers: str) -> None:
        """What the review task would do: ask, and wait."""
        from airflow.models.hitl import HITLDetail
        from airflow.utils.session import create_session

        self.set_states(review="awaiting_input")
        with create_session() as session:
            detail = HITLDetail(
                ti_id=self.task("review").id,
                options=["Approve", "Reject"],
                subject="Approve?",
                params={},
                assignees=[{"id": name, "name": name} for name in reviewers] or None,
            )
            session.add(detail)

    def set_states(self, **states: str) -> None:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session

        with create_session() as session:
            for task_id, state in states.items():
                task = session.get(TaskInstance, self.task(task_id).id)
                assert task is not None
                task.state = state

    def task(self, task_id: str) -> Any:
        from airflow.models.taskinstance import TaskInstance
        from airflow.utils.session import create_session
        from sqlalchemy import select

        with create_session() as session:
            query = select(TaskInstance).filter_by(**self.where, task_id=task_id)
            task = session.scalars(query).one()
            session.expunge_all()
            return task

    def render(self, task_id: str, **fields: Any) -> None:
        """What a task leaves of its fields as it starts."""
        from airflow.models.renderedtifields import RenderedTaskInstanceFields
        from airflow.utils.session import create_session
        from sqlalchemy import insert

        values = {**self.where, "task_id": task_id, "map_index": -1, "rendered_fields": fields}
        with create_session() as session:
            session.execute(insert(RenderedTaskInstanceFields).values(**values))

    def detail(self) -> Any:
        from airflow.models.hitl import HITLDetail
        from airflow.utils.session import create_session

        with create_session() as session:
            detail = session.get(HITLDetail, self.task("review").id)
            session.expunge_all()
            return detail


@pytest.fixture
def waiting(dags: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Waiting]:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    yield Waiting(tmp_path, f"manual__{request.node.name[:60]}", conf={"brand": None})
    with create_session() as session:
        session.execute(delete(DagRun))


def get(client: TestClient, path: str, where: dict[str, str], **query: Any) -> dict[str, Any]:
    answer = client.get(f"api/{path}", params=where | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def answer(client: TestClient, waiting: Waiting, choice: str = "approve", **more: Any) -> Any:
    version = get(client, "run", waiting.where)["version"]
    return client.post("api/answer", json=waiting.where | {"version": version, "choice": choice} | more)


def test_a_run_is_shown_from_its_first_moment(browser: Browser, waiting: Waiting, edited: Path) -> None:
    """Before any task has left its fields, its parameters say where it is kept."""
    mei = browser("mei")
    run = get(mei, "run", waiting.where)
    assert (run["state"], run["counts"]["total"], run["request"]) == ("planning", 0, None)
    assert run["policy"] == "always"
    waiting.set_states(approve_copy="awaiting_input")
    assert get(mei, "run", waiting.where)["state"] == "copy"
    waiting.set_states(approve_copy="success", load_manifest="success")
    assert get(mei, "run", waiting.where)["state"] == "editing"
    waiting.edit(edited)
    run = get(mei, "run", waiting.where)
    assert (run["state"], run["counts"]["total"]) == ("reviewing", 3)
    runs = get(mei, "runs", {})["runs"]
    [listed] = [run for run in runs if run["run_id"] == waiting.where["run_id"]]
    assert (listed["run_id"], listed["state"], listed["waiting"]) == (
        waiting.where["run_id"],
        "reviewing",
        False,
    )


def test_marks_become_airflow_s_record(browser: Browser, waiting: Waiting, edited: Path) -> None:
    waiting.edit(edited)
    waiting.ask()
    mei, ana = browser("mei"), browser("ana")
    items = {i["asset_id"]: i for i in get(mei, "items", waiting.where)["items"]}
    mark = {"id": items["b"]["id"], "verdict": "rejected", "reason": "too small"}
    version = get(mei, "run", waiting.where)["version"]
    marked = mei.post("api/marks", json=waiting.where | {"version": version, "marks": [mark]})
    assert marked.status_code == 200, marked.text

    assert answer(ana, waiting, comment="fine").status_code == 200
    detail = waiting.detail()
    assert detail.responded_by == {"id": "ana", "name": "ana"}
    assert detail.chosen_options == ["Approve"]
    assert detail.params_input == {
        "also_approve": [],
        "reject_items": ["b · de"],
        "reasons": {"b · de": "too small"},
        "comment": "fine",
        "seen": Seen.of(waiting.run.each_result()),
    }
    task = waiting.task("review")
    assert str(task.state) == "scheduled"  # it goes on with the answer
    assert task.next_kwargs["event"]["chosen_options"] == ["Approve"]
    late = answer(mei, waiting, "reject")
    assert (late.status_code, late.json()["error"]["code"]) == (409, "answered")
    assert audit("update_hitl_detail", waiting.where["run_id"]) == [("ana", "review")]


def audit(event: str, run_id: str | None) -> list[tuple[str, str | None]]:
    """Who did that, to which task, says Airflow's audit log."""
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        query = select(Log.owner, Log.task_id).where(Log.event == event, Log.run_id == run_id)
        return [(str(owner), task) for owner, task in session.execute(query)]


def test_of_two_who_answer_at_once_airflow_takes_one(
    browser: Browser, waiting: Waiting, edited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find the request open; the second comes to Airflow when it no longer is."""
    from operators.review_host import AirflowHost

    waiting.edit(edited)
    waiting.ask()
    mei, ana = browser("mei"), browser("ana")
    original = AirflowHost.answer

    async def overtaken(self: AirflowHost, viewer: Any, *arguments: Any) -> None:
        if viewer.id == "mei":
            first = await run_in_threadpool(answer, ana, waiting, "reject")
            assert first.status_code == 200
        await original(self, viewer, *arguments)

    monkeypatch.setattr(AirflowHost, "answer", overtaken)
    late = answer(mei, waiting)
    assert (late.status_code, late.json()["error"]["code"]) == (409, "answered")
    assert waiting.detail().responded_by["id"] == "ana"


def set_paused(dag_id: str, is_paused: bool) -> None:
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        dag = session.get(DagModel, dag_id)
        assert dag is not None
        dag.is_paused = is_paused


def test_an_image_is_made_anew_by_a_run_in_the_reviewer_s_name(
    browser: Browser, waiting: Waiting, edited: Path
) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    waiting.edit(edited)
    waiting.ask()
    ana = browser("ana")
    items = {i["asset_id"]: i for i in get(ana, "items", waiting.where)["items"]}
    body = waiting.where | {"version": get(ana, "run", waiting.where)["version"], "id": items["a"]["id"]}
    body |= {"copy": ["SCHLUSSVERKAUF"], "comment": "as agreed"}
    set_paused("redo_image", True)
    assert ana.post("api/redo", json=body).json()["error"]["code"] == "no_dag"
    set_paused("redo_image", False)
    assert browser("vera").post("api/redo", json=body).status_code == 403
    triggered = ana.post("api/redo", json=body)
    assert triggered.status_code == 202, triggered.text
    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.dag_id == "redo_image")).one()
        assert run.run_id == triggered.json()["redo_run_id"]
        assert run.triggering_user_name == "ana"
        job = next(r.job for r in waiting.run.each_result() if r.asset_id == "a")
        assert run.conf == {
            **waiting.where,
            "run_name": waiting.run.run_id,
            "workspace": waiting.workspace.uri,
            "gcp_conn_id": None,
            "item": {"asset_id": "a", "locale": "de", "job": job},
            "engine": "typeset",
            "replacements": ["SCHLUSSVERKAUF"],
            "comment": "as agreed",
        }
    assert audit("trigger_dag_run", None) == [("ana", None)]
    [item] = get(ana, "items", waiting.where, q="rabatt")["items"]
    assert item["redo"] == "waiting"
    refused = answer(browser("mei"), waiting)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "redo_running")


def test_a_release_is_taken_back_by_whoever_may_trigger_that(
    browser: Browser, waiting: Waiting, edited: Path
) -> None:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    waiting.edit(edited)
    release_id = "r-0123456789abcdef"
    waiting.run.mark_published(release_id, f"/published/spring/releases/{release_id}")
    ana, vera = browser("ana"), browser("vera")
    body = waiting.where | {"version": get(ana, "run", waiting.where)["version"]}
    body |= {"release_id": release_id, "reason": "wrong price"}
    assert vera.post("api/rollback", json=body).status_code == 403
    answer = ana.post("api/rollback", json=body)
    assert answer.status_code == 202, answer.text
    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.dag_id == "rollback_release")).one()
        assert run.triggering_user_name == "ana"
        assert run.conf == {
            "campaign": "spring",
            "publish_uri": "/published",
            "gcp_conn_id": None,
            "leaving": release_id,
            "reason": "wrong price",
        }
        page = f"../dags/rollback_release/runs/{quote(run.run_id, safe='')}/required_actions"
    assert answer.json() == {"confirm_at": page}


def test_only_assigned_reviewers_answer(browser: Browser, waiting: Waiting, edited: Path) -> None:
    waiting.edit(edited)
    waiting.ask("ana")
    assert answer(browser("mei"), waiting).status_code == 403
    assert waiting.detail().responded_by is None
    assert answer(browser("ana"), waiting).status_code == 200


def test_with_four_eyes_whoever_triggered_does_not_answer(
    browser: Browser, waiting: Waiting, edited: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    barred = Answerers(barred="mei")
    monkeypatch.setattr("operators.review_runs.answerers", lambda task, person: barred)
    waiting.edit(edited)
    waiting.ask()
    run = get(browser("mei"), "run", waiting.where)
    assert "four eyes" in run["may"]["why_not"]
    assert answer(browser("mei"), waiting).status_code == 403
    assert answer(browser("ana"), waiting).status_code == 200


def test_what_was_rendered_counts_for_more_than_parameters(
    browser: Browser, waiting: Waiting, edited: Path, tmp_path: Path
) -> None:
    other = Workspace.open(str(tmp_path / "elsewhere"))
    waiting.render("load_manifest", workspace=other.uri, run_name="of another name", gcp_conn_id=None)
    waiting.edit(edited)
    assert get(browser("mei"), "run", waiting.where)["counts"]["total"] == 0


def test_a_run_that_works_in_another_s_opens_nothing_of_that(
    browser: Browser, waiting: Waiting, edited: Path
) -> None:
    """Whoever may read the DAG that redoes images may not therefore read the runs that it works in."""
    waiting.edit(edited)
    conf = {"item": {"asset_id": "a", "locale": "de"}} | waiting.where
    redo = Waiting(Path(waiting.workspace.uri).parent, "redo", of="redo_image", conf=conf)
    fields = {"workspace": waiting.workspace.uri, "run_name": waiting.run.run_id, "gcp_conn_id": None}
    redo.render("redo", **fields)
    mei = browser("mei")
    for path, query in (("run", {}), ("items", {}), ("report", {}), ("image", {"id": "x", "kind": "source"})):
        assert mei.get(f"api/{path}", params=redo.where | query).status_code == 404
        assert mei.get(f"api/{path}", params=waiting.where | query).status_code in {200, 404}
    assert mei.get("api/report", params=waiting.where).status_code == 200


def test_a_viewer_looks_and_a_stranger_does_not(browser: Browser, waiting: Waiting, edited: Path) -> None:
    waiting.edit(edited)
    waiting.ask()
    vera = browser("vera")
    assert get(vera, "run", waiting.where)["may"]["review"] is False
    assert get(vera, "runs", {})["runs"]
    assert answer(vera, waiting).status_code == 403
    for path in ("run", "items", "runs", "report"):
        assert browser("nell").get(f"api/{path}", params=waiting.where).status_code == 403
    assert browser("mei").get("api/run", params={"dag_id": DAG, "run_id": "none"}).status_code == 404


def test_a_token_of_nobody_is_refused(app: Any, waiting: Waiting) -> None:
    client = TestClient(app, base_url="http://testserver/localizer/")
    assert client.get("api/run", params=waiting.where).status_code == 401
    client.cookies.set("_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZWkifQ.")
    assert client.get("api/run", params=waiting.where).status_code == 401


def test_a_run_that_names_another_tenant_s_place_is_not_shown(
    browser: Browser, waiting: Waiting, edited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its DAG is no tenant's, although there are tenants."""
    from localizer.tenants import loading

    place = {"workspace": str(tmp_path / "acme"), "publish": str(tmp_path / "published")}
    (tmp_path / "tenants.yaml").write_text(json.dumps({"tenants": {"acme": place}}))
    monkeypatch.setenv("LOCALIZER_TENANTS", str(tmp_path / "tenants.yaml"))
    waiting.edit(edited)
    refused = browser("mei").get("api/run", params=waiting.where)
    assert refused.status_code == 403
    assert str(tmp_path) not in refused.text
    assert loading  # read anew for each question


def test_only_the_api_server_builds_the_app(dags: Any) -> None:
    """Plugins are loaded in every process; one that runs tasks must not pay for the page."""
    import subprocess
    import sys

    code = (
        "import sys; from airflow import plugins_manager as p; plugins = p._get_plugins()[0];"
        "assert any(x.name == 'localization' for x in plugins);"
        "p.get_timetables_plugins(); p.integrate_macros_plugins();"
        "print([m for m in sys.modules if m.startswith(('localizer.review', 'operators.review_host'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
