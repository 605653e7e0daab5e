"""Finding the named text among the lines that were read.

A text may be one line, several lines of a block, a part of a line, or the end of one line and the start of
the next. A match must be close, and exact where it is short or made of digits: editing the wrong words is
worse than finding none.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from localizer.model import Box
from localizer.text.blocks import follows, join_pieces
from localizer.text.lookalikes import is_money_sign, skeleton
from localizer.text.normalise import digits_of, fold, similarity
from localizer.text.reading import Point, Quad, TextLine

MIN_SIMILARITY = 0.8
PARTIAL_SIMILARITY = 0.85  # a part can be slid along its line until it fits, so it must fit better
SHORT = 4
LONG = 8  # folded characters from which a part may hold a misread one
LOOKALIKE = 0.99  # similarity of what differs in characters that look the same
_MOST_LINES = 24
_MOST_AIR = 0.35  # heights by which the reader's character boxes may fall short of the ink

Span = tuple[int, int, int]
"""Index of a line, first and last of its visible characters; the whole line is ``(i, 0, WHOLE)``."""
WHOLE = 1 << 30


@dataclass(frozen=True, slots=True)
class Found:
    """One occurrence of a text.

    Attributes:
        lines: what was read there, in reading order: one for each line as it stands, pieces that the reader
            split joined; of a line that is used in part, that part only.
        similarity: of what was read with what was asked, 0 to 1.
        partial: a line that it uses holds something else too.
        spans: what it uses of which lines.
        rest: what stays of the lines that it uses in part.
        parted: there is a gap between it and what stays, on both sides.
        pieces: what `lines` were joined from, where the reader had split them.
    """

    lines: tuple[TextLine, ...]
    similarity: float
    partial: bool
    spans: tuple[Span, ...]
    rest: tuple[TextLine, ...] = ()
    parted: bool = False
    pieces: tuple[TextLine, ...] = ()

    @property
    def used(self) -> tuple[int, ...]:
        """Indices of the lines that it covers, whole or in part."""
        return tuple(dict.fromkeys(i for i, _, _ in self.spans))

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

    @property
    def height(self) -> float:
        """Of its tallest line, across the reading direction, in pixels."""
        return max(line.height for line in self.lines)


def matches(read: str, wanted: str) -> float:
    """Similarity if the two may be the same text, else 0."""
    n = len(fold(wanted))
    if n == 0:
        return 0.0
    score = similarity(read, wanted)
    if digits_of(read) == digits_of(wanted) and score >= (1.0 if n <= SHORT else MIN_SIMILARITY):
        return score
    return LOOKALIKE if _looks_like(read, wanted) else 0.0


def _looks_like(read: str, wanted: str) -> bool:
    """Whether two texts differ in nothing but characters that look the same; points in numbers count."""
    a, b = skeleton(read), skeleton(wanted)
    return a == b and len(a) > 1 and digits_of(a) == digits_of(b) and _points(read) == _points(wanted)


def _points(text: str) -> list[str]:
    return [c for c in digits_of(text) if not c.isdigit() and c not in "¥%"]


def overlaps(a: Collection[Span], b: Collection[Span]) -> bool:
    """Whether two texts use the same characters of a line."""
    return any(i == j and p <= s and r <= q for i, p, q in a for j, r, s in b)


def find_text(
    wanted: str,
    lines: Sequence[TextLine],
    *,
    box: Box | None = None,
    taken: Collection[Span] = (),
) -> tuple[Found, ...]:
    """Every occurrence of a text, best first; those in `box` only, if one is given.

    Args:
        taken: what other edits have claimed already.
    """
    whole = {i for i, first, last in taken if (first, last) == (0, WHOLE)}
    free = [i for i in range(len(lines)) if i not in whole and (box is None or _inside(lines[i].box, box))]
    touched = {i for i, _, _ in taken}
    entire = [i for i in free if i not in touched]
    found = [*_whole_lines(wanted, lines, entire), *_blocks(wanted, lines, entire)]
    if not found:
        pieces = [i for i in range(len(lines)) if i not in whole] if box is not None else free
        found = [
            *_parts(wanted, lines, pieces),
            *_chains(wanted, lines, pieces),
        ]
        found = [f for f in found if not overlaps(f.spans, taken)]
        if box is not None:
            found = [f for f in found if _inside(f.box, box)]
    found.sort(key=lambda f: (-f.similarity, len(f.spans)))
    chosen: list[Found] = []
    for f in found:
        if not any(overlaps(f.spans, other.spans) for other in chosen):
            chosen.append(f)
    return tuple(chosen)


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
            out.append(Found((lines[i],), score, False, ((i, 0, WHOLE),)))
    return out


def _blocks(wanted: str, lines: Sequence[TextLine], free: list[int]) -> list[Found]:
    """Runs of neighbouring lines that together are the wanted text."""
    target = skeleton(wanted)
    out: list[Found] = []
    order = sorted(free, key=lambda i: (lines[i].box[1], lines[i].box[0]))
    for start in order:
        stack: list[tuple[tuple[int, ...], str]] = [((start,), lines[start].text)]
        while stack:
            used, raw = stack.pop()
            text = skeleton(raw)
            if len(text) > 1.3 * len(target) + 2 or len(used) > _MOST_LINES:
                continue
            if len(used) > 1:
                score = matches(raw, wanted)
                if score:
                    pieces = tuple(lines[i] for i in used)
                    spans = tuple((i, 0, WHOLE) for i in used)
                    out.append(Found(join_pieces(pieces), score, False, spans, pieces=pieces))
            head = target[: len(text)]
            if similarity(text, head) < 0.6 and not (len(used) == 1 and is_money_sign(raw)):
                continue
            stack.extend(
                ((*used, j), f"{raw}\n{lines[j].text}")
                for j in order
                if j not in used and follows(lines[used[-1]], lines[j])
            )
    return out


@dataclass(frozen=True, slots=True)
class _Letters:
    """A line's visible characters, and which of them each folded character comes from."""

    line: TextLine
    visible: str
    folded: str
    origin: tuple[int, ...]


def _letters(line: TextLine, key: object) -> _Letters | None:
    """None where the reader gave no box for each character."""
    visible = "".join(c for c in line.text if c != " ")
    if not line.characters or len(visible) != len(line.characters):
        return None
    origin = tuple(k for k, c in enumerate(visible) for _ in key(c))  # type: ignore[operator]
    return _Letters(line, visible, "".join(key(c) for c in visible), origin)  # type: ignore[operator]


def _parts(wanted: str, lines: Sequence[TextLine], free: list[int]) -> list[Found]:
    """The wanted text as a part of a line, bounded by spaces or by a change of script."""
    exact = [f for i in free for f in _parts_of(wanted, lines[i], i)]
    return exact or [f for i in free for f in _near_parts_of(wanted, lines[i], i)]


def _parts_of(wanted: str, line: TextLine, index: int) -> Iterator[Found]:
    for key, score in ((fold, 1.0), (skeleton, LOOKALIKE)):
        letters, target, hit = _letters(line, key), key(wanted), False
        start = letters.folded.find(target) if letters is not None and target else -1
        while letters is not None and start >= 0:
            first, last = letters.origin[start], letters.origin[start + len(target) - 1]
            text = letters.visible[first : last + 1]
            if _at_boundaries(line.text, first, last) and (
                digits_of(text) == digits_of(wanted) if key is fold else _looks_like(text, wanted)
            ):
                yield _cut(line, index, first, last, score)
                hit = True
            start = letters.folded.find(target, start + 1)
        if hit:
            return


def _near_parts_of(wanted: str, line: TextLine, index: int) -> Iterator[Found]:
    """A long text of which a character or two were misread, inside a longer line."""
    from rapidfuzz.fuzz import partial_ratio_alignment

    letters, target = _letters(line, fold), fold(wanted)
    if letters is None or len(target) < LONG or len(letters.folded) <= len(target):
        return
    best = partial_ratio_alignment(target, letters.folded, score_cutoff=100 * PARTIAL_SIMILARITY)
    if best is None or best.dest_end <= best.dest_start:
        return
    first, last = letters.origin[best.dest_start], letters.origin[best.dest_end - 1]
    text = letters.visible[first : last + 1]
    score = similarity(text, wanted)
    alike = score >= PARTIAL_SIMILARITY and digits_of(text) == digits_of(wanted)
    if alike and _at_boundaries(line.text, first, last):
        yield _cut(line, index, first, last, score)


def _chains(wanted: str, lines: Sequence[TextLine], free: list[int]) -> list[Found]:
    """The wanted text as the end of one line, any whole lines, and the start of the line after them."""
    target, out = fold(wanted), list[Found]()
    letters = {i: found for i in free for found in (_letters(lines[i], fold),) if found is not None}
    for i, first in letters.items():
        for k in range(len(first.visible)):
            if not _starts_word(first.line.text, k):
                continue
            tail = "".join(fold(c) for c in first.visible[k:])
            if tail and len(tail) < len(target) and target.startswith(tail):
                out += _continued(
                    wanted, lines, letters, [(i, k, len(first.visible) - 1)], target[len(tail) :]
                )
    return out


def _continued(
    wanted: str,
    lines: Sequence[TextLine],
    letters: dict[int, _Letters],
    spans: list[Span],
    left: str,
) -> Iterator[Found]:
    last = lines[spans[-1][0]]
    for j, other in letters.items():
        if any(j == i for i, _, _ in spans) or not other.folded or not follows(last, lines[j]):
            continue
        end = len(other.visible) - 1
        if len(left) > len(other.folded) and left.startswith(other.folded):
            yield from _continued(wanted, lines, letters, [*spans, (j, 0, end)], left[len(other.folded) :])
        elif other.folded.startswith(left):
            stop = other.origin[len(left) - 1]
            whole = [*spans, (j, 0, stop)]
            text = " ".join(letters[i].visible[a : b + 1] for i, a, b in whole)
            if _ends_word(other.line.text, stop) and digits_of(text) == digits_of(wanted):
                cuts = [_cut(lines[i], i, a, b, 1.0) for i, a, b in whole]
                yield Found(
                    join_pieces([cut.lines[0] for cut in cuts]),
                    1.0,
                    any(cut.rest for cut in cuts),
                    tuple(whole),
                    tuple(piece for cut in cuts for piece in cut.rest),
                )


def _cut(line: TextLine, index: int, first: int, last: int, score: float) -> Found:
    """A part of a line, with what is left of the line on both sides."""
    count = len(line.characters)
    if (first, last) == (0, count - 1):
        return Found((line,), score, False, ((index, 0, WHOLE),))
    part = piece_of(line, first, last)
    rest = tuple(piece_of(line, a, b) for a, b in ((0, first - 1), (last + 1, count - 1)) if a <= b)
    return Found((part,), score, True, ((index, first, last),), rest)


def piece_of(line: TextLine, first: int, last: int) -> TextLine:
    """A part of a line, from one visible character to another."""
    at = [k for k, c in enumerate(line.text) if c != " "]
    text = line.text[at[first] : at[last] + 1]
    return TextLine(
        text, part_quad(line, first, last), line.score, line.characters[first : last + 1], line.vertical
    )


def _at_boundaries(text: str, first: int, last: int) -> bool:
    """Whether a part does not cut a word or a number in two."""
    return _starts_word(text, first) and _ends_word(text, last)


def _starts_word(text: str, visible: int) -> bool:
    at = [k for k, c in enumerate(text) if c != " "][visible]
    return at == 0 or not _joined(text[at - 1], text[at])


def _ends_word(text: str, visible: int) -> bool:
    at = [k for k, c in enumerate(text) if c != " "][visible]
    return at + 1 >= len(text) or not _joined(text[at], text[at + 1])


def _joined(a: str, b: str) -> bool:
    if a.isdigit() or b.isdigit():
        return (a.isdigit() or a in ".,¥￥$€£") and (b.isdigit() or b in ".,%")
    spaced = a.isalpha() and b.isalpha() and max(ord(a), ord(b)) < 0x2E80
    return spaced


def part_quad(line: TextLine, first: int, last: int) -> Quad:
    """The part of a line's quad from one character to another."""
    boxes, count = line.characters, len(line.characters)
    tl, tr, br, bl = line.quad
    most = _MOST_AIR * line.height
    if line.vertical:  # its ends are the top and the bottom: left and right corner each
        before = (tl, tr) if first == 0 else _half(boxes[first][:2], boxes[first - 1][3:1:-1])
        after = (bl, br) if last == count - 1 else _half(boxes[last][3:1:-1], boxes[last + 1][:2])
        start = _towards(boxes[first][:2], before, most)
        end = _towards(boxes[last][3:1:-1], after, most)
        return start[0], start[1], end[1], end[0]
    before = (tl, bl) if first == 0 else _half(boxes[first][::3], boxes[first - 1][1:3])
    after = (tr, br) if last == count - 1 else _half(boxes[last][1:3], boxes[last + 1][::3])
    start = _towards(boxes[first][::3], before, most)
    end = _towards(boxes[last][1:3], after, most)
    return start[0], end[0], end[1], start[1]


def _half(a: Sequence[Point], b: Sequence[Point]) -> tuple[Point, Point]:
    """The side half way between two sides."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (*a, *b)
    return ((ax + cx) / 2, (ay + cy) / 2), ((bx + dx) / 2, (by + dy) / 2)


def _towards(side: Sequence[Point], other: Sequence[Point], most: float) -> tuple[Point, Point]:
    """A character's side moved to another one, so far only: its box is short of the ink, but not by much."""
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = (*side, *other)
    away = max(1e-6, math.hypot((cx + dx - ax - bx) / 2, (cy + dy - ay - by) / 2))
    k = min(1.0, most / away)
    return (ax + k * (cx - ax), ay + k * (cy - ay)), (bx + k * (dx - bx), by + k * (dy - by))


def nearest(wanted: str, lines: Sequence[TextLine], *, most: int = 6) -> list[tuple[str, float]]:
    """What was read, the most like the wanted text first, with the similarity of the best part of it."""
    from rapidfuzz.fuzz import partial_ratio

    target = fold(wanted)
    scored = {
        line.text: max(similarity(line.text, wanted), 0.9 * partial_ratio(target, fold(line.text)) / 100)
        for line in lines
        if fold(line.text)
    }
    return sorted(scored.items(), key=lambda item: -item[1])[:most]
