"""Source images: where they may come from, reading them, and knowing again what was read before."""

from localizer.sources.reader import SourceReader

__all__ = ["SourceReader"]
