"""Text in tables that people open in spreadsheets, where none of it may become a formula.

What a spreadsheet could take for a formula gets an apostrophe in front (OWASP, CSV injection). That covers
cells whose ``=``, ``+``, ``-`` or ``@`` comes after spaces, quotes or invisible characters, or in a
full-width or other variant, and cells that begin with a tab or a line break. As some spreadsheets split a
line at semicolons or tabs, whatever the quotes, text after those and after line breaks is treated likewise.
"""

from __future__ import annotations

import re

# The signs that begin a formula, whatever Unicode normalisation (NFKC) turns into one, and dashes that some
# spreadsheet or clipboard turns into a minus.
SIGNS = "=+\\-@⁺⁼₊₌⩵⩶﬩﹢﹣﹦﹫＋－＝＠−‐‑‒–—―"

# Spaces, controls, quotes and what cannot be seen: a spreadsheet may strip them before it looks. Not the tab
# and line ends, which stand for themselves.
SKIPPED = (
    "\\x00-\\x08\\x0b\\x0c\\x0e-\\x20\\x7f-\\xa0\\xad\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2"
    "\\u115f\\u1160\\u1680\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f"
    "\\ufeff\\uffa0\\ufff9-\\ufffb\\U000110bd\\U000110cd\\U00013430-\\U0001343f\\U0001bca0-\\U0001bca3"
    "\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff"
    "\"'`´‘’‚‛“”„‟«»‹›＂＇"
)

_RISKY = re.compile(
    rf"\A(?=[{SKIPPED}]*[{SIGNS}\t\r\n])|(?<=[;\t\r\n])(?=[{SKIPPED}]*[{SIGNS}])"  # empty places, both
)
_ESCAPED = re.compile(rf"(?:\A'(?=[{SKIPPED}]*[{SIGNS}\t\r\n]))|(?<=[;\t\r\n])'(?=[{SKIPPED}]*[{SIGNS}])")


def inert(text: str) -> str:
    """A text as a cell that no spreadsheet evaluates. No two texts give the same cell: whatever begins like
    an escaped one is escaped again."""
    return _RISKY.sub("'", text)


def meant(cell: str) -> str:
    """The text that `inert` made a cell of."""
    return _ESCAPED.sub("", cell)
