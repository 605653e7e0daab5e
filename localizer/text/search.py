"""Searching an image for named texts: what a first reading does not show is looked for again, larger,
smaller and in other scripts, before a text counts as missing.

Each further look costs more than the one before and is taken only for a text that was not found so far.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from localizer.model import Box, Edit, share_inside
from localizer.text import foreign
from localizer.text.locate import WHOLE, Found, Span, find_text, matches, nearest
from localizer.text.normalise import digits_of, fold
from localizer.text.orientation import reread, settle_level, settle_tall, stack
from localizer.text.parting import cut_in_gaps
from localizer.text.reading import TextLine, read_area

if TYPE_CHECKING:
    import numpy.typing as npt

_MARGINS = (0.18, 0.4, 0.06)
_PROMISING = 0.5  # similarity from which a misread line is looked at again
_MOST_PROMISING = 4
_COMFORTABLE = 56.0  # pixels; type of this height is read best
_TILE = 700  # pixels of the image in one enlarged tile
_MOST_TILES = 9
_DIFFERENT_SIZE = 1.4  # ratio of heights from which two places are not the same element of the design
_DIFFERENT_ANGLE = 4.0  # degrees


class Search:
    """Looks for texts in one image.

    Attributes:
        lines: all that was read so far; further looks append to it.
    """

    def __init__(self, rgb: npt.NDArray[np.uint8], lines: Sequence[TextLine], *, locale: str = "und") -> None:
        """Start from a first reading.

        Args:
            rgb: H x W x 3 uint8.
            lines: as `read_lines` gave them.
            locale: of the texts in the image, as declared.
        """
        self._rgb = rgb
        self._locale = locale
        self.lines: list[TextLine] = [settle_tall(rgb, line) for line in lines]
        self._first = len(self.lines)
        self._rivals: dict[int, set[int]] = {}
        self._looked: set[str] = set()
        self._settled: set[int] = set()

    def find(self, wanted: str, *, box: Box | None = None, taken: Collection[Span] = ()) -> tuple[Found, ...]:
        """Every occurrence of a text, best first; those in `box` only, if one is given.

        Args:
            taken: what other edits have claimed already.
        """
        found = self._match(wanted, box, taken, self._first)
        if not found and len(self.lines) > self._first:
            found = self._match(wanted, box, taken, len(self.lines))
        for look in self._looks(wanted, box):
            if found:
                break
            if self._add(look()):
                found = self._match(wanted, box, taken, len(self.lines))
        return tuple(self._cut(self._confirm(f, wanted)) for f in found)

    def staying(self, found: Iterable[Found]) -> list[TextLine]:
        """What stays in the image when some texts go: the other lines, and the rest of those cut in two."""
        found = tuple(found)
        whole = self.unclaimed([s for f in found for s in f.spans])
        return [*(self.lines[i] for i in whole), *self._pieces(found)]

    def unclaimed(self, taken: Collection[Span]) -> list[int]:
        """Indices of the lines that no text uses, every place counted once."""
        claimed = {i for i, _, _ in taken}
        claimed |= {j for i in claimed for j in self._rivals.get(i, ())}
        return [
            i
            for i in range(len(self.lines))
            if i not in claimed and (i < self._first or not self._rivals.get(i))
        ]

    def _pieces(self, found: Sequence[Found]) -> list[TextLine]:
        """What stays of lines that texts use in part: letters beside one text may belong to another."""
        gone = {q for f in found for line in f.lines for q in line.characters}
        rest = [piece for f in found for piece in f.rest]
        return [
            *(piece for piece in rest if not piece.characters),
            *(
                TextLine(c, quad, piece.score, (quad,))
                for piece in rest
                for c, quad in zip((c for c in piece.text if c != " "), piece.characters, strict=False)
                if quad not in gone
            ),
        ]

    def _match(self, wanted: str, box: Box | None, taken: Collection[Span], count: int) -> tuple[Found, ...]:
        """Find among the first lines; later readings of a place stand for earlier ones."""
        claimed = {i for i, _, _ in taken}
        blocked = {j for i in claimed for j in self._rivals.get(i, ())}
        blocked |= {i for n in range(self._first, count) for i in self._rivals.get(n, ()) if i < n}
        blocked -= claimed
        spans = [*taken, *((i, 0, WHOLE) for i in blocked)]
        while True:
            found = find_text(wanted, self.lines[:count], box=box, taken=spans)
            fresh = {i for f in found for i in f.used} - self._settled
            self._settled |= fresh
            settled = {i: settle_level(self._rgb, self.lines[i]) for i in fresh}
            turned = [i for i, line in settled.items() if line is not self.lines[i]]
            for i in turned:
                self.lines[i] = settled[i]
            if not turned:
                return tuple(_stacked(f) for f in found)

    def _add(self, lines: Iterable[TextLine]) -> bool:
        """Keep a further reading; where it stands on an earlier one, the two are rivals."""
        before = len(self.lines)
        for line in lines:
            n = len(self.lines)
            over = {
                i
                for i, known in enumerate(self.lines)
                if share_inside(known.box, line.box) > 0.5 or share_inside(line.box, known.box) > 0.5
            }
            if any(self.lines[i].text == line.text and i < self._first for i in over) and len(over) == 1:
                continue  # nothing new
            self.lines.append(settle_tall(self._rgb, line))
            self._rivals[n] = set(over)
            for i in over:
                self._rivals.setdefault(i, set()).add(n)
        return len(self.lines) > before

    def _looks(self, wanted: str, box: Box | None) -> Iterator[Callable[[], Sequence[TextLine]]]:
        """Further ways to look at the image, the cheapest first."""
        language = foreign.language_to_read(wanted, self._locale)
        if language:
            if f"foreign {language}" not in self._looked:
                self._looked.add(f"foreign {language}")
                yield lambda: foreign.read_lines_in(self._rgb, language)
            return
        yield lambda: self._look_at_promising(wanted)
        if box is not None:
            for size in (2.0, 1.0, 0.5):
                yield lambda size=size: self._look_at_box(box, size)  # type: ignore[misc]
        for name, look in (("half", self._look_at_half), ("tiles", self._look_at_tiles)):
            if name not in self._looked:
                self._looked.add(name)
                yield look

    def _look_at_promising(self, wanted: str) -> list[TextLine]:
        """Read the surroundings of lines that are like the wanted text, at a comfortable size."""
        liked = dict(nearest(wanted, self.lines, most=_MOST_PROMISING))
        numbers = digits_of(wanted).strip("¥%")
        out: list[TextLine] = []
        for line in list(self.lines):
            same_number = bool(numbers) and digits_of(line.text).strip("¥%") == numbers
            if liked.get(line.text, 0.0) < _PROMISING and not same_number:
                continue
            x0, y0, x1, y1 = line.box
            a, b = round(1.2 * line.height), round(0.5 * line.height)
            scale = min(4.0, max(0.25, _COMFORTABLE / max(1.0, line.height)))
            out += read_area(self._rgb, (x0 - a, y0 - b, x1 + a, y1 + b), scale)
        return out

    def _look_at_box(self, box: Box, scale: float) -> Sequence[TextLine]:
        a = round(0.2 * min(box[2] - box[0], box[3] - box[1])) + 4
        return read_area(self._rgb, (box[0] - a, box[1] - a, box[2] + a, box[3] + a), scale)

    def _look_at_half(self) -> Sequence[TextLine]:
        """At half size the reader finds large type that it missed."""
        h, w = self._rgb.shape[:2]
        return read_area(self._rgb, (0, 0, w, h), 0.5)

    def _look_at_tiles(self) -> list[TextLine]:
        """Enlarged tiles that overlap show small print."""
        h, w = self._rgb.shape[:2]
        rows, columns = max(1, round(h / _TILE)), max(1, round(w / _TILE))
        if rows * columns > _MOST_TILES:
            return []
        out: list[TextLine] = []
        for r in range(rows):
            for c in range(columns):
                y0, y1 = round(h * r / rows), round(h * (r + 1) / rows)
                x0, x1 = round(w * c / columns), round(w * (c + 1) / columns)
                m = 60
                for line in read_area(self._rgb, (x0 - m, y0 - m, x1 + m, y1 + m), 2.0):
                    if all(share_inside(line.box, k.box) < 0.5 or k.text != line.text for k in out):
                        out.append(line)
        return out

    def _cut(self, found: Found) -> Found:
        """Part a text from the rest of its line in the gaps beside it."""
        if not found.rest or len(found.lines) != 1 or len(found.spans) != 1:
            return found
        part, parted = cut_in_gaps(self._rgb, self.lines[found.spans[0][0]], found.lines[0])
        return replace(found, lines=(part,), parted=parted)

    def _confirm(self, found: Found, wanted: str) -> Found:
        """Read what differs from the wanted text once more, by itself and with other margins."""
        if found.similarity == 1.0:
            return found
        texts = [line.text for line in found.lines]
        best = matches("\n".join(texts), wanted)
        for k, line in enumerate(found.lines):
            for margin in _MARGINS:
                text, _ = reread(self._rgb, line, margin)
                tried = [*texts[:k], text, *texts[k + 1 :]]
                score = matches("\n".join(tried), wanted)
                if score > best:
                    texts, best = tried, score
        if best <= found.similarity:
            return found
        lines = tuple(
            line if line.text == text else replace(line, text=text)
            for line, text in zip(found.lines, texts, strict=True)
        )
        return replace(found, lines=lines, similarity=best)


def _stacked(found: Found) -> Found:
    """Single characters below one another are a column."""
    column = stack(found.lines) if len(found.lines) > 1 and not found.partial else None
    return found if column is None else replace(found, lines=(column,))


@dataclass(slots=True)
class Claims:
    """Which places belong to which edit.

    Attributes:
        found: by index of the edit; an edit whose text was not found is missing.
        notes: what a reviewer should know of an edit.
        doubts: what a person has to decide.
    """

    found: dict[int, tuple[Found, ...]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        return [s for found in self.found.values() for f in found for s in f.spans]


def claim(search: Search, edits: Sequence[tuple[int, Edit]], claims: Claims) -> None:
    """Give each edit its places, the longest texts first; equal edits share theirs in reading order.

    A text that stands several times is replaced everywhere unless the edit has a box. Where the places
    differ in size or angle, one of them may be printed on the product: then a person is asked.
    """
    groups: dict[tuple[str, Box | None], list[tuple[int, Edit]]] = {}
    for index, edit in sorted(edits, key=lambda e: -len(e[1].text)):
        groups.setdefault((fold(edit.text) or edit.text, edit.box), []).append((index, edit))
    for same in groups.values():
        first = same[0][1]
        places = search.find(first.text, box=first.box, taken=claims.spans)
        places = tuple(sorted(places, key=lambda f: (f.box[1] + 0.2 * f.box[0], f.box[0])))
        for k, (index, _) in enumerate(same):
            mine = places[k : k + 1] if k < len(same) - 1 else places[k:]
            if mine:
                claims.found[index] = mine
            if len(mine) > 1:
                claims.notes[index] = f"stands {len(mine)} times; all were replaced"
        if len({e.replacement for _, e in same}) > 1 and first.box is None:
            claims.doubts.append(
                f"“{first.text}” has several replacements: they were given to its places in reading order"
            )
        elif _differ(places):
            claims.doubts.append(
                f"“{first.text}” stands {len(places)} times, not all alike: see that none is the product's, "
                "or give its box"
            )


def _differ(places: Sequence[Found]) -> bool:
    if len(places) < 2:
        return False
    heights = [f.height for f in places]
    turned = [abs((f.lines[0].angle - places[0].lines[0].angle + 180) % 360 - 180) for f in places]
    return max(heights) > _DIFFERENT_SIZE * min(heights) or max(turned) > _DIFFERENT_ANGLE
