"""Finding the named text: better none than the wrong one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.text.locate import WHOLE, Found, find_text, matches, nearest
from localizer.text.reading import Quad, TextLine


def rect(x0: float, y0: float, x1: float, y1: float) -> Quad:
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1)


def read(
    text: str, x: float = 100, y: float = 100, *, height: float = 40, width: float | None = None
) -> TextLine:
    """A line as a reader gives it: one box per visible character."""
    wide = width or 0.6 * height * len(text)
    step = wide / max(1, len(text))
    chars = tuple(
        rect(x + i * step, y, x + (i + 1) * step, y + height) for i, c in enumerate(text) if c != " "
    )
    return TextLine(text, rect(x, y, x + wide, y + height), 0.99, chars)


def texts(found: tuple[Found, ...]) -> list[str]:
    return [f.text for f in found]


def test_a_whole_line() -> None:
    lines = [read("SUMMER SALE"), read("NEW ARRIVAL", y=200)]
    (found,) = find_text("New arrival", lines)
    assert (found.used, found.partial, found.similarity) == ((1,), False, 1.0)


def test_a_misread_letter_is_forgiven_in_a_long_text_and_reported() -> None:
    (found,) = find_text("LIMITED EDITION", [read("LIMITED EDITI0N".replace("0", "Q"))])
    assert 0.8 <= found.similarity < 1.0


@pytest.mark.parametrize("line", ["新晶上市", "上市", "SAIE"])
def test_short_texts_match_exactly_or_not_at_all(line: str) -> None:
    assert find_text("SALE" if line.isascii() else "新品上市", [read(line)]) == ()


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ("¥278", "1278"),
        ("¥278", "¥1278"),
        ("¥278", "278.50"),
        ("¥278", "¥278.50"),
        ("¥278", "¥2780"),
        ("¥278", "$278"),
        ("278", "1278"),
        ("278", "278.50"),
        ("278", "1,278"),
        ("50%", "150%"),
        ("50%", "50"),
        ("5", "50%"),
        ("第1名", "第2名"),
        ("SAVE 20 TODAY ONLY", "SAVE 30 TODAY ONLY"),
        ("¥79.9", "¥799"),
        ("¥799", "¥79.9"),
        ("1-3件", "13件"),
        ("19,900원", "19900원"),
    ],
)
def test_another_number_is_never_taken_for_it(wanted: str, line: str) -> None:
    assert find_text(wanted, [read(line)]) == ()


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        ("¥278", "¥278"),
        ("¥278", "￥ 278"),
        ("¥278", "限时¥278起"),
        ("50%", "UP TO 50% OFF"),
        ("¥1,299", "¥1,299"),
    ],
)
def test_the_same_number_is_found(wanted: str, line: str) -> None:
    (found,) = find_text(wanted, [read(line)])
    assert found.similarity == 1.0


@given(a=st.integers(0, 99999), b=st.integers(0, 99999), prefix=st.sampled_from(["", "¥", "$"]))
@settings(max_examples=200, deadline=None)
def test_two_prices_match_only_if_they_are_equal(a: int, b: int, prefix: str) -> None:
    found = find_text(f"{prefix}{a}", [read(f"{prefix}{b}")])
    assert bool(found) is (a == b)


def test_several_lines_of_a_block_in_reading_order() -> None:
    lines = [read("SALE", y=150), read("NEW SUMMER", y=100), read("FOOTNOTE", y=400)]
    for wanted in ("NEW SUMMER\nSALE", "New summer sale"):
        (found,) = find_text(wanted, lines)
        assert found.used == (1, 0)
        assert found.box == (100, 100, 340, 190)


def test_a_line_that_was_read_in_two_pieces() -> None:
    lines = [read("NEW", x=100, width=80), read("ARRIVAL", x=200, width=170)]
    (found,) = find_text("NEW ARRIVAL", lines)
    assert found.used == (0, 1)


@pytest.mark.parametrize(
    "second",
    [
        read("SALE", y=400),  # far below
        read("SALE", x=600, y=100),  # far to the right
        read("SALE", y=145, height=12),  # far smaller
    ],
)
def test_lines_that_do_not_belong_together_are_no_block(second: TextLine) -> None:
    assert find_text("BIG SUMMER SALE", [read("BIG SUMMER"), second]) == ()


def test_a_part_of_a_line_has_its_own_box() -> None:
    line = read("品质 NIKE 生活", x=0, width=600)
    (found,) = find_text("NIKE", [line])
    assert (found.partial, found.text) == (True, "NIKE")
    assert found.box[0] >= 150
    assert found.box[2] <= 450
    assert len(found.lines[0].characters) == 4


@pytest.mark.parametrize(("wanted", "line"), [("ART", "SMART HOME"), ("SALE", "WHOLESALE"), ("NEW", "NEWS")])
def test_a_word_is_not_cut_out_of_another(wanted: str, line: str) -> None:
    assert find_text(wanted, [read(line)]) == ()


def test_chinese_has_no_spaces_to_go_by() -> None:
    (found,) = find_text("新品", [read("春季新品上市")])
    assert (found.partial, found.text) == (True, "新品")


def test_a_part_without_boxes_is_not_guessed_at() -> None:
    line = TextLine("品质NIKE生活", rect(0, 0, 300, 40), 0.99)
    assert find_text("NIKE", [line]) == ()


def test_every_occurrence_is_found() -> None:
    lines = [read("NEW", y=100), read("OLD", y=300), read("NEW", y=500)]
    assert sorted(f.used for f in find_text("NEW", lines)) == [(0,), (2,)]


def test_both_places_in_one_line() -> None:
    assert texts(find_text("NEW", [read("NEW AND NEW")])) == ["NEW", "NEW"]


def test_a_box_chooses_one_of_several() -> None:
    lines = [read("NEW", y=100), read("NEW", y=500)]
    (found,) = find_text("NEW", lines, box=(80, 480, 300, 560))
    assert found.used == (1,)
    assert find_text("NEW", lines, box=(500, 0, 600, 50)) == ()


def test_taken_lines_are_not_taken_again() -> None:
    lines = [read("NEW", y=100), read("NEW", y=500)]
    (found,) = find_text("NEW", lines, taken=[(0, 0, WHOLE)])
    assert found.used == (1,)


def test_no_line_is_used_twice() -> None:
    lines = [read("GO", y=100), read("GO", y=145), read("GO", y=190)]
    used = [i for f in find_text("GO\nGO", lines) for i in f.used]
    assert len(used) == len(set(used)) == 2


def test_a_whole_line_is_preferred_to_a_part_of_another() -> None:
    lines = [read("SALE NOW ON", y=100), read("SALE", y=300)]
    (found,) = find_text("SALE", lines)
    assert found.used == (1,)


def test_punctuation_alone_matches_nothing() -> None:
    assert find_text("—", [read("—"), read("NEW")]) == ()
    assert matches("!", "?") == 0.0


@given(wanted=st.text(max_size=12), seen=st.lists(st.text(max_size=12), max_size=4))
@settings(max_examples=150, deadline=None)
def test_any_text_at_all(wanted: str, seen: list[str]) -> None:
    lines = [read(text, y=100.0 * i) for i, text in enumerate(seen)]
    for found in find_text(wanted, lines):
        assert found.similarity > 0
        assert all(0 <= i < len(lines) for i in found.used)


def test_the_end_of_one_line_and_the_start_of_the_next() -> None:
    lines = [read("春季新品", y=100), read("上市限定", y=146)]
    (found,) = find_text("新品上市", lines)
    assert found.partial
    assert [line.text for line in found.lines] == ["新品", "上市"]
    assert [line.text for line in found.rest] == ["春季", "限定"]
    assert find_text("新品上市", [lines[0], read("上市限定", y=400)]) == ()


def test_a_money_sign_that_was_read_apart_as_a_character() -> None:
    sign, number = read("夫", x=80, y=118, height=24, width=24), read("278", x=100, y=80, height=70)
    (found,) = find_text("￥278", [sign, number])
    assert found.similarity < 1.0  # to be confirmed
    assert len(found.lines) == 1
    assert found.pieces == (sign, number)
    assert find_text("￥279", [sign, number]) == ()


@pytest.mark.parametrize(("wanted", "line"), [("SOLO 100", "S0LO 1OO"), ("期末大促", "期未大促")])
def test_what_looks_the_same_is_found_and_reported(wanted: str, line: str) -> None:
    (found,) = find_text(wanted, [read(line)])
    assert found.similarity == pytest.approx(0.99)


def test_a_misread_letter_in_a_part_of_a_line() -> None:
    (found,) = find_text("SUMMER COLLECTION", [read("OUR SUMMER COLLECTI0N IS HERE".replace("0", "Q"))])
    assert found.partial
    assert found.text == "SUMMER COLLECTIQN"


def test_two_parts_of_a_line_do_not_share_characters() -> None:
    line = [read("新品上市")]
    (first,) = find_text("新品", line)
    assert find_text("品上", line, taken=first.spans) == ()
    (second,) = find_text("上市", line, taken=first.spans)
    assert second.rest[0].text == "新品"


def test_columns_follow_one_another_from_right_to_left() -> None:
    def column(text: str, x: float) -> TextLine:
        return TextLine(text, rect(x, 100, x + 40, 260), 0.99, (), True)

    right, left = column("春季新品", 300), column("限时优惠", 230)
    (found,) = find_text("春季新品\n限时优惠", [left, right])
    assert found.used == (1, 0)
    assert find_text("限时优惠\n春季新品", [left, right]) == ()


def test_what_is_nearest_comes_first() -> None:
    lines = [read("FREE SHIPPING"), read("SUMMER SALES", y=200), read("BUY", y=300)]
    (best, score), *_ = nearest("SUMMER SALE", lines)
    assert best == "SUMMER SALES"
    assert 0.8 < score < 1.0
    assert len(nearest("X", [read(f"LINE {i}", y=60 * i) for i in range(20)])) == 6
