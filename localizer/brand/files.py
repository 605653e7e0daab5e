"""The files of a brand kit: they lie in its folder, and are bounded."""

from __future__ import annotations

from pathlib import Path

from localizer.errors import BrandError

NAME = "brand.yaml"
"""Of the kit in a folder."""

MAX_BYTES = 8 << 20
_MAX_FONT_BYTES = 128 << 20
_FONT_MAGIC = (b"\x00\x01\x00\x00", b"OTTO", b"ttcf", b"true")


def kit_file(path: Path) -> Path:
    """The file of a kit that is named by itself or by its folder."""
    return path / NAME if path.is_dir() else path


def kit_bytes(path: Path) -> bytes:
    """The bytes of a kit, at most one more than `MAX_BYTES`.

    Raises:
        BrandError: it cannot be read, or is no file.
    """
    try:
        if path.exists() and not path.is_file():
            raise BrandError(f"{path}: cannot be read (it is not a file)")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BrandError(f"{path}: cannot be read ({error.strerror or error})") from None


def file_beside(folder: Path, name: str, what: str) -> Path:
    """Where a file lies that a kit names: below the kit's own folder, links followed.

    Args:
        what: the kind of file, for messages.

    Raises:
        BrandError: it lies elsewhere.
    """
    try:
        file = (folder / name).resolve()
        inside = file.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise BrandError(f"{what} {name!r} cannot be read ({error})") from None
    if not inside:
        raise BrandError(f"{what} {name!r} is outside the brand kit's folder; copy it there")
    return file


def font_bytes(font: Path) -> bytes:
    """A font file, whole.

    Raises:
        BrandError: it cannot be read, is too large, or is no font.
    """
    try:
        if font.exists() and not font.is_file():
            raise BrandError(f"font {font} cannot be read (it is not a file)")
        with font.open("rb") as file:
            data = file.read(_MAX_FONT_BYTES + 1)
        if len(data) > _MAX_FONT_BYTES:
            raise BrandError(f"font {font} is larger than {_MAX_FONT_BYTES >> 20} MiB")
    except OSError as error:
        raise BrandError(f"font {font} cannot be read ({error.strerror or error})") from None
    if not data.startswith(_FONT_MAGIC):
        raise BrandError(f"{font} is not a TTF, OTF or TTC font")
    return data
