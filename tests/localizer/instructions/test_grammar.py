"""The grammar as a whole: one reading a sentence, nothing dropped, nothing thrown but a RowError."""

import logging
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from localizer.errors import RowError
from localizer.instructions import parse_instruction
from localizer.instructions.tokens import tokens
from localizer.instructions.words import FILLER, Meaning, lexicon
from localizer.model import Action, Edit
from localizer.text.wishes import CHINESE_COLOURS, WEIGHTS, check_wish, colour

SETTINGS = settings(max_examples=150, deadline=None)

MARKS = "「」『』“”\"'‘’《》«»‹›„｢｣〈〉＂*"
copy = st.text(
    st.characters(exclude_characters=MARKS, exclude_categories=("Cs", "Cc")), min_size=1, max_size=12
).filter(lambda t: t.strip())
colours = st.sampled_from([("金色", "gold"), ("red", "red"), ("深蓝色", "darkblue"), ("#ab12cd", "#ab12cd")])
weights = st.sampled_from([("粗体", "bold"), ("bold", "bold"), ("细体", "light")])
places = st.sampled_from(
    [("左上角", "top left"), ("右下方", "bottom right"), ("中央空白处", "center"), ("底部", "bottom")]
)
quotes = st.sampled_from(["「」", "『』", "“”", '""', "《》"])
joints = st.sampled_from(["，", "、", ",", "并", "，并且"])
stops = st.sampled_from(["；", "。", ";", "\n", "。\n", "！"])
OBJECTS = {"品牌Logo": "brand logo", "水印": "watermark", "QR code": "QR code", "商标": "logo"}


@st.composite
def sentences(draw) -> tuple[str, Edit]:
    """A sentence, and the edit that it was written for."""
    mark = draw(quotes)
    a, b = draw(copy), draw(copy)
    (colour_word, colour_name), (weight_word, weight_name) = draw(colours), draw(weights)
    qa, qb, joint = f"{mark[0]}{a}{mark[1]}", f"{mark[0]}{b}{mark[1]}", draw(joints)
    looks: dict[str, str] = {}
    tail = ""
    if draw(st.booleans()):
        looks, tail = (
            {"colour": colour_name},
            f"{joint}{draw(st.sampled_from(['字体颜色变为', '颜色为', '字体：', 'make it ']))}{colour_word}",
        )
    if draw(st.booleans()):
        looks |= {"weight": weight_name}
        lead = draw(st.sampled_from(["", "使用", "in ", "字体"]))
        tail += f"{joint}{lead}{weight_word}"
    spot, where = draw(places)
    thing = draw(st.sampled_from(sorted(OBJECTS)))
    corner = spot.removesuffix("空白处")
    removal = Edit(Action.REMOVE_OBJECT, object=OBJECTS[thing], attribute={"place": where})
    return draw(
        st.sampled_from(
            [
                (f"将{qa}改为{qb}{tail}", Edit(Action.REPLACE_TEXT, a, b, attribute=looks)),
                (f"replace {qa} with {qb}{tail}", Edit(Action.REPLACE_TEXT, a, b, attribute=looks)),
                (f"把图片中的{qa}翻译为{qb}{tail}", Edit(Action.TRANSLATE_TEXT, a, b, attribute=looks)),
                (f"translate {qa} into English", Edit(Action.TRANSLATE_TEXT, a)),
                (f"删除{qa}", Edit(Action.REMOVE_TEXT, a)),
                (f"删除{corner}的{thing}", removal),
                (f"在{spot}添加{qa}{tail}", Edit(Action.ADD_TEXT, "", a, attribute=looks | {"place": where})),
            ]
        )
    )  # fmt: skip


@SETTINGS
@given(st.lists(st.tuples(sentences(), stops), min_size=1, max_size=4))
def test_what_is_written_for_edits_is_read_as_those_edits(written):
    text = "".join(sentence + stop for (sentence, _), stop in written)
    assert list(parse_instruction(text, row=2, locale="en")) == [
        Edit(e.action, e.text, e.replacement, None, e.object, e.attribute, 2) for (_, e), _ in written
    ]


@SETTINGS
@given(sentences(), st.sampled_from(["好看", "not", "除了", "xyz", "？", "%", "「", "或者"]), st.data())
def test_anything_unknown_in_it_spoils_the_whole_sentence(written, unknown, data):
    text, _ = written
    cuts = [0, len(text), *(p.start for p in tokens(text))]
    at = data.draw(st.sampled_from(cuts))
    assume(unknown != "「" or "」" not in text[at:])
    with pytest.raises(RowError):
        parse_instruction(f"{text[:at]} {unknown} {text[at:]}", row=2, locale="en")


KINDS = sorted({m.terminal for m in lexicon().values()})
OF_KIND = {k: sorted(w for w, m in lexicon().items() if m.terminal == k) for k in KINDS}
LEADS = [
    "删除",
    "remove",
    "添加",
    "add",
    "翻译",
    "将「A」改为「B」",
    'replace "A" with "B"',
    '添加"C"',
    "删除「D」",
]
quoted = st.sampled_from(["「新」", '"A"', "'B'", "“C”"])
others = st.sampled_from(["12", "48px", "#fff", "Lora", "90%", "，"])
words = st.sampled_from(KINDS).flatmap(lambda kind: st.sampled_from(OF_KIND[kind]))
salad = st.tuples(st.sampled_from(LEADS), st.lists(st.one_of(words, quoted, others), max_size=4)).map(
    lambda pair: [pair[0], *pair[1]]
)


@settings(max_examples=600, deadline=None)
@given(salad)
def test_of_any_words_that_are_read_nothing_is_dropped(words):
    text = " ".join(words)
    try:
        edits = parse_instruction(text, row=2, locale="en")
    except RowError:
        return
    said = {v for e in edits for v in (e.text, e.replacement, e.object, *e.attribute.values()) if v}
    for part in tokens(text):
        if part.value and part.terminal != "LANGUAGE":
            value = part.value.removesuffix("px") if part.terminal == "MEASURE" else part.value
            assert any(value in known for known in said), (text, part, edits)


@SETTINGS
@given(st.text(max_size=60) | st.text(string.printable + "「」“”将改为删除添加，。", max_size=60))
def test_any_text_gives_edits_or_a_row_error(text):
    try:
        edits = parse_instruction(text, row=2, locale="en")
    except RowError:
        return
    assert edits


def test_the_grammar_has_no_conflict_that_a_parser_had_to_settle(caplog):
    from lark import logger

    from localizer.instructions.tree import build_parser

    caplog.set_level(logging.DEBUG, logger=logger.name)
    logger.setLevel(logging.DEBUG)
    try:
        build_parser(debug=True)
    finally:
        logger.setLevel(logging.CRITICAL)
    assert "conflict" not in caplog.text.casefold()


def test_every_value_of_the_words_means_something_to_the_attributes():
    keys = {name: name.casefold() for name in ("COLOUR", "WEIGHT", "ITALIC", "CASE", "ALIGN", "PLACE")}
    for word, meaning in lexicon().items():
        if meaning.terminal in keys:
            check_wish(keys[meaning.terminal], meaning.value)
            assert meaning.value, word
    assert all(lexicon()[name] == Meaning("WEIGHT", name) for name in ("bold", "thin", "semibold"))
    assert set(CHINESE_COLOURS.values()) <= {m.value for m in lexicon().values() if m.terminal == "COLOUR"}
    assert WEIGHTS["bold"] == 700
    assert colour("深蓝色") == colour("darkblue")


def test_no_filler_swallows_the_start_of_another_word():
    """图片中 and 间 would be a filler and nonsense where 图片中间 is a place."""
    words = lexicon()
    fillers = [w for w, m in words.items() if m.terminal == FILLER and not w.isascii()]
    places = [w for w, m in words.items() if m.terminal == "PLACE" and not w.isascii()]
    for noun in ("图片", "海报", "画面", "图"):
        for place in places:
            if place.startswith(("图", "海", "画", "照")):
                continue
            parts = tokens(f"在{noun}{place}添加「X」")
            assert [p.value for p in parts if p.terminal == "PLACE"] == [words[place].value], (noun, place)
    assert len(fillers) > 30


def test_traditional_chinese_reads_as_simplified():
    assert [p.terminal for p in tokens("將圖片中的「A」翻譯為「B」，並使用紅色粗體字")] == [
        p.terminal for p in tokens("将图片中的「A」翻译为「B」，并使用红色粗体字")
    ]
