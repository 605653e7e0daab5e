"""From marks to the answer of a review, and to the redoing of an item; what is stale is refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from localizer.approval import ALSO_APPROVE, COMMENT, REASONS, REJECT_ITEMS, SEEN
from localizer.errors import Conflict, Forbidden, InputError, MarksChanged, NotFound
from localizer.model import Action, Status, Verdict
from localizer.release.records import parse_release_uri
from localizer.report.overview import WAITING
from localizer.review.host import Choice, HostedRun, RedoRequest, RollBackRequest, Viewer
from localizer.review.index import Row
from localizer.review.marks import Mark
from localizer.review.opened import OpenedRun, Snapshot
from localizer.review.pictures import Pictures
from localizer.review.questions import AnswerBody, MarksBody, NewMark, RedoBody, RollBackBody
from localizer.review.views import item_view
from localizer.runs.run import RESULTS
from localizer.times import iso_utc

_REMOVALS = {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}


def put_marks(
    there: OpenedRun, run: HostedRun, viewer: Viewer, body: MarksBody, pictures: Pictures
) -> dict[str, Any]:
    """Keep marks; the new version and the items marked.

    Raises:
        Forbidden: they may not review this run.
        NotFound: no such item.
        Conflict: the review was answered already, somebody else marked one of these since, or it was made
            anew; the last two with what there is now.
        InputError: an item that has no image to approve, or no result to judge.
    """
    if not run.may_review:
        raise Forbidden(run.why_not or "you may look at this run, not review it")
    _refuse_answered(run)  # whoever rejects an image must not believe that it will not be published
    known, revision = _parsed(body.version)
    snapshot = there.snapshot(fresh=True)
    at = iso_utc()
    rows = [_row(snapshot, mark.id) for mark in body.marks]
    changed = [
        row
        for mark, row in zip(body.marks, rows, strict=True)
        if (mark.sha != row.sha if mark.sha is not None else known != snapshot.results)
    ]
    if changed:
        raise _changed(changed, run, snapshot, pictures, "some of these images were made anew")
    marks = [_mark(mark, row, viewer, at) for mark, row in zip(body.marks, rows, strict=True)]
    try:
        there.marks.put(marks, known=revision)
    except MarksChanged as error:
        snapshot = there.snapshot(fresh=True)
        others = snapshot.index.of_slots(error.slots)
        raise _changed(others, run, snapshot, pictures, "somebody else marked some of these") from None
    snapshot = there.snapshot(fresh=True)
    return _items([_row(snapshot, row.id) for row in rows], run, snapshot, pictures)


def answer_run(there: OpenedRun, run: HostedRun, body: AnswerBody) -> dict[str, Any]:
    """The marks of a run as the fields of its request's form.

    Raises:
        Forbidden: they may not review this run.
        Conflict: nobody is asked, it was answered already, something is being redone, or the run is not as
            the caller has seen it.
    """
    if not run.may_review:
        raise Forbidden(run.why_not or "you may look at this run, not review it")
    if run.request is None:
        raise Conflict("nobody is asked about this run", code="not_asked")
    _refuse_answered(run)
    snapshot = _settled(there, run)
    _require_seen(snapshot, run, body)
    approve = body.choice is Choice.APPROVE
    also_approve, reject, reasons = [], [], {}
    for row in snapshot.index.marked():
        assert row.mark is not None  # noqa: S101  (that is what was asked for)
        label = f"{row.asset_id} · {row.locale}"
        if row.mark["verdict"] == Verdict.REJECTED:
            reject.append(label)
        elif approve and row.status == Status.NEEDS_REVIEW:
            also_approve.append(label)
        if row.mark["reason"] and (approve or row.mark["verdict"] == Verdict.REJECTED):
            reasons[label] = row.mark["reason"]
    # Another reviewer may have marked something while this was gathered: of thousands, that takes a while.
    _require_seen(there.snapshot(fresh=True), run, body)
    return {
        ALSO_APPROVE: also_approve,
        REJECT_ITEMS: reject,
        REASONS: reasons,
        COMMENT: body.comment,
        SEEN: snapshot.index.seen,
    }


def redo_item(there: OpenedRun, run: HostedRun, body: RedoBody) -> RedoRequest:
    """What is to be made anew.

    Raises:
        Forbidden: they may not redo items of this run.
        NotFound: no such item.
        Conflict: it is being redone, or the run is not as the caller has seen it.
        InputError: no such engine, copy that does not match the item's edits, or nothing to change.
    """
    if not run.may_redo:
        raise Forbidden(run.why_not or "you may look at this run, not redo its images")
    if run.request is None or not run.request.open:
        raise Conflict("only while a review is open can its images be made anew", code="not_asked")
    snapshot = _settled(there, run)
    if _parsed(body.version)[0] != snapshot.results:
        raise Conflict(
            "results have changed since you looked; look again",
            code="changed",
            details={"version": snapshot.version(run)},
        )
    row = _row(snapshot, body.id)
    if not row.job:
        raise InputError("this row of the manifest was refused; correct the manifest and run it again")
    if body.engine is not None and body.engine not in run.engines:
        raise InputError(f"engine {body.engine!r} cannot be chosen here; use one of {', '.join(run.engines)}")
    replacements = tuple(body.replacements) or (None,) * len(row.copy)
    if len(replacements) != len(row.copy):
        raise InputError(f"copy: this item has {len(row.copy)} edits; give one entry for each, or none")
    is_new = body.engine not in (None, row.engine)
    for edit, replacement in zip(row.copy, replacements, strict=True):
        is_new = is_new or replacement not in (None, edit["replacement"])
        if replacement is not None and edit["action"] in _REMOVALS:
            raise InputError(f"copy: nothing can be written where {edit['text']!r} is removed")
    if not is_new:
        raise InputError("change the copy or the engine; the same again gives the same image")
    # One that was made anew by another engine than the run's keeps that one, as the page says.
    last = next((each for each in there.run.amendments() if each.counts and each.job.slot == row.slot), None)
    engine = body.engine or (last.engine if last else None)
    return RedoRequest(row.job, row.asset_id, row.locale, engine, replacements, body.comment)


def roll_back_run(there: OpenedRun, run: HostedRun, body: RollBackBody) -> RollBackRequest:
    """What is to be taken back: what this run was published as.

    Raises:
        Forbidden: they may not take releases back.
        Conflict: the run was not published, or as another release than the caller has seen.
    """
    if not run.may_roll_back:
        raise Forbidden("you may look at this run, not take its release back")
    release_id, uri = there.run.published()
    if not release_id or release_id != body.release_id:
        raise Conflict("this run was not published as that release; look again", code="changed")
    publish_uri, campaign, release_id = parse_release_uri(uri)
    return RollBackRequest(release_id, publish_uri, campaign, body.reason.strip())


def _refuse_answered(run: HostedRun) -> None:
    if run.request is not None and not run.request.open:
        who = run.request.responded_by or "somebody"
        raise Conflict(f"{who} has answered already", code="answered")


def _require_seen(snapshot: Snapshot, run: HostedRun, body: AnswerBody) -> None:
    if _parsed(body.version) != (snapshot.results, snapshot.book.revision):
        raise Conflict(
            "results or marks have changed since you looked; look again",
            code="changed",
            details={"version": snapshot.version(run)},
        )


def _settled(there: OpenedRun, run: HostedRun) -> Snapshot:
    if run.redos:
        count = len(run.redos)
        raise Conflict(f"images being made anew: {count}; wait for them", code="redo_running")
    snapshot = there.snapshot(fresh=True)
    if not snapshot.final:
        if RESULTS not in snapshot.has:
            raise Conflict("the results are not gathered yet; wait a moment", code="not_gathered")
        # A person is asked, so they were gathered: a process that was given up lives on and wrote another.
        raise Conflict(
            "results came in after they were gathered; clear the task quality_gate with all downstream tasks",
            code="not_gathered",
        )
    return snapshot


def _row(snapshot: Snapshot, item: str) -> Row:
    row = snapshot.index.find(item)
    if row is None:
        raise NotFound("there is no such item in this run")
    return row


def _mark(new: NewMark, row: Row, viewer: Viewer, at: str) -> Mark:
    if row.status == WAITING and new.verdict is not None:
        raise InputError(f"{row.asset_id} · {row.locale} has no result yet")
    if new.verdict is Verdict.APPROVED and (row.status == Status.FAILED or not row.image_sha256):
        raise InputError(f"{row.asset_id} · {row.locale} cannot be approved: there is no image to answer for")
    return Mark(
        slot=row.slot,
        sha256=row.sha256,
        verdict=new.verdict,
        reason=new.reason.strip(),
        by=viewer.name,
        by_id=viewer.id,
        at=at,
    )


def _changed(
    rows: Iterable[Row], run: HostedRun, snapshot: Snapshot, pictures: Pictures, message: str
) -> Conflict:
    return Conflict(
        f"{message}; look again", code="changed", details=_items(list(rows), run, snapshot, pictures)
    )


def _items(rows: list[Row], run: HostedRun, snapshot: Snapshot, pictures: Pictures) -> dict[str, Any]:
    sizes = pictures.sizes(run.place.workspace, rows)
    return {
        "version": snapshot.version(run),
        "items": [item_view(row, run, sizes.get(row.image_sha256)) for row in rows],
    }


def _parsed(version: str) -> tuple[str, int]:
    """Results and revision of the marks that a page has seen."""
    results, _, rest = version.partition(".")
    revision = rest.split(".", 1)[0]
    if not revision.isdecimal() or len(revision) > 18:
        raise InputError("version: give the one of the answer that you go by")
    return results, int(revision)
