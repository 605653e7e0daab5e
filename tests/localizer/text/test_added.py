"""Added text: in its box, or in a calm area off texts, faces and things; in a size and colour that belong."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.errors import EngineError
from localizer.text.added import Added, Adder
from localizer.text.contrast import contrast
from localizer.text.freearea import find_objects
from localizer.text.style import LineStyle

H, W = 600, 800
HEADLINE = (60, 40, 500, 110)
FACE = (560, 60, 700, 240)


def picture() -> np.ndarray:
    """A pale ground, a dark lively product in its lower right, a headline and a face."""
    rgb = np.full((H, W, 3), (236, 232, 224), np.uint8)
    rng = np.random.default_rng(2)
    rgb[280:560, 420:740] = rng.integers(0, 90, (280, 320, 3), dtype=np.uint8)
    rgb[FACE[1] : FACE[3], FACE[0] : FACE[2]] = (200, 160, 140)
    return rgb


def add(
    text: str = "Free gift today", *, rgb=None, box=None, styles=(), locale: str = "en", **attribute: str
) -> Added | None:
    plate = picture() if rgb is None else rgb
    return Adder(plate, [HEADLINE], [FACE], styles, locale).add(text, box, attribute)


def meets(a, b) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_the_product_is_told_from_its_ground() -> None:
    found = find_objects(picture())
    assert found[300:540, 440:720].mean() > 0.95
    assert found[:, :400].mean() < 0.01


@pytest.mark.parametrize("locale", ["en", "zh-Hans", "ja", "ko", "ar", "th", "hi", "he", "ru"])
def test_a_free_area_is_off_everything(locale: str) -> None:
    text = {
        "zh-Hans": "今日下单即送好礼",
        "ja": "本日ご注文でプレゼント",
        "ko": "오늘 주문하면 사은품",
        "ar": "هدية مجانية مع كل طلب",
        "th": "ของแถมทุกคำสั่งซื้อ",
        "hi": "हर ऑर्डर पर मुफ्त उपहार",
        "he": "מתנה חינם לכל הזמנה",
        "ru": "Подарок сегодня",
    }.get(locale, "Free gift today")
    added = add(text, locale=locale)
    assert added is not None
    box = added.made.box
    assert not meets(box, HEADLINE)
    assert not meets(box, FACE)
    assert not meets(box, (420, 280, 740, 560))
    assert (box[0] >= 20, box[1] >= 20, box[2] <= W - 20, box[3] <= H - 20) == (True,) * 4
    assert added.made.missing == ""
    assert contrast(added.made.colour, added.ground) >= 4.5
    assert "px" in added.note


def test_a_slogan_does_not_shout_down_the_headline() -> None:
    added = add()
    assert added is not None
    assert added.made.lines[0].size < 0.8 * (HEADLINE[3] - HEADLINE[1])


def test_it_takes_the_colour_of_the_other_type() -> None:
    style = LineStyle((120, 20, 40), 60.0, 700, "", 1.0, 0.0, 0.0, (60, 40, 500, 110), 100.0, 75.0)
    added = add(styles=[style])
    assert added is not None
    assert added.made.colour == (120, 20, 40)


@pytest.mark.parametrize(
    ("place", "ok"),
    [
        ("bottom left", lambda x, y: x < 0.45 and y > 0.6),
        ("left", lambda x, y: x < 0.45),
        ("bottom", lambda x, y: y > 0.6),
    ],
)
def test_the_place_asked_for_is_kept(place: str, ok) -> None:
    added = add("Gift", place=place)
    assert added is not None
    box = added.made.box
    assert ok((box[0] + box[2]) / 2 / W, (box[1] + box[3]) / 2 / H)


def test_no_good_area_is_said_so() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (H, W, 3), dtype=np.uint8)
    assert add(rgb=noise) is None
    assert add("Gift", place="bottom right") is None  # there is the product


@pytest.mark.parametrize("box", [(50, 300, 380, 400), (50, 300, 120, 500), (50, 300, 380, 330)])
@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_in_a_box_it_is_large_and_inside(box, align: str) -> None:
    added = add("Free gift today", box=box, align=align)
    assert added is not None
    got = added.made.box
    assert (got[0] >= box[0] - 1, got[1] >= box[1] - 1, got[2] <= box[2] + 1, got[3] <= box[3] + 1) == (
        True,
    ) * 4
    assert max((got[2] - got[0]) / (box[2] - box[0]), (got[3] - got[1]) / (box[3] - box[1])) > 0.85


def test_size_and_case_are_obeyed() -> None:
    added = add("Gift", size="30", case="upper")
    assert added is not None
    assert added.made.lines[0].size == pytest.approx(30.0)
    assert added.made.lines[0].line.text == "GIFT"


def test_a_font_that_is_not_there_is_refused_by_name() -> None:
    with pytest.raises(EngineError, match=r"attribute font.*Nonesuch"):
        add(font="Nonesuch")
