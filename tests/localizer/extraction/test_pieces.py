"""Lines parted at bars and blanks, and joined at prices."""

from __future__ import annotations

import numpy as np

from localizer.extraction.pieces import join, part
from tests.localizer.extraction.lines import line

EMPTY = np.full((300, 600, 3), 255, np.uint8)


def texts(lines: object) -> list[str]:
    return [x.text for x in lines]  # type: ignore[attr-defined]


def test_a_bar_parts_a_line() -> None:
    assert texts(part(EMPTY, line("游戏|办公兼备", (50, 50, 350, 90), characters=True))) == [
        "游戏",
        "办公兼备",
    ]


def test_a_figure_one_is_no_bar() -> None:
    assert texts(part(EMPTY, line("买2送1件", (50, 50, 300, 100), characters=True))) == ["买2送1件"]


def test_a_stroke_with_air_on_both_sides_is_a_bar_whatever_it_was_read_as() -> None:
    rgb = EMPTY.copy()
    for x in (52, 92, 192, 232):  # four ideographs, with a stroke between them
        for y in (55, 72, 90):
            rgb[y : y + 4, x : x + 34] = 0
    rgb[52:98, 157:161] = 0
    one = line("无线I蓝牙", (50, 50, 268, 100), characters=True)
    assert texts(part(rgb, one)) == ["无线", "蓝牙"]


def test_a_wide_blank_parts_a_line() -> None:
    left, right = (
        line(
            "超高清画质",
            (
                40,
                50,
                200,
                82,
            ),
            characters=True,
        ),
        line("视频", (300, 50, 364, 82), characters=True),
    )
    whole = line("超高清画质视频", (40, 50, 364, 82))
    both = type(whole)(whole.text, whole.quad, 1.0, (*left.characters, *right.characters))
    assert texts(part(EMPTY, both)) == ["超高清画质", "视频"]


def test_a_money_sign_read_alone_joins_its_digits() -> None:
    assert texts(join([line("夫", (320, 185, 342, 210)), line("1398起", (346, 160, 484, 213))])) == [
        "¥1398起"
    ]


def test_pieces_of_one_line_are_joined() -> None:
    assert texts(join([line("满199", (40, 50, 140, 90)), line("减50", (145, 50, 220, 90))])) == ["满199减50"]


def test_badges_beside_each_other_stay_apart() -> None:
    two = [line("金属面", (125, 184, 239, 221)), line("高效散热", (266, 184, 387, 222))]
    assert texts(join(two)) == ["金属面", "高效散热"]


def test_a_part_that_was_read_twice_counts_once() -> None:
    two = [line("00", (98, 115, 144, 159)), line("益路护航", (90, 105, 424, 184))]
    assert texts(join(two)) == ["益路护航"]


def test_bars_at_the_ends_are_a_frame() -> None:
    assert texts(part(EMPTY, line("|ทางลัด|", (50, 50, 300, 100)))) == ["ทางลัด"]
