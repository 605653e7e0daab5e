"""Whose a text that stands in an image is. Apart from what reads images, which planning need not load."""

from __future__ import annotations

from enum import StrEnum


class Origin(StrEnum):
    """Whose a text that stands in an image is."""

    MARKETING = "marketing"
    """Laid over the image: to be localized."""
    PRODUCT = "product"
    """Printed on the product or part of the scene, or a logo: to be left."""
    UNSURE = "unsure"
    """One of the two: a person must say."""
