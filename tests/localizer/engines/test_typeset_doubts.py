"""What the engine itself must put before a person: patches that show, type that runs onto the product."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.model import Action, CheckStatus, Edit
from localizer.text.ground import STAIN, STRANGE, smear, strange_share


def bricks(height: int, width: int) -> np.ndarray:
    """A wall with light mortar lines: lively, regular, and not to be made up by smoothing."""
    yy, xx = np.mgrid[0:height, 0:width]
    row = yy // 36
    mortar = (yy % 36 < 4) | ((xx + 30 * (row % 2)) % 72 < 4)
    noise = np.random.default_rng(3).normal(0, 4, (height, width))
    wall = np.where(mortar, 150.0, 70.0 + 12 * ((row * 7 + xx // 72) % 3)) + noise
    return np.clip(np.stack([wall * 0.7, wall * 0.85, wall], 2), 0, 255).astype(np.uint8)


def test_a_wide_headline_on_bricks_is_shown_to_a_person(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("免运费", "zh-Hans", x=70, y=240, size=150, weight=900), back=bricks(420, 640))
    done = edit_poster(rgb, [replacing("免运费", "Sale")], locale="en")
    assert "erased_cleanly" in done.findings, done.findings


def test_a_headline_removed_from_bricks_is_shown_to_a_person(poster, line, edit_poster) -> None:
    rgb = poster(line("免运费", "zh-Hans", x=70, y=240, size=150, weight=900), back=bricks(420, 640))
    done = edit_poster(rgb, [Edit(Action.REMOVE_TEXT, text="免运费")], locale="und")
    assert "erased_cleanly" in done.findings, done.findings


def test_a_headline_removed_from_a_plain_ground_is_not(poster, line, edit_poster) -> None:
    rgb = poster(line("免运费", "zh-Hans", x=70, y=200, size=90, weight=900))
    done = edit_poster(rgb, [Edit(Action.REMOVE_TEXT, text="免运费")], locale="und")
    assert "erased_cleanly" not in done.findings, done.findings


def test_a_headline_on_a_plain_ground_is_not(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("免运费", "zh-Hans", x=70, y=200, size=90, weight=900))
    done = edit_poster(rgb, [replacing("免运费", "Sale")], locale="en")
    assert "erased_cleanly" not in done.findings, done.findings


@pytest.mark.parametrize(
    ("plain", "over_product"), [(True, True), (True, False), (False, True), (False, False)]
)
def test_type_on_colours_that_its_ground_did_not_have_is_noticed(plain: bool, over_product: bool) -> None:
    plate = np.full((200, 400, 3), (30, 40, 80), np.uint8)
    plate[:, 300:] = (210, 170, 110)  # the product
    covered = np.zeros((200, 400), np.bool_)
    covered[90:110, 120 : 320 if over_product else 290] = True
    share = strange_share(plate, covered, (40, 80, 120, 120), plain=plain)
    assert (share > STRANGE) is over_product


def test_only_what_shows_deep_in_a_hole_counts_as_a_stain() -> None:
    wall = bricks(200, 400)
    wide, thin = np.zeros((200, 400), np.bool_), np.zeros((200, 400), np.bool_)
    wide[60:140, 100:300] = True
    thin[98:104, 100:300] = True
    nothing, everything = np.zeros_like(wide), np.ones_like(wide)
    assert smear(wall, wide, nothing) > STAIN
    assert smear(wall, wide, everything) == 0
    assert smear(wall, thin, nothing) == 0
    assert smear(np.full_like(wall, 90), wide, nothing) < 1  # rounding


@pytest.mark.parametrize(("locale", "replacement", "angle"), [("en", "New in", -90), ("ja", "新登場", 0)])
def test_a_column_stays_a_column(poster, line, edit_poster, replacing, locale, replacement, angle) -> None:
    column = [line(c, "zh-Hans", x=300, y=80 + 66 * i, size=60) for i, c in enumerate("新品上市")]
    done = edit_poster(poster(*column), [replacing("新品上市", replacement)], locale=locale)
    (made,) = done.candidate.placements
    assert made.vertical is (locale == "ja")
    assert made.angle == angle
    x0, y0, x1, y1 = made.box
    assert y1 - y0 > 2.5 * (x1 - x0)
    assert abs((x0 + x1) / 2 - 330) < 6
    assert abs((y0 + y1) / 2 - 155) < 12
    assert done.findings == {}
    assert {n: c.detail for n, c in done.checks.items() if c.status is not CheckStatus.PASSED} == {}


def recoloured(plain: np.ndarray, back: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """A poster with other colours (H x W x 3, or 1 x W x 3) for its type."""
    ink = np.abs(plain.astype(int) - back).max(2) > 40
    return np.round(np.where(ink[:, :, None], colours, plain)).astype(np.uint8)


def test_type_of_several_colours_set_in_one_is_said(poster, line, edit_poster, replacing) -> None:
    plain = poster(line("Spring SALE", "en", x=60, y=200, size=80))
    left = np.arange(plain.shape[1])[None, :, None] < 330
    rgb = recoloured(plain, poster(), np.where(left, (255, 255, 255), (255, 190, 60)))
    done = edit_poster(rgb, [replacing("Spring SALE", "春季特卖")], locale="zh-Hans", source_locale="en")
    # The reader may even take the two colours for two lines.
    assert done.findings.keys() & {"style_kept", "text_found"}, done.findings


def test_graded_type_is_graded_again(poster, line, edit_poster, replacing) -> None:
    plain = poster(line("新品上市", "zh-Hans", x=70, y=200, size=100))
    shade = np.clip((np.arange(plain.shape[1]) - 70) / 400, 0, 1)[None, :, None]
    rgb = recoloured(plain, poster(), (1 - shade) * (255, 90, 20) + shade * (250, 250, 120))
    done = edit_poster(rgb, [replacing("新品上市", "New in")], locale="en")
    assert "style_kept" not in done.findings, done.findings
    new = np.abs(done.rgb.astype(int) - poster()).max(2) > 150
    columns = np.nonzero(new.any(0))[0]
    ends = [np.median(done.rgb[:, part][new[:, part]], axis=0) for part in (columns[:25], columns[-25:])]
    assert np.abs(ends[0] - (255, 90, 20)).max() < 50
    assert np.abs(ends[1] - (250, 250, 120)).max() < 50


def test_one_colour_is_one_colour(poster, line, edit_poster, replacing) -> None:
    done = edit_poster(
        poster(line("新品上市", "zh-Hans", x=70, y=200, size=100)),
        [replacing("新品上市", "New in")],
        locale="en",
    )
    assert "style_kept" not in done.findings, done.findings


def test_a_part_that_touches_another_word_is_shown(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("NIKE新品上市", "zh-Hans", x=60, y=200, size=64))
    done = edit_poster(rgb, [replacing("新品上市", "new in")], locale="en")
    assert "runs into the rest" in done.findings["fits"]


def test_text_added_over_the_product_is_shown(poster, edit_poster) -> None:
    adding = Edit(Action.ADD_TEXT, replacement="Free gift", box=(330, 290, 640, 370))
    done = edit_poster(poster(), [adding], locale="en")
    assert "fits" in done.findings, done.findings


def test_an_object_of_which_only_the_place_is_known_stays_and_a_person_is_asked(
    poster, line, edit_poster
) -> None:
    rgb = poster(line("SALE", x=60, y=90, size=60))
    logo = Edit(Action.REMOVE_OBJECT, object="brand logo", attribute={"place": "top left"})
    done = edit_poster(rgb, [logo], locale="und")
    assert "a box is needed" in done.findings["text_found"]
    assert not done.candidate.mask.any()
