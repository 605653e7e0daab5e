"""Translators behind one interface: they draft copy, and never approve it."""

from localizer.translation.model import Translation, TranslationRequest, Translator

__all__ = ["Translation", "TranslationRequest", "Translator"]
