"""A small host for the review app: runs made by the real command line in one workspace, and no Airflow.

For trying the page by hand:  python -m tests.localizer.review.demo_host WORKSPACE [PORT]
Whoever calls is the reviewer of the cookie ``viewer`` (default ``mei``); ``nobody`` is refused, ``guest`` may
only read. An answer is written where a test can read it, and decides as `ReviewOperator` would.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from localizer.approval import ALSO_APPROVE, COMMENT, REASONS, REJECT_ITEMS, SEEN, Answer, apply_answer
from localizer.engines.registry import engine_names
from localizer.errors import Conflict, Forbidden, NotFound, NotSignedIn
from localizer.review.agenda import PlannedCampaign
from localizer.review.host import (
    Choice,
    HostedRun,
    Place,
    Redo,
    RedoRequest,
    ReviewRequest,
    RollBackRequest,
    RunState,
    RunSummary,
    Viewer,
)
from localizer.workspace import Workspace

DAG = "localize_campaign"
STARTED = "2026-06-18T08:00:00+00:00"


@dataclass
class DemoHost:
    """Every run in a workspace, as if each were a run of one DAG that waits for its review.

    Attributes:
        readers, reviewers: ids of those who may.
        answers: by run, as they would have gone to Airflow: person, choice, form.
        redone: what was asked to be made anew, by run.
        redos: items that are being redone.
        taken_back: what was asked to be taken back: person, release.
        state: of all runs that are not answered.
    """

    workspace: Workspace
    readers: set[str] = field(default_factory=lambda: {"mei", "ana", "guest"})
    reviewers: set[str] = field(default_factory=lambda: {"mei", "ana"})
    answers: dict[str, tuple[str, Choice, Mapping[str, Any]]] = field(default_factory=dict)
    redone: list[tuple[str, RedoRequest]] = field(default_factory=list)
    redos: dict[tuple[str, str], Redo] = field(default_factory=dict)
    taken_back: list[tuple[str, RollBackRequest]] = field(default_factory=list)
    policy: str = "always"
    state: RunState = RunState.REVIEWING
    asks: bool = True
    planned: list[PlannedCampaign] = field(default_factory=list)
    secret: bytes = b"of the test host"

    async def viewer(self, request: Request) -> Viewer:
        name = request.cookies.get("viewer", "mei")
        if name == "nobody":
            raise NotSignedIn
        return Viewer(id=name, name=name.capitalize())

    def may_enter(self, viewer: Viewer) -> bool:
        return viewer.id in self.readers

    def runs(self, viewer: Viewer, *, limit: int) -> Iterable[RunSummary]:
        names = sorted({name.split("/")[1] for name in self.workspace.storage.names("runs/")})
        for name in names[:limit]:
            run = self._hosted(viewer, name)
            yield RunSummary(DAG, name, run.title, run.state, STARTED, bool(run.request and run.request.open))

    def campaigns(self, viewer: Viewer) -> tuple[list[PlannedCampaign], int]:
        return self.planned, 0

    def place(self, viewer: Viewer, dag_id: str, run_id: str) -> Place:
        if viewer.id not in self.readers or dag_id != DAG:
            raise Forbidden(f"you may not read {dag_id}")
        if "plan.parquet" not in self.workspace.run(run_id).records():
            raise NotFound(f"{dag_id} has no run {run_id}")
        return Place(self.workspace, run_id)

    def run(self, viewer: Viewer, dag_id: str, run_id: str) -> HostedRun:
        self.place(viewer, dag_id, run_id)
        return self._hosted(viewer, run_id)

    def _hosted(self, viewer: Viewer, run_id: str) -> HostedRun:
        request = None
        answered = self.answers.get(run_id)
        if answered:
            request = ReviewRequest(False, STARTED, answered[0], STARTED, str(answered[1]))
        elif self.asks:
            request = ReviewRequest(True, STARTED)
        may = viewer.id in self.reviewers
        return HostedRun(
            dag_id=DAG,
            run_id=run_id,
            title=f"Campaign {run_id}",
            state=RunState.DONE if answered else self.state,
            started_at=STARTED,
            place=Place(self.workspace, run_id),
            policy=self.policy,
            engines=tuple(engine_names()),
            request=request,
            redos=self.redos,
            may_review=may,
            may_redo=may,
            may_roll_back=may,
            links={"airflow": f"../dags/{DAG}/runs/{run_id}"},
        )

    async def answer(self, viewer: Viewer, run: HostedRun, choice: Choice, form: Mapping[str, Any]) -> None:
        if run.run_id in self.answers:
            raise Conflict(f"{self.answers[run.run_id][0]} has answered already", code="answered")
        self.answers[run.run_id] = (viewer.name, choice, form)
        answer = Answer(
            approve=choice is Choice.APPROVE,
            by=viewer.name,
            at=datetime.now(UTC).isoformat(timespec="seconds"),
            also_approve=tuple(form[ALSO_APPROVE]),
            reject=tuple(form[REJECT_ITEMS]),
            comment=form[COMMENT],
            reasons=form[REASONS],
            seen=form[SEEN],
        )
        there = run.place.workspace.run(run.place.run_name)
        decisions = apply_answer(there.each_result, answer, policy=run.policy)
        there.trail().add_review(decisions, by=answer.by, at=answer.at)

    async def redo(self, viewer: Viewer, run: HostedRun, request: RedoRequest) -> str:
        self.redone.append((run.run_id, request))
        self.redos[request.asset_id, request.locale] = Redo.WAITING
        return f"redo_{len(self.redone)}"

    async def roll_back(self, viewer: Viewer, run: HostedRun, request: RollBackRequest) -> str:
        self.taken_back.append((viewer.name, request))
        return "../dags/rollback_release/runs/1/required_actions"


if __name__ == "__main__":
    import uvicorn

    from localizer.review.app import review_app

    port = int(sys.argv[2]) if len(sys.argv) > 2 else 8102
    uvicorn.run(review_app(DemoHost(Workspace.open(sys.argv[1]))), host="127.0.0.1", port=port)
