"""One row of a deck as files hold it, whatever their format; what a run asks is `deck.CopyDeck`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from localizer.errors import CopyDeckError
from localizer.folding import fold_source
from localizer.locales import UNDETERMINED, normalise_locale

APPROVED, DRAFT, MISSING = "approved", "draft", "missing"

# Words of spreadsheets and translation tools, as `_plain_state` writes them.
_APPROVED = {
    "", "approved", "confirmed", "done", "final", "proofread", "published", "reviewed", "signed off",
    "translated",
}  # fmt: skip
_DRAFT = {
    "draft", "fuzzy", "initial", "machine", "machine translated", "missing", "mt", "needs adaptation",
    "needs l10n", "needs review", "needs review adaptation", "needs review l10n", "needs review translation",
    "needs translation", "needs work", "new", "pending", "refused", "rejected", "suggestion", "todo",
    "unapproved", "unreviewed", "untranslated",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DeckRow:
    """One string in one target locale, as decks are read and written.

    Attributes:
        source: with its line breaks.
        source_locale: BCP 47; ``und`` where the deck does not say, which serves every one.
        target: empty where there is none.
        state: ``approved``, ``draft`` or ``missing``, the values of `localizer.copy.CopyState`. A missing
            row is written without target and state: whoever fills it in has said what it is to be.
        most_characters: that fit the place; None where nobody knows.
        context: what stands beside it in the image, in reading order.
        assets: images that it stands in, as the manifest names them.
        note: for whoever translates it.
        where: row, unit or pointer in the file it was read from; not part of what is compared.
    """

    source: str
    source_locale: str
    locale: str
    target: str = ""
    state: str = ""
    most_characters: int | None = None
    context: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    note: str = ""
    where: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.state:
            object.__setattr__(self, "state", APPROVED if self.target else MISSING)

    @property
    def written_target(self) -> str:
        """What a file is given as target."""
        return "" if self.state == MISSING else self.target

    @property
    def key(self) -> tuple[str, str, str]:
        """What two rows share that speak of the same copy."""
        return self.source_locale, self.locale, fold_source(self.source)


class Told(NamedTuple):
    """Something that a person should know of a deck although it stops nothing."""

    text: str


def line_breaks(text: str) -> str:
    """A target as it is meant: a literal ``\\n`` is a line break, and there is one kind of them."""
    return text.replace("\\n", "\n").replace("\r\n", "\n").strip()


def state_of(word: str, target: str) -> tuple[str, str]:
    """State of a row by the word in its file, and what is told of it, or ``""``.

    No word approves, as in a table without states; a word that is not known never does.
    """
    if not target:
        return MISSING, ""
    plain = _plain_state(word)
    if plain in _APPROVED:
        return APPROVED, ""
    if plain in _DRAFT:
        return DRAFT, ""
    return (
        DRAFT,
        f"the state {word.strip()!r} is not known; such rows are taken as drafts (approved: approves)",
    )


def locale_of(name: str, where: str, tag: str) -> str:
    """A locale as decks hold it.

    Raises:
        CopyDeckError: with the place.
    """
    try:
        return normalise_locale(tag)
    except ValueError as error:
        raise CopyDeckError(f"{name}: {where}: {error}") from None


def most_of(name: str, where: str, text: str) -> int | None:
    """How many characters fit, from a cell.

    Raises:
        CopyDeckError: not a whole number above 0.
    """
    text = text.strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,7}(\.0+)?", text) or not int(text.partition(".")[0]):
        raise CopyDeckError(f"{name}: {where}: {text!r} is not a number of characters; leave it empty")
    return int(text.partition(".")[0])


def joined(items: Iterable[str]) -> str:
    """Several texts in one cell: one a line, their own line breaks as a literal ``\\n``."""
    return "\n".join(item.replace("\n", "\\n") for item in items)


def split(cell: str) -> tuple[str, ...]:
    """The texts of a cell, see `joined`."""
    return tuple(line.replace("\\n", "\n").strip() for line in cell.splitlines() if line.strip())


def one_of(rows: Iterable[DeckRow], attribute: str) -> tuple[str, ...]:
    """The different values of an attribute, sorted; ``und`` last."""
    return tuple(
        sorted({getattr(row, attribute) for row in rows}, key=lambda value: (value == UNDETERMINED, value))
    )


def _plain_state(word: str) -> str:
    return re.sub(r"[\s_\-]+", " ", word).strip().casefold()
