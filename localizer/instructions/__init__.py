"""Sentences that marketers write, Chinese or English, as structured edits; by a grammar, never by a guess."""

from localizer.instructions.reading import MAX_CHARACTERS, parse_instruction

__all__ = ["MAX_CHARACTERS", "parse_instruction"]
