"""`source_text_gone`: nothing of the old text may be left, and what stays by right is left alone."""

from __future__ import annotations

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.checks.source_gone import check_source_text_gone
from localizer.engines.base import Placement
from localizer.model import Action, CheckResult, CheckStatus, Edit
from tests.localizer.checks.lettering import NAVY, WHITE, H, W, ground, line, placement, set_type


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


class TestOnThePlate:
    """Where the engine hands its plate over, nothing hides behind the new words."""

    BOX = (60, 80, 360, 140)

    def scene(self, text: str = "MONDAY") -> tuple[np.ndarray, tuple[int, int, int, int]]:
        return set_type(ground(), text, colour=WHITE)

    def verdict(self, source: np.ndarray, plate: np.ndarray, box, *, text: str = "MONDAY") -> CheckResult:
        rgb, new = set_type(plate, "JEUDI")
        made = placement("JEUDI", new, source=text, source_box=box)
        read = [line(text, box)]
        return check_source_text_gone(rgb, [made], source_rgb=source, plate=plate, lines=read)

    def test_a_clean_plate_passes(self) -> None:
        source, box = self.scene()
        assert self.verdict(source, ground(), box).status is CheckStatus.PASSED

    @pytest.mark.parametrize("back", [NAVY, (120, 130, 90)])
    def test_a_grainy_plate_passes(self, back) -> None:
        rng = np.random.default_rng(3)
        empty = np.clip(ground(back) + rng.normal(0, 6, (H, W, 3)), 0, 255).astype(np.uint8)
        source, box = set_type(empty, "MONDAY")
        plate = empty.copy()
        x0, y0, x1, y1 = box
        other = np.clip(ground(back) + rng.normal(0, 6, (H, W, 3)), 0, 255).astype(np.uint8)
        plate[y0:y1, x0:x1] = other[y0:y1, x0:x1]
        assert self.verdict(source, plate, box).status is CheckStatus.PASSED

    @pytest.mark.parametrize("share", [0.18, 0.5, 1.0])
    def test_letters_left_behind_do_not_pass(self, share: float) -> None:
        source, box = self.scene()
        plate = ground()
        start = round(box[2] - share * (box[2] - box[0]))
        plate[:, start : box[2] + 4] = source[:, start : box[2] + 4]
        assert self.verdict(source, plate, box).status is not CheckStatus.PASSED

    def test_a_word_of_the_headline_left_behind_does_not_pass(self) -> None:
        source, box = self.scene("SUMMER SALE")
        plate = ground()
        middle = box[0] + round(0.62 * (box[2] - box[0]))
        plate[:, middle:] = source[:, middle:]
        result = self.verdict(source, plate, box, text="SUMMER SALE")
        assert result.status is not CheckStatus.PASSED

    @pytest.mark.parametrize("softness", [2.0, 5.0, 8.0])
    def test_a_smear_does_not_pass(self, softness: float) -> None:
        source, box = self.scene()
        plate = cv2.GaussianBlur(source, (0, 0), softness)
        assert self.verdict(source, plate, box).status is not CheckStatus.PASSED

    def test_a_stain_on_a_plain_ground_does_not_pass(self) -> None:
        source, box = self.scene()
        plate = ground()
        x0, y0, x1, y1 = box
        plate[y0 - 3 : y1 + 3, x0 - 3 : x1 + 3] = (80, 90, 130)
        assert self.verdict(source, plate, box).status is not CheckStatus.PASSED

    def test_pixels_that_changed_after_the_plate_are_read_on_the_candidate(self) -> None:
        source, box = self.scene("SUMMER")
        rgb, new = set_type(ground(), "JEUDI", at=(60, 60), size=30)
        rgb[box[1] - 3 : box[3] + 3] = source[box[1] - 3 : box[3] + 3]
        made = placement("JEUDI", new, source="SUMMER", source_box=box)
        result = check_source_text_gone(rgb, [made], source_rgb=source, plate=ground(), lines=())
        assert result.status is CheckStatus.FAILED

    def test_text_that_stays_beside_it_is_no_leftover(self) -> None:
        source, box = self.scene()
        both, beside = set_type(source, "BRAND", at=(box[2] + 26, 130), size=40)
        plate, _ = set_type(ground(), "BRAND", at=(box[2] + 26, 130), size=40)
        rgb, new = set_type(plate, "JEUDI")
        made = placement("JEUDI", new, source="MONDAY", source_box=box)
        read = [line("MONDAY", box), line("BRAND", beside)]
        result = check_source_text_gone(rgb, [made], source_rgb=both, plate=plate, lines=read)
        assert result.status is CheckStatus.PASSED, result.detail
