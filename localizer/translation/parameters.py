"""Parameters of translators, as YAML, JSON, command lines and connections give them."""

from __future__ import annotations

from typing import Any

from localizer.errors import ConfigurationError

_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}


def whole_number(value: Any, *, whose: str, least: int = 1, most: int = 4096) -> int:
    """A parameter that counts something.

    Args:
        whose: ``translator nllb: beams``, for messages.

    Raises:
        ConfigurationError: it is no whole number, or out of range.
    """
    try:
        number = int(value)
        if number == float(value) and not isinstance(value, bool) and least <= number <= most:
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise ConfigurationError(f"{whose} must be a whole number from {least} to {most}, not {value!r}")


def yes_or_no(value: Any, *, whose: str) -> bool:
    """A parameter that says whether.

    Args:
        whose: see `whole_number`.

    Raises:
        ConfigurationError: it does not say.
    """
    if isinstance(value, bool):
        return value
    said = _WORDS.get(str(value).strip().casefold())
    if said is None:
        raise ConfigurationError(f"{whose} must be true or false, not {value!r}")
    return said
