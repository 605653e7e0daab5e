"""What an estimate says, in sentences: the same in the log, on the command line, in reports and in the UI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from localizer.copy.units import CopyState
from localizer.costs import in_words
from localizer.times import about, duration

if TYPE_CHECKING:
    from localizer.copy.prepared import PreparedCopy
    from localizer.costs import Money
    from localizer.estimates.model import Estimate

NOTHING_MEASURED = "not known: there is no earlier run of this engine in this workspace to estimate from"


def count(number: int, one: str, many: str = "") -> str:
    """``1 image``, ``2 images``."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def copy_headline(prepared: PreparedCopy) -> str:
    """``12 approved, 3 drafts, 1 missing``."""
    approved, drafts, missing = (prepared.total(state) for state in CopyState)
    return f"{approved:,} approved, {count(drafts, 'draft')}, {missing:,} missing"


def copy_facts(prepared: PreparedCopy) -> Iterator[str]:
    """What was read and asked, a sentence each."""
    if prepared.images:
        known = prepared.images - prepared.read - prepared.unread
        yield (
            f"{count(prepared.images, 'image')} all of whose text is to be translated: {prepared.read:,} "
            f"read now, {known:,} read before"
            + (f", {prepared.unread:,} not read yet" if prepared.unread else "")
        )
    if asked := sum(prepared.asked.values()):
        done = "would be asked for" if prepared.dry_run else "were asked for"
        cost = f", about {in_words(prepared.cost)}" if prepared.cost else ""
        characters = sum(prepared.characters.values())
        yield f"{count(asked, 'draft')} {done} ({characters:,} characters{cost})"
    for origin, number in prepared.drafts.items():
        yield f"{count(number, 'draft')} by {origin}"
    yield from prepared.problems


def time_short(estimate: Estimate) -> str:
    """``about 4 min 10 s``, or ``not known``."""
    if not estimate.images:
        return "none"
    if estimate.elapsed_s is not None:
        return f"about {about(estimate.elapsed_s)}"
    if estimate.work_s is not None:
        return f"{about(estimate.work_s)} of work"
    return "not known"


def time_words(estimate: Estimate) -> str:
    """How long the edits will take, and on what that rests."""
    measured, way = estimate.measured, estimate.way
    if not estimate.images:
        return "none: nothing has to be edited"
    if measured is None:
        return NOTHING_MEASURED
    basis = f"{about(measured.seconds)} an image, measured on {count(measured.images, 'image')}"
    if estimate.elapsed_s is None:
        return (
            f"{about(estimate.work_s or 0)} if done one after another ({basis}); how many are done side "
            "by side is not known, as LOCALIZER_EDIT_SLOTS does not say how many slots the pool has"
        )
    side = f"{way.at_once} side by side" if (way.at_once or 1) > 1 else "one after another"
    limit = f", at most {way.per_minute:g} calls a minute" if way.per_minute else ""
    return f"about {about(estimate.elapsed_s)} ({basis}, {side}{limit}), without waiting and review"


def cost_short(estimate: Estimate) -> str:
    """``about 4.20 CNY``, ``no charge``, or ``not known``."""
    if estimate.cost is None:
        return "not known"
    return f"about {in_words(estimate.cost)}" if estimate.cost else "no charge"


def cost_words(estimate: Estimate) -> str:
    """What the edits will cost, and on what that rests."""
    way, measured = estimate.way, estimate.measured
    if not estimate.images:
        return "nothing has to be edited, so nothing is charged"
    if not way.is_charged:
        return f"no charge: {way.engine} calls no service"
    if estimate.cost is None:
        return f"not known: the connection of {way.engine} says no price for a call"
    each = in_words({way.currency: way.price or 0.0})
    if measured and measured.calls:
        return (
            f"about {in_words(estimate.cost)}: {estimate.calls:,.0f} calls at {each} "
            f"({measured.calls:.1f} an image in earlier runs, retries included)"
        )
    return (
        f"at least {in_words(estimate.cost)}: a call for each of {count(estimate.edits, 'edit')} at {each}; "
        "no earlier run says how many retries come on top"
    )


def headline(estimate: Estimate) -> str:
    """What there is to do, in one line."""
    total = estimate.total
    parts = [f"{total.to_edit:,} to edit", f"{total.known:,} done before"]
    parts.append(f"{total.no_copy:,} without approved copy")
    return f"{count(total.jobs, 'image')}: {', '.join(parts)}; {estimate.rejected:,} wrong in the manifest"


def facts(estimate: Estimate) -> Iterator[tuple[str, str]]:
    """Name and words of what a person wants to know before saying go."""
    way = estimate.way
    engine = way.engine
    if way.fallbacks:
        engine += f"; where its images do not pass: {', '.join(way.fallbacks)}"
    yield "Engine", engine
    if estimate.actions:
        yield "Edits", ", ".join(f"{n:,} {action}" for action, n in estimate.actions.items())
    if estimate.copy and estimate.copy.counts:
        yield "Copy", "; ".join((copy_headline(estimate.copy), *copy_facts(estimate.copy)))
    yield "Time", time_words(estimate)
    yield "Cost", cost_words(estimate)
    if estimate.known_by:
        by = ", ".join(f"{n:,} by {engine or 'no engine'}" for engine, n in estimate.known_by.items())
        yield "Known", f"{by}, from earlier runs; nothing is spent on them"
    if repeated := estimate.total.repeated:
        yield "Twins", f"{count(repeated, 'image')} the very same as another, done once"
    if way.tasks:
        yield "Tasks", f"the edits are cut into {count(way.tasks, 'task')}"


def compared(estimate: Estimate, *, edited: int, seconds: float, paid: Money) -> Iterator[tuple[str, str]]:
    """How far off an estimate was, once the run is done.

    Args:
        edited: images that were edited.
        seconds: they took together.
        paid: was charged for them.
    """
    from datetime import datetime

    if estimate.images or edited:
        yield "Images", f"{edited:,} edited; {estimate.images:,} were expected"
    if estimate.work_s and seconds:
        yield (
            "Work",
            f"{duration(seconds)}; estimated {about(estimate.work_s)} ({_off(seconds, estimate.work_s)})",
        )
    elif seconds and estimate.images:
        yield "Work", f"{duration(seconds)}; there was no earlier run to estimate from"
    if estimate.edited_at and estimate.elapsed_s:
        made, done = map(datetime.fromisoformat, (estimate.made_at, estimate.edited_at))
        took = max(0.0, (done - made).total_seconds())
        yield (
            "From plan to last edit",
            f"{duration(took)}; estimated {about(estimate.elapsed_s)} ({_off(took, estimate.elapsed_s)})",
        )
    if estimate.way.is_charged and estimate.images:
        said = in_words(paid) or "nothing that the service told"
        yield "Cost", f"{said}; estimated {cost_short(estimate).removeprefix('about ')}"


def _off(actual: float, estimated: float) -> str:
    share = (actual - estimated) / estimated
    if abs(share) < 0.05:
        return "as estimated"
    if share > 1:
        return f"{actual / estimated:.1f} times as long"
    return f"{abs(share):.0%} {'longer' if share > 0 else 'shorter'}"
