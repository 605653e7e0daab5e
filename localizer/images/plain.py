"""Pictures without any frills, as models take and give them: RGB pixels to PNG and back."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from localizer.images.decode import decode

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def png_of(rgb: npt.NDArray[np.uint8]) -> bytes:
    """A PNG file of H x W x 3 pixels; lossless, and quick rather than small."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG", compress_level=3)
    return out.getvalue()


def rgb_of(data: bytes, *, name: str) -> npt.NDArray[np.uint8]:
    """H x W x 3 pixels of an image file.

    Raises:
        ImageError: it is none, or over a limit.
    """
    return decode(data, name=name).rgb
