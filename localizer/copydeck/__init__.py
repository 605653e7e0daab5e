"""Copy decks: approved source → target strings per locale, the translation memory of a campaign.

They are read and written in the formats of translators' tools; ``python -m localizer copy`` hands them out
and takes them back.
"""

from localizer.copydeck.deck import (
    CopyDeck,
    Entry,
    Similar,
    load_copy_deck,
    merge_decks,
    read_copy_deck,
)
from localizer.copydeck.filling import fill_deck
from localizer.copydeck.glossary import read_glossary
from localizer.copydeck.reading import read_deck_rows
from localizer.copydeck.rows import DeckRow
from localizer.copydeck.writing import check_deck_path, write_deck
from localizer.folding import fold_source

__all__ = [
    "CopyDeck",
    "DeckRow",
    "Entry",
    "Similar",
    "check_deck_path",
    "fill_deck",
    "fold_source",
    "load_copy_deck",
    "merge_decks",
    "read_copy_deck",
    "read_deck_rows",
    "read_glossary",
    "write_deck",
]
