"""The operators of the release DAGs; the confirmation over a real server is in tests/system."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from localizer.errors import InputError, ReleaseError
from localizer.model import Decision, Job, JobResult, Status, Verdict
from localizer.plan_files import Plan
from localizer.release import publish, read_current
from localizer.release.history import each_move
from localizer.storage import open_storage
from localizer.workspace import Workspace
from operators.publish import RELEASES, PublishReleaseOperator
from operators.releases import (
    LEAVE,
    TAKE_BACK,
    ConfirmRollbackOperator,
    ProposeRollbackOperator,
    PruneReleasesOperator,
    RollBackOperator,
    VerifyReleasesOperator,
)


class Events:
    """Stands in for what Airflow gives a task to announce its outlets with."""

    def __init__(self) -> None:
        self.added: list[tuple[str, dict[str, Any]]] = []

    def __getitem__(self, outlet: Any) -> Events:
        assert outlet is RELEASES
        return self

    def add(self, asset: Any, extra: dict[str, Any]) -> None:
        self.added.append((asset.uri, extra))


class Published:
    """A folder with three releases."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace.open(str(folder / "workspace"))
        self.uri = str(folder / "published")
        self.ids = [self.put(n) for n in range(3)]

    def run(self, number: int) -> Any:
        key = f"r{number}-0"
        job = Job(key, "poster", "ja", "en", "sources/s.png", "0" * 64, ())
        made = JobResult(
            key,
            "poster",
            "ja",
            Status.PASSED,
            image="candidate.png",
            delivered="delivered.jpg",
            engine="typeset",
        )
        saved = self.workspace.save_result(
            made, {"candidate.png": b"png", "delivered.jpg": f"{number}".encode()}
        )
        run = self.workspace.run(f"r{number}")
        run.save_plan(Plan("spring", (job,), (), (), ()))
        run.save_shard("all", [saved])
        run.merge()
        run.save_decisions([Decision(key, "poster", "ja", Verdict.APPROVED, "ann", "2026-01-01T00:00:00Z")])
        return run

    def put(self, number: int) -> str:
        run = self.run(number)
        done = publish(run, workspace=self.workspace, publish_uri=self.uri, campaign="spring")
        return done.release_id or ""

    @property
    def current(self) -> str:
        pointer = read_current(self.uri, "spring")
        assert pointer is not None
        return pointer.release_id


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path)


def make(kind: type, **arguments: Any) -> Any:
    with DAG("rollback_release", schedule=None):
        return kind(task_id="task", **arguments)


def context(run_id: str = "manual__1", try_number: int = 1) -> dict[str, Any]:
    run = SimpleNamespace(dag_id="rollback_release", run_id=run_id, triggering_user_name="bob")
    ti = SimpleNamespace(dag_id=run.dag_id, try_number=try_number)
    return {"outlet_events": Events(), "dag_run": run, "ti": ti}


def propose(published: Published, release_id: str = "") -> dict[str, Any]:
    operator = make(
        ProposeRollbackOperator, publish_uri=published.uri, campaign="spring", release_id=release_id
    )
    return json.loads(json.dumps(operator.execute({})))  # as it travels


def answer(proposal: dict[str, Any], option: str, user: dict[str, str] | None) -> dict[str, Any]:
    operator = make(ConfirmRollbackOperator, proposal=proposal, reason="wrong price")
    event = {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": datetime(2026, 11, 23, 22, 58, tzinfo=UTC),
        "responded_by_user": user,
        "timedout": False,
    }
    return operator.execute_complete({}, event)


def roll_back(
    published: Published, proposal: Any, confirmation: Any, where: dict[str, Any]
) -> dict[str, Any]:
    operator = make(
        RollBackOperator,
        publish_uri=published.uri,
        proposal=proposal,
        confirmation=confirmation,
        reason="wrong price",
    )
    return operator.execute(where)


ANN = {"id": "7", "name": "ann"}


def test_a_confirmed_rollback_moves_the_pointer_and_says_who(published: Published) -> None:
    proposal = propose(published)
    said = answer(proposal, TAKE_BACK, ANN)
    assert said == {"confirmed": True, "by": "ann", "at": "2026-11-23T22:58:00+00:00"}
    where = context()
    done = roll_back(published, proposal, said, where)
    assert done == {
        "release_id": published.ids[1],
        "campaign": "spring",
        "moved": True,
        "previous": published.ids[2],
        "by": "ann",
    }
    last = list(each_move(open_storage(published.uri), "spring"))[-1]
    assert (last.moved_by, last.requested_by, last.reason) == ("ann", "bob", "wrong price")
    assert last.via == "rollback_release/manual__1"
    [(uri, extra)] = where["outlet_events"].added
    assert uri == "localizer://campaigns/spring"
    assert (extra["release_id"], extra["previous"], extra["action"]) == (
        published.ids[1],
        published.ids[2],
        "rollback",
    )
    # The worker died before Airflow learned of it: the retry completes, and announces it again.
    again = context()
    assert roll_back(published, proposal, said, again) == done
    assert len(again["outlet_events"].added) == 1
    # Another run finds that it is there already.
    other = context("manual__2")
    assert not roll_back(published, proposal, said, other)["moved"]
    assert other["outlet_events"].added == []


def test_a_no_or_nobody_moves_nothing(published: Published) -> None:
    proposal = propose(published)
    with pytest.raises(AirflowSkipException, match="ann said no"):
        roll_back(published, proposal, answer(proposal, LEAVE, ANN), context())
    for nobody in (answer(proposal, TAKE_BACK, None), None, {}):
        with pytest.raises(AirflowFailException, match="does not know who"):
            roll_back(published, proposal, nobody, context())
    timed_out = make(ConfirmRollbackOperator, proposal=proposal)
    with pytest.raises(AirflowFailException, match="nobody answered"):
        timed_out.execute_complete({}, {"error": "timeout", "error_type": "timeout"})
    assert published.current == published.ids[2]


def test_a_pointer_that_moved_since_the_question_stays(published: Published) -> None:
    proposal = propose(published)
    said = answer(proposal, TAKE_BACK, ANN)
    newer = published.put(9)
    where = context()
    with pytest.raises(ReleaseError, match="look again"):
        roll_back(published, proposal, said, where)
    assert published.current == newer
    assert where["outlet_events"].added == []


def test_the_question_holds_all_that_is_needed(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.providers.standard.operators import hitl

    asked: dict[str, Any] = {}
    monkeypatch.setattr(hitl, "upsert_hitl_detail", lambda **detail: asked.update(detail))
    operator = make(ConfirmRollbackOperator, proposal=propose(published), reason="wrong | price")
    with pytest.raises(hitl.TaskAwaitingInput):
        operator.execute({"task_instance": SimpleNamespace(id="1")})
    assert published.ids[2] in asked["subject"]
    assert published.ids[1] in asked["subject"]
    assert "1 images change" in asked["subject"]
    assert "Why: wrong \\| price" in asked["body"]
    assert asked["options"] == [TAKE_BACK, LEAVE]
    assert asked["defaults"] is None  # silence is not a yes


def test_verify_fails_with_a_table(published: Published) -> None:
    def verify(**more: str) -> dict[str, int]:
        return make(VerifyReleasesOperator, publish_uri=published.uri, **more).execute({})

    assert verify() == {"releases": 1, "objects": 1, "bytes": 1}
    assert verify(campaign="spring", release="all") == {"releases": 3, "objects": 3, "bytes": 3}
    folder = Path(published.uri) / "spring/releases" / published.ids[0]
    (folder / "ja/poster.jpg").unlink()
    assert verify()["releases"] == 1
    with pytest.raises(ReleaseError, match=r"1 of 3 releases are not(.|\n)*missing +ja/poster\.jpg"):
        verify(campaign="spring", release="all")


def test_prune_is_a_dry_run_unless_told(published: Published) -> None:
    def prune(**more: Any) -> dict[str, int]:
        operator = make(PruneReleasesOperator, publish_uri=published.uri, keep="1", keep_for="0d", **more)
        return operator.execute(context())

    assert prune() == {"releases": 1, "objects": 2, "bytes": prune()["bytes"], "kept": 2}
    assert (Path(published.uri) / "spring/releases" / published.ids[0]).exists()
    assert prune(pinned=[published.ids[0]], check_only=False)["releases"] == 0
    with pytest.raises(InputError, match="no campaign has such a release"):
        prune(pinned=["r-0123456789abcdef"], check_only=False)
    assert prune(check_only="False", pinned=None)["releases"] == 1
    assert not (Path(published.uri) / "spring/releases" / published.ids[0]).exists()


def test_a_retry_does_not_bring_back_what_was_replaced_since(published: Published) -> None:
    """The try before moved the pointer and died; by the time of the next one a better release is current."""
    run = published.workspace.run("r1")

    def publish_again(try_number: int) -> dict[str, Any]:
        operator = make(
            PublishReleaseOperator,
            workspace=published.workspace.storage.uri,
            run_name="r1",
            publish_uri=published.uri,
        )
        return operator.execute(context(try_number=try_number))

    with pytest.raises(ReleaseError, match=f"{published.ids[2]} current at .*; that stays"):
        publish_again(2)
    assert published.current == published.ids[2]
    # A person who looks at it anew, and says yes again, means it.
    now = datetime.now(UTC) + timedelta(seconds=2)
    run.save_decisions([Decision("r1-0", "poster", "ja", Verdict.APPROVED, "ann", now.isoformat())])
    assert publish_again(2)["moved"]
    assert published.current == published.ids[1]


def test_a_publish_says_how_it_is_taken_back(published: Published) -> None:
    published.run(7)
    operator = make(
        PublishReleaseOperator,
        workspace=published.workspace.storage.uri,
        run_name="r7",
        publish_uri=published.uri,
    )
    first = context()
    done = operator.execute(first)
    assert done["take_back"] == {
        "dag_id": "rollback_release",
        "conf": {
            "campaign": "spring",
            "release_id": published.ids[2],
            "publish_uri": published.uri,
            "gcp_conn_id": None,
        },
    }
    assert len(first["outlet_events"].added) == 1
    again = context()
    assert operator.execute(again)["take_back"] == done["take_back"]
    assert again["outlet_events"].added == []
    retried = context(try_number=2)  # the try before may have died just before it announced anything
    operator.execute(retried)
    assert retried["outlet_events"].added == first["outlet_events"].added
    [link] = operator.operator_extra_links
    assert link.get_link(operator, ti_key=None).endswith("/dags/rollback_release")
