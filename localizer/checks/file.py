"""Check `file`: the delivered file is the source's like in everything but the edit."""

from __future__ import annotations

from localizer.errors import ImageError
from localizer.images import UNLIMITED, Delivered, SourceImage, decode
from localizer.images.packet import packet_of
from localizer.model import CheckResult, CheckStatus
from localizer.provenance.xmp import lost, source_type_of

NAME = "file"
_DPI_TOLERANCE = 0.1  # formats store dots per metre or per centimetre; conversions round


def check_file(source: SourceImage, delivered: Delivered) -> CheckResult:
    """Decode the delivered bytes and compare size, format, mode, depth, ICC, alpha, DPI and orientation; read
    its XMP, which must say how it was made and lack nothing of the source's.

    Failed names each difference; undecided where `deliver` doubted that the edit can look right in this file.
    `value` is the number of differences, of which none is allowed.
    """
    try:
        got = decode(delivered.data, name=f"delivered.{delivered.extension}", limits=UNLIMITED)
    except ImageError as error:
        return CheckResult(NAME, CheckStatus.FAILED, detail=f"the delivered file cannot be read: {error}")
    differences = _differences(source, got) + _unsaid(source, got, delivered.source_type)
    notes = "; ".join(delivered.notes)
    if differences:
        detail = "; ".join((*differences, *delivered.notes))
        return CheckResult(NAME, CheckStatus.FAILED, float(len(differences)), 0.0, detail)
    if delivered.doubts:
        detail = "; ".join((*delivered.doubts, *delivered.notes))
        return CheckResult(NAME, CheckStatus.UNDECIDED, 0.0, 0.0, detail)
    return CheckResult(NAME, CheckStatus.PASSED, 0.0, 0.0, notes)


def _differences(source: SourceImage, got: SourceImage) -> list[str]:
    pairs = {
        "size": (f"{source.width} x {source.height}", f"{got.width} x {got.height}"),
        "format": (source.format, got.format),
        "mode": (source.mode, got.mode),
        "orientation": (source.orientation, got.orientation),
        "transparency": (_has(source.alpha), _has(got.alpha)),
        "ICC profile": (_icc(source.icc), _icc(got.icc)),
        "DPI": (_dpi(source.dpi), _dpi(got.dpi)),
    }
    if source.palette is None:  # an index may become wider; its colours have 8 bits either way
        pairs["bits per sample"] = (source.bit_depth, got.bit_depth)
    found = [f"{what} is {now}, the source has {was}" for what, (was, now) in pairs.items() if was != now]
    if source.icc and got.icc and source.icc != got.icc:
        found.append("the ICC profile is another one")
    if _dpi_differs(source.dpi, got.dpi):
        found.append(f"DPI is {got.dpi}, the source has {source.dpi}")
    return found


def _unsaid(source: SourceImage, got: SourceImage, source_type: str) -> list[str]:
    """What is wrong with the XMP of a delivered file that should state a digital source type."""
    if not source_type:
        return []  # nothing could be added to it; its notes say why
    try:
        packet, before = packet_of(got), packet_of(source)
        stated = source_type_of(packet or b"")
        missing = lost(before, packet or b"") if before else []
    except ValueError as error:
        return [f"its XMP {error}"]
    found = [f"it lacks {name} of the source's XMP" for name in missing]
    if stated != source_type:
        found.append(f"it states {stated or 'no digital source type'}, it was to state {source_type}")
    return found


def _has(plane: object) -> str:
    return "absent" if plane is None else "present"


def _icc(profile: bytes | None) -> str:
    return "present" if profile else "absent"


def _dpi(dpi: tuple[float, float] | None) -> str:
    return "stated" if dpi else "not stated"


def _dpi_differs(was: tuple[float, float] | None, now: tuple[float, float] | None) -> bool:
    return bool(was and now) and any(
        abs(a - b) > _DPI_TOLERANCE for a, b in zip(was or (), now or (), strict=True)
    )
