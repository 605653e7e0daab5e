"""Pixels to PNG."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def to_png(rgb: npt.NDArray[np.uint8]) -> bytes:
    """H x W x 3 uint8 to a PNG file, packed fast rather than small: it is unpacked at once."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG", compress_level=1)
    return out.getvalue()
