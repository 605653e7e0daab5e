"""Setting a text where another stood: properties that hold for any text in any script."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.text.alignment import Alignment
from localizer.text.fonts import stack
from localizer.text.render import coverage
from localizer.text.shaping import shape_line
from localizer.text.space import Room, measure_room
from localizer.text.style import LineStyle
from localizer.text.typesetting import SetText, set_in_rooms, set_text

W, H = 640, 480
COPY = [
    ("en", "Everything must go before Sunday"), ("en", "Sale"), ("de", "Sommerschlussverkauf für alle"),
    ("vi", "Giảm giá đến 50 % hôm nay"), ("ru", "Скидки до 50 % только сегодня"), ("el", "Νέα άφιξη"),
    ("zh-Hans", "限时优惠，全场五折起"), ("zh-Hant", "新品登場"), ("ja", "春の新作コレクション"),
    ("ko", "지금 바로 만나보세요"), ("th", "ลดราคาสูงสุด 50% วันนี้"), ("hi", "आज ही 50% तक की छूट पाएं"),
    ("ar", "خصم 50% من NIKE"), ("he", "הנחה של 50% היום"),
    ("en", "¥79"), ("en", "Two\nlines"),
]  # fmt: skip


@st.composite
def places(draw) -> tuple[LineStyle, Room]:
    """An old line somewhere on the page, in a room that holds it."""
    tall = draw(st.floats(8, 80))
    x0, y0 = draw(st.floats(10, 400)), draw(st.floats(10, 380))
    x1 = min(W - 10.0, x0 + draw(st.floats(10, 400)))
    size = tall / 0.75
    style = LineStyle(
        (0, 0, 0), size, draw(st.sampled_from([300, 400, 700])), "", draw(st.sampled_from([0.7, 1.0, 1.5])),
        0.0, 0.0, (x0, y0, x1, y0 + tall), y0 + tall, y0 + tall / 2,
    )  # fmt: skip
    room = Room(
        x0 - draw(st.floats(0, x0 - 5)), y0 - draw(st.floats(0, y0 - 5)),
        x1 + draw(st.floats(0, W - 5 - x1)), y0 + tall + draw(st.floats(0, H - 5 - y0 - tall)),
    )  # fmt: skip
    return style, room


HANGS = st.builds(Alignment, st.sampled_from(["left", "center", "right"]), st.booleans(), st.booleans())


def make(text: str, locale: str, style: LineStyle, room: Room, hang: Alignment, **more) -> SetText:
    return set_text(
        text, [style], room, locale=locale, source_locale="zh-Hans", hang=hang, page=(W, H), **more
    )


@given(sample=st.sampled_from(COPY), place=places(), hang=HANGS)
@settings(max_examples=150, deadline=None)
def test_ink_stays_in_its_room(sample, place, hang) -> None:
    locale, text = sample
    style, room = place
    made = make(text, locale, style, room, hang)
    box = made.box
    assert box[0] >= math.floor(room.left - 1.5)  # boxes are whole pixels
    assert box[2] <= math.ceil(room.right + 1.5)
    assert box[1] >= math.floor(room.top - 1.5)
    assert box[3] <= math.ceil(room.bottom + 1.5)
    assert made.missing == ""
    assert 0 < made.scale <= 1.0 + 1e-9
    assert len({round(line.size, 6) for line in made.lines}) == 1
    assert "".join("".join(line.line.text for line in made.lines).split()) == "".join(text.split())
    assert made.lines == make(text, locale, style, room, hang).lines  # the same again


MORE = st.tuples(*[st.floats(0, 300) | st.floats(0, 10) | st.just(0.0)] * 4)


@given(sample=st.sampled_from(COPY), place=places(), hang=HANGS, more=MORE)
@settings(max_examples=150, deadline=None)
def test_more_room_never_makes_the_same_lines_smaller(sample, place, hang, more) -> None:
    """On all sides, or on some: the text keeps its size or gains, unless it stands in fewer or more lines."""
    locale, text = sample
    style, room = place
    wider = Room(
        max(2, room.left - more[0]), max(2, room.top - more[1]),
        min(W - 2, room.right + more[2]), min(H - 2, room.bottom + more[3]),
    )  # fmt: skip
    small, large = (make(text, locale, style, r, hang) for r in (room, wider))
    if len(large.lines) == len(small.lines):
        assert large.scale >= small.scale - 1e-6


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("side", ["left", "center", "right"])
def test_pixel_by_pixel_a_room_that_grows_never_makes_the_same_lines_smaller(side: str, alone: bool) -> None:
    """Where a text just gets room enough to keep its edge, it is not set smaller than when it had to move."""
    style = LineStyle((0, 0, 0), 64.0, 700, "", 1.0, 0.0, 0.0, (300, 200, 360, 248), 248.0, 224.0)
    for locale, text in COPY:
        sizes: dict[int, float] = {}
        for more in range(0, 240, 2):
            room = Room(240 - more, 150, 370 + more, 300)
            made = make(text, locale, style, room, Alignment(side, alone=alone))
            lines = len(made.lines)
            assert made.scale >= sizes.get(lines, 0.0) - 1e-6
            sizes[lines] = made.scale


@given(text=st.text(min_size=1, max_size=30), place=places(), hang=HANGS)
@settings(max_examples=80, deadline=None)
def test_any_text_at_all(text: str, place, hang) -> None:
    """Whatever a manifest holds: it stays in its room, or what has no glyph is named."""
    style, room = place
    if not text.split():
        return
    made = make(text, "en", style, room, hang)
    assert made.missing or made.box[2] <= room.right + 1.5


BOXES = st.tuples(st.integers(0, 560), st.integers(0, 420), st.integers(20, 200), st.integers(15, 120))


@given(sample=st.sampled_from(COPY), place=places(), protected=st.lists(BOXES, max_size=4))
@settings(max_examples=80, deadline=None)
def test_nothing_is_set_over_a_protected_area(sample, place, protected) -> None:
    """Faces, other texts and things beside the old text: the pixels of the new one do not meet them."""
    import numpy as np

    locale, text = sample
    style, _ = place
    old = tuple(round(v) for v in style.ink)
    areas = [(x, y, x + w, y + h) for x, y, w, h in protected]
    areas = [a for a in areas if not (a[0] < old[2] and old[0] < a[2] and a[1] < old[3] and old[1] < a[3])]
    plate = np.full((H, W, 3), 240, np.uint8)
    room = measure_room(plate, old, height=old[3] - old[1], obstacles=areas)
    made = make(text, locale, style, room, Alignment("left"))
    ink = coverage(made.lines, (H, W)) > 0.02
    for x0, y0, x1, y1 in areas:
        assert not ink[y0:y1, x0:x1].any()


def title(text: str, left: float, right: float, *, locale: str = "en", page: int = 850) -> SetText:
    style = LineStyle((0, 0, 0), 95.0, 400, "", 1.0, 0.0, 0.0, (left, 130, right, 220), 210.0, 176.0)
    side = "center" if abs((left + right) / 2 - page / 2) < 20 else "left"
    room = Room(26, 26, page - 26, 1000)
    return set_in_rooms(
        (room,), text, [style], locale=locale, source_locale="zh-Hans",
        hang=Alignment(side, alone=True), page=(page, 1100),
    )  # fmt: skip


def test_a_title_in_the_middle_stays_there_with_comfortable_margins() -> None:
    made = title("Complexity Analysis", 190, 660)
    assert len(made.lines) == 1
    assert (made.box[0] + made.box[2]) / 2 == pytest.approx(425, abs=3)
    assert made.box[0] >= 60
    assert made.scale > 0.6


def test_a_title_set_from_a_margin_keeps_it() -> None:
    assert title("Preface", 75, 255).box[0] == pytest.approx(75, abs=2)


def test_a_title_too_long_for_its_margin_moves_to_the_middle_and_stays_on_one_line() -> None:
    made = title("Encounter With Algorithms", 105, 480)
    assert len(made.lines) == 1
    assert (made.box[0] + made.box[2]) / 2 == pytest.approx(425, abs=4)


def test_letters_keep_one_baseline_whether_they_descend_or_not() -> None:
    assert title("Tree", 75, 255).lines[0].y == pytest.approx(title("Gypsy", 75, 255).lines[0].y, abs=0.1)


def test_a_price_keeps_its_baseline_and_edge() -> None:
    size, faces = 50.0, stack("en")
    ink = shape_line("¥399", faces, "en").ink
    x, y = 300.0, 200.0
    box = (x + ink[0] * size, y - ink[3] * size, x + ink[2] * size, y - ink[1] * size)
    style = LineStyle((0, 0, 0), size, 400, "", 1.0, 0.0, 0.0, box, y, y - 0.357 * size)
    room = Room(30, 30, W - 30, H - 30)
    made = set_text(
        "¥300", [style], room, locale="en", source_locale="en", hang=Alignment("left"), page=(W, H)
    )
    assert made.scale == pytest.approx(1.0)
    assert made.lines[0].y == pytest.approx(y, abs=0.5)
    assert made.lines[0].at(made.lines[0].line.ink[0], 0)[0] == pytest.approx(box[0], abs=0.5)


def test_a_column_grows_downwards() -> None:
    style = LineStyle((0, 0, 0), 30.0, 400, "", 1.0, 0.0, 0.0, (60, 100, 200, 126), 124.0, 113.0)
    room = Room(50, 90, 260, 300)
    made = set_text(
        "Cultivate an overall perspective", [style], room, locale="en", source_locale="zh-Hans",
        hang=Alignment("left", firm=True), page=(W, H),
    )  # fmt: skip
    assert len(made.lines) > 1
    assert made.lines[0].box[1] >= 92
    assert made.lines[0].box[1] == pytest.approx(102, abs=8)
