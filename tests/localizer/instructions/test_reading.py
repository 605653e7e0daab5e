"""Sentences as marketers write them, and what must not be read into them."""

import re

import pytest

from localizer.errors import RowError
from localizer.instructions import MAX_CHARACTERS, parse_instruction
from localizer.model import Action, Edit

REPLACE, TRANSLATE, ADD = Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.ADD_TEXT
REMOVE, TAKE = Action.REMOVE_TEXT, Action.REMOVE_OBJECT


def read(text: str, **more) -> list[Edit]:
    return list(parse_instruction(text, row=7, **{"locale": "en", **more}))


def edit(action, text="", replacement="", object="", box=None, **attribute) -> Edit:
    return Edit(action, text, replacement, box, object, attribute, 7)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "将「新品上市」改为「年度热销」，字体颜色变为金色",
            edit(REPLACE, "新品上市", "年度热销", colour="gold"),
        ),
        ("删除左上角的品牌Logo", edit(TAKE, object="brand logo", place="top left")),
        (
            "在中央空白处添加「618狂欢购」，使用红色粗体字",
            edit(ADD, "", "618狂欢购", colour="red", weight="bold", place="center"),
        ),
        (
            "将图片中的「免运费」翻译为「Free Shipping」，并居中显示",
            edit(TRANSLATE, "免运费", "Free Shipping", align="center"),
        ),
    ],
)
def test_the_sentences_of_the_brief(text, wanted):
    assert read(text) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("將「新品上市」改為「年度熱銷」，字體顏色變為金色",
         edit(REPLACE, "新品上市", "年度熱銷", colour="gold")),
        ("请把“A”换成“B”。", edit(REPLACE, "A", "B")),
        ("用《B》替换『A』", edit(REPLACE, "A", "B")),
        ("将标题「A」替换为红色的「B」", edit(REPLACE, "A", "B", colour="red")),
        ("将「A」改为「B」，变成金色，加粗、左对齐",
         edit(REPLACE, "A", "B", colour="gold", weight="bold", align="left")),
        ("将「A」改为「B」，白色描边，黑色阴影，字号48px",
         edit(REPLACE, "A", "B", outline="white", shadow="black", size="48")),
        ("将「A」改为「B」，颜色为＃ＦＦ０１０2", edit(REPLACE, "A", "B", colour="#ff0102")),
        ("将「A」改为「B」，使用「思源黑体」字体，斜体",
         edit(REPLACE, "A", "B", font="思源黑体", italic="yes")),
        ("去掉“清仓”", edit(REMOVE, "清仓")),
        ("删除所有文字", edit(REMOVE, "*")),
        ("把右下角的水印抹掉", edit(TAKE, object="watermark", place="bottom right")),
        ("删除图片左下角二维码", edit(TAKE, object="QR code", place="bottom left")),
        ("翻译「免运费」", edit(TRANSLATE, "免运费")),
        ("将「免运费」翻译成英文", edit(TRANSLATE, "免运费")),
        ("将「免运费」翻译成英文「Free」，大小80%", edit(TRANSLATE, "免运费", "Free", size="80%")),
        ("把「免运费」改成英文「Free」，加粗", edit(TRANSLATE, "免运费", "Free", weight="bold")),
        ("删除 左上角 的 品牌 Logo", edit(TAKE, object="brand logo", place="top left")),
        ('Change "A" into "B"', edit(REPLACE, "A", "B")),
        ("翻译所有文字为英语", edit(TRANSLATE, "*")),
        ("在画面右下角加上“包邮”，用白色加粗字体",
         edit(ADD, "", "包邮", colour="white", weight="bold", place="bottom right")),
        ("用红色粗体在图片上方写上「X」", edit(ADD, "", "X", colour="red", weight="bold", place="top")),
        ("在顶部居中位置添加「X」，居中", edit(ADD, "", "X", align="center", place="top center")),
        ("添加「X」", edit(ADD, "", "X")),
        ("在空白处添加「X」", edit(ADD, "", "X")),
        ('Replace "SALE" with "RABATT"', edit(REPLACE, "SALE", "RABATT")),
        ("CHANGE 'A' TO 'B'!", edit(REPLACE, "A", "B")),
        ("“A” → “B”", edit(REPLACE, "A", "B")),
        ('Please change the headline "A" in the image to "B" in bold, dark blue letters.',
         edit(REPLACE, "A", "B", weight="bold", colour="darkblue")),
        ('Replace "Don\'t" by "Do" and make it gold and center it',
         edit(REPLACE, "Don't", "Do", colour="gold", align="center")),
        ('Replace "A" with "B"; set the font size to 120%', edit(REPLACE, "A", "B", size="120%")),
        ('Replace "A" with "B" in Open Sans font, with a white outline, uppercase',
         edit(REPLACE, "A", "B", font="Open Sans", outline="white", case="upper")),
        ('Replace "A" with "B", weight 600', edit(REPLACE, "A", "B", weight="600")),
        ("Remove the brand logo from the top-left corner", edit(TAKE, object="brand logo", place="top left")),
        ("Delete the lower right watermark", edit(TAKE, object="watermark", place="bottom right")),
        ("get rid of all text", edit(REMOVE, "*")),
        ('Translate "免运费" into English', edit(TRANSLATE, "免运费")),
        ('Translate "免运费" to "Free" and centre it', edit(TRANSLATE, "免运费", "Free", align="center")),
        ('Translate "免运费" into English as "Free"', edit(TRANSLATE, "免运费", "Free")),
        ('Add "NEW" at the top left in bold red',
         edit(ADD, "", "NEW", weight="bold", colour="red", place="top left")),
        ('Add a bold red "NEW" to the empty space at the upper right',
         edit(ADD, "", "NEW", weight="bold", colour="red", place="top right")),
        ('In the center, write "NEW"', edit(ADD, "", "NEW", place="center")),
        ('Add "1\n2" on the left side', edit(ADD, "", "1\n2", place="left")),
    ],
)  # fmt: skip
def test_other_ways_to_say_it(text, wanted):
    assert read(text) == [wanted]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "将「A」改为「B」，字体颜色变为金色，并在左上角添加「C」",
            [edit(REPLACE, "A", "B", colour="gold"), edit(ADD, "", "C", place="top left")],
        ),
        (
            "1. 将「A」改为「B」，红色；\n2、删除「C」和「D」。\n③ 翻译「E」",
            [
                edit(REPLACE, "A", "B", colour="red"),
                edit(REMOVE, "C"),
                edit(REMOVE, "D"),
                edit(TRANSLATE, "E"),
            ],
        ),
        ("将「A」改为「B」，「C」改为「D」", [edit(REPLACE, "A", "B"), edit(REPLACE, "C", "D")]),
        (
            "把左上角的Logo和右下角的水印去掉",
            [
                edit(TAKE, object="logo", place="top left"),
                edit(TAKE, object="watermark", place="bottom right"),
            ],
        ),
        (
            'Add "X" at the top and remove the logo in the bottom left corner',
            [edit(ADD, "", "X", place="top"), edit(TAKE, object="logo", place="bottom left")],
        ),
        (
            "将「A」改为「B」。将「C」改为「D」，金色",
            [edit(REPLACE, "A", "B"), edit(REPLACE, "C", "D", colour="gold")],
        ),
    ],
)
def test_several_edits_in_one_cell(text, wanted):
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "part", "form"),
    [
        ("弄得好看一点", "弄得好看一点", "action="),
        ("将「A」改为「B」，好看一点", "好看一点", "action=replace_text, text=A, replacement=B"),
        ("删除左上角的品牌Logo，别动别的", "别动别的", "action=remove_object, object=brand logo"),
        ("不要删除「A」", "不要删除", "action="),
        ('Do not remove "A"', "not", "action="),
        ("将A改为B", "改为", "in quotes"),
        ("将「A」改为", "将「A」改为", "action=replace_text, text=A"),
        ("将「A」的颜色改为金色", "颜色", "text=A"),
        ("添加「A」「B」", "「B」", "action=add_text, replacement=A"),
        ("将「A改为「B」", "「A改为「B」", "twice"),
        ("将「A」改为「B", "「B", "never closed"),
        ("Replace 'Don't' with \"Do\"", "'Don'", "double quotes"),
        ("remove 'A'and'B'", "'A'", "double quotes"),
        ("删除「 」", "「 」", "nothing between"),
        ("删除「*」", "「*」", "without quotes"),
        ("去掉水印", "水印", "box"),
        ("将左上角的「A」改为「B」", "左上角", "box"),
        ("添加「X」，居中", "添加「X」", "in the centre"),
        ("将「A」改为「B」，将「C」改为「D」，金色", "金色", "more than one edit"),
        ("将「A」改为「B」；将「C」改为「D」；字体变为金色", "字体变为金色", "more than one edit"),
        ('add "X", at the top left, add "Y"', "top left", "before or after"),
        ("删除「A」，字体变为金色", "字体变为金色", "no edit that sets text"),
        ("颜色改为金色", "颜色改为金色", "no edit that sets text"),
        ("添加「X」，红色，蓝色", "蓝色", "red already"),
        ("添加「X」，红色蓝色", "蓝色", "red already"),
        ('Add "X" at the top in the bottom right', "bottom right", "top already"),
        ("在「A」下方添加「B」", "「A」", "action=add_text"),
        ("将「A」改为「B」，字号4000000px", "00px", "action="),
        ("将「A」改为「B」，字号2px", "将「A」改为「B」", "4 to 4000"),
        ("将「A」翻译为日语", "将「A」翻译为日语", "locale is en"),
        ("和「A」", "和「A」", "action="),
        ("。", "。", "action="),
        ("译成英文", "译成英文", "in quotes"),
        ("「A」", "「A」", "not said"),
        ("添加「X」在底部，Paris", "Paris", "action="),
    ],
)  # fmt: skip
def test_what_is_not_understood_wholly_is_told_and_nothing_done(text, part, form):
    with pytest.raises(RowError) as caught:
        read(text)
    error = caught.value
    assert (error.row, error.field) == (7, "instruction")
    assert part in re.match(r"“(.*)” was not understood", error.message)[1]
    assert form in error.message
    assert "action=" in error.message


def test_a_box_belongs_to_the_one_edit():
    box = (1, 2, 30, 40)
    assert read("删除品牌Logo", box=box) == [edit(TAKE, object="brand logo", box=box)]
    assert read("将左上角的「A」改为「B」", box=box)[0].box == box
    with pytest.raises(RowError, match="one box for 2 edits"):
        read("删除「A」和「B」", box=box)


@pytest.mark.parametrize(
    ("language", "locale", "fits"),
    [
        ("英文", "en-GB", True),
        ("英语", "ja", False),
        ("中文", "zh-Hant", True),
        ("繁体中文", "zh-TW", True),
        ("简体中文", "zh-TW", False),
        ("印度尼西亚语", "id", True),
    ],
)
def test_a_named_language_must_be_the_rows(language, locale, fits):
    text = f"将「A」翻译为{language}"
    if fits:
        assert read(text, locale=locale) == [edit(TRANSLATE, "A")]
    else:
        with pytest.raises(RowError, match="the row's locale is"):
            read(text, locale=locale)


def test_a_novel_is_refused_at_once():
    with pytest.raises(RowError, match=f"{MAX_CHARACTERS} are the most"):
        read("删除「A」；" * MAX_CHARACTERS)
