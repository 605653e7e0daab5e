"""Which lines a translator would call one string, and in which order they are read."""

from __future__ import annotations

from localizer.extraction.grouping import gather
from localizer.extraction.model import Origin
from tests.localizer.extraction.lines import judged


def texts(*lines: object, locale: str = "en") -> list[str]:
    return [b.text for b in gather(lines, locale)]  # type: ignore[arg-type]


def test_a_headline_of_two_lines_is_one_string() -> None:
    assert texts(judged("NEW", (50, 50, 200, 110)), judged("ARRIVALS", (50, 125, 380, 185))) == [
        "NEW\nARRIVALS"
    ]


def test_a_line_of_another_size_is_another_string() -> None:
    assert len(texts(judged("SALE", (50, 50, 300, 130)), judged("this week only", (50, 140, 300, 170)))) == 2


def test_a_line_of_another_colour_is_another_string() -> None:
    red = judged("SALE", (50, 50, 300, 100), colour=(220, 20, 20))
    assert len(texts(red, judged("NOW ON", (50, 110, 300, 160)))) == 2


def test_a_sentence_ends_its_string() -> None:
    assert (
        len(texts(judged("赶上了这次降价！", (30, 150, 450, 210)), judged("恭喜你！", (30, 220, 230, 280))))
        == 2
    )


def test_lines_that_share_no_edge_are_apart() -> None:
    assert len(texts(judged("SALE", (50, 50, 200, 100)), judged("SHOP", (260, 110, 480, 160)))) == 2


def test_cells_of_a_table_are_strings_of_their_own() -> None:
    rows = (("内走线", 50, 600), ("加厚轮胎", 200, 600), ("双碟刹", 50, 635), ("指拨变速", 200, 635))
    cells = [judged(text, (x, y, x + 90, y + 25)) for text, x, y in rows]
    assert texts(*cells, locale="zh-Hans") == ["内走线", "加厚轮胎", "双碟刹", "指拨变速"]


def test_paragraphs_part_where_the_gap_widens() -> None:
    rows = [judged(f"row {k}", (50, y, 300, y + 20)) for k, y in enumerate((100, 124, 148, 184, 208))]
    assert texts(*rows) == ["row 0\nrow 1\nrow 2", "row 3\nrow 4"]


def test_what_is_the_products_never_joins_the_campaigns() -> None:
    blocks = gather(
        [judged("NEW", (50, 50, 200, 110)), judged("SERUM", (50, 120, 230, 180), Origin.PRODUCT)], "en"
    )
    assert [(b.text, b.origin) for b in blocks] == [("NEW", Origin.MARKETING), ("SERUM", Origin.PRODUCT)]


def test_a_row_is_read_as_its_locale_is() -> None:
    row = [judged("one", (50, 50, 120, 80)), judged("two", (300, 52, 380, 82))]
    assert texts(*row, locale="en") == ["one", "two"]
    assert texts(*row, locale="ar") == ["two", "one"]


def test_a_block_has_the_box_of_all_its_lines_and_the_least_score() -> None:
    (block,) = gather([judged("NEW", (50, 50, 200, 110)), judged("ARRIVALS", (45, 125, 380, 185))], "en")
    assert block.box == (45, 50, 380, 185)
    assert block.score == 1.0
