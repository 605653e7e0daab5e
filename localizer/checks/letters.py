"""The letters that were set, lifted off the picture: what a reader makes of them without their ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from localizer.text.inkcolour import coverage_of

if TYPE_CHECKING:
    import numpy.typing as npt


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
    share, tells = coverage_of(rgb, plate, colour)
    share = np.where(tells, np.clip(share, 0.0, 1.0), 0.0)
    return np.repeat(np.round(255 * (1 - share)).astype(np.uint8)[:, :, None], 3, axis=2)
