"""Finding the named text among the lines that were read.

A text may be one line, several lines of a block, or a part of a line. A match must be close, and exact
where it is short or made of digits: editing the wrong words is worse than finding none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from localizer.model import Box
from localizer.text.normalise import digits_of, fold, similarity
from localizer.text.reading import Quad, TextLine

MIN_SIMILARITY = 0.8
SHORT = 4


@dataclass(frozen=True, slots=True)
class Found:
    """One occurrence of a text.

    Attributes:
        lines: what was read there, in reading order; for a part of a line, that part only.
        similarity: of what was read with what was asked, 0 to 1.
        partial: the match is a part of a longer line.
        used: indices of the lines that it covers, whole or in part.
        wanted: the text as it was asked for.
    """

    lines: tuple[TextLine, ...]
    similarity: float
    partial: bool
    used: tuple[int, ...]
    wanted: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The text of each line as it was asked for, with the spaces that readers drop; else as read."""
        rest, out = "".join(self.wanted.split("\n")) if len(self.lines) == 1 else self.wanted, []
        for line in self.lines:
            part = _head(rest, fold(line.text))
            if part is None:
                return tuple(line.text for line in self.lines)
            rest = rest[len(part) :]
            out.append(part.strip())
        return tuple(out)

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def box(self) -> Box:
        boxes = [line.box for line in self.lines]
        return (
            min(b[0] for b in boxes),
            min(b[1] for b in boxes),
            max(b[2] for b in boxes),
            max(b[3] for b in boxes),
        )


def _head(text: str, folded: str) -> str | None:
    """The beginning of a text that folds to the same characters; None if it begins otherwise."""
    if not folded:
        return None
    for end in range(1, len(text) + 1):
        so_far = fold(text[:end])
        if so_far == folded and (end == len(text) or fold(text[: end + 1]) != folded):
            return text[:end]
    return None


def matches(read: str, wanted: str) -> float:
    """Similarity if the two may be the same text, else 0."""
    score = similarity(read, wanted)
    n = len(fold(wanted))
    if n == 0 or digits_of(read) != digits_of(wanted):
        return 0.0
    if n <= SHORT:
        return score if score == 1.0 else 0.0
    return score if score >= MIN_SIMILARITY else 0.0


def find_text(
    wanted: str, lines: Sequence[TextLine], *, box: Box | None = None, taken: frozenset[int] = frozenset()
) -> tuple[Found, ...]:
    """Every occurrence of a text, best first; those in `box` only, if one is given.

    Args:
        taken: indices of lines that another edit has claimed already.
    """
    free = [i for i in range(len(lines)) if i not in taken and (box is None or _inside(lines[i].box, box))]
    found = [*_whole_lines(wanted, lines, free), *_blocks(wanted, lines, free)]
    if not found:
        found = _parts(wanted, lines, free)
    found.sort(key=lambda f: (-f.similarity, len(f.used)))
    chosen: list[Found] = []
    claimed: set[int] = set()
    for f in found:
        if f.partial or not claimed.intersection(f.used):
            chosen.append(f)
            claimed.update(f.used)
    return tuple(replace(f, wanted=wanted) for f in chosen)


def _inside(line: Box, box: Box) -> bool:
    """Whether most of a line lies in a box."""
    w = min(line[2], box[2]) - max(line[0], box[0])
    h = min(line[3], box[3]) - max(line[1], box[1])
    area = (line[2] - line[0]) * (line[3] - line[1])
    return w > 0 and h > 0 and w * h >= 0.5 * min(area, (box[2] - box[0]) * (box[3] - box[1]))


def _whole_lines(wanted: str, lines: Sequence[TextLine], free: list[int]) -> list[Found]:
    out = []
    for i in free:
        score = matches(lines[i].text, wanted)
        if score:
            out.append(Found((lines[i],), score, False, (i,)))
    return out


def _follows(a: TextLine, b: TextLine) -> bool:
    """Whether b can be the next piece of the block that a is in: beside it, or right below it."""
    tall, small = max(a.height, b.height), min(a.height, b.height)
    if small < 0.5 * tall or abs(a.angle - b.angle) > 12:
        return False
    ax0, ay0, ax1, ay1 = a.box
    bx0, by0, bx1, by1 = b.box
    overlap_y = min(ay1, by1) - max(ay0, by0)
    if overlap_y > 0.5 * small:  # the same line, split by a wide space
        return -0.3 * small <= bx0 - ax1 <= 2.5 * tall
    overlap_x = min(ax1, bx1) - max(ax0, bx0)
    gap = by0 - ay1
    return overlap_x > 0.3 * min(ax1 - ax0, bx1 - bx0) and -0.5 * small < gap < 1.2 * tall


def _blocks(wanted: str, lines: Sequence[TextLine], free: list[int]) -> list[Found]:
    """Runs of neighbouring lines that together are the wanted text."""
    target = fold(wanted)
    out: list[Found] = []
    order = sorted(free, key=lambda i: (lines[i].box[1], lines[i].box[0]))
    for start in order:
        stack: list[tuple[tuple[int, ...], str]] = [((start,), lines[start].text)]
        while stack:
            used, raw = stack.pop()
            text = fold(raw)
            if len(text) > 1.3 * len(target) + 2 or len(used) > 8:
                continue
            if len(used) > 1:
                score = matches(raw, wanted)
                if score:
                    out.append(Found(tuple(lines[i] for i in used), score, False, used))
            head = target[: len(text)]
            if similarity(text, head) < 0.6:
                continue
            stack.extend(
                ((*used, j), f"{raw}\n{lines[j].text}")
                for j in order
                if j not in used and _follows(lines[used[-1]], lines[j])
            )
    return out


def _parts(wanted: str, lines: Sequence[TextLine], free: list[int]) -> list[Found]:
    """The wanted text as a part of a line, bounded by spaces or by a change of script."""
    target = fold(wanted)
    out = []
    for i in free:
        line = lines[i]
        visible = [c for c in line.text if c != " "]
        if not line.characters or len(visible) != len(line.characters):
            continue
        # Position in the folded text → index among the visible characters.
        positions = [k for k, c in enumerate(visible) for _ in fold(c)]
        folded = "".join(fold(c) for c in visible)
        start = folded.find(target)
        while start >= 0 and target:
            first, last = positions[start], positions[start + len(target) - 1]
            text = "".join(visible[first : last + 1])
            if _at_boundaries(line.text, first, last) and digits_of(text) == digits_of(wanted):
                part = TextLine(text, _hull(line, first, last), line.score, line.characters[first : last + 1])
                out.append(Found((part,), 1.0, True, (i,)))
            start = folded.find(target, start + 1)
    return out


def _at_boundaries(text: str, first: int, last: int) -> bool:
    """Whether a part does not cut a word or a number in two."""
    index = [k for k, c in enumerate(text) if c != " "]
    a, b = index[first], index[last]
    before, after = text[a - 1] if a else " ", text[b + 1] if b + 1 < len(text) else " "
    return not (_joined(before, text[a]) or _joined(text[b], after))


def _joined(a: str, b: str) -> bool:
    if a.isdigit() or b.isdigit():
        return (a.isdigit() or a in ".,¥￥$€£") and (b.isdigit() or b in ".,%")
    spaced = a.isalpha() and b.isalpha() and max(ord(a), ord(b)) < 0x2E80
    return spaced


def _hull(line: TextLine, first: int, last: int) -> Quad:
    """The part of a line's quad from one character to another."""
    tl, _, _, bl = line.characters[first]
    _, tr, br, _ = line.characters[last]
    return tl, tr, br, bl
