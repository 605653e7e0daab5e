"""`source_text_gone`, `legible` and `fits`: above all, what is wrong must not pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from localizer.checks.legible import check_legible
from localizer.checks.source_gone import check_source_text_gone
from localizer.checks.typography import check_fits
from localizer.engines.base import Placement
from localizer.model import Action, CheckResult, CheckStatus, Edit
from localizer.text.fonts import stack
from localizer.text.reading import TextLine
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

H, W = 220, 560
NAVY, WHITE = (24, 40, 84), (255, 255, 255)


def ground(colour=NAVY) -> np.ndarray:
    return np.full((H, W, 3), colour, np.uint8)


def set_type(rgb: np.ndarray, text: str, *, locale: str = "en", at=(60, 130), size: float = 52, colour=WHITE):
    placed = PlacedLine(shape_line(text, stack(locale, weight=700), locale), *at, size)
    return draw(rgb, [placed], colour)[0], placed.box


def placement(text: str, box, *, source: str = "OLD TEXT", **changes: object) -> Placement:
    made = Placement(
        Edit(Action.REPLACE_TEXT, text=source, replacement=text),
        source_box=box,
        box=box,
        lines=(text,),
        line_boxes=(box,),
        colour=WHITE,
        background=NAVY,
        cap_height=37.0,
        room=(0, 0, W, H),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def line(text: str, box, score: float = 0.95) -> TextLine:
    x0, y0, x1, y1 = box
    return TextLine(text, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), score)


class TestSourceTextGone:
    def verdict(self, shown: str, source: str, target: str, locale: str = "en") -> CheckResult:
        rgb, box = set_type(ground(), shown, locale=locale) if shown else (ground(), (60, 80, 300, 140))
        lines = (target,) if target else ()
        made = placement(target, box, source=source, lines=lines, line_boxes=(box,) if target else ())
        return check_source_text_gone(rgb, [made])

    @pytest.mark.parametrize(
        ("source", "target", "locale"),
        [
            ("新品上市", "NEW ARRIVAL", "zh-Hans"),
            ("SUMMER SALE", "WINTER DEALS", "en"),
            ("¥89", "¥79", "en"),
            ("SUMMER SALE", "", "en"),
            ("SUMMER SALE\nON NOW", "WINTER", "en"),
        ],
    )
    def test_old_text_that_still_stands_fails(self, source: str, target: str, locale: str) -> None:
        result = self.verdict(source.split("\n", 1)[0], source, target, locale)
        assert result.status is CheckStatus.FAILED
        assert result.value is not None
        assert result.value >= 0.8
        assert source.split("\n", 1)[0] in result.detail

    @pytest.mark.parametrize(
        ("source", "target"), [("新品上市", "NEW ARRIVAL"), ("¥89", "¥79"), ("SUMMER SALE", "SUMMER SALES")]
    )
    def test_new_text_in_its_place_passes(self, source: str, target: str) -> None:
        assert self.verdict(target, source, target).status is CheckStatus.PASSED

    def test_an_empty_place_passes(self) -> None:
        result = self.verdict("", "SUMMER SALE", "")
        assert (result.status, result.value) == (CheckStatus.PASSED, 0.0)

    def test_old_text_under_the_new_fails(self) -> None:
        rgb, box = set_type(ground(), "新品上市", locale="zh-Hans", at=(60, 100))
        rgb, below = set_type(rgb, "NEW", at=(60, 170))
        both = (box[0], box[1], max(box[2], below[2]), below[3])
        made = placement("NEW", below, source="新品上市", source_box=both)
        assert check_source_text_gone(rgb, [made]).status is CheckStatus.FAILED

    def test_text_left_behind_in_the_other_of_two_places_fails(self) -> None:
        rgb, box = set_type(ground(), "NEW ARRIVAL")
        clean = placement("x", (0, 0, 50, 40), source="新品上市")
        dirty = placement("x", box, source="NEW ARRIVAL")
        assert check_source_text_gone(rgb, [clean, dirty]).status is CheckStatus.FAILED

    def test_removing_everything_leaves_nothing_to_read(self) -> None:
        rgb, box = set_type(ground(), "SUMMER SALE")
        made = Placement(Edit(Action.REMOVE_TEXT, text="*"), source_box=box, box=box)
        assert check_source_text_gone(rgb, [made]).status is CheckStatus.FAILED
        assert check_source_text_gone(ground(), [made]).status is CheckStatus.PASSED


class TestLegible:
    def verdict(
        self, text: str = "SALE", *, colour=WHITE, back=NAVY, source=None, **changes: object
    ) -> CheckResult:
        rgb, box = set_type(ground(back), text, colour=colour)
        before = ground(back) if source is None else source
        return check_legible(rgb, before, [placement(text, box, **{"colour": colour, **changes})])

    def test_white_on_navy(self) -> None:
        result = self.verdict()
        assert result.status is CheckStatus.PASSED
        assert result.value == pytest.approx(14.9, abs=1.5)  # WCAG ratio of these two colours

    @pytest.mark.parametrize(
        ("colour", "back"),
        [
            ((120, 120, 120), (150, 150, 150)),
            ((255, 230, 120), (255, 255, 255)),
            ((30, 30, 60), NAVY),
            (NAVY, NAVY),
            ((255, 0, 0), (0, 90, 200)),
        ],
    )
    def test_low_contrast_fails(self, colour, back) -> None:
        result = self.verdict(colour=colour, back=back, source_box=None)
        assert result.status is CheckStatus.FAILED
        assert "contrast" in result.detail

    def test_the_worst_part_of_the_ground_counts(self) -> None:
        """White type that starts on navy and ends on pale grey."""
        back = ground()
        back[:, 190:] = (215, 215, 215)
        rgb, box = set_type(back, "SUMMER SALE")
        made = placement("SUMMER SALE", box, source_box=None)
        assert check_legible(rgb, back, [made]).status is CheckStatus.FAILED

    def test_tiny_type_fails(self) -> None:
        result = self.verdict(cap_height=5.0, scale=0.6)
        assert result.status is CheckStatus.FAILED
        assert "px tall" in result.detail

    def test_type_as_small_as_the_source_was_passes(self) -> None:
        assert self.verdict(cap_height=5.0, scale=1.0).status is CheckStatus.PASSED

    def test_a_source_that_was_pale_itself_is_matched(self) -> None:
        """Contrast 2:1 by design stays 2:1; no more is asked of the translation than of the source."""
        back, pale = (225, 225, 225), (150, 150, 150)
        source, _ = set_type(ground(back), "OLD TEXT", colour=pale)
        result = self.verdict(colour=pale, back=back, source=source)
        assert result.status is CheckStatus.PASSED
        assert result.threshold is not None
        assert result.threshold < 3.0

    def test_a_colour_that_was_asked_for_must_be_legible(self) -> None:
        back, pale = (225, 225, 225), (150, 150, 150)
        source, box = set_type(ground(back), "OLD TEXT", colour=pale)
        edit = Edit(Action.REPLACE_TEXT, "OLD TEXT", "SALE", attribute={"colour": "#969696"})
        rgb, box = set_type(ground(back), "SALE", colour=pale)
        made = placement("SALE", box, edit=edit, colour=pale)
        assert check_legible(rgb, source, [made]).status is CheckStatus.FAILED

    def test_nothing_set_nothing_to_judge(self) -> None:
        made = Placement(Edit(Action.REMOVE_TEXT, text="SALE"), source_box=(0, 0, 9, 9), box=(0, 0, 9, 9))
        assert check_legible(ground(), ground(), [made]).status is CheckStatus.PASSED


class TestFits:
    BOX = (100, 80, 300, 130)

    def verdict(self, *placements: Placement, lines=()) -> CheckResult:
        return check_fits((H, W), placements or (placement("SALE", self.BOX),), lines)

    def test_all_is_well(self) -> None:
        result = self.verdict()
        assert (result.name, result.status, result.value) == ("fits", CheckStatus.PASSED, 1.0)

    def test_a_missing_glyph_fails(self) -> None:
        result = self.verdict(placement("SALE", self.BOX, missing_glyphs="☃"))
        assert result.status is CheckStatus.FAILED
        assert "☃" in result.detail

    @pytest.mark.parametrize(
        "box", [(-1, 80, 300, 130), (100, -1, 300, 130), (100, 80, W + 1, 130), (100, 80, 300, H + 1)]
    )
    def test_type_over_the_frame_fails(self, box) -> None:
        result = self.verdict(placement("SALE", box, room=None))
        assert result.status is CheckStatus.FAILED
        assert "frame" in result.detail

    def test_type_up_to_the_frame_is_inside(self) -> None:
        assert self.verdict(placement("SALE", (0, 0, W, H))).status is CheckStatus.PASSED

    def test_two_texts_on_top_of_each_other_fail(self) -> None:
        other = placement("NOW", (250, 90, 400, 140), source="ELSE")
        result = self.verdict(placement("SALE", self.BOX), other)
        assert result.status is CheckStatus.FAILED
        assert "overlap" in result.detail

    def test_a_small_text_inside_a_large_one_fails_in_either_order(self) -> None:
        large = placement("SALE", (50, 20, 550, 200))
        small = placement("now", (100, 90, 130, 100), source="ELSE")
        for pair in ((large, small), (small, large)):
            assert self.verdict(*pair).status is CheckStatus.FAILED

    def test_texts_side_by_side_pass(self) -> None:
        other = placement("NOW", (310, 80, 400, 130), source="ELSE")
        assert self.verdict(placement("SALE", self.BOX), other).status is CheckStatus.PASSED

    def test_covering_a_line_that_stays_does_not_pass(self) -> None:
        result = self.verdict(lines=[line("BRAND", (280, 85, 380, 125))])
        assert result.status is not CheckStatus.PASSED
        assert "BRAND" in result.detail

    def test_covering_a_small_part_of_a_long_line_does_not_pass(self) -> None:
        made = placement("GO", (100, 80, 150, 130))
        result = self.verdict(made, lines=[line("A VERY LONG LINE OF SMALL PRINT", (110, 90, 540, 110))])
        assert result.status is not CheckStatus.PASSED

    def test_covering_a_corner_of_a_large_headline_does_not_pass(self) -> None:
        """6 % of the line's area, and most of a letter."""
        made = placement("GIFT", (330, 20, 540, 56))
        assert (
            self.verdict(made, lines=[line("新品上市", (40, 20, 380, 110))]).status is not CheckStatus.PASSED
        )

    def test_touching_the_margin_that_a_reader_leaves_is_no_cover(self) -> None:
        made = placement("GIFT", (100, 80, 300, 130))
        assert self.verdict(made, lines=[line("BRAND", (100, 126, 300, 176))]).status is CheckStatus.PASSED

    def test_standing_where_the_old_text_stood_is_the_point(self) -> None:
        assert self.verdict(lines=[line("OLD TEXT", self.BOX)]).status is CheckStatus.PASSED

    def test_type_that_shrank_too_far_is_for_a_person(self) -> None:
        result = self.verdict(placement("SALE", self.BOX, scale=0.4))
        assert (result.status, result.value) == (CheckStatus.UNDECIDED, 0.4)
        assert "shorter copy" in result.detail

    def test_type_that_leaves_its_place_is_for_a_person(self) -> None:
        result = self.verdict(placement("SALE", self.BOX, room=(120, 80, 300, 130)))
        assert result.status is CheckStatus.UNDECIDED

    def test_a_brand_may_ask_for_more(self) -> None:
        made = [placement("SALE", self.BOX, scale=0.7)]
        assert check_fits((H, W), made, []).status is CheckStatus.PASSED
        assert check_fits((H, W), made, [], least_scale=0.8).status is CheckStatus.UNDECIDED

    def test_every_fault_is_named(self) -> None:
        result = self.verdict(placement("SALE", (100, 80, W + 9, 130), missing_glyphs="☃", room=None))
        assert "☃" in result.detail
        assert "frame" in result.detail

    def test_slanted_texts_whose_upright_boxes_meet_do_not_overlap(self) -> None:
        upper = PlacedLine(shape_line("SALE", stack("en"), "en"), 60, 160, 40, 1.0, 30.0)
        lower = PlacedLine(shape_line("NOW", stack("en"), "en"), 100, 190, 40, 1.0, 30.0)
        pair = [
            placement(p.line.text, p.box, source=f"OLD {i}", angle=30.0, corners=(tuple(p.corners()),))
            for i, p in enumerate((upper, lower))
        ]
        assert upper.box[2] > lower.box[0]
        assert upper.box[3] > lower.box[1]
        assert self.verdict(*pair).status is CheckStatus.PASSED
        touching = PlacedLine(lower.line, 70, 165, 40, 1.0, 30.0)
        third = placement("NOW", touching.box, source="E", angle=30.0, corners=(tuple(touching.corners()),))
        assert self.verdict(pair[0], third).status is CheckStatus.FAILED


def test_type_at_the_very_edge_is_shown_unless_the_old_type_was_there() -> None:
    at_edge = (W - 120, 100, W - 1, 140)
    inside, also_at_edge = (W - 160, 100, W - 60, 140), (W - 100, 100, W - 1, 140)
    moved = placement("SALE", at_edge, source_box=inside)
    stayed = placement("SALE", at_edge, source_box=also_at_edge)
    assert check_fits((H, W), [moved], []).status is CheckStatus.UNDECIDED
    assert check_fits((H, W), [stayed], []).status is CheckStatus.PASSED
