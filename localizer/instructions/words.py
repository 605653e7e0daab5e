"""The words that an instruction may be made of: word → the grammar's name for it, and what it means.

No word has two names; what one can mean beyond that ("centre" is a place and an alignment) the grammar
decides by where it stands. Chinese is listed in its simplified form, `localizer.instructions.tokens` reads
the traditional one as that. Colours, weights and places are those of `localizer.text.wishes`.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import NamedTuple

from localizer.text.wishes import CHINESE_COLOURS


class Meaning(NamedTuple):
    """A terminal of the grammar and, where it carries one, a value in the words of the attributes."""

    terminal: str
    value: str = ""


FILLER = "FILLER"
"""Words that change nothing wherever they stand: articles, "please", "in the picture"."""

LOGO, WATERMARK = "logo", "watermark"

_PLAIN = {
    FILLER: (
        "的 地 请 请帮我 帮我 麻烦 这几个字 这些字 几个字 一行 一句 一个 一段 )",
        "the|a|an|please|it|its|this|that",
    ),
    "CONJ": (
        "和 与 及 以及 并 并且 且 同时 然后 再",
        "and|and also|and then|then|also|plus|as well as",
    ),
    "BA": ("将 把", ""),
    "TO": (
        "改为 改成 改作 改做 变为 变成 换成 换为 替换为 替换成 更换为 更换成 更改为 更改成 修改为 修改成 "
        "设为 设置为 设成 调整为 调为 → -> => 是 为",
        "to|should be|be|is|becomes",
    ),
    "REPLACE": ("替换 更换 修改 更改 改 换", "replace|change|swap|modify"),
    "BY": ("", "by"),
    "WITH": ("带 带有", "with|using"),
    "USE": ("使用 用 采用 以", "use"),
    "IN": ("", "in|set in"),
    "MAKE": ("", "make|set"),
    "AT": ("在 到 于 至", "at|on|onto|from|near"),
    "INTO": ("", "into"),
    "AS": ("", "as"),
    "TRANSLATE": ("翻译 译", "translate"),
    "TRANSLATE_TO": ("翻译为 翻译成 翻译至 翻译到 译为 译成 翻成", ""),
    "REMOVE": (
        "删除 删掉 删去 去掉 去除 移除 移掉 抹掉 抹去 抹除 擦除 擦掉 清除 消除",
        "remove|delete|erase|take out|take off|take away|get rid of|wipe out",
    ),
    "ADD": ("添加 添加上 加上 加入 增加 新增 写上 写 加 放上 插入 添上", "add|write|put|insert|place"),
    "TEXTNOUN": (
        "文字 文案 文本 字样 标语 标题 副标题 主标题 口号",
        "text|word|words|headline|title|slogan|phrase|caption|copy|subtitle|tagline|wording",
    ),
    "SPACE": (
        "空白处 空白区域 空白位置 空白地方 空白部分 留白处 留白区域 空白 留白",
        "empty space|empty area|blank space|blank area|free space|free area|white space|negative space",
    ),
    "COLOURNOUN": (
        "颜色 字体颜色 文字颜色 字的颜色 文字的颜色 字体的颜色 字色",
        "colour|color|font colour|font color|text colour|text color",
    ),
    "FONTNOUN": ("字体", "font|typeface"),
    "TYPE": ("字 大字 字体样式 样式", "letters|type|lettering|characters|style|font style"),
    "SIZENOUN": ("字号 大小 字体大小 文字大小 尺寸", "size|font size|text size"),
    "WEIGHTNOUN": ("字重 粗细", "weight|font weight"),
    "OUTLINE": ("描边", "outline"),
    "SHADOW": ("阴影 投影", "shadow|drop shadow"),
    "COLON": (":", ""),
    "COMMA": (", 、 (", ""),
    "STOP": ("; 。 . !", ""),
}
"""Chinese words and signs, parted by spaces, and English ones (which may be several words), by bars."""

_VALUED: dict[str, dict[str, str]] = {
    "ALL": dict.fromkeys(
        ("所有文字", "全部文字", "所有文案", "全部文案", "所有文本", "全部文本", "所有的文字", "全部的文字",
         "all text", "all texts", "all the text", "all of the text", "all words"), "*",
    ),
    "WEIGHT": {
        "粗体": "bold", "加粗": "bold", "粗": "bold", "半粗体": "semibold", "特粗体": "extrabold",
        "特粗": "extrabold", "细体": "light", "极细体": "thin", "常规体": "regular", "正常粗细": "regular",
        "bold": "bold", "boldface": "bold", "semibold": "semibold", "semi bold": "semibold",
        "extra bold": "extrabold", "extrabold": "extrabold", "extralight": "extralight", "thin": "thin",
        "light weight": "light", "regular weight": "regular", "medium weight": "medium", "heavy": "heavy",
    },
    "ITALIC": {"斜体": "yes", "italic": "yes", "italics": "yes", "oblique": "yes"},
    "CASE": {
        "大写": "upper", "全大写": "upper", "大写字母": "upper", "小写": "lower", "小写字母": "lower",
        "uppercase": "upper", "upper case": "upper", "all caps": "upper", "capitals": "upper",
        "capital letters": "upper", "lowercase": "lower", "lower case": "lower", "title case": "title",
    },
    "ALIGN": {
        "居中": "center", "左对齐": "left", "靠左对齐": "left", "居左": "left", "右对齐": "right",
        "靠右对齐": "right", "居右": "right", "居中对齐": "center", "centered": "center", "centred": "center",
    },
    "CENTRE": {"center": "center", "centre": "center"},
    "FAMILY": {
        "黑体": "sans", "宋体": "serif", "楷体": "kai", "手写体": "script", "等宽字体": "mono",
        "无衬线": "sans", "无衬线体": "sans", "衬线体": "serif",
        "sans": "sans", "sans serif": "sans", "serif": "serif",
        "handwriting": "script", "monospace": "mono", "monospaced": "mono",
    },
    "OBJECT": {
        "二维码": "QR code", "条形码": "barcode", "条码": "barcode", "贴纸": "sticker", "印章": "stamp",
        "图标": "icon", "角标": "badge", "徽章": "badge", "吊牌": "tag",
        "标签": "tag", "价格标签": "price tag", "按钮": "button", "丝带": "ribbon",
        "边框": "frame",
        "qr code": "QR code", "barcode": "barcode", "bar code": "barcode", "sticker": "sticker",
        "stamp": "stamp", "icon": "icon", "badge": "badge", "tag": "tag", "price tag": "price tag",
        "button": "button", "ribbon": "ribbon", "frame": "frame", "seal": "seal",
    },
}  # fmt: skip

_LOGOS = "logo logos 标志 商标 徽标 标识 logotype trademark emblem"
_WATERMARKS = "水印 watermark watermarks"
_BRANDS = ("品牌", "公司", "品牌 ", "公司 ", "brand ", "company ", "brand's ", "company's ")
_PICTURES = ("图片", "图", "画面", "海报", "图像", "照片")
_INSIDE = ("中", "上", "里", "内")
_SIDES = {
    "top": ("顶部 顶端 上方 上部 上边 上侧 最上方 正上方", "top upper"),
    "bottom": ("底部 底端 下方 下部 下边 下侧 最下方 正下方", "bottom lower"),
    "left": ("左侧 左边 左方 左部 左半边", "left"),
    "right": ("右侧 右边 右方 右部 右半边", "right"),
    "center": ("中央 中间 中心 中部 正中 正中央 正中间", "middle"),
}
_MIDDLES = ("中央", "中间", "居中", "正中")
_CORNERS = {"左上": "top left", "右上": "top right", "左下": "bottom left", "右下": "bottom right"}
_LANGUAGES = (
    "ar", "cs", "da", "de", "el", "en", "es", "fi", "fil", "fr", "he", "hi", "hu", "id", "it", "ja", "ko",
    "ms", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh", "zh_Hans", "zh_Hant",
)  # fmt: skip


@cache
def lexicon() -> dict[str, Meaning]:
    """Every word, lower case, words of English parted by one space.

    Raises:
        ValueError: a word stands in two lists (a mistake in this file).
    """
    out: dict[str, Meaning] = {}
    for terminal, (chinese, english) in _PLAIN.items():
        for word in (*chinese.split(), *english.split("|")):
            _add(out, word, Meaning(terminal))
    _add(out, "\n", Meaning("STOP"))
    for terminal, values in _VALUED.items():
        for word, value in values.items():
            _add(out, word, Meaning(terminal, value))
    for words in (_pictures(), _colours(), _alignments(), _places(), _signs(), _languages()):
        for word, meaning in words.items():
            _add(out, word, meaning)
    return out


def _add(out: dict[str, Meaning], word: str, meaning: Meaning) -> None:
    if word and out.setdefault(word, meaning) != meaning:
        raise ValueError(f"{word!r} is {out[word]} and {meaning}")


def _pictures() -> dict[str, Meaning]:
    """ "In the picture", where an edit is anyway."""
    chinese = [start + noun + end for start, noun, end in product(("", "这张"), _PICTURES, ("", *_INSIDE))]
    before = ("in", "on", "from", "of", "to", "onto")
    english = product(before, ("", "the ", "this "), ("image", "picture", "poster", "photo", "banner"))
    words = chinese + [f"{at} {the}{noun}" for at, the, noun in english]
    return dict.fromkeys(words, Meaning(FILLER))


def _colours() -> dict[str, Meaning]:
    from PIL import ImageColor

    out = {}
    for name in ImageColor.colormap:
        out[name] = Meaning("COLOUR", name)
        for shade in ("dark", "light", "medium", "pale", "deep", "hot"):
            if name.startswith(shade) and name.removeprefix(shade) in ImageColor.colormap:
                out[f"{shade} {name.removeprefix(shade)}"] = Meaning("COLOUR", name)
    for word, name in CHINESE_COLOURS.items():
        out[f"{word}色"] = Meaning("COLOUR", name)
        if word != "米":  # also metres and rice
            out[word] = Meaning("COLOUR", name)
    return out


def _alignments() -> dict[str, Meaning]:
    out = {}
    for side, name in (("left", "left"), ("right", "right"), ("center", "center"), ("centre", "center")):
        for words in (
            "align {}", "aligned {}", "{} aligned", "{} align", "align to the {}", "aligned to the {}",
            "align it {}", "align it to the {}", "flush {}",
        ):  # fmt: skip
            out[words.format(side)] = Meaning("ALIGN", name)
    for word in ("显示", "排列", "放置", "排版", "展示"):
        out[f"居中{word}"] = Meaning("ALIGN", "center")
    for word in ("center it", "centre it", "center the text", "centre the text", "centered text"):
        out[word] = Meaning("ALIGN", "center")
    return out


def _places() -> dict[str, Meaning]:
    out: dict[str, str] = {}
    for corner, name in _CORNERS.items():
        out |= {corner + tail: name for tail in ("", "角", "方", "侧", "部", "角落")}
    for name, (chinese, english) in _SIDES.items():
        out |= dict.fromkeys((*chinese.split(), *english.split()), name)
    del out["upper"], out["lower"]  # never alone: also said of letters
    for edge, middle in product(("顶部", "上方", "底部", "下方", "左侧", "左边", "右侧", "右边"), _MIDDLES):
        out[edge + middle] = f"{out[edge]} center"
    for first, second in product(("top", "bottom"), ("left", "right", "center")):
        inner = (second, "centre", "middle") if second == "center" else (second,)
        for x, y in product(_SIDES[first][1].split(), inner):
            out |= {f"{x} {y}": f"{first} {second}", f"{x}{y}": f"{first} {second}"}
    for name in list(out):
        if name.isascii():
            out |= {
                f"{name} {tail}": out[name] for tail in ("corner", "side", "edge", "area", "part", "half")
            }
        else:
            out |= {name + tail: out[name] for tail in ("位置", "区域", "处")}
    # 图片上方 is not 图片上 and 方.
    out |= {noun + word: out[word] for noun in _PICTURES for word in list(out) if word[0] in _INSIDE}
    return {word: Meaning("PLACE", name) for word, name in out.items()}


def _signs() -> dict[str, Meaning]:
    """Logos and watermarks, with whose they are."""
    out = {}
    for listed, name in ((_LOGOS, LOGO), (_WATERMARKS, WATERMARK)):
        for word in listed.split():
            out[word] = Meaning("OBJECT", name)
            for brand in _BRANDS:
                whose = "brand" if "brand" in brand or brand.startswith("品牌") else "company"
                out[brand + word] = Meaning("OBJECT", f"{whose} {name}")
    return out


def _languages() -> dict[str, Meaning]:
    """Names of languages in English and Chinese, from CLDR."""
    from babel import Locale

    out = {}
    for code in _LANGUAGES:
        tag = code.replace("_", "-")
        for names in (Locale("en").languages, Locale("zh").languages):
            name = names.get(code)
            if name is None:
                continue
            out[name.casefold()] = Meaning("LANGUAGE", tag)
            if name.endswith("语"):
                out[name[:-1] + "文"] = Meaning("LANGUAGE", tag)
    return out
