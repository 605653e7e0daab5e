"""`legible`: above all, what cannot be read must not pass."""

from __future__ import annotations

from dataclasses import replace

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.checks.legible import check_legible, is_source_colour
from localizer.engines.base import Placement
from localizer.model import Action, CheckResult, CheckStatus, Edit
from tests.localizer.checks.lettering import NAVY, WHITE, H, W, ground, placement, set_type


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

    def test_type_on_a_photo_with_one_bright_spot_passes(self) -> None:
        """A spot that no stroke stands on counts for nothing; one under a few strokes is still read."""
        back = ground()
        back[10:60, 20:200] = (230, 230, 230)
        rgb, box = set_type(back, "SUMMER SALE")
        assert check_legible(rgb, back, [placement("SUMMER SALE", box, source_box=None)]).status is (
            CheckStatus.PASSED
        )

    def test_type_that_sinks_into_a_cloud_fails(self) -> None:
        back = ground()
        back[60:160, 200:330] = (232, 236, 240)
        rgb, box = set_type(back, "SUMMER SALE")
        made = placement("SUMMER SALE", box, source_box=None)
        for plate in (None, back):
            assert check_legible(rgb, back, [made], plate=plate).status is CheckStatus.FAILED

    def test_a_colour_that_is_not_the_source_types_is_no_excuse(self) -> None:
        """The ground's own colour, taken for that of white type, has little contrast in the source too."""
        back, wrong = (150, 110, 70), (185, 150, 110)
        rng = np.random.default_rng(5)
        empty = np.clip(ground(back) + rng.normal(0, 12, (H, W, 3)), 0, 255).astype(np.uint8)
        source, was = set_type(empty, "OLD TEXT")
        rgb, box = set_type(empty, "SALE", colour=wrong)
        made = placement("SALE", box, colour=wrong, source_box=was)
        assert not is_source_colour(source, was, wrong)
        assert is_source_colour(source, was, WHITE)
        assert check_legible(rgb, source, [made], plate=empty).status is CheckStatus.FAILED

    @pytest.mark.parametrize("had", [(130, 130, 130), (190, 190, 190)])
    def test_type_paler_than_the_source_fails(self, had) -> None:
        back = (225, 225, 225)
        source, was = set_type(ground(back), "OLD TEXT", colour=had)
        paler = tuple(int(0.6 * b + 0.4 * c) for b, c in zip(back, had, strict=True))
        rgb, box = set_type(ground(back), "SALE", colour=paler)
        made = placement("SALE", box, colour=paler, source_box=was)
        assert check_legible(rgb, source, [made]).status is CheckStatus.FAILED

    def test_no_source_excuses_type_that_cannot_be_seen(self) -> None:
        back, faint = (225, 225, 225), (200, 200, 200)
        source, was = set_type(ground(back), "OLD TEXT", colour=faint)
        rgb, box = set_type(ground(back), "SALE", colour=faint)
        made = placement("SALE", box, colour=faint, source_box=was)
        assert check_legible(rgb, source, [made]).status is CheckStatus.FAILED

    def test_an_outline_carries_type_over_a_ground_of_its_own_colour(self) -> None:
        back = ground((250, 250, 250))
        dark, box = set_type(back, "SALE", colour=(20, 20, 20))
        edge = cv2.dilate((dark != back).any(2).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
        rgb = back.copy()
        rgb[edge] = (20, 20, 20)
        rgb[(dark != back).any(2)] = WHITE
        made = placement("SALE", box, source_box=None)
        assert check_legible(rgb, back, [made], plate=back).status is CheckStatus.PASSED

    def test_type_in_another_colour_than_the_source_had_is_for_a_person(self) -> None:
        empty = ground((150, 110, 70))
        source, was = set_type(empty, "OLD TEXT")
        rgb, box = set_type(empty, "SALE", colour=(250, 205, 80))
        made = placement("SALE", box, colour=(250, 205, 80), source_box=was)
        assert check_legible(rgb, source, [made], plate=empty).status is not CheckStatus.PASSED
        asked = replace(made, edit=replace(made.edit, attribute={"colour": "gold"}))
        assert check_legible(rgb, source, [asked], plate=empty).status is CheckStatus.PASSED
