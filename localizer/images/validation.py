"""Is an image fit to be worked on? Asked once, at planning, in a process that may die of the answer."""

from __future__ import annotations

from typing import NamedTuple

from localizer.errors import ImageError, InputStopped
from localizer.sandbox.calling import bounded

SECONDS = 60.0
MEMORY_BYTES = 2 << 30  # 64 million pixels of 16 bits a sample take 1.8 GB


class ValidImage(NamedTuple):
    """What planning needs to know of an image that decodes; sizes in pixels, upright."""

    format: str
    width: int
    height: int


def validate_image(data: bytes, name: str) -> ValidImage:
    """Decode an image once, in a bounded child process, to know that it can be.

    Edit workers decode the same bytes again, in processes of their own.

    Args:
        name: for messages; an extension that contradicts the content is an error.

    Raises:
        ImageError: truncated, not what it claims to be, or over a limit; or decoding it takes over a minute
            or 2 GiB, or crashes the decoder.
    """
    try:
        return ValidImage(*bounded(_decode, data, name, seconds=SECONDS, memory_bytes=MEMORY_BYTES))
    except InputStopped as error:
        raise ImageError(f"{name}: decoding the image {error}; export it again, plain and smaller") from None


def _decode(data: bytes, name: str) -> tuple[str, int, int]:
    from localizer.images.decode import decode  # only here: the caller needs no imaging library

    source = decode(data, name=name)
    return source.format, source.width, source.height
