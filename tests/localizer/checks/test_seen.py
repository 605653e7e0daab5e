"""Type must be found and read where it stands, by one who looks at the picture and not at a cut-out line."""

from __future__ import annotations

from dataclasses import replace

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.checks.read_back import check_text_correct
from localizer.checks.seen import likeness_in_place
from localizer.model import CheckStatus
from tests.localizer.checks.lettering import NAVY, H, W, ground, placement, set_type

ENOUGH = 0.95
TEXTS = {"en": "SALE", "zh-Hans": "新品上市优惠"}
OTHERS = {"en": "GIFT", "zh-Hans": "限时抢购活动"}


def lively() -> np.ndarray:
    """Dark blobs of many colours: white type stands out, but the ground changes under every letter."""
    rng, image = np.random.default_rng(5), np.full((H, W, 3), (70, 80, 60), np.float32)
    for _ in range(70):
        centre = int(rng.integers(0, W)), int(rng.integers(0, H))
        colour = tuple(float(c) for c in rng.integers(10, 130, 3))
        cv2.circle(image, centre, int(rng.integers(10, 45)), colour, -1)
    image = cv2.GaussianBlur(image, (0, 0), 2) + rng.normal(0, 4, image.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def spoil(how: str, locale: str, back: np.ndarray) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """A picture in which the text is not as it should be in the box that is given with it."""
    rgb, box = set_type(back, TEXTS[locale], locale=locale)
    x0, y0, x1, y1 = box
    if how == "covered":
        rgb[y0 - 5 : y1 + 5, x0 + (x1 - x0) // 3 : x0 + 2 * (x1 - x0) // 3] = NAVY
    elif how == "replaced":
        rgb, _ = set_type(back, OTHERS[locale], locale=locale)
    elif how == "displaced":
        rgb, _ = set_type(back, TEXTS[locale], locale=locale, at=(300, 40), size=30)
    elif how == "blurred":
        rgb = cv2.GaussianBlur(rgb, (0, 0), 9)
    elif how == "gone":
        rgb = back.copy()
    return rgb, box


@pytest.mark.parametrize("locale", TEXTS)
@pytest.mark.parametrize("known", [False, True])
def test_type_on_a_calm_ground_is_found(locale: str, known: bool) -> None:
    rgb, box = set_type(ground(), TEXTS[locale], locale=locale)
    made = placement(TEXTS[locale], box)
    found = likeness_in_place(rgb, made, enough=ENOUGH, plate=ground() if known else None)
    assert found is not None
    assert found >= ENOUGH


@pytest.mark.parametrize("locale", TEXTS)
@pytest.mark.parametrize("how", ["covered", "replaced", "displaced", "blurred", "gone"])
def test_type_that_is_not_there_as_it_should_be_is_not_found(locale: str, how: str) -> None:
    rgb, box = spoil(how, locale, ground())
    found = likeness_in_place(rgb, placement(TEXTS[locale], box), enough=ENOUGH, plate=ground())
    assert found is not None
    assert found < 0.8


def test_type_that_stands_out_from_a_lively_ground_is_found() -> None:
    back = lively()
    rgb, box = set_type(back, TEXTS["en"])
    assert likeness_in_place(rgb, placement(TEXTS["en"], box), enough=ENOUGH, plate=back) == 1.0


@pytest.mark.parametrize("how", ["covered", "blurred"])
def test_on_a_lively_ground_too_what_is_not_there_is_not_found(how: str) -> None:
    back = lively()
    rgb, box = spoil(how, "en", back)
    found = likeness_in_place(rgb, placement(TEXTS["en"], box), enough=ENOUGH, plate=back)
    assert found is not None
    assert found < 0.8


def test_the_place_counts_and_not_the_picture() -> None:
    """The text is there, elsewhere."""
    rgb, (x0, y0, x1, y1) = set_type(ground(), TEXTS["en"], at=(20, 60))
    elsewhere = x0 + 220, y0 + 110, x1 + 220, y1 + 110
    assert likeness_in_place(rgb, placement(TEXTS["en"], elsewhere), enough=ENOUGH) == 0.0


@pytest.mark.parametrize("text", ["¥79", "50%", "NEW", "$5.9", "Go!"])
def test_short_texts_are_not_looked_for(text: str) -> None:
    """A reader that looks for lines overlooks them; the line that was cut out is read all the same."""
    rgb, box = set_type(ground(), text)
    assert likeness_in_place(rgb, placement(text, box), enough=ENOUGH) is None
    bare = check_text_correct(ground(), [placement(text, box)], locale="en")
    assert bare.status is not CheckStatus.PASSED


def test_four_characters_are_looked_for() -> None:
    rgb, box = set_type(ground(), "SALE")
    assert likeness_in_place(rgb, placement("SALE", box), enough=ENOUGH) == 1.0
    assert likeness_in_place(ground(), placement("SALE", box), enough=ENOUGH) == 0.0


@pytest.mark.parametrize("how", [{"vertical": True}, {"angle": 30.0}, {"angle": -90.0}, {"box": None}])
def test_columns_and_steep_type_are_left_to_the_cut_out_line(how: dict[str, object]) -> None:
    rgb, box = set_type(ground(), TEXTS["en"])
    assert likeness_in_place(rgb, replace(placement(TEXTS["en"], box), **how), enough=ENOUGH) is None


def test_a_text_of_several_lines_is_found_in_reading_order() -> None:
    rgb, first = set_type(ground(), "SUMMER", at=(60, 80))
    rgb, second = set_type(rgb, "CLEARANCE", at=(60, 150))
    whole = first[0], first[1], max(first[2], second[2]), second[3]
    made = placement("", whole, lines=("SUMMER", "CLEARANCE"), line_boxes=(first, second))
    turned = placement("", whole, lines=("CLEARANCE", "SUMMER"), line_boxes=(first, second))
    assert likeness_in_place(rgb, made, enough=ENOUGH) == 1.0
    found = likeness_in_place(rgb, turned, enough=ENOUGH)
    assert found is not None
    assert found < 0.8
