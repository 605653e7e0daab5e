"""Build the report: what the template needs to know, and the HTML."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localizer.costs import in_words, paid
from localizer.estimates.words import compared
from localizer.model import Action, Box, CheckStatus, Decision, Job, JobResult, Slot, Status, slot_of
from localizer.report.copy_section import COPY_DECK, CopySection
from localizer.report.overview import WAITING, Overview, most_common, worst
from localizer.report.templates import templates
from localizer.report.thumbnails import Picture, Thumbnails
from localizer.report.wording import (
    ACTION,
    CHECK_STATUS,
    STATUS,
    check_name,
    check_title,
    decider,
    locale_name,
    measured,
    moment,
)
from localizer.runs.merging import local_disk
from localizer.times import duration

if TYPE_CHECKING:
    from localizer.estimates.model import Estimate
    from localizer.runs.amendments import Amendment

FEW = 60
"""Up to this number of jobs, pictures are large and each first edit is shown close up; beyond, only
exceptions are."""

MANY = 200
"""Above this number of jobs, pictures are small."""

_CLOSE_UPS = 100  # exceptions whose first edit is shown close up
_LISTED = 200  # warnings and the like
_PIECES = 64  # of the page, before they are written

_ORDER = [Status.FAILED, Status.NEEDS_REVIEW, Status.PASSED]
_CHECK_ORDER = [CheckStatus.FAILED, CheckStatus.UNDECIDED, CheckStatus.PASSED]
_STATUS_NAMES = {s.value: name for s, name in STATUS.items()} | {WAITING: "Waiting"}
_REMOVALS = {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}


@dataclass(frozen=True, slots=True)
class _EditView:
    action: str
    source: str
    target: str
    nothing: str
    note: str
    draft: str


@dataclass(frozen=True, slots=True)
class _Cell:
    """One result in the overview; without an anchor if the page does not show it."""

    status: str
    name: str
    anchor: str


@dataclass(frozen=True, slots=True)
class _JobView:
    """One job as the template shows it."""

    anchor: str
    result: JobResult
    status: str
    language: str
    edits: tuple[_EditView, ...]
    checks: tuple[Mapping[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    decision: str
    handover: str
    before: Picture | None
    after: Picture | None
    crop_before: Picture | None
    crop_after: Picture | None


def render_report(
    path: Path,
    *,
    campaign: str,
    run_id: str,
    results: Iterable[JobResult | Job],
    generated_at: datetime,
    read: Callable[[str], bytes],
    warnings: Sequence[str] = (),
    out_of_scope: Sequence[tuple[str, str]] = (),
    decisions: Mapping[Slot, Decision] | None = None,
    redone: Mapping[Slot, Amendment] | None = None,
    release_id: str = "",
    release_uri: str = "",
    seconds: float | None = None,
    estimate: Estimate | None = None,
    take_back: str = "",
    copy: CopySection | None = None,
) -> None:
    """Write one HTML page on a run: no script, style, font or picture comes from elsewhere.

    The page shows a bounded number of images, exceptions first, and counts for all; ``results.csv`` beside
    it has a row for each. Results are gone through once and written piece by piece.

    Args:
        path: local file to write.
        results: in manifest order; a job among them is one that has no result yet, "waiting".
        read: gives a workspace object's bytes by its relative name (`Storage.read`); used for pictures.
            An image that cannot be read is named on the page, not left out.
        out_of_scope: asset and locale of manifest rows that the run's target locales leave out.
        decisions: the latest of each image, by job key, asset and locale.
        redone: of what was done again, who asked for it, likewise.
        release_id: empty if nothing was published.
        seconds: wall-clock time of the run, if it is known; the sum over its jobs is shown anyway.
        estimate: what the plan was expected to take.
        take_back: how the release is taken back, for people.
        copy: where the words come from; None where nobody prepared them.
    """
    environment = templates()
    script = environment.get_template("filter.js.jinja").render()
    with Overview() as overview:
        overview.gather(results, decisions or {})
        counts, worked = overview.all.statuses, overview.all.seconds
        waiting = [(WAITING, "Waiting", counts[WAITING])] if counts[WAITING] else []
        locales, more_locales = most_common(overview.locales)
        engines, more_engines = most_common(overview.engines)
        deciders = sorted(overview.deciders.items(), key=lambda item: item[1].last, reverse=True)
        stream = environment.get_template("report.html.jinja").stream(
            campaign=campaign,
            run_id=run_id,
            generated_at=generated_at,
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
            jobs=_views(overview, redone or {}, read=read),
            shares=[(s.value, STATUS[s], counts[s.value]) for s in reversed(_ORDER)] + waiting,
            total=overview.all.total,
            cached=overview.all.cached,
            hit_rate=f"{overview.hit_rate:.0%}",
            worked=duration(worked),
            took=duration(seconds) if seconds is not None else "",
            engines=engines,
            more_engines=more_engines,
            paid=in_words(overview.all.paid),
            edited=overview.all.edited,
            attempts=overview.all.attempts,
            money=in_words,
            doubts=[
                (check_name(name), failed, undecided) for name, failed, undecided in worst(overview.doubts)
            ],
            deciders=[(decider(by), told) for by, told in deciders[:_LISTED]],
            compared=_compared(overview, estimate),
            redone=Counter(each.by for each in (redone or {}).values()).most_common(_LISTED),
            approved=overview.approved,
            rejected=overview.rejected,
            release_id=release_id,
            release_uri=release_uri,
            take_back=take_back,
            copy=copy,
            copy_deck=COPY_DECK,
            warnings=list(warnings[:_LISTED]),
            more_warnings=max(0, len(warnings) - _LISTED),
            out_of_scope=[f"{asset} · {locale}" for asset, locale in out_of_scope[:_LISTED]],
            more_out_of_scope=max(0, len(out_of_scope) - _LISTED),
            left_out=len(out_of_scope),
            locales=locales,
            more_locales=more_locales,
            locale_name=locale_name,
            duration=duration,
            moment=moment,
            statuses=[s.value for s in reversed(_ORDER)],
            grid=_grid(overview),
            hidden=[(STATUS[s], overview.hidden(s)) for s in _ORDER if overview.hidden(s)],
            status_names=_STATUS_NAMES,
        )
        stream.enable_buffering(_PIECES)
        with local_disk(), path.open("wb") as file:
            stream.dump(file, encoding="utf-8")


def _views(
    overview: Overview, redone: Mapping[Slot, Amendment], *, read: Callable[[str], bytes]
) -> Iterator[_JobView]:
    """In the order shown, each made when the page has come to it."""
    count = overview.all.total
    thumbnails = Thumbnails(read, long_side=480 if count <= FEW else 320 if count <= MANY else 240)
    for shown in overview.shown():
        yield _view(
            shown.result,
            anchor=f"job-{shown.index}",
            decision=shown.decision,
            amendment=redone.get(slot_of(shown.result)),
            thumbnails=thumbnails,
            crops=count <= FEW if shown.exception is None else shown.exception < _CLOSE_UPS,
        )


def _view(
    result: JobResult,
    *,
    anchor: str,
    decision: Decision | None,
    amendment: Amendment | None,
    thumbnails: Thumbnails,
    crops: bool,
) -> _JobView:
    before = after = crop_before = crop_after = None
    # Names inside the workspace are fixed; a result's own paths are absolute or gs:// URIs of that time.
    candidate = f"jobs/{result.job}/candidate.png" if result.image else None
    source = f"sources/{result.source.rsplit('/', 1)[-1]}" if result.source else None
    if source:
        before = thumbnails.whole(source)
        box = next((_extent(e) for e in result.edits if e.get("box")), None) if crops else None
        crop_before = thumbnails.crop(source, box) if box and candidate else None
        if candidate:
            after = thumbnails.whole(candidate)
            crop_after = thumbnails.crop(candidate, box) if box else None
    return _JobView(
        anchor=anchor,
        result=result,
        status=STATUS[result.status],
        language=locale_name(result.locale),
        edits=tuple(_edit_view(e) for e in result.edits),
        checks=tuple(
            {
                "status": str(c.status),
                "word": CHECK_STATUS[c.status],
                "title": check_title(c),
                "detail": c.detail,
                "measured": measured(c),
                "missing": c.missing,
            }
            for c in sorted(result.checks, key=lambda c: _CHECK_ORDER.index(c.status))
        ),
        facts=_facts(result, amendment),
        decision=_decision(decision),
        # Relative to runs/<run>/report.html, so that it holds wherever the workspace is moved to.
        handover=f"../../jobs/{result.job}/handover.svg" if result.handover else "",
        before=before,
        after=after,
        crop_before=crop_before,
        crop_after=crop_after,
    )


def _extent(edit: Mapping[str, Any]) -> Box:
    """Where an edit's old and new text stand, together."""
    a, b = edit["box"], edit.get("source_box") or edit["box"]
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _edit_view(edit: Mapping[str, Any]) -> _EditView:
    action = Action(edit["action"])
    text = str(edit.get("text") or edit.get("object") or "")
    source = "All text" if text == "*" else text
    return _EditView(
        action=ACTION[action],
        source=source,
        target=str(edit.get("replacement") or ""),
        nothing="removed" if action in _REMOVALS else "no copy",
        note=str(edit.get("note") or ""),
        draft=str(edit.get("draft") or ""),
    )


def _facts(result: JobResult, amendment: Amendment | None) -> tuple[tuple[str, str], ...]:
    facts = []
    if result.engine:
        facts.append(("Engine", result.engine))
    if result.cached:
        facts.append(("Time", "reused from an earlier run"))
    elif result.seconds:
        facts.append(("Time", duration(result.seconds)))
    if result.attempts:
        facts.append(("Attempts", str(result.attempts)))
    if cost := in_words(paid(result)):
        facts.append(("Cost", cost))
    if result.rows:
        facts.append(
            ("Manifest row" if len(result.rows) == 1 else "Manifest rows", ", ".join(map(str, result.rows)))
        )
    if amendment is not None:
        why = f": {amendment.why}" if amendment.why else ""
        facts.append(("Done again", f"for {amendment.by}, {moment(amendment.at)}{why}"))
    if result.job:
        facts.append(("Job", result.job[:12]))
    return tuple(facts)


def _compared(overview: Overview, estimate: Estimate | None) -> list[tuple[str, str]]:
    done = overview.all
    if estimate is None or done.statuses[WAITING]:
        return []
    return list(compared(estimate, edited=done.edited, seconds=done.seconds, paid=done.paid))


def _decision(decision: Decision | None) -> str:
    if decision is None:
        return ""
    comment = f": {decision.comment}" if decision.comment else ""
    return f"{decision.verdict.value.capitalize()} by {decider(decision.by)}, {moment(decision.at)}{comment}"


def _grid(overview: Overview) -> tuple[list[str], list[tuple[str, list[_Cell | None]]]] | None:
    """Assets down, locales across; None where a table would tell nothing new or be endless."""
    if overview.assets is None or not (len(overview.assets) > 1 and len(overview.locales) > 1):
        return None
    shown = {each.index for each in overview.shown()}
    locales = list(overview.locales)

    def cell(found: tuple[str, int] | None) -> _Cell | None:
        if found is None:
            return None
        status, index = found
        return _Cell(status, _STATUS_NAMES[status], f"job-{index}" if index in shown else "")

    rows = [
        (asset, [cell(cells.get(locale)) for locale in locales]) for asset, cells in overview.assets.items()
    ]
    return locales, rows
