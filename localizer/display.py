"""Other people's text in logs, on terminals and in Markdown: shown, never obeyed."""

from __future__ import annotations

import re

_MARKUP = re.compile(r"[\\|\[\]<>`*~_&]")
_AUTOLINK = re.compile(r"(?i)(?<=\w):(?=\S)|\bwww(?=\.)|@")
_JOINER = "\u2060"  # takes no room and joins no link


def one_line(text: object) -> str:
    """Text without anything that ends a line, moves a cursor or turns the direction of writing.

    Such characters are written as escapes (``\\n``, ``\\x1b``, ``\\u202e``), so that a log has as many lines
    as entries and a terminal shows what is there.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(text))


def lines(text: object) -> str:
    """Like `one_line`, but line breaks stay."""
    return "\n".join(one_line(line) for line in str(text).split("\n"))


def markdown(text: str, *, most: int) -> str:
    """Text for a cell of a Markdown table: no markup of its own, no link, no picture, no line break.

    Viewers make links of bare addresses too (GitHub's autolinks), escaped or not: those get an invisible
    character in their middle.

    Args:
        most: characters; what is longer is cut.
    """
    plain = " ".join(text.split())
    short = one_line(plain if len(plain) <= most else f"{plain[:most]}…")
    return _AUTOLINK.sub(lambda found: found[0] + _JOINER, _MARKUP.sub(r"\\\g<0>", short))


def markdown_code(text: str, *, most: int) -> str:
    """Like `markdown`, as code: to be copied as it is."""
    plain = " ".join(text.split())
    short = one_line(plain if len(plain) <= most else f"{plain[:most]}…")
    return "`" + short.replace("`", "'").replace("|", "\\|") + "`"
