"""The letters that were set, lifted off the picture: what a reader makes of them without their ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_TELLING = 30.0**2  # squared distance of fill and plate from which coverage can be measured


def letters_alone(
    rgb: npt.NDArray[np.uint8], plate: npt.NDArray[np.uint8], colour: tuple[int, int, int]
) -> npt.NDArray[np.uint8]:
    """What the fill covers, black on white: H x W x 3 uint8.

    Coverage is where a pixel lies between plate and fill. Where those two are alike nothing can be told and
    nothing is shown, so that letters which sink into their ground have holes here too.

    Args:
        rgb: H x W x 3 uint8, the finished picture.
        plate: H x W x 3 uint8, the same before type was set.
        colour: of the fill, sRGB.
    """
    before = plate.astype(np.float32)
    way = np.array(colour, np.float32) - before
    length = (way * way).sum(2)
    share = ((rgb - before) * way).sum(2) / np.maximum(length, 1.0)
    share = np.where(length > _TELLING, np.clip(share, 0.0, 1.0), 0.0)
    return np.repeat(np.round(255 * (1 - share)).astype(np.uint8)[:, :, None], 3, axis=2)
