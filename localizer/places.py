"""Several places in one text, with commas between."""

from __future__ import annotations

from pathlib import Path


def split_places(places: str, folder: str | Path = "") -> list[str]:
    """The places of a comma-separated list, or of one place whose name holds a comma.

    Args:
        folder: that relative ones are below.
    """
    if "," not in places or ("://" not in places and Path(folder, places).exists()):
        return [places]
    return [place for part in places.split(",") if (place := part.strip())]
