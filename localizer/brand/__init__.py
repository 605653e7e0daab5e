"""The brand kit: fonts, terms, forbidden words, thresholds, and one brand's policy for engines and copy."""

from localizer.brand.kit import BrandKit, ModelPolicy
from localizer.brand.reading import load_brand, read_brand
from localizer.brand.translation import TranslationPolicy, TranslatorChoice

__all__ = ["BrandKit", "ModelPolicy", "TranslationPolicy", "TranslatorChoice", "load_brand", "read_brand"]
