"""Translators behind one interface: they draft copy, and never approve it."""

from localizer.translation.drafts import Draft, draft
from localizer.translation.memory import DraftMemory
from localizer.translation.model import Translation, TranslationRequest, Translator
from localizer.translation.registry import get_translator, parameters_of, register, translator_names

__all__ = [
    "Draft",
    "DraftMemory",
    "Translation",
    "TranslationRequest",
    "Translator",
    "draft",
    "get_translator",
    "parameters_of",
    "register",
    "translator_names",
]
