"""Lines gathered into what a translator would call one string, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from localizer.extraction.measuring import Measured
from localizer.extraction.model import Origin, TextBlock
from localizer.locales import is_rtl
from localizer.text.reading import TextLine

_SAME_HEIGHT = 1.3  # ratio of heights up to which two lines are of one size
_SAME_COLOUR = 60  # largest channel difference up to which two lines have one colour
_NEXT = 0.65  # heights between two lines of one string
_WIDER = 0.3  # heights by which a gap is wider than the one before where a paragraph ends
_ALIGNED = 0.6  # heights by which their left edges, middles or right edges may differ
_SAME_ROW = 0.5  # share of the smaller height by which lines of one row overlap
_ENDS = tuple(".!?。！？…؟।")


@dataclass(frozen=True, slots=True)
class Judged:
    """A line with its looks and whose it is."""

    line: TextLine
    looks: Measured
    origin: Origin
    why: str = ""


def gather(lines: Sequence[Judged], source_locale: str) -> tuple[TextBlock, ...]:
    """Blocks in reading order.

    Lines below one another are one string if they are of one size, colour and owner, stand close and aligned,
    and the upper one does not end a sentence.
    """
    ordered = in_reading_order(lines, source_locale)
    chains: list[list[Judged]] = []
    for judged in ordered:
        chain = next((c for c in reversed(chains) if _goes_on(c, judged, ordered)), None)
        if chain is None:
            chains.append([judged])
        else:
            chain.append(judged)
    return tuple(_block(chain) for chain in chains)


def _block(chain: Sequence[Judged]) -> TextBlock:
    boxes = [j.line.box for j in chain]
    return TextBlock(
        text="\n".join(j.line.text for j in chain),
        box=(
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        ),
        origin=chain[0].origin,
        why=chain[0].why,
        score=min(j.line.score for j in chain),
    )


def _goes_on(chain: Sequence[Judged], new: Judged, everything: Sequence[Judged]) -> bool:
    """Whether a line is the next one of a string."""
    old = chain[-1]
    a, b = old.line, new.line
    if old.origin != new.origin or a.vertical != b.vertical or abs(a.angle - b.angle) > 6:
        return False
    tall, small = max(a.height, b.height), min(a.height, b.height)
    if tall > _SAME_HEIGHT * small or a.text.rstrip().endswith(_ENDS):
        return False
    if max(abs(p - q) for p, q in zip(old.looks.colour, new.looks.colour, strict=True)) > _SAME_COLOUR:
        return False
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, _) = a.box, b.box
    if a.vertical:  # columns go from right to left
        return -0.3 * small <= ax0 - bx1 <= _NEXT * small and abs(ay0 - by0) <= _ALIGNED * small
    gap = by0 - ay1
    if not -0.3 * small <= gap <= _NEXT * small:
        return False
    if len(chain) > 1 and gap - (ay0 - chain[-2].line.box[3]) > _WIDER * small:
        return False  # the next paragraph
    if not any(abs(p) <= _ALIGNED * tall for p in (ax0 - bx0, ax1 - bx1, (ax0 + ax1 - bx0 - bx1) / 2)):
        return False
    # Cells of a table stand below one another too, but beside others: each is a string of its own.
    return not (_has_company(old, everything) and _has_company(new, everything))


def _has_company(judged: Judged, everything: Sequence[Judged]) -> bool:
    """Whether another line of the same size stands on the same row."""
    x = judged.line
    return any(
        other is not judged
        and _on_one_row(x, other.line)
        and max(x.height, other.line.height) <= _SAME_HEIGHT * min(x.height, other.line.height)
        for other in everything
    )


def _on_one_row(a: TextLine, b: TextLine) -> bool:
    (_, ay0, _, ay1), (_, by0, _, by1) = a.box, b.box
    return min(ay1, by1) - max(ay0, by0) > _SAME_ROW * min(ay1 - ay0, by1 - by0)


def in_reading_order(items: Sequence[Judged], source_locale: str) -> list[Judged]:
    """From top to bottom, on one row from left to right, or as the locale is read."""
    rest = sorted(items, key=lambda item: item.line.box[1])
    out: list[Judged] = []
    while rest:
        first = rest[0]
        row = [i for i in rest if i is first or _on_one_row(first.line, i.line)]
        rest = [i for i in rest if not any(i is r for r in row)]
        out += sorted(row, key=lambda item: item.line.box[0], reverse=is_rtl(source_locale))
    return out
