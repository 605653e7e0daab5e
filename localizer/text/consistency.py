"""One image, one hand: texts of one style keep one size, and texts in a row keep one baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from localizer.text.space import Room
from localizer.text.style import LineStyle
from localizer.text.typesetting import SetText

_SIZE = 0.05  # share by which sizes may differ and still be meant as one
_WEIGHT = 150
_COLOUR = 40  # of 255, in any channel
_OUTLIER = 0.7  # of the largest scale; one text that fits badly does not make the others small
_ROW = 0.15  # of an em, by which middles of texts in one row may differ

Item = tuple[LineStyle, SetText]


def common_scales(items: Sequence[Item]) -> list[float]:
    """The largest scale each text may have, for texts of one style to come out in one size."""
    out = [1.0] * len(items)
    for group in _groups(items):
        largest = max(items[i][1].scale for i in group)
        kept = [i for i in group if items[i][1].scale >= _OUTLIER * largest]
        least = min(items[i][1].scale for i in kept)
        for i in kept:
            out[i] = least
    return out


def level_rows(items: Sequence[Item], rooms: Sequence[Room] | None = None) -> list[SetText]:
    """Texts of one style that stood in one row and have as many lines: on one baseline.

    Args:
        rooms: of the texts, in the same order; a row that cannot be levelled within them stays as it is.
    """
    out = [made for _, made in items]
    for group in _groups(items):
        for row in _rows(items, group):
            goal = median(out[i].lines[0].y for i in row)
            if rooms is not None:
                free = [_free(out[i], rooms[i]) for i in row]
                low, high = max(f[0] for f in free), min(f[1] for f in free)
                if low > high:
                    continue
                goal = min(max(goal, low), high)
            for i in row:
                down = goal - out[i].lines[0].y
                out[i] = replace(out[i], lines=tuple(replace(p, y=p.y + down) for p in out[i].lines))
    return out


def _free(made: SetText, room: Room) -> tuple[float, float]:
    """Highest and lowest first baseline at which a text stays in its room; where it is, at the least."""
    y, box = made.lines[0].y, made.box
    return y - max(0.0, box[1] - room.top), y + max(0.0, room.bottom - box[3])


def _groups(items: Sequence[Item]) -> list[list[int]]:
    groups: list[list[int]] = []
    for i, (style, made) in enumerate(items):
        if not made.lines or style.vertical:
            continue
        for group in groups:
            if _alike(items[group[0]][0], style):
                group.append(i)
                break
        else:
            groups.append([i])
    return [g for g in groups if len(g) > 1]


def _alike(a: LineStyle, b: LineStyle) -> bool:
    return (
        abs(a.size - b.size) <= _SIZE * max(a.size, b.size)
        and abs(a.weight - b.weight) <= _WEIGHT
        and a.angle == b.angle
        and all(abs(x - y) <= _COLOUR for x, y in zip(a.colour, b.colour, strict=True))
    )


def _rows(items: Sequence[Item], group: Sequence[int]) -> list[list[int]]:
    rows: list[list[int]] = []
    for i in group:
        style, made = items[i]
        if style.angle != 0:
            continue
        for row in rows:
            first, other = items[row[0]]
            if (
                abs(first.centre - style.centre) <= _ROW * style.size
                and len(other.lines) == len(made.lines)
                and abs(other.lines[0].y - made.lines[0].y) <= 2 * _ROW * style.size
            ):
                row.append(i)
                break
        else:
            rows.append([i])
    return [r for r in rows if len(r) > 1]
