"""Copy decks: approved source → target strings per locale, the translation memory of a campaign."""

from localizer.copydeck.deck import CopyDeck, fold_source, load_copy_deck, read_copy_deck

__all__ = ["CopyDeck", "fold_source", "load_copy_deck", "read_copy_deck"]
