"""Finding the marketing text of an image, and telling it from what is printed on the product."""

from localizer.extraction.model import Origin, TextBlock

__all__ = ["Origin", "TextBlock"]
