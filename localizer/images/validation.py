"""Is an image fit to be worked on? Asked once, at planning, in a process that may die of the answer."""

from __future__ import annotations

from typing import NamedTuple

from localizer.errors import ImageError, InputStopped
from localizer.images.source import Limits
from localizer.sandbox import bounded

SECONDS = 60.0
MEMORY_BYTES = 2 << 30  # 64 million pixels of 16 bits a sample take 1.8 GB


class Facts(NamedTuple):
    """What planning needs to know of a valid image: its format and its upright size in pixels."""

    format: str
    width: int
    height: int


def validate(data: bytes, *, name: str, limits: Limits = Limits()) -> Facts:  # noqa: B008  frozen
    """Decode an image in a bounded child process; see `localizer.images.decode.decode` for the arguments.

    Edit workers decode the same bytes again, in processes of their own.

    Raises:
        ImageError: as `decode` says, or decoding takes over a minute or 2 GiB, or crashes the decoder.
    """

    try:
        return Facts(*bounded(_facts, data, name, limits, seconds=SECONDS, memory_bytes=MEMORY_BYTES))
    except InputStopped as error:
        raise ImageError(f"{name}: decoding the image {error}; export it again, plain and smaller") from None


def _facts(data: bytes, name: str, limits: Limits) -> tuple[str, int, int]:
    from localizer.images.decode import decode

    source = decode(data, name=name, limits=limits)
    return source.format, source.width, source.height
