"""What the review app asks of the system that it is part of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from starlette.requests import Request

    from localizer.review.agenda import PlannedCampaign
    from localizer.workspace import Workspace


class RunState(StrEnum):
    """How far a run is. `COPY`: a person is asked about it, and no image is made before that."""

    PLANNING = "planning"
    COPY = "copy"
    EDITING = "editing"
    REVIEWING = "reviewing"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    DONE = "done"
    FAILED = "failed"


class Choice(StrEnum):
    """The answer to a review as a whole."""

    APPROVE = "approve"
    REJECT = "reject"


class Redo(StrEnum):
    """How far the redoing of an item is."""

    WAITING = "waiting"
    RUNNING = "running"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whoever is signed in; hosts may keep more in a class of their own.

    Attributes:
        id: of the account; never changes.
        name: recorded with what they mark and decide.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where the records of a run are kept."""

    workspace: Workspace
    run_name: str


@dataclass(frozen=True, slots=True)
class ReviewRequest:
    """What a person is, or was, asked.

    Attributes:
        open: not answered yet.
        asked_at, responded_at: ISO 8601 UTC; empty where it has not happened.
        responded_by: name of who answered.
        choice: what they answered, see `Choice`.
        asking: tells one asking from another of the same run, as after a refused answer.
    """

    open: bool
    asked_at: str = ""
    responded_by: str = ""
    responded_at: str = ""
    choice: str = ""
    asking: str = ""


@dataclass(frozen=True, slots=True)
class HostedRun:
    """A run as its host sees it.

    Attributes:
        title: for people.
        started_at: ISO 8601 UTC.
        policy: of approval, see `localizer.approval.ApprovalPolicy`.
        engines: by which an item may be redone.
        request: None if nobody was asked.
        redos: items that are being redone, by asset and locale.
        why_not: why this viewer may not review it, for them to read; empty if they may.
        links: further addresses, relative to the app's root: ``airflow``.
    """

    dag_id: str
    run_id: str
    title: str
    state: RunState
    started_at: str
    place: Place
    policy: str
    engines: tuple[str, ...] = ()
    request: ReviewRequest | None = None
    redos: Mapping[tuple[str, str], Redo] = field(default_factory=dict)
    may_review: bool = False
    why_not: str = ""
    may_redo: bool = False
    may_roll_back: bool = False
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in the list.

    Attributes:
        counts: as the host knows them without opening the run; empty where it does not.
        waiting: a person is asked and has not answered.
    """

    dag_id: str
    run_id: str
    title: str
    state: RunState
    started_at: str
    waiting: bool
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RedoRequest:
    """One item to be made anew.

    Attributes:
        job: key of the job that it was made by.
        engine: None keeps the engine.
        replacements: new copy for its edits, in their order; None keeps the copy of that edit.
        comment: why.
    """

    job: str
    asset_id: str
    locale: str
    engine: str | None
    replacements: tuple[str | None, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class RollBackRequest:
    """A release to be taken back, to the one before it.

    Attributes:
        release_id: which; if it is not current any more, nothing is taken back.
        publish_uri, campaign: where it lies.
        reason: why; kept in the campaign's history.
    """

    release_id: str
    publish_uri: str
    campaign: str
    reason: str


class Host(Protocol):
    """The system around the app. Methods that are not coroutines are called in threads.

    Attributes:
        secret: by which ids of items are made; the same in all processes that serve the app.
    """

    secret: bytes

    async def viewer(self, request: Request) -> Viewer:
        """Who calls.

        Raises:
            NotSignedIn: nobody we know.
        """
        ...

    def may_enter(self, viewer: Viewer) -> bool:
        """Whether they may read any run at all."""
        ...

    def runs(self, viewer: Viewer, *, limit: int) -> Iterable[RunSummary]:
        """The runs that they may read, newest first."""
        ...

    def campaigns(self, viewer: Viewer) -> tuple[list[PlannedCampaign], int]:
        """The campaigns of which they may read the DAG, and how many campaign files are broken."""
        ...

    def place(self, viewer: Viewer, dag_id: str, run_id: str) -> Place:
        """Where a run is kept; quick, for it is asked for every picture.

        Raises:
            Forbidden: they may not read it; said of DAGs that do not exist, too.
            NotFound: there is no such run.
        """
        ...

    def run(self, viewer: Viewer, dag_id: str, run_id: str) -> HostedRun:
        """A run; raises like `place`."""
        ...

    async def answer(self, viewer: Viewer, run: HostedRun, choice: Choice, form: Mapping[str, Any]) -> None:
        """Answer the open request of a run.

        Args:
            form: fields of the request's form.

        Raises:
            Forbidden: it is not theirs to answer.
            Conflict: it was answered already.
        """
        ...

    async def redo(self, viewer: Viewer, run: HostedRun, request: RedoRequest) -> str:
        """Have one item made anew; returns the id of the run that does it.

        Raises:
            Forbidden: they may not.
            Conflict: it cannot be redone now.
        """
        ...

    async def roll_back(self, viewer: Viewer, run: HostedRun, request: RollBackRequest) -> str:
        """Have a release taken back; returns the address, relative to the app's root, where a person is asked
        to confirm it.

        Raises:
            Forbidden: they may not.
            Conflict: it cannot be done now.
        """
        ...
