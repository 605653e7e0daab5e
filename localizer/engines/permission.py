"""What an image-edit model may be asked for at all. Asked before any call is made, by every model engine.

A refusal is final for that engine: the job's attempt fails with a sentence for a person, and the next engine
of the brand's policy may take it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from localizer.checks.faces import INSTALL, check_faces
from localizer.engines.prompts import ALL_TEXT
from localizer.errors import EditRefused
from localizer.model import Action, Box, CheckStatus, Edit, Job, share_inside

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.brand import BrandKit
    from localizer.text.reading import TextLine

_IN = 0.5  # share of a line in a box from which it goes with it
_REMOVALS = {Action.REMOVE_TEXT, Action.REMOVE_OBJECT}
_WATERMARK = (
    r"water[\s._-]*mark|水印|浮水印|透かし|ウォーターマーク|워터마크|wasserzeichen|watermerk|vattenstampel"
    r"|filigran|marca d[e'’ ]\s*agua|znak wodny|tanda air|водян|علامة مائية|ลายน้ำ|वॉटरमार्क"
)
_LOGO = (
    r"(?<![aoáàâãóòôõ])logo|logga|trade\s*-?mark|brand\s*-?mark|word\s*-?mark|emblem|标志|標誌|标识|標識|商标|商標|徽标|徽標"
    r"|台标|臺標|ロゴ|로고|логотип|markenzeichen|شعار|โลโก้|लोगो"
)
# Words that picture agencies and owners lay over their pictures.
_OWNERS = (
    r"[©Ⓒⓒ]|\(c\)\s*\d{4}|copyright|all rights reserved|版权所有|版權所有|shutterstock|getty\s*images|istock|"
    r"adobe\s*stock|alamy|depositphotos|dreamstime|123rf|视觉中国|視覺中國|图虫|摄图网|千图网|包图网|昵图网"
)
_KINDS = {
    "watermark": re.compile(f"{_WATERMARK}|{_OWNERS}", re.IGNORECASE),
    "logo": re.compile(_LOGO, re.IGNORECASE),
}
_SPACED = re.compile(
    r"(?<=\b\w)[\s._-]+(?=\w\b)|(?<=[\u3040-\u9fff\uac00-\ud7a3])\s+(?=[\u3040-\u9fff\uac00-\ud7a3])"
)
# Letters of other alphabets that stand for Latin ones in a word that is not to be recognised.
_LATIN = str.maketrans("аеорсухкмтгіјԍѡαορκτμνгɡ", "aeopcyxkmtrijgwaopktmvrg")


def permit_job(job: Job, brand: BrandKit, seen: Sequence[TextLine] = ()) -> None:
    """Let a job pass, or refuse it.

    Refused is what the brand forbids (`BrandKit.forbid`), and taking out or writing over a watermark or a
    logo, unless the edit or the brand states ``rights`` (``own`` or ``licensed``). What is taken out of a
    box without being named may be one of them, so it needs the statement too.

    Args:
        seen: what was read on the source; "all text" and a box are what stands there.

    Raises:
        EditRefused: a sentence for a person, naming the edit's manifest row where it has one.
    """
    for edit in job.edits:
        _permit_wanted(edit, brand)
        if not (edit.rights or brand.rights):
            _permit_owned(edit, seen)


def permit_region(rgb: npt.NDArray[np.uint8], boxes: Sequence[Box], *, sha256: str = "") -> None:
    """Let the boxes that a model is going to change pass, or refuse them because of a face.

    Args:
        rgb: H x W x 3 uint8, the upright source.
        boxes: what may change, in its pixels; parts outside the image do not count.
        sha256: of the source; its faces are then looked for once.

    Raises:
        EditRefused: a box meets a face or what may be one, or nobody can tell because no detector is
            installed (the message says how to install it).
    """
    mask = np.zeros(rgb.shape[:2], np.bool_)
    for x0, y0, x1, y1 in boxes:
        mask[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = True
    found = check_faces(rgb, mask, sha256=sha256)
    if found.missing:
        raise EditRefused(
            "whether the edit touches a face cannot be told without a face detector, so no model is asked; "
            f"{INSTALL}, or use the engine typeset"
        )
    if found.status is not CheckStatus.PASSED:
        raise EditRefused(f"{found.detail}; a model must not touch faces: give a box clear of it")


def owned_kind(edit: Edit, seen: Sequence[TextLine] = ()) -> str:
    """``watermark`` or ``logo`` if an edit takes one out or writes over it, by its words; else empty.

    Args:
        seen: what was read on the source.
    """
    if edit.action is Action.ADD_TEXT:
        return ""
    return _kind_of("\n".join([edit.object, edit.text, *_meant(edit, seen)]))


def _meant(edit: Edit, seen: Sequence[TextLine]) -> Iterator[str]:
    """Lines that go without being named: of all text, in a box."""
    for line in seen:
        inside = edit.box is not None and share_inside(line.box, edit.box) > _IN
        if inside or (edit.box is None and edit.text.strip() == ALL_TEXT):
            yield line.text


def plain(text: str) -> str:
    """A text as it is compared: whatever is written to look like a word is that word.

    Compatibility forms, characters that nobody sees, accents, letters of other alphabets that look Latin in a
    Latin word, and spaces between single letters.
    """
    shown = "".join(
        c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf"
    ).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFD", shown) if not "\u0300" <= c <= "\u036f")
    return _SPACED.sub("", unicodedata.normalize("NFC", bare))


def _readings(text: str) -> tuple[str, str, str]:
    """A text as it is, plain, and plain with letters that look Latin made Latin."""
    own = plain(text)
    return text, own, own.translate(_LATIN)


def _permit_wanted(edit: Edit, brand: BrandKit) -> None:
    for entry in brand.forbid:
        word = plain(entry).strip()
        # Words of scripts that part words by spaces begin where a word begins: "cup" is in no "teacup".
        begin = r"(?<![^\W_])" if word[:1] < "\u0e00" else ""
        is_named = word and any(re.search(begin + re.escape(word), said) for said in _readings(edit.object))
        if (
            edit.action == re.sub(r"[\s-]+", "_", word)
            or is_named
            or (owned_kind(edit) and owned_kind(edit) == _kind_of(word))
        ):
            raise EditRefused(
                f"{_row(edit)}the brand {brand.name} forbids a model {_what(edit)} (forbid: {entry})"
            )


def _permit_owned(edit: Edit, seen: Sequence[TextLine]) -> None:
    kind = owned_kind(edit, seen)
    if kind:
        raise EditRefused(
            f"{_row(edit)}{_what(edit)} takes out a {kind}, and nobody states the right: if it is yours "
            "or licensed to you, say rights=own or rights=licensed in the manifest or the brand kit"
        )
    if edit.action in _REMOVALS and not plain(edit.object).strip() and not plain(edit.text).strip():
        column = "object" if edit.action is Action.REMOVE_OBJECT else "text"
        raise EditRefused(
            f"{_row(edit)}{edit.action} does not say what is taken out; may be a logo: "
            f"name it in the manifest's column {column}, or state the right to it in the column rights"
        )


def _kind_of(said: str) -> str:
    readings = _readings(said)
    return next((kind for kind, words in _KINDS.items() if any(words.search(r) for r in readings)), "")


def _what(edit: Edit) -> str:
    thing = edit.object or (f"“{edit.text}”" if edit.text else "")
    return f"{edit.action} of {thing}" if thing else str(edit.action)


def _row(edit: Edit) -> str:
    return f"row {edit.row}: " if edit.row is not None else ""
