"""Finding the marketing text of an image, and telling it from what is printed on the product."""

from localizer.extraction.extract import EXTRACTOR_VERSION, extract, extract_all
from localizer.extraction.model import Origin, TextBlock
from localizer.extraction.room import most_characters

__all__ = ["EXTRACTOR_VERSION", "Origin", "TextBlock", "extract", "extract_all", "most_characters"]
