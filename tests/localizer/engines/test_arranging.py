"""Where a text goes on a picture: on wider ground only where it does not sink into it."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.engines.arranging import Arranged, Arranger, Occurrence
from localizer.model import Action, Edit
from localizer.text.locate import Found
from localizer.text.plate import Erased
from localizer.text.reading import TextLine
from localizer.text.style import LineStyle

H, W = 300, 900
INK = (60, 120, 260, 165)
SLATE, BRIGHT, RED = (40, 55, 70), (238, 236, 230), (150, 30, 40)


def photo(beside: tuple[int, int, int] | None) -> np.ndarray:
    """A grainy dark ground, and from x = 360 a thing of another colour."""
    plate = np.full((H, W, 3), SLATE, np.float32)
    if beside is not None:
        plate[:, 360:] = beside
    grain = np.random.default_rng(4).normal(0, 5, (H, W, 1))
    return np.clip(np.round(plate + grain), 0, 255).astype(np.uint8)


def scene(
    plate: np.ndarray, replacement: str, colour: tuple[int, int, int] = (255, 255, 255)
) -> tuple[Arranger, Occurrence]:
    x0, y0, x1, y1 = INK
    read = TextLine("新品上市", ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), 0.99)
    found = Found((read,), 1.0, False, ((0, 0, 4),))
    style = LineStyle(colour, 52.0, 700, "", 1.0, 0.0, 0.0, INK, 160.0, 142.5)
    hole = np.zeros((H, W), np.bool_)
    hole[y0:y1, x0:x1] = True
    erased = Erased(INK, (style,), False, "", SLATE, hole)
    edit = Edit(Action.REPLACE_TEXT, text=read.text, replacement=replacement)
    arranger = Arranger(plate, hole, hole.copy(), (), (), "en", "zh-Hans")
    return arranger, Occurrence(0, edit, found, erased, read.text, replacement, found)


def arrange(plate: np.ndarray, replacement: str) -> Arranged:
    arranger, occurrence = scene(plate, replacement)
    (made,) = arranger.arrange([occurrence])
    return made


LONG = "Autumn arrivals in store"


def test_on_one_ground_a_text_uses_the_room_that_there_is() -> None:
    made = arrange(photo(None), LONG)
    assert made.note == ""
    assert made.made.box[2] > 400


@pytest.mark.parametrize("beside", [BRIGHT, RED])
def test_a_text_that_would_sink_in_or_run_onto_a_thing_is_set_smaller_on_its_old_ground(beside) -> None:
    """White on white cannot be read; white on red can, but the old text kept off it."""
    made = arrange(photo(beside), LONG)
    assert made.note == "kept to the ground that the old text had"
    assert made.made.box[2] <= 360
    assert made.made.fits
    assert made.made.scale < arrange(photo(None), LONG).made.scale


def test_a_text_that_fits_on_its_old_ground_needs_no_fallback() -> None:
    made = arrange(photo(BRIGHT), "New in")
    assert made.note == ""
    assert made.made.box[2] <= 360
    assert made.made.scale == pytest.approx(arrange(photo(None), "New in").made.scale)


def test_where_the_old_ground_is_too_small_the_wider_setting_stays_for_the_checks_to_judge() -> None:
    """One long word cannot be set on the old ground: it is not squeezed there beyond what fits."""
    made = arrange(photo(BRIGHT), "Donaudampfschifffahrtsgesellschaftskapitän")
    assert made.note == ""
    assert made.made.box[2] > 360


@pytest.mark.parametrize(("text", "uneasy"), [(LONG, True), ("New in", False)])
def test_type_is_uneasy_where_its_colour_sinks_in_though_the_ground_is_much_the_same(text, uneasy) -> None:
    grey, mist = (140, 150, 160), (95, 108, 122)  # 4:1 on slate, 1.7:1 on mist
    arranger, occurrence = scene(photo(mist), text, grey)
    (made,) = arranger.arrange([occurrence])
    assert (made.made.box[2] > 400) is uneasy
    assert arranger._is_uneasy(occurrence, made.made) is uneasy
    other, white = scene(photo(mist), text)  # white type reads on both
    assert not other._is_uneasy(white, other.arrange([white])[0].made)
