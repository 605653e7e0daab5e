"""The records of this package: a decoded source, its limits, and the file that is delivered."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

UInt8Array = npt.NDArray[np.uint8]
BoolArray = npt.NDArray[np.bool_]
Samples = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Limits:
    """What is refused before any pixel is decoded.

    Attributes:
        max_bytes: of the file.
        max_pixels: width times height, as the header claims them.
        min_side: in pixels; nothing smaller carries readable type.
        max_side: in pixels; OpenCV turns and warps nothing longer.
        max_icc_bytes: of the colour profile; the largest of printers have 3 MiB.
        max_metadata_bytes: of everything in the file that is not picture: every delivered file carries it.
        max_parts: segments, chunks or tags, pixel data apart.
        max_scans: of a progressive JPEG; each goes over the whole picture again. Encoders make about ten.
    """

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 64_000_000
    min_side: int = 16
    max_side: int = 32_766
    max_icc_bytes: int = 4 * 1024 * 1024
    max_metadata_bytes: int = 16 * 1024 * 1024
    max_parts: int = 4096
    max_scans: int = 64


UNLIMITED = Limits(max_bytes=2**40, max_pixels=2**40)
"""For files that we wrote, or accepted before, and for one that a person asks about."""


@dataclass(frozen=True, slots=True, eq=False)
class SourceImage:
    """A fully decoded source and everything needed to write its like again.

    Attributes:
        name: as given to `decode`; for messages.
        data: the file's bytes.
        format: ``JPEG``, ``PNG``, ``WEBP``, ``TIFF``, ``BMP`` or ``GIF``.
        mode: ``1``, ``L``, ``LA``, ``P``, ``RGB``, ``RGBA`` or ``CMYK``; the depth is in `bit_depth`.
        bit_depth: bits of one stored sample (or palette index), 1 to 16.
        width, height: upright, in pixels.
        rgb: H x W x 3 uint8, upright, read-only. RGB files: the file's own colour space (its ICC profile is
            not applied); CMYK files: sRGB. With alpha this is the plain colour plane, not premultiplied.
        alpha: H x W uint8, upright, read-only, or None where the file knows no transparency.
        native: the file's own samples in *stored* orientation: H' x W' (grey, palette indexes) or
            H' x W' x C, uint8 or uint16. Read-only.
        orientation: EXIF orientation, 1 to 8.
        icc: the embedded ICC profile, byte for byte.
        dpi: horizontal and vertical, where the file states them.
        palette: N x 4 uint8 RGBA for mode ``P``.
        colour_key: the one stored colour that counts as transparent (PNG tRNS), in native samples.
        lossless: whether the file's own compression is lossless.
        notes: what a reviewer should know of this source.
    """

    name: str
    data: bytes = field(repr=False)
    format: str
    mode: str
    bit_depth: int
    width: int
    height: int
    rgb: UInt8Array = field(repr=False)
    alpha: UInt8Array | None = field(repr=False)
    native: Samples = field(repr=False)
    orientation: int = 1
    icc: bytes | None = field(default=None, repr=False)
    dpi: tuple[float, float] | None = None
    palette: UInt8Array | None = field(default=None, repr=False)
    colour_key: tuple[int, ...] | None = None
    lossless: bool = True
    notes: tuple[str, ...] = ()

    def preview(self, backdrop: tuple[int, int, int] = (255, 255, 255)) -> UInt8Array:
        """H x W x 3 uint8: what a viewer shows, transparency laid over `backdrop`."""
        if self.alpha is None:
            return self.rgb
        weight = self.alpha[..., None].astype(np.uint16)
        under = np.asarray(backdrop, dtype=np.uint16)
        return ((self.rgb * weight + under * (255 - weight) + 127) // 255).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file in the source's own format.

    Attributes:
        extension: without the dot, e.g. ``jpg``.
        notes: what could not be kept exactly, for a reviewer.
        doubts: what nobody but a person can judge; any of these makes the `file` check undecided.
        source_type: URI of the IPTC digital source type that the file states; empty: nothing was stated by
            us, and `notes` say why.
    """

    data: bytes = field(repr=False)
    extension: str
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    source_type: str = ""
