"""The copy of a run: what its images need in words, where it comes from, and who approved it."""

from localizer.copy.units import CopyState, CopyUnit

__all__ = ["CopyState", "CopyUnit"]
