"""How well two colours can be told apart: WCAG 2.2 contrast."""

from __future__ import annotations

from collections.abc import Sequence


def contrast(a: Sequence[float], b: Sequence[float]) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours, 1 to 21."""
    first, second = sorted((luminance(a), luminance(b)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def luminance(colour: Sequence[float]) -> float:
    """WCAG 2.2 relative luminance of an sRGB colour (0 to 255 a channel)."""
    linear = [
        c / 255 / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in colour[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
