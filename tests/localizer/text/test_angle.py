"""Angles: believed as far as a quad can know them."""

from __future__ import annotations

import math

import pytest

from localizer.text.angle import block_angle
from localizer.text.reading import TextLine


def line(width: float, height: float, angle: float, text: str = "x") -> TextLine:
    a = math.radians(angle)

    def at(u: float, v: float) -> tuple[float, float]:
        return 300 + u * math.cos(a) + v * math.sin(a), 300 - u * math.sin(a) + v * math.cos(a)

    return TextLine(text, (at(0, 0), at(width, 0), at(width, height), at(0, height)), 0.99)


@pytest.mark.parametrize("angle", [-7.0, 4.0, 12.0])
def test_one_character_does_not_know_its_angle(angle: float) -> None:
    assert block_angle([line(90, 90, angle)]) == 0.0


def test_one_character_leans_with_the_other_lines() -> None:
    others = [line(400, 60, 8.0), line(300, 60, 7.6)]
    assert block_angle([line(80, 80, 7.0)], others) == pytest.approx(7.83, abs=0.1)
    level = [line(400, 60, 0.0), line(300, 60, 0.2)]
    assert block_angle([line(80, 80, 7.0)], level) == 0.0


@pytest.mark.parametrize("angle", [-12.0, -8.0, 6.0, 30.0])
def test_a_line_knows_its_angle(angle: float) -> None:
    assert block_angle([line(300, 60, angle)]) == pytest.approx(angle)


def test_a_pixel_of_a_short_line_is_no_angle() -> None:
    assert block_angle([line(67, 18, -2.3)]) == 0.0
    assert block_angle([line(600, 18, -2.3)]) == pytest.approx(-2.3)


@pytest.mark.parametrize("level", [0.0, 90.0, -90.0])
def test_right_angles_are_kept(level: float) -> None:
    assert block_angle([line(300, 50, level + 0.8)]) == level
