"""Underlines and strike-throughs: found where they are, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.text.effects import Effects, Rule
from localizer.text.glyphmask import find_ink
from localizer.text.render import draw
from localizer.text.rules import find_rules

SIZE = 60.0


def rules_of(made, rgb: np.ndarray, locale: str, angle: float):
    ink = find_ink(rgb, made.line.quad, made.line.height)
    assert ink is not None
    quad, height = made.line.quad, made.line.height
    return find_rules(rgb, ink, quad, height, text=made.line.text, locale=locale, angle=angle)


@pytest.mark.parametrize("angle", [0.0, -8.0])
@pytest.mark.parametrize(
    ("text", "locale"), [("Time", "en"), ("jump again", "en"), ("原价 ¥399", "zh-Hans"), ("السعر 99", "ar")]
)
@pytest.mark.parametrize("strike", [False, True])
def test_a_rule_is_found(poster, text, locale, strike, angle) -> None:
    made = poster(text, locale, angle=angle, at=(70.0, 120.0))
    rule = Rule((240, 60, 60), 0.33 if strike else -0.16, 0.06, 0.02)
    effects = Effects(strike=rule) if strike else Effects(underline=rule)
    rgb, _ = draw(made.ground, [made.placed], (255, 255, 255), effects)
    (found,) = rules_of(made, rgb, locale, angle)
    assert found.strike is strike
    assert found.thickness == pytest.approx(0.06 * SIZE, abs=1.2)
    wide = (made.placed.line.ink[2] - made.placed.line.ink[0] + 0.04) * SIZE
    assert found.u1 - found.u0 == pytest.approx(wide, abs=4)


@pytest.mark.parametrize("angle", [0.0, 6.0])
@pytest.mark.parametrize(
    ("text", "locale"),
    [("NEW ARRIVAL", "en"), ("二三一二", "zh-Hans"), ("शानदार", "hi"), ("—————", "en"), ("中", "zh-Hans")],
)
def test_letters_are_no_rules(poster, text, locale, angle) -> None:
    made = poster(text, locale, angle=angle, at=(70.0, 160.0))
    assert rules_of(made, made.rgb, locale, angle) == ()


def test_the_rule_knows_the_angle_better_than_the_reader(poster) -> None:
    made = poster("Time")
    rgb, _ = draw(
        made.ground, [made.placed], (255, 255, 255), Effects(underline=Rule((255,) * 3, -0.16, 0.06))
    )
    (found,) = rules_of(made, rgb, "en", 2.5)
    assert found.angle == 0.0


@pytest.mark.parametrize("kind", ["divider", "box", "panel"])
def test_what_belongs_to_the_page_is_no_rule(poster, kind: str) -> None:
    made = poster("Time")
    rgb = made.rgb.copy()
    x0, y0, x1, y1 = made.placed.box
    if kind == "divider":
        rgb[y1 + 8 : y1 + 11, x0 - 60 : x1 + 200] = 255
    elif kind == "box":
        for edge in (np.s_[y0 - 9 : y0 - 7, x0 - 9 : x1 + 9], np.s_[y1 + 7 : y1 + 9, x0 - 9 : x1 + 9]):
            rgb[edge] = 255
        rgb[y0 - 9 : y1 + 9, x0 - 9 : x0 - 7] = rgb[y0 - 9 : y1 + 9, x1 + 7 : x1 + 9] = 255
    else:
        rgb[y1 + 8 : y1 + 60, x0 - 5 : x1 + 5] = 255
    assert rules_of(made, rgb, "en", 0.0) == ()
