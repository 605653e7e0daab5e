"""What all services have in common once they answered, or did not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localizer.errors import EngineError, ImageError
from localizer.images.plain import rgb_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def picture(data: bytes, *, service: str) -> npt.NDArray[np.uint8]:
    """H x W x 3 pixels of an answer.

    Raises:
        EngineError: it is no picture.
    """
    try:
        return rgb_of(data, name=f"the answer of {service}")
    except ImageError as error:
        raise EngineError(f"{error}; the service works, its model or format does not") from error


def how_to_resolve(key: str) -> str:
    """What an operator does about a call whose fate nobody knows."""
    return (
        "it may have been done and charged, so it is not sent again by itself: look in the service's own "
        f"records, then `python -m localizer calls --workspace DIR --ask-again {key}` has it asked anew"
    )
