"""`fits`: above all, what is wrong must not pass."""

from __future__ import annotations

import pytest

from localizer.checks.typography import check_fits
from localizer.engines.base import Placement
from localizer.model import CheckResult, CheckStatus
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine
from localizer.text.shaping import shape_line
from tests.localizer.checks.lettering import H, W, ground, line, placement, set_type


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

    def test_type_that_stands_elsewhere_than_the_old_text_did_does_not_pass(self) -> None:
        """It covers nothing; only the pill that the old text stood in is empty now."""
        result = self.verdict(placement("SALE", self.BOX, source_box=(100, 160, 300, 200)))
        assert result.status is CheckStatus.UNDECIDED
        assert "elsewhere" in result.detail

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


@pytest.mark.parametrize(("first", "last"), [(0.0, 0.1), (0.88, 1.0)])
def test_a_letter_that_is_cut_off_is_noticed_though_a_reader_may_guess_it(first: float, last: float) -> None:
    rgb, box = set_type(ground(), "SUMMER SALE")
    drawn = (rgb != ground()).any(2)
    made = placement("SUMMER SALE", box)
    assert check_fits((H, W), [made], [], drawn=drawn).status is CheckStatus.PASSED
    x0, _, x1, _ = box
    drawn[:, round(x0 + first * (x1 - x0)) : round(x0 + last * (x1 - x0))] = False
    assert check_fits((H, W), [made], [], drawn=drawn).status is CheckStatus.UNDECIDED
