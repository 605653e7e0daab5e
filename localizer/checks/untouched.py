"""Check `untouched`: nothing outside the edit area changed, in the candidate and in the delivered file."""

from __future__ import annotations

import numpy as np

from localizer.errors import ImageError
from localizer.images import UNLIMITED, Delivered, SourceImage, decode
from localizer.images.fidelity import comparable, differing, psnr
from localizer.images.source import BoolArray, UInt8Array
from localizer.model import CheckResult, CheckStatus

NAME = "untouched"
THRESHOLD = 45.0
"""dB; differences at this level are invisible even side by side."""

_LOSSLESS = 99.0
"""Reported for bit-identical pixels: JSON knows no infinity."""


def check_untouched(
    source: SourceImage,
    rgb: UInt8Array,
    mask: BoolArray,
    delivered: Delivered,
    *,
    threshold: float = THRESHOLD,
) -> CheckResult:
    """Compare candidate and delivered file with the source outside the edit.

    The candidate must equal the source in every pixel outside `mask`; so must a delivered file of a lossless
    format, in colour and alpha. A lossy one must reach `threshold` dB PSNR, measured clear of the mask by the
    16 pixels that the codec's blocks may straddle. `value` is that PSNR (99 for identical).
    """
    if rgb.shape != source.rgb.shape or mask.shape != source.rgb.shape[:2]:
        detail = (
            f"the candidate is {rgb.shape[1]} x {rgb.shape[0]}, the source {source.width} x {source.height}"
        )
        return CheckResult(NAME, CheckStatus.FAILED, None, threshold, detail)
    strays = int((differing(rgb, source.rgb) & ~mask).sum())
    if strays:
        detail = f"{strays:,} pixels outside the edit area differ from the source"
        return CheckResult(NAME, CheckStatus.FAILED, None, threshold, detail)
    try:
        got = decode(delivered.data, name=f"delivered.{delivered.extension}", limits=UNLIMITED)
    except ImageError as error:
        return CheckResult(
            NAME, CheckStatus.FAILED, None, threshold, f"the delivered file is unreadable: {error}"
        )
    if got.rgb.shape != source.rgb.shape:
        detail = (
            f"the delivered file is {got.width} x {got.height}, the source {source.width} x {source.height}"
        )
        return CheckResult(NAME, CheckStatus.FAILED, None, threshold, detail)
    return _compare(source, got, mask, threshold)


def _compare(source: SourceImage, got: SourceImage, mask: BoolArray, threshold: float) -> CheckResult:
    where = ~mask if source.lossless else comparable(mask, source.alpha)
    value = psnr(got.rgb, source.rgb, where)
    if value is None:
        return CheckResult(NAME, CheckStatus.PASSED, None, threshold, "the edit area covers the whole image")
    changed = int(differing(got.rgb, source.rgb)[where].sum())
    shown = round(min(value, _LOSSLESS), 2)
    alpha = _alpha_changes(source, got, ~mask)
    if alpha:
        detail = f"transparency of {alpha:,} pixels outside the edit area differs in the delivered file"
        return CheckResult(NAME, CheckStatus.FAILED, shown, threshold, detail)
    if source.lossless and (changed or _deep_changes(source, got, mask)):
        detail = (
            f"{changed:,} pixels outside the edit area differ in the delivered file, which should be lossless"
        )
        return CheckResult(NAME, CheckStatus.FAILED, shown, threshold, detail)
    if value < threshold:
        detail = (
            f"the delivered file differs outside the edit area: {value:.1f} dB, {threshold:.0f} dB are asked"
        )
        return CheckResult(NAME, CheckStatus.FAILED, shown, threshold, detail)
    return CheckResult(NAME, CheckStatus.PASSED, shown, threshold)


def _alpha_changes(source: SourceImage, got: SourceImage, outside: BoolArray) -> int:
    if source.alpha is None or got.alpha is None:
        return 0  # the `file` check reports transparency that came or went
    return int((source.alpha != got.alpha)[outside].sum())


def _deep_changes(source: SourceImage, got: SourceImage, mask: BoolArray) -> bool:
    """Whether native samples differ where 8-bit RGB cannot show it (16-bit, CMYK)."""
    from localizer.images.orientation import to_upright

    if source.palette is not None or source.native.shape != got.native.shape:
        return False
    outside = ~mask
    was, now = (to_upright(image.native, image.orientation)[outside] for image in (source, got))
    return not np.array_equal(was, now)
