"""EXIF orientation on arrays: from stored to upright and back, without touching a sample."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T", bound=np.generic)


def to_upright(stored: npt.NDArray[T], orientation: int) -> npt.NDArray[T]:
    """Turn H' x W' [x C] samples as stored into the upright picture (EXIF orientation 1 to 8)."""
    transposed = stored.swapaxes(0, 1) if orientation >= 5 else stored
    rows, columns = _flips(orientation)
    return transposed[:: -1 if rows else 1, :: -1 if columns else 1]


def to_stored(upright: npt.NDArray[T], orientation: int) -> npt.NDArray[T]:
    """Inverse of `to_upright`."""
    rows, columns = _flips(orientation)
    flipped = upright[:: -1 if rows else 1, :: -1 if columns else 1]
    return flipped.swapaxes(0, 1) if orientation >= 5 else flipped


def _flips(orientation: int) -> tuple[bool, bool]:
    """Whether the (already transposed) picture is to be flipped in rows and in columns."""
    return {
        1: (False, False),
        2: (False, True),
        3: (True, True),
        4: (True, False),
        5: (False, False),
        6: (False, True),
        7: (True, True),
        8: (True, False),
    }[orientation]
