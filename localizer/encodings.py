"""Which encoding a text from outside is in: UTF-8, UTF-16 with a byte order mark, or GB 18030.

All of a file is looked at, because the first byte that is not UTF-8 may stand anywhere in it; it is read
piece by piece, so that its size does not matter.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_PIECE = 1 << 20
_GB2312_TRAIL = 0xA1
_ENOUGH = 1_000_000  # characters that are not ASCII
_AS_CHINESE = "is not UTF-8 and was read as GB 18030 (Chinese Excel); check the texts, or save it as UTF-8"


class TableError(ValueError):
    """The table as a whole cannot be read; callers turn this into their own error."""


def find_encoding(file: BinaryIO) -> tuple[str, str]:
    """Encoding of a file and a warning (or ``""``). The file is left at its beginning.

    Raises:
        TableError: none of those that we read.
    """
    file.seek(0)
    head = file.read(4)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            if error := _undecodable(file, encoding):
                raise TableError(f"it begins like {encoding} but is not ({error}); save it as UTF-8")
            return encoding, ""
    if not _undecodable(file, "utf-8"):
        return "utf-8", ""
    if _undecodable(file, "gb18030"):
        raise TableError("it is neither UTF-8 nor GB 18030; save it as UTF-8")
    if not _looks_chinese(file):
        raise TableError("it is not UTF-8 and does not read as Chinese in GB 18030 either; save it as UTF-8")
    return "gb18030", _AS_CHINESE


def decode_text(data: bytes) -> tuple[str, str]:
    """Text of a small file and a warning (or ``""``).

    Raises:
        TableError: see `find_encoding`.
    """
    encoding, warning = find_encoding(io.BytesIO(data))
    return data.decode(encoding), warning


def _undecodable(file: BinaryIO, encoding: str) -> UnicodeDecodeError | None:
    """What hinders reading the whole file in an encoding."""
    try:
        for _ in _pieces(file, encoding):
            pass
    except UnicodeDecodeError as error:
        return error
    return None


def _pieces(file: BinaryIO, encoding: str) -> Iterator[str]:
    """The text of a file, some at a time. Leaves the file at its beginning when it ends."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            yield decoder.decode(piece)
        yield decoder.decode(b"", final=True)
    finally:
        file.seek(0)


def _looks_chinese(file: BinaryIO) -> bool:
    """Whether text decoded as GB 18030 is plausible.

    GB 18030 decodes much of what is really Windows-1252 or the like, but then gives rare characters from
    outside its common core GB 2312 (an accented letter swallows the ASCII letter after it).
    """
    common = rare = 0
    for piece in _pieces(file, "gb18030"):
        for char in piece:
            if not char.isascii():
                raw = char.encode("gb18030")
                if len(raw) == 2 and min(raw) >= _GB2312_TRAIL:
                    common += 1
                else:
                    rare += 1
        if common + rare > _ENOUGH:
            break
    return common > 4 * rare
