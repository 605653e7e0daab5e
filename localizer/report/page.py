"""Build the report: what the template needs to know, and the HTML."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localizer.model import Action, Box, CheckStatus, Decision, JobResult, Status, Verdict
from localizer.report.thumbnails import Picture, Thumbnails
from localizer.report.wording import (
    ACTION,
    CHECK_STATUS,
    STATUS,
    check_title,
    duration,
    locale_name,
    measured,
)

FEW = 60
"""Up to this number of jobs, pictures are large and each first edit is shown close up; beyond, only
exceptions are."""

MANY = 200
"""Above this number of jobs, pictures are small and only exceptions and the first `MANY` have them."""

_ORDER = [Status.FAILED, Status.NEEDS_REVIEW, Status.PASSED]
_CHECK_ORDER = [CheckStatus.FAILED, CheckStatus.UNDECIDED, CheckStatus.PASSED]
_REMOVALS = {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}


@dataclass(frozen=True, slots=True)
class _EditView:
    action: str
    source: str
    target: str
    nothing: str
    note: str


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
    *,
    campaign: str,
    run_id: str,
    results: Sequence[JobResult],
    generated_at: datetime,
    read: Callable[[str], bytes],
    warnings: Sequence[str] = (),
    out_of_scope: Sequence[tuple[str, str]] = (),
    decisions: Sequence[Decision] = (),
    release_id: str = "",
    release_uri: str = "",
    seconds: float | None = None,
) -> str:
    """One self-contained HTML page on a run: no script, style, font or picture comes from elsewhere.

    Args:
        results: in manifest order; the page shows exceptions first.
        read: gives a workspace object's bytes by its relative name (`Storage.read`); used for pictures.
            An image that cannot be read is named on the page, not left out.
        out_of_scope: asset and locale of manifest rows that the run's target locales leave out.
        release_id: empty if nothing was published.
        seconds: wall-clock time of the run; default the sum over its jobs.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("localizer.report", "."),
        autoescape=True,  # everything in a manifest is somebody else's text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = environment.get_template("filter.js.jinja").render()
    jobs = _views(results, decisions=decisions, read=read)
    counts = Counter(r.status for r in results)
    edited = [r for r in results if not r.cached]
    return environment.get_template("report.html.jinja").render(
        campaign=campaign,
        run_id=run_id,
        generated_at=generated_at,
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        jobs=jobs,
        shares=[(s.value, STATUS[s], counts[s]) for s in reversed(_ORDER)],
        total=len(results),
        cached=sum(r.cached for r in results),
        seconds=duration(seconds if seconds is not None else sum(r.seconds for r in edited)),
        engines=", ".join(sorted({r.engine for r in results if r.engine})) or "none",
        approved=sum(d.verdict is Verdict.APPROVED for d in decisions),
        rejected=sum(d.verdict is Verdict.REJECTED for d in decisions),
        release_id=release_id,
        release_uri=release_uri,
        warnings=list(warnings),
        out_of_scope=[f"{asset} · {locale}" for asset, locale in out_of_scope],
        locales=_unique(r.locale for r in results),
        locale_name=locale_name,
        grid=_grid(jobs),
        without_pictures=sum(j.before is None and bool(j.result.source) for j in jobs),
        many=MANY,
        status_names={s.value: name for s, name in STATUS.items()},
    )


def _views(
    results: Sequence[JobResult], *, decisions: Sequence[Decision], read: Callable[[str], bytes]
) -> list[_JobView]:
    """In the order shown: exceptions first, else as in the manifest."""
    decided = {(d.asset_id, d.locale): d for d in decisions}
    count = len(results)
    thumbnails = Thumbnails(read, long_side=480 if count <= FEW else 320 if count <= MANY else 240)
    ordered = sorted(enumerate(results), key=lambda pair: (_ORDER.index(pair[1].status), pair[0]))
    return [
        _view(
            result,
            anchor=f"job-{index}",
            decision=decided.get((result.asset_id, result.locale)),
            thumbnails=thumbnails if place < MANY or result.status is not Status.PASSED else None,
            crops=count <= FEW or result.status is not Status.PASSED,
        )
        for place, (index, result) in enumerate(ordered)
    ]


def _view(
    result: JobResult,
    *,
    anchor: str,
    decision: Decision | None,
    thumbnails: Thumbnails | None,
    crops: bool,
) -> _JobView:
    before = after = crop_before = crop_after = None
    # Names inside the workspace are fixed; a result's own paths are absolute or gs:// URIs of that time.
    candidate = f"jobs/{result.job}/candidate.png" if result.image else None
    source = f"sources/{result.source.rsplit('/', 1)[-1]}" if result.source else None
    if thumbnails is not None and source:
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
        facts=_facts(result),
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
    )


def _facts(result: JobResult) -> tuple[tuple[str, str], ...]:
    facts = []
    if result.engine:
        facts.append(("Engine", result.engine))
    if result.cached:
        facts.append(("Time", "reused from an earlier run"))
    elif result.seconds:
        facts.append(("Time", duration(result.seconds)))
    if result.attempts:
        facts.append(("Attempts", str(result.attempts)))
    if result.rows:
        facts.append(
            ("Manifest row" if len(result.rows) == 1 else "Manifest rows", ", ".join(map(str, result.rows)))
        )
    if result.job:
        facts.append(("Job", result.job[:12]))
    return tuple(facts)


def _decision(decision: Decision | None) -> str:
    if decision is None:
        return ""
    who = decision.by.removeprefix("policy:")
    by = f"by the policy “{who}”" if who != decision.by else f"by {who}"
    comment = f": {decision.comment}" if decision.comment else ""
    return f"{decision.verdict.value.capitalize()} {by}{comment}"


def _grid(jobs: Sequence[_JobView]) -> tuple[list[str], list[tuple[str, list[_JobView | None]]]] | None:
    """Assets down, locales across; None where a table would tell nothing new or be endless."""
    cells = {(j.result.asset_id, j.result.locale): j for j in jobs}
    in_order = sorted(jobs, key=lambda j: int(j.anchor.removeprefix("job-")))
    assets = _unique(j.result.asset_id for j in in_order)
    locales = _unique(j.result.locale for j in in_order)
    if not (1 < len(assets) <= MANY and 1 < len(locales) <= 30):
        return None
    return locales, [(asset, [cells.get((asset, locale)) for locale in locales]) for asset in assets]


def _unique(values: Any) -> list[str]:
    return list(dict.fromkeys(values))
