"""An estimate as text for logs and terminals, and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from localizer.display import markdown, one_line
from localizer.estimates.words import facts, headline

if TYPE_CHECKING:
    from localizer.estimates.model import Estimate, Part

_LOCALES = 40
_COLUMNS = ("to edit", "done before", "no copy", "images")


def as_lines(estimate: Estimate, *, rows: int = 12) -> Iterator[str]:
    """A readable table and what is worth a look, a line each; other people's text is made harmless.

    Args:
        rows: most rows of each kind.
    """
    yield f"{one_line(estimate.campaign)}: {headline(estimate)}"
    names = ["locale", *list(estimate.locales)[:_LOCALES], "all"]
    width = max(map(len, names))
    if estimate.locales:
        yield "  ".join([f"{'locale':{width}s}", *(f"{name:>11s}" for name in _COLUMNS)])
        for locale, part in list(estimate.locales.items())[:_LOCALES]:
            yield _row(locale, part, width)
        if (more := len(estimate.locales) - _LOCALES) > 0:
            yield f"… and {more} more locales"
        if len(estimate.locales) > 1:
            yield _row("all", estimate.total, width)
    for name, words in facts(estimate):
        yield f"{name + ':':8s} {one_line(words)}"
    yield from _listed(
        "to edit", [f"{a}: {b}" for a, b in estimate.first_to_edit], estimate.total.to_edit, rows
    )
    yield from _listed(
        "no copy", [f"{a}: {b}" for a, b in estimate.first_no_copy], estimate.total.no_copy, rows
    )
    wrong = [f"{asset} · {locale}: {why}" for asset, locale, why in estimate.first_rejected]
    yield from _listed("wrong", wrong, estimate.rejected, rows)
    left_out = [f"{asset} · {locale}" for asset, locale in estimate.first_out_of_scope]
    yield from _listed("left out", left_out, estimate.out_of_scope, rows)
    yield from _listed("warning", estimate.warnings, len(estimate.warnings), rows)


def as_markdown(estimate: Estimate) -> str:
    """A short summary: a table by locale, and what it takes."""
    lines = [
        f"**{markdown(estimate.campaign, most=100)}**: {headline(estimate)}",
        "",
        f"| locale | {' | '.join(_COLUMNS)} |",
        "|---|--:|--:|--:|--:|",
    ]
    for locale, part in list(estimate.locales.items())[:_LOCALES]:
        lines.append(f"| {markdown(locale, most=40)} | {' | '.join(map(str, _cells(part)))} |")
    lines.append("")
    lines += [f"- **{name}**: {markdown(words, most=400)}" for name, words in facts(estimate)]
    return "\n".join(lines)


def _cells(part: Part) -> tuple[int, ...]:
    return part.to_edit, part.known, part.no_copy, part.jobs


def _row(name: str, part: Part, width: int) -> str:
    return "  ".join([f"{name:{width}s}", *(f"{number:>11,d}" for number in _cells(part))])


def _listed(name: str, rows: Sequence[str], total: int, most: int) -> Iterator[str]:
    for row in rows[:most]:
        yield f"{name:8s} {one_line(row)}"
    if total > min(len(rows), most):
        yield f"{'':8s} … and {total - min(len(rows), most):,} more"
