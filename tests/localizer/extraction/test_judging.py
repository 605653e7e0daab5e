"""Whose a line is, by its looks and by its company."""

from __future__ import annotations

from typing import Any

from localizer.brand import BrandKit
from localizer.extraction.judging import judge
from localizer.extraction.model import Origin
from localizer.model import Box
from tests.localizer.extraction.lines import SIZE, line, looks

M, P, U = Origin.MARKETING, Origin.PRODUCT, Origin.UNSURE
Row = tuple[Any, ...]
HEADLINE: Row = ("限时特惠全场", (40, 60, 460, 140))


def origins(*rows: Row, locale: str = "zh-Hans", brand: BrandKit | None = None) -> list[Origin]:
    lines = [line(row[0], row[1]) for row in rows]
    seen = [looks(x, **(row[2] if len(row) > 2 else {})) for x, row in zip(lines, rows, strict=True)]
    return [origin for origin, _ in judge(lines, seen, SIZE, locale, brand)]


def beside(text: str, box: Box, **changes: Any) -> Origin:
    """What a line is, below a headline."""
    return origins(HEADLINE, (text, box, changes))[1]


def test_large_level_type_is_the_campaigns() -> None:
    assert origins(HEADLINE) == [M]


def test_the_brands_names_are_left() -> None:
    kit = BrandKit(name="LUMÉA", do_not_translate=("光之美",))
    assert origins(HEADLINE, ("光之美", (150, 200, 350, 260)), brand=kit) == [M, P]


def test_latin_words_among_chinese_are_names_unless_they_stand_in_the_layout() -> None:
    assert beside("PHOENIX", (330, 400, 440, 440)) is P
    assert beside("Tys Grocery", (100, 150, 400, 210)) is M


def test_units_and_models_do_not_make_a_name() -> None:
    assert beside("PBT键帽", (180, 150, 320, 190)) is M
    assert beside("144Hz高刷新率", (100, 150, 400, 190)) is M


def test_in_a_latin_campaign_latin_is_no_name() -> None:
    assert origins(("SUMMER SALE", (40, 60, 460, 140)), locale="en") == [M]


def test_what_lies_on_a_grainy_ground_at_an_angle_is_printed_on_a_thing() -> None:
    assert beside("红唇会", (60, 400, 260, 500), grain=8.0, turned=5.0) is P


def test_a_turned_label_on_a_calm_ground_is_the_campaigns() -> None:
    assert beside("冬季加绒", (32, 170, 150, 239), turned=12.0) is M


def test_where_nothing_stands_level_a_person_is_asked() -> None:
    assert origins(("愚园路", (40, 60, 300, 160), {"turned": 6.0})) == [U]


def test_small_labels_that_stand_several_times_are_on_things() -> None:
    rows = [("酱香型白酒", (x, 600, x + 70, 620)) for x in (60, 260)]
    assert origins(HEADLINE, *rows) == [M, P, P]


def test_a_headline_is_not_the_products_because_a_label_repeats_it() -> None:
    assert origins(HEADLINE, ("限时特惠全场", (200, 500, 280, 516))) == [M, P]


def test_prices_that_stand_twice_are_prices() -> None:
    assert beside("¥299", (200, 700, 300, 745)) is M
    assert origins(HEADLINE, ("¥299", (40, 150, 140, 190)), ("¥299", (40, 660, 140, 700))) == [M, M, M]


def test_prices_of_other_digits_do_not_repeat_each_other() -> None:
    rows: list[Row] = [("9,800元", (300, 400, 380, 420)), ("7,800元", (300, 440, 380, 460))]
    assert origins(HEADLINE, *rows) == [M, M, M]


def test_a_short_line_right_at_a_name_in_the_corner_is_its_logo() -> None:
    assert origins(("HIKVISION", (20, 17, 150, 41)), ("海康威视", (45, 41, 128, 68)), HEADLINE) == [P, P, M]


def test_a_short_line_alone_along_the_top_may_be_a_logo() -> None:
    assert origins(("苏泊尔", (20, 10, 110, 42)), ("厨房焕新季", (60, 130, 440, 210))) == [U, M]


def test_icons_of_a_screen_are_no_copy() -> None:
    labels = ("分类播放", "正在播放", "文件浏览", "录音", "设置", "电子书", "计算器", "图像")
    rows = [(t, (160 + 85 * (k % 2), 360 + 92 * (k // 2), 220 + 85 * (k % 2), 380 + 92 * (k // 2)))
            for k, t in enumerate(labels)]  # fmt: skip
    assert M not in origins(HEADLINE, *rows)[1:]


def test_a_clock_betrays_a_screen() -> None:
    rows: list[Row] = [("10:20", (150, 400, 184, 416)), ("歌曲列表共有十二首", (152, 600, 330, 618))]
    assert origins(HEADLINE, *rows) == [M, U, U]


def test_what_stands_apart_amid_the_picture_is_asked_about() -> None:
    assert beside("五粮液酒", (200, 400, 300, 440)) is U
    assert beside("立即抢购", (200, 690, 300, 730)) is M


def test_small_print_says_something_and_stands_at_the_rim() -> None:
    assert beside("图片仅供参考", (350, 720, 480, 736)) is M
    assert beside("图像", (350, 720, 390, 736)) is U
    assert beside("图片仅供参考", (350, 720, 480, 736), ground_noise=20.0) is U


def test_small_type_close_to_a_claim_belongs_to_it() -> None:
    assert beside("26寸建议身高", (60, 150, 200, 167)) is M
    assert beside("26寸建议身高", (60, 250, 200, 267), ground_noise=20.0) is U


def test_a_small_button_below_the_copy_is_the_campaigns() -> None:
    assert beside("去看看", (60, 190, 120, 210), button=True) is M
    assert beside("去看看", (60, 190, 120, 210)) is U


def test_a_single_figure_is_a_pictures_as_often_as_a_texts() -> None:
    assert beside("8", (200, 150, 260, 240)) is U


def test_a_single_ideograph_is_a_title_only_where_nothing_else_is() -> None:
    assert origins(("图", (200, 80, 300, 180))) == [M]
    assert beside("会", (300, 400, 420, 520), grain=9.0) is U


def test_what_is_hardly_readable_is_asked_about() -> None:
    lines = [line("限时特惠全场", (40, 60, 460, 140), score=0.6)]
    assert judge(lines, [looks(lines[0])], SIZE, "zh-Hans", None) == [(U, "hardly readable")]


def test_all_that_is_left_says_why() -> None:
    words = judge(
        [line("PHOENIX", (330, 400, 440, 440)), line("图像", (350, 720, 390, 736))],
        [looks(line("PHOENIX", (330, 400, 440, 440))), looks(line("图像", (350, 720, 390, 736)))],
        SIZE, "zh-Hans", None,
    )  # fmt: skip
    assert all(why for origin, why in words if origin is not M)


def test_amid_the_picture_a_drawn_button_and_what_stands_at_a_price_are_copy() -> None:
    assert beside("买一送一", (200, 400, 300, 440), button=True) is M
    assert origins(HEADLINE, ("价值", (200, 400, 300, 440)), ("3883元", (200, 445, 300, 470))) == [M, M, M]


def test_a_word_low_in_the_picture_may_stand_on_the_product_and_a_sentence_does_not() -> None:
    assert beside("大红袍", (200, 540, 300, 580)) is U
    assert beside("宝宝软底学步鞋软底防滑", (100, 540, 460, 580)) is M


def test_lines_along_the_copys_left_edge_belong_to_its_layout() -> None:
    left: list[Row] = [("送家纺套餐", (40, 150, 300, 210)), ("百年传承护脊", (40, 400, 200, 432))]
    assert origins(HEADLINE, *left) == [M, M, M]
