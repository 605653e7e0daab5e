"""From the text of an instruction to tokens: quoted texts, numbers, and words of the lexicon.

At each place the longest word counts, so that 字体颜色 is not 字体 and 颜色. What is neither quoted nor a
word of the lexicon ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from localizer.instructions.words import FILLER, lexicon

_QUOTES = {"「": "」", "『": "』", "“": "”", "《": "》", "„": "“", "«": "»", "‹": "›", "｢": "｣", "〈": "〉"}
_STRAIGHT = {'"': '"', "＂": "＂"}
_SINGLE = {"'": "'", "‘": "’"}  # an apostrophe too: the closing one must end a word
_LETTER = re.compile(r"[^\W\d_]")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")

# One character each, so that a place in the plain form is the same place in what was written.
_PLAIN_FORM = {0x3000: " ", 0xA0: " ", ord("\t"): " ", ord("\r"): "\n"}
_PLAIN_FORM |= {c: chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)}
_TRADITIONAL = (
    "將将 換换 為为 變变 設设 調调 體体 號号 圖图 畫画 報报 樣样 標标 題题 譯译 請请 幫帮 煩烦 這这 "
    "幾几 個个 與与 並并 時时 區区 寫写 無无 襯衬 線线 邊边 側侧 間间 對对 齊齐 顯显 細细 極极 規规 "
    "紅红 黃黄 綠绿 藍蓝 銀银 淺浅 貼贴 紙纸 絲丝 帶带 條条 鈕钮 陰阴 處处 張张 從从 刪删 顏颜 語语 "
    "簡简 韓韩 臘腊 納纳 裡里 內内 後后 識识 碼码 維维 爾尔 羅罗 馬马 亞亚 蘭兰 來来 賓宾 烏乌 寬宽 "
    "開开 頂顶 隻只 擬拟 圓圆 現现 "
)
_PLAIN_FORM |= {ord(pair[0]): pair[1] for pair in _TRADITIONAL.split()}

_NUMBER = re.compile(r"\d{1,5}(?:\.\d{1,3})?", re.ASCII)
_MEASURE = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)\s*(px|em|%|像素|pixels?|percent)(?![a-z])", re.ASCII | re.I)
_HEX = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-z])", re.I)
_NAME = re.compile(r"[A-Z][A-Za-z0-9]*")
_BULLET = re.compile(r"(?:(?<=\n)|^) *(?:\(?\d{1,2}[.)、](?!\d)|[①-⑳]|[-•*·](?!>))", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """One token: the grammar's name for it, what it means, and where it stands in the instruction."""

    terminal: str
    value: str
    start: int
    end: int


class NotUnderstood(ValueError):
    """Nothing of the language begins at `start` (or the text ends too soon); `hint` says what would help."""

    def __init__(self, start: int, end: int, hint: str = "") -> None:
        super().__init__(hint)
        self.start, self.end, self.hint = start, end, hint


def tokens(text: str) -> list[Part]:
    """The tokens of an instruction, fillers left out.

    Raises:
        NotUnderstood: something is neither quoted nor a known word.
    """
    return [part for part in _all(text) if part.terminal != FILLER]


def _all(text: str) -> Iterator[Part]:
    plain = text.translate(_PLAIN_FORM)
    at, last = 0, ""
    while at < len(text):
        if plain[at] == " ":
            at += 1
            continue
        if bullet := _BULLET.match(plain, at):
            at = bullet.end()
            continue
        part = _quoted(text, at) or _counted(plain, at) or _word(plain, at, last)
        if part is None:
            raise NotUnderstood(at, _end_of_unknown(plain, at))
        yield part
        at, last = part.end, part.terminal


def _quoted(text: str, at: int) -> Part | None:
    """A quoted text. Its quotes cannot stand in it, straight ones aside it must not run on in a word."""
    opening = text[at]
    closing = {**_QUOTES, **_STRAIGHT, **_SINGLE}.get(opening)
    if closing is None:
        return None
    end = text.find(closing, at + 1)
    if end < 0:
        raise NotUnderstood(at, len(text), f"the quote {opening} is never closed by {closing}")
    inner = text[at + 1 : end]
    after = text[end + 1 : end + 2]
    if opening != closing and opening in inner:
        raise NotUnderstood(at, end + 1, f"{opening} stands twice before {closing}; use other quotes inside")
    if opening in _SINGLE and (_is_latin(after) or (at and _is_latin(text[at - 1])) or "\n" in inner):
        hint = "an apostrophe and a single quote cannot be told apart; put the text in double quotes"
        raise NotUnderstood(at, end + 1, hint)
    if not inner.strip():
        raise NotUnderstood(at, end + 1, "there is nothing between the quotes")
    return Part("TEXT", inner, at, end + 1)


def _is_latin(char: str) -> bool:
    return bool(_LETTER.match(char)) and not _CJK.match(char)


def _counted(plain: str, at: int) -> Part | None:
    if found := _HEX.match(plain, at):
        return Part("COLOUR", found[0].casefold(), at, found.end())
    if found := _MEASURE.match(plain, at):
        unit = {"像素": "px", "pixel": "px", "pixels": "px", "percent": "%"}.get(
            found[2].casefold(), found[2].casefold()
        )
        return Part("MEASURE", found[1] + unit, at, found.end())
    if found := _NUMBER.match(plain, at):
        return Part("NUMBER", found[0], at, found.end())
    return None


def _word(plain: str, at: int, last: str) -> Part | None:
    found = _words().match(plain, at)
    name = _NAME.match(plain, at)
    if found is None:
        return Part("NAME", name[0], at, name.end()) if name else None
    word = re.sub(r"[ \-]+", " ", found[0].casefold()) if len(found[0]) > 2 else found[0].casefold()
    meaning = lexicon()[word]
    if last == "NAME" and name and meaning.terminal == "FAMILY":  # PT Serif, Noto Sans
        return Part("NAME", name[0], at, name.end())
    return Part(meaning.terminal, meaning.value, at, found.end())


@cache
def _words() -> re.Pattern[str]:
    """Any word of the lexicon, the longest first; English ones only where they stand by themselves."""
    forms = []
    for word in sorted(lexicon(), key=lambda w: (-len(w), w)):
        escaped = re.escape(word).replace(r"\ ", "(?: +| ?- ?)")
        before = "(?<![A-Za-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
        after = "(?![A-Za-z0-9])" if word[-1].isascii() and word[-1].isalnum() else ""
        forms.append(f"{before}{escaped}{after}")
    return re.compile("|".join(forms), re.IGNORECASE)


def _end_of_unknown(plain: str, at: int) -> int:
    """Where what was not understood ends: at the next quote, stop or comma."""
    found = re.compile(r"[\s;,.。、!「『“《\"]").search(plain, at + 1)
    return found.start() if found else len(plain)
