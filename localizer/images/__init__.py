"""Images in and out: decode a source, write a lossless candidate, deliver in the source's own format."""

from localizer.images.decode import decode
from localizer.images.deliver import candidate_png, deliver, plate_png
from localizer.images.source import UNLIMITED, Delivered, Limits, SourceImage

__all__ = [
    "UNLIMITED",
    "Delivered",
    "Limits",
    "SourceImage",
    "candidate_png",
    "decode",
    "deliver",
    "plate_png",
]
