"""Effects: drawn as asked, measured as drawn, and never seen on plain type."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from localizer.text.effects import PLAIN, Effects, Gradient, Outline, Rule, Shadow
from localizer.text.fonts import stack
from localizer.text.glyphmask import find_ink
from localizer.text.likeness import expect
from localizer.text.measured_effects import Dressed, cast_on, common_effects, dress
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line
from localizer.text.style import InkedLine, measure_block

SIZE = 60.0
NOISE = np.random.default_rng(1).integers(0, 256, (160, 300, 3), dtype=np.uint8)
SUNSET = Gradient(((0.0, (255, 220, 60)), (1.0, (220, 30, 90))), 90.0)
SOFT = Shadow((0, 0, 0), 0.05, 0.05, 0.04, 0.7)


def dressed(made, effects: Effects, colour, *, locale: str = "en", angle: float = 0.0, jpeg: int = 0):
    """What is measured on type that was drawn with known effects, and that drawing."""
    rgb, _ = draw(made.ground, [made.placed], colour, effects)
    if jpeg:
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "JPEG", quality=jpeg)
        rgb = np.asarray(Image.open(file))
    line = made.line
    expected = expect(line.text, line.quad, line.characters, locale)
    ink = find_ink(rgb, line.quad, line.height, expected=expected)
    assert ink is not None
    seen = dress(rgb, ink, line.quad, line.height, text=line.text, locale=locale, angle=angle)
    return seen, rgb


def measured(made, seen: Dressed, rgb: np.ndarray, *, locale: str = "en", angle: float = 0.0) -> Effects:
    height, width = rgb.shape[:2]
    inked = InkedLine(made.line, made.line.text, (0, 0, width, height), seen.ink, rgb, made.ground)
    (style,) = measure_block([inked], locale=locale, angle=angle)
    assert style is not None
    effects, doubts = common_effects([(seen, style)])
    assert not doubts
    return effects


@given(
    x=st.floats(-60, 320),
    y=st.floats(-20, 200),
    size=st.floats(6, 60),
    angle=st.floats(-180, 180),
    width=st.floats(0.01, 0.15),
    offset=st.floats(-0.2, 0.2),
    blur=st.floats(0, 0.15),
    rise=st.floats(-0.3, 0.5),
)
@settings(max_examples=25, deadline=None)
def test_only_the_mask_changes(x, y, size, angle, width, offset, blur, rise) -> None:
    effects = Effects(
        SUNSET,
        Outline((255, 255, 255), width),
        Shadow((0, 0, 0), offset, -offset, blur, 0.8),
        Rule((255, 0, 0), rise, 0.05, 0.1),
    )
    line = shape_line("Sale gj", stack("en", weight=700), "en")
    before = NOISE.copy()
    rgb, mask = draw(NOISE, [PlacedLine(line, x, y, size, 1.1, angle)], (9, 9, 9), effects)
    assert np.array_equal(NOISE, before)
    assert not (rgb != NOISE).any(axis=2)[~mask].any()


def test_no_effects_draw_as_before() -> None:
    line = PlacedLine(shape_line("Sale", stack("en"), "en"), 20, 90, 60)
    plain, mask = draw(NOISE, [line], (200, 10, 10))
    again, same = draw(NOISE, [line], (200, 10, 10), PLAIN)
    assert np.array_equal(plain, again)
    assert np.array_equal(mask, same)


def test_layers_lie_in_their_order(poster) -> None:
    """Fill over outline over shadow, each in its own colour, at the place where only it shows."""
    placed = PlacedLine(shape_line("■", stack("ja"), "ja"), 100, 200, 120)
    x0, y0, x1, y1 = placed.box
    effects = Effects(outline=Outline((250, 250, 0), 0.05), shadow=Shadow((0, 0, 200), 0.2, 0.1, 0.0, 1.0))
    rgb, mask = draw(np.full((260, 400, 3), 128, np.uint8), [placed], (200, 0, 0), effects)
    middle = (y0 + y1) // 2
    assert tuple(rgb[middle, (x0 + x1) // 2]) == (200, 0, 0)
    assert tuple(rgb[middle, x0 - 3]) == (250, 250, 0)
    assert tuple(rgb[middle, x1 + 18]) == (0, 0, 200)
    assert tuple(rgb[middle, x1 + 40]) == (128, 128, 128)
    assert mask[middle, x1 + 18]


@pytest.mark.parametrize(("angle", "ends"), [(0.0, "x"), (90.0, "y")])
def test_a_gradient_runs_its_way(angle: float, ends: str) -> None:
    placed = PlacedLine(shape_line("■", stack("ja"), "ja"), 60, 200, 160)
    gradient = Gradient(((0.0, (255, 0, 0)), (1.0, (0, 0, 255))), angle)
    rgb, _ = draw(np.full((260, 300, 3), 128, np.uint8), [placed], (0, 0, 0), Effects(gradient))
    x0, y0, x1, y1 = placed.box
    middle = ((x0 + x1) // 2, (y0 + y1) // 2)
    first, last = (x0 + 3, x1 - 3) if ends == "x" else (y0 + 3, y1 - 3)
    at = [(v, middle[1]) if ends == "x" else (middle[0], v) for v in (first, last)]
    (red, blue) = (rgb[y, x] for x, y in at)
    assert red[0] > 235
    assert blue[2] > 235


@pytest.mark.parametrize(("ground", "angle"), [("plain", 0.0), ("graded", 45.0), ("plain", 90.0)])
def test_a_gradient_is_measured(poster, ground, angle) -> None:
    made = poster("NEW ARRIVAL", ground=ground)
    gradient = Gradient(((0.0, (255, 240, 80)), (1.0, (250, 90, 40))), angle)
    seen, _ = dressed(made, Effects(gradient), (255, 255, 255))
    assert seen.settled
    assert seen.gradient is not None
    assert seen.gradient.angle == pytest.approx(angle, abs=16)
    for (_, got), (_, asked) in zip(
        (seen.gradient.stops[0], seen.gradient.stops[-1]),
        (gradient.stops[0], gradient.stops[-1]),
        strict=True,
    ):
        assert np.abs(np.array(got) - asked).max() <= 16


def test_two_colours_are_no_gradient(poster) -> None:
    text = "NEW ARRIVAL"
    made = poster(text)
    rgb, _ = draw(made.ground, [made.placed], (255, 240, 80))
    half = made.placed.box[0] + (made.placed.box[2] - made.placed.box[0]) // 2
    other, _ = draw(made.ground, [made.placed], (255, 60, 60))
    rgb[:, half:] = other[:, half:]
    ink = find_ink(rgb, made.line.quad, made.line.height)
    seen = dress(rgb, ink, made.line.quad, made.line.height, text=text, locale="en", angle=0.0)
    assert seen.gradient is None
    assert not seen.settled


@pytest.mark.parametrize(("ground", "width"), [("plain", 0.05), ("graded", 0.07), ("photo", 0.05)])
def test_an_outline_is_measured(poster, ground, width) -> None:
    made = poster("Große Liebe", "de", ground=ground)
    seen, _ = dressed(made, Effects(outline=Outline((20, 12, 12), width)), (250, 210, 40), locale="de")
    assert seen.outline is not None
    colour, wide = seen.outline
    assert np.abs(np.array(colour) - (20, 12, 12)).max() < 40
    assert wide == pytest.approx(width * SIZE, abs=1.6)
    assert np.abs(np.array(seen.ink.colour) - (250, 210, 40)).max() < 12


@pytest.mark.parametrize(
    ("ground", "offset"), [("plain", (0.05, 0.05)), ("graded", (-0.06, 0.08)), ("plain", (0.0, 0.0))]
)
def test_a_shadow_is_measured(poster, ground, offset) -> None:
    made = poster("NEW ARRIVAL", ground=ground)
    light = (255, 240, 140) if offset == (0.0, 0.0) else (0, 0, 0)
    blur = 0.1 if offset == (0.0, 0.0) else 0.04
    seen, _ = dressed(made, Effects(shadow=Shadow(light, *offset, blur, 0.8)), (255, 255, 255))
    assert seen.shadow is not None
    assert (seen.shadow.dx / SIZE, seen.shadow.dy / SIZE) == pytest.approx(offset, abs=0.03)
    assert seen.shadow.blur / SIZE == pytest.approx(blur, abs=0.05)
    assert np.abs(np.array(seen.shadow.colour) - light).max() < 60


def test_a_rule_that_only_one_line_has_is_a_question(poster) -> None:
    made = poster("NEW ARRIVAL")
    ruled, rgb = dressed(made, Effects(underline=Rule((255, 255, 255), -0.14, 0.06)), (255, 255, 255))
    bare, plain = dressed(made, PLAIN, (255, 255, 255))
    height, width = rgb.shape[:2]
    inked = InkedLine(made.line, made.line.text, (0, 0, width, height), bare.ink, plain, made.ground)
    (style,) = measure_block([inked], locale="en", angle=0.0)
    assert style is not None
    assert common_effects([(ruled, style), (ruled, style)])[0].underline is not None
    effects, doubts = common_effects([(ruled, style), (bare, style)])
    assert effects.underline is None
    assert "underlined in part" in doubts[0]


@pytest.mark.parametrize(
    "shadow", [None, Shadow((0, 0, 0), 0.05, 0.05, 0.04, 0.7), Shadow((10, 5, 0), 0.06, -0.06, 0.0, 1.0)]
)
def test_a_shadow_on_a_photo_is_measured_on_the_plate(poster, shadow) -> None:
    made = poster("NEW ARRIVAL", ground="photo")
    seen, rgb = dressed(made, Effects(shadow=shadow), (255, 255, 255))
    found = cast_on(seen, rgb, made.ground, made.line.height).shadow
    if shadow is None:
        assert found is None
        return
    assert found is not None
    assert (found.dx / SIZE, found.dy / SIZE) == pytest.approx((shadow.dx, shadow.dy), abs=0.03)
    assert found.opacity == pytest.approx(shadow.opacity, abs=0.25)


@pytest.mark.parametrize("jpeg", [0, 75])
@pytest.mark.parametrize("ground", ["plain", "photo"])
@pytest.mark.parametrize(
    ("text", "locale", "colour"),
    [
        ("NEW ARRIVAL", "en", (255, 255, 255)),
        ("限时特价199", "zh-Hans", (250, 210, 40)),
        ("आज ही खरीदें", "hi", (255, 240, 230)),
    ],
)
def test_plain_type_has_no_effects(poster, text, locale, colour, ground, jpeg) -> None:
    seen, _ = dressed(poster(text, locale, ground=ground), PLAIN, colour, locale=locale, jpeg=jpeg)
    assert (seen.gradient, seen.outline, seen.shadow, seen.rules) == (None, None, None, ())
    assert seen.settled


@pytest.mark.parametrize(
    "effects",
    [
        Effects(gradient=SUNSET),
        Effects(outline=Outline((20, 10, 60), 0.06), shadow=SOFT),
        Effects(underline=Rule((255, 255, 255), -0.14, 0.06)),
        Effects(strike=Rule((230, 30, 30), 0.33, 0.06, 0.05)),
    ],
    ids=["gradient", "outline and shadow", "underline", "strike"],
)
def test_type_that_is_set_again_looks_as_it_did(poster, effects) -> None:
    """Measured and drawn again it is far nearer to the original than without its effects."""
    made = poster("NEW ARRIVAL")
    seen, rgb = dressed(made, effects, (255, 255, 255))
    again, _ = draw(made.ground, [made.placed], seen.ink.colour, measured(made, seen, rgb))
    without, _ = draw(made.ground, [made.placed], (255, 255, 255))

    def error(picture: np.ndarray) -> float:
        return float(((picture.astype(float) - rgb) ** 2).mean())

    assert error(again) < 0.2 * error(without)
