"""Effects of type are told from pictures that only happen to be there."""

from __future__ import annotations

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.text.glyphmask import find_ink
from localizer.text.likeness import expect
from localizer.text.regions import dilate


def ink_of(made):
    ink = find_ink(
        made.rgb, made.line.quad, made.line.height, expected=expect(made.line.text, made.line.quad, (), "en")
    )
    assert ink is not None
    return ink


@pytest.mark.parametrize("effect", [{"shadow": True}, {"outline": (20, 20, 30)}])
def test_effects_on_a_photo_go_with_the_type(poster, effect) -> None:
    made = poster(ground="photo", **effect)
    assert (ink_of(made).erase & made.ink).sum() > 0.97 * made.ink.sum()


def test_bare_type_on_a_photo_has_no_shadow(poster) -> None:
    made = poster(ground="photo")
    assert not (ink_of(made).erase & ~dilate(made.strokes, 5)).any()


def test_a_thick_outline_is_taken_whole(poster) -> None:
    made = poster(ground="photo")
    outlined = made.ground.copy()
    outlined[dilate(made.strokes, 7)] = (15, 15, 15)
    outlined[made.strokes] = 255
    ink = find_ink(
        outlined, made.line.quad, made.line.height, expected=expect("NEW ARRIVAL", made.line.quad, (), "en")
    )
    assert ink is not None
    assert (ink.erase & dilate(made.strokes, 7)).sum() > 0.98 * dilate(made.strokes, 7).sum()
    assert (ink.strokes & ~dilate(made.strokes, 2)).sum() < 0.02 * made.strokes.sum()


def test_a_pill_around_type_on_a_photo_stays(poster) -> None:
    base = poster(ground="photo").ground.copy()
    cv2.rectangle(base, (52, 78), (515, 158), (250, 215, 60), -1)
    made = poster(ground=base, colour=(90, 20, 20))
    erase = ink_of(made).erase
    assert (erase & made.strokes).sum() > 0.99 * made.strokes.sum()
    assert (erase & ~dilate(made.strokes, 9)).sum() < 0.03 * made.strokes.sum()


def test_structure_of_a_plain_ground_is_not_a_shadow(poster) -> None:
    """A faint band that crosses the line once."""
    base = np.full((240, 620, 3), (150, 200, 240), np.uint8)
    cv2.line(base, (180, 0), (240, 239), (138, 188, 232), 30)
    made = poster(ground=base, colour=(20, 60, 160))
    erase = ink_of(made).erase
    assert (erase & ~dilate(made.strokes, 8)).sum() < 0.05 * made.strokes.sum()
