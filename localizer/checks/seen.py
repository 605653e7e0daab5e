"""Whether type is found and read by one who looks at the picture, not at a line that was cut out for him.

Cut out, turned level and set apart from the picture, a line is read more easily than where it stands. Thin
type over bookshelves comes back letter by letter then, and nobody sees it on the poster.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from localizer.engines.base import Placement
from localizer.model import Box
from localizer.text.normalise import fold, similarity
from localizer.text.reading import TextLine, read_area, read_crop

if TYPE_CHECKING:
    import numpy.typing as npt

_ROW = 0.5  # of a line's height, within which the middles of pieces in one row lie
_MOST_ANGLE = 20.0  # degrees up to which the reader finds lines as they stand
_MARGIN = 0.15
_SHORT = 4  # characters; readers that look for lines overlook a lone price
_LIVELY = 14.0  # of 255, standard deviation of lightness under the type
_COMFORTABLE = 48.0  # pixels; type of this height is read best


def likeness_in_place(
    rgb: npt.NDArray[np.uint8],
    placement: Placement,
    *,
    enough: float,
    plate: npt.NDArray[np.uint8] | None = None,
) -> float | None:
    """The highest similarity of what a reader finds in the place of a text with that text.

    Args:
        rgb: H x W x 3 uint8, the candidate.
        enough: similarity at which no further look is taken.
        plate: H x W x 3 uint8, the candidate before type was set. On a lively ground the place is read as a
            picture of its own: that is stricter, and takes ten times as long.

    Returns:
        0 to 1, or None for type that the reader cannot find by itself: in columns, steep, or very short.
    """
    if placement.vertical or abs(placement.angle) > _MOST_ANGLE or placement.box is None:
        return None
    wanted, best = " ".join(placement.lines), 0.0
    if len(_wordy(wanted)) < _SHORT:
        return None
    lively = plate is not None and _is_lively(plate, placement.box)
    for lines in _strict_looks(rgb, placement.box) if lively else _looks(rgb, placement):
        best = max(best, _best_run(lines, wanted))
        if best >= enough:
            break
    return best


def _is_lively(plate: npt.NDArray[np.uint8], box: Box) -> bool:
    """Whether what is under the type changes much: neither a panel nor a gentle gradient."""
    crop = plate[max(0, box[1]) : box[3], max(0, box[0]) : box[2]]
    if crop.size == 0:
        return True
    return float(crop.astype(np.float32).mean(2).std()) > _LIVELY


def _looks(rgb: npt.NDArray[np.uint8], placement: Placement) -> Iterator[tuple[TextLine, ...]]:
    box = placement.box
    assert box is not None  # noqa: S101 - the caller looked
    height = min((b[3] - b[1] for b in placement.line_boxes), default=box[3] - box[1])
    for border in (0, 24):
        yield read_crop(rgb, box, pad=_MARGIN, border=border, line_height=height)
    for size, margin in ((_COMFORTABLE, 0.5 * height), (2 * _COMFORTABLE, 0.2 * height + 4)):
        yield read_area(rgb, _padded(box, margin), min(4.0, max(0.25, size / max(1, height))))


def _strict_looks(rgb: npt.NDArray[np.uint8], box: Box) -> Iterator[tuple[TextLine, ...]]:
    around = _padded(box, round(_MARGIN * min(box[2] - box[0], box[3] - box[1])) + 4)
    for scale, border in ((1.0, 0), (1.0, 24), (2.0, 24)):
        yield read_area(rgb, around, scale, border=border, as_page=True)


def _padded(box: Box, margin: float) -> Box:
    m = round(margin)
    return box[0] - m, box[1] - m, box[2] + m, box[3] + m


def _best_run(lines: tuple[TextLine, ...], wanted: str) -> float:
    """The most like of all runs of neighbouring lines, in reading order."""
    texts = [_wordy(line.text) for line in _in_reading_order(lines)]
    wanted, best = _wordy(wanted), 0.0
    for i in range(len(texts)):
        joined = ""
        for text in texts[i:]:
            joined += text
            best = max(best, similarity(joined, wanted))
            if len(joined) > 1.5 * len(wanted) + 4:
                break
    return best


def _wordy(text: str) -> str:
    """Letters, marks and digits: signs of money that stand small beside tall digits are often dropped."""
    return "".join(c for c in fold(text) if unicodedata.category(c)[0] in "LNM")


def _in_reading_order(lines: tuple[TextLine, ...]) -> list[TextLine]:
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=_middle):
        if rows and _middle(line) - _middle(rows[-1][-1]) < _ROW * line.height:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda r: r.box[0])]


def _middle(line: TextLine) -> float:
    return (line.box[1] + line.box[3]) / 2
