"""The embedded engine, end to end on drawn posters: found, erased, set, and read back."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from localizer.errors import EngineError
from localizer.model import Action, CheckStatus, Edit

GOOD = {"text_correct", "source_text_gone", "legible", "fits"}


def assert_passed(outcome) -> None:
    faults = {
        n: (c.status, c.detail) for n, c in outcome.checks.items() if c.status is not CheckStatus.PASSED
    }
    assert faults == {}
    assert outcome.candidate.findings == ()


TARGETS = {
    "en": ("New Arrival", "50% off NIKE"),
    "zh-Hant": ("新品登場", "限時優惠 50% NIKE"),
    "ja": ("新作登場", "50%オフ NIKE"),
    "ko": ("신상품 출시", "50% 할인 NIKE"),
    "ar": ("وصل حديثا", "خصم 50% من NIKE"),
    "th": ("สินค้าใหม่", "ลด 50% NIKE"),
    "hi": ("नया आगमन", "50% छूट NIKE"),
    "ru": ("Новинка", "Скидка 50% NIKE"),
    "vi": ("Hàng mới về", "Giảm 50% NIKE"),
}


@pytest.mark.parametrize("locale", TARGETS)
def test_a_chinese_poster_in_every_script(chinese, edit_poster, replacing, locale) -> None:
    headline, offer = TARGETS[locale]
    edits = [replacing("新品上市", headline), replacing("限时优惠", offer)]
    outcome = edit_poster(chinese, edits, locale=locale)
    assert_passed(outcome)
    first, second = outcome.candidate.placements
    assert (first.edit.replacement, second.edit.replacement) == (headline, offer)
    assert first.missing_glyphs == second.missing_glyphs == ""
    assert first.scale > 0.5
    # The new headline stands where the old one stood, in its colour.
    assert abs((first.box[1] + first.box[3]) / 2 - 120) < 20
    assert np.abs(np.array(first.colour) - 255).max() <= 6
    assert np.abs(np.array(second.colour) - (250, 205, 80)).max() <= 8


def test_a_latin_poster_in_chinese(latin, edit_poster, replacing) -> None:
    edits = [replacing("New arrival", "新品上市"), replacing("Limited edition", "限量 50% NIKE")]
    assert_passed(edit_poster(latin, edits, locale="zh-Hans", source_locale="en"))


def test_the_price_and_the_product_stay(chinese, edit_poster, replacing) -> None:
    outcome = edit_poster(chinese, [replacing("新品上市", "NEW ARRIVAL")], locale="en")
    assert_passed(outcome)
    assert not outcome.candidate.mask[190:].any()
    changed = (outcome.candidate.rgb != chinese).any(axis=2)
    assert changed.any()
    assert outcome.candidate.mask.mean() < 0.25


def test_a_price_changes_and_nothing_else(chinese, edit_poster, replacing) -> None:
    outcome = edit_poster(chinese, [replacing("¥89", "¥79")], locale="zh-Hans")
    assert_passed(outcome)
    (placement,) = outcome.candidate.placements
    assert placement.lines == ("¥79",)
    assert placement.scale == pytest.approx(1.0, abs=0.05)
    ys, xs = np.nonzero(outcome.candidate.mask)
    assert (xs.min() > 40, xs.max() < 240, ys.min() > 270, ys.max() < 370) == (True,) * 4


def test_a_slanted_sticker_stays_slanted(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("新品上市", "zh-Hans", 120, 180, 72, angle=-8.0))
    outcome = edit_poster(rgb, [replacing("新品上市", "NEW IN")], locale="en")
    assert_passed(outcome)
    (placement,) = outcome.candidate.placements
    assert placement.angle == pytest.approx(-8.0, abs=1.5)
    (x0, y0), (x1, y1) = placement.corners[0][:2]
    assert y1 - y0 == pytest.approx(np.tan(np.radians(8)) * (x1 - x0), abs=6)


def test_a_headline_of_two_lines(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("SUMMER", "en", 60, 150, 70), line("CLEARANCE", "en", 60, 235, 70))
    edit = replacing("Summer\nClearance", "夏季\n清仓特卖")
    outcome = edit_poster(rgb, [edit], locale="zh-Hans", source_locale="en")
    assert_passed(outcome)
    (placement,) = outcome.candidate.placements
    assert placement.lines == ("夏季", "清仓特卖")
    # Both lines start where the old ones did.
    assert abs(placement.line_boxes[0][0] - placement.line_boxes[1][0]) < 12
    assert abs(placement.line_boxes[0][0] - 65) < 15


def photo() -> np.ndarray:
    """Soft shapes with grain, darker than white type."""
    rng = np.random.default_rng(4)
    coarse = rng.normal(0, 30, (11, 17, 3)).astype(np.float32)
    planes = [np.kron(coarse[:, :, c], np.ones((40, 40), np.float32))[:420, :640] for c in range(3)]
    kernel = np.hanning(61) / np.hanning(61).sum()
    for axis in (0, 1):
        planes = [np.apply_along_axis(np.convolve, axis, p, kernel, "same") for p in planes]
    rgb = np.stack(planes, 2) + np.array((70, 85, 60)) + rng.normal(0, 4, (420, 640, 3))
    return np.clip(np.round(rgb), 0, 255).astype(np.uint8)


def test_a_headline_on_a_photo_saved_as_jpeg(poster, line, edit_poster, replacing) -> None:
    out = io.BytesIO()
    Image.fromarray(poster(line("新品上市", "zh-Hans", 120, 200, 80), back=photo())).save(
        out, "JPEG", quality=88
    )
    rgb = np.asarray(Image.open(out).convert("RGB"))
    outcome = edit_poster(rgb, [replacing("新品上市", "NEW ARRIVAL")], locale="en")
    assert_passed(outcome)
    assert outcome.candidate.placements[0].scale > 0.6


def test_removed_text_leaves_the_ground(chinese, edit_poster, poster, line) -> None:
    outcome = edit_poster(chinese, [Edit(Action.REMOVE_TEXT, text="限时优惠")], locale="und")
    assert_passed(outcome)
    (placement,) = outcome.candidate.placements
    assert placement.lines == ()
    assert placement.box is not None
    without = poster(line("新品上市", "zh-Hans", 60, 150, 84), line("¥89", "zh-Hans", 60, 340, 60))
    error = np.abs(outcome.candidate.rgb.astype(int) - without)[outcome.candidate.mask]
    assert error.mean() < 2.0
    assert np.percentile(error, 99) < 8


def test_all_text_in_a_box_goes_and_the_rest_stays(chinese, edit_poster) -> None:
    edit = Edit(Action.REMOVE_TEXT, text="*", box=(40, 60, 460, 260))
    outcome = edit_poster(chinese, [edit], locale="und")
    assert outcome.checks["source_text_gone"].status is CheckStatus.PASSED
    assert len(outcome.candidate.placements) == 2
    assert not outcome.candidate.mask[275:].any()


def test_all_text_everywhere_is_shown_to_a_person(chinese, edit_poster) -> None:
    outcome = edit_poster(chinese, [Edit(Action.REMOVE_TEXT, text="*")], locale="und")
    assert "text_found" in outcome.findings
    boxes = [p.source_box for p in outcome.candidate.placements]
    for x, y in ((200, 120), (150, 225), (110, 320)):  # the middle of each of the three lines
        assert any(b[0] < x < b[2] and b[1] < y < b[3] for b in boxes)


def test_text_is_added_in_a_box(chinese, edit_poster) -> None:
    box = (430, 60, 620, 110)
    edit = Edit(Action.ADD_TEXT, replacement="FREE GIFT", box=box, attribute={"colour": "gold"})
    outcome = edit_poster(chinese, [edit], locale="en")
    assert_passed(outcome)
    (placement,) = outcome.candidate.placements
    assert placement.colour == (255, 215, 0)
    assert placement.box[0] >= box[0] - 1
    assert placement.box[1] >= box[1] - 1
    assert placement.box[2] <= box[2] + 1
    assert placement.box[3] <= box[3] + 1
    # It fills its box one way or the other.
    wide, tall = placement.box[2] - placement.box[0], placement.box[3] - placement.box[1]
    assert max(wide / (box[2] - box[0]), tall / (box[3] - box[1])) > 0.9
    assert (outcome.candidate.rgb[outcome.candidate.mask] == (255, 215, 0)).all(axis=1).any()


def test_text_added_on_top_of_other_text_does_not_pass(chinese, edit_poster) -> None:
    edit = Edit(Action.ADD_TEXT, replacement="FREE GIFT", box=(330, 60, 600, 120))
    assert edit_poster(chinese, [edit], locale="en").checks["fits"].status is not CheckStatus.PASSED


@pytest.mark.parametrize(
    ("attribute", "field"),
    [
        ({"colour": "goldish"}, "colour"),
        ({"weight": "fat"}, "weight"),
        ({"size": "big"}, "size"),
        ({"size": "-3"}, "size"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_by_name(chinese, edit_poster, attribute, field) -> None:
    edit = Edit(Action.ADD_TEXT, replacement="GIFT", box=(330, 60, 600, 120), attribute=attribute)
    with pytest.raises(EngineError, match=f"attribute {field}"):
        edit_poster(chinese, [edit], locale="en")


def test_several_edits_in_one_job(chinese, edit_poster, replacing) -> None:
    edits = [
        replacing("限时优惠", "Limited offer"),
        replacing("新品上市", "NEW ARRIVAL"),
        replacing("¥89", "$12.90"),
        Edit(Action.ADD_TEXT, replacement="FREE GIFT", box=(400, 40, 600, 80)),
    ]
    outcome = edit_poster(chinese, edits, locale="en")
    assert_passed(outcome)
    assert [p.edit for p in outcome.candidate.placements] == edits
    # One after the other or together: the same pixels of the same edits.
    single = edit_poster(chinese, edits[:1], locale="en")
    assert single.candidate.placements[0].lines == outcome.candidate.placements[0].lines


def test_the_longest_text_claims_its_lines_first(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("SALE", "en", 60, 120, 60), line("SUMMER SALE", "en", 60, 260, 60))
    edits = [replacing("Sale", "优惠"), replacing("Summer sale", "夏季特卖")]
    outcome = edit_poster(rgb, edits, locale="zh-Hans", source_locale="en")
    assert_passed(outcome)
    short, long = outcome.candidate.placements
    assert short.lines == ("优惠",)
    assert long.lines == ("夏季特卖",)
    assert short.box[3] < long.box[1]


def test_the_same_text_twice_is_replaced_twice(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("新品上市", "zh-Hans", 60, 120, 60), line("新品上市", "zh-Hans", 60, 330, 60))
    outcome = edit_poster(rgb, [replacing("新品上市", "NEW IN")], locale="en")
    assert_passed(outcome)
    upper, lower = outcome.candidate.placements
    assert upper.box[3] < 200 < lower.box[1]


def test_a_box_says_which_of_two(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("新品上市", "zh-Hans", 60, 120, 60), line("新品上市", "zh-Hans", 60, 330, 60))
    edit = replacing("新品上市", "NEW IN", box=(40, 260, 400, 360))
    outcome = edit_poster(rgb, [edit], locale="en")
    (placement,) = outcome.candidate.placements
    assert placement.box[1] > 200
    assert not outcome.candidate.mask[:200].any()


def test_text_that_is_not_there_is_undecided_and_says_what_was_read(chinese, edit_poster, replacing) -> None:
    outcome = edit_poster(chinese, [replacing("买一送一", "BUY ONE GET ONE")], locale="en")
    finding = next(f for f in outcome.candidate.findings if f.name == "text_found")
    assert finding.status is CheckStatus.UNDECIDED
    assert "买一送一" in finding.detail
    assert "新品上市" in finding.detail
    (placement,) = outcome.candidate.placements
    assert placement.box is None
    assert not outcome.candidate.mask.any()
    assert np.array_equal(outcome.candidate.rgb, chinese)


def test_what_cannot_be_found_does_not_stop_the_rest(chinese, edit_poster, replacing) -> None:
    edits = [replacing("买一送一", "BUY ONE GET ONE"), replacing("新品上市", "NEW ARRIVAL")]
    outcome = edit_poster(chinese, edits, locale="en")
    assert "text_found" in outcome.findings
    assert [p.lines for p in outcome.candidate.placements] == [(), ("NEW ARRIVAL",)]


def test_another_price_is_not_taken_for_the_one_asked_for(chinese, edit_poster, replacing) -> None:
    for wanted in ("¥98", "¥8.9", "89"):
        outcome = edit_poster(chinese, [replacing(wanted, "¥79")], locale="zh-Hans")
        assert not outcome.candidate.mask.any(), wanted
        assert "text_found" in outcome.findings


def test_text_too_long_for_its_place_does_not_pass(poster, line, edit_poster, replacing) -> None:
    back = np.full((420, 640, 3), (240, 238, 230), np.uint8)
    back[150:230, 240:400] = (200, 30, 40)  # a badge
    rgb = poster(line("新品", "zh-Hans", 270, 208, 50), back=back)
    long = "Substantial autumn price reductions on selected merchandise"
    outcome = edit_poster(rgb, [replacing("新品", long)], locale="en")
    assert {c.status for c in outcome.checks.values()} != {CheckStatus.PASSED}
    x0, y0, x1, y1 = outcome.candidate.placements[0].box
    assert (x0 >= 0, y0 >= 0, x1 <= 640, y1 <= 420) == (True,) * 4


def test_new_text_stays_on_its_badge(poster, line, edit_poster, replacing) -> None:
    """The badge grows to both sides, for its text stands in the middle of the page; it stays a rectangle."""
    back = np.full((420, 640, 3), (240, 238, 230), np.uint8)
    back[150:230, 200:440] = (200, 30, 40)
    rgb = poster(line("新品上市", "zh-Hans", 236, 206, 42), back=back)
    outcome = edit_poster(rgb, [replacing("新品上市", "JUST ARRIVED")], locale="en")
    assert_passed(outcome)
    (placement,) = outcome.candidate.placements
    x0, y0, x1, y1 = placement.box
    assert placement.scale == pytest.approx(1.0, abs=0.01)
    assert (y0 >= 150, y1 <= 230) == (True, True)
    reds = [np.nonzero((outcome.candidate.rgb[y] == (200, 30, 40)).all(1))[0] for y in (151, 160, 220, 228)]
    (left,), (right,) = {r.min() for r in reds}, {r.max() + 1 for r in reds}
    assert (left < 200, right > 440) == (True, True)
    assert abs((left + right) - 640) <= 2
    assert x0 - left == pytest.approx(36, abs=4)  # the padding that it had
    assert right - x1 == pytest.approx(36, abs=4)


def test_a_word_of_a_line_changes_and_the_rest_stands(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("SAVE BIG TODAY", "en", 60, 150, 56))
    outcome = edit_poster(rgb, [replacing("BIG", "NOW")], locale="en", source_locale="en")
    (placement,) = outcome.candidate.placements
    assert placement.lines == ("NOW",)
    assert outcome.checks["source_text_gone"].status is CheckStatus.PASSED
    _, xs = np.nonzero(outcome.candidate.mask)
    shaped_start, shaped_end = 60 + 0.25 * 450, 60 + 0.75 * 450
    assert xs.min() > shaped_start - 20
    assert xs.max() < shaped_end + 20


def test_two_edits_on_overlapping_parts_of_a_line_do_not_pass(poster, line, edit_poster, replacing) -> None:
    rgb = poster(line("BIG SUMMER SALE NOW", "en", 40, 150, 50))
    edits = [replacing("SUMMER SALE", "冬季"), replacing("SALE", "特卖")]
    outcome = edit_poster(rgb, edits, locale="zh-Hans", source_locale="en")
    assert any(c.status is not CheckStatus.PASSED for c in outcome.checks.values()) or outcome.findings


def test_the_same_job_gives_the_same_pixels(chinese, edit_poster, replacing) -> None:
    edits = [replacing("新品上市", "NEW ARRIVAL")]
    first, second = (edit_poster(chinese, edits, locale="en").candidate for _ in range(2))
    assert np.array_equal(first.rgb, second.rgb)
    assert np.array_equal(first.mask, second.mask)


@pytest.mark.parametrize("lively", [False, True])
def test_an_object_in_a_box_goes_and_a_person_looks_unless_the_ground_is_calm(
    chinese, edit_poster, lively
) -> None:
    rgb = chinese.copy()
    if lively:
        tiles = np.random.default_rng(2).integers(40, 200, (30, 30, 3)).repeat(10, 0).repeat(10, 1)
        around = rgb[180:480, 400:700]
        ball = np.abs(around.astype(int) - (235, 120, 40)).max(2) < 20
        around[~ball] = tiles[: around.shape[0], : around.shape[1]][~ball]
    edit = Edit(Action.REMOVE_OBJECT, object="ball", box=(465, 255, 615, 405))
    outcome = edit_poster(rgb, [edit], locale="und")
    assert ("ball" in outcome.findings.get("removed", "")) is lively
    assert not outcome.candidate.mask[:250].any()
    assert not (np.abs(outcome.candidate.rgb.astype(int) - (235, 120, 40)).max(2) < 20)[
        255:405, 465:615
    ].any()


@pytest.mark.parametrize("action", [Action.REMOVE_OBJECT, Action.REMOVE_TEXT])
def test_without_text_or_box_nothing_is_guessed(chinese, edit_poster, action) -> None:
    outcome = edit_poster(chinese, [Edit(action, object="logo")], locale="und")
    assert "text_found" in outcome.findings
    assert not outcome.candidate.mask.any()
