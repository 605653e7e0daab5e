"""What a file is, by its first bytes; and whether its name says otherwise."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from localizer.errors import ImageError

EXTENSIONS = {
    "JPEG": ("jpg", "jpeg", "jpe", "jfif"),
    "PNG": ("png",),
    "WEBP": ("webp",),
    "TIFF": ("tif", "tiff"),
    "BMP": ("bmp", "dib"),
    "GIF": ("gif",),
}
"""Supported formats; the first extension is the usual one."""

_FORMAT_OF = {extension: fmt for fmt, names in EXTENSIONS.items() for extension in names}
_SUPPORTED = "JPEG, PNG, WebP, TIFF, BMP or GIF"

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (rb"\xff\xd8\xff", "JPEG"),
    (rb"\x89PNG\r\n\x1a\n", "PNG"),
    (rb"RIFF....WEBP", "WEBP"),
    (rb"II\*\x00|MM\x00\*|II\+\x00|MM\x00\+", "TIFF"),
    (rb"GIF8[79]a", "GIF"),
    (rb"BM.{4}.{4}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\x00\x00\x00", "BMP"),
)

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (rb"PK\x03\x04|PK\x05\x06", "a ZIP archive (or an Office document)"),
    (rb"%PDF", "a PDF document"),
    (rb"8BPS", "a Photoshop document"),
    (rb"....ftypavif", "an AVIF image"),
    (rb"....ftyp(heic|heix|hevc|mif1|msf1)", "an HEIC image"),
    (rb"....ftyp", "a video"),
    (rb"\x00\x00\x00\x0cjP  |\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (rb"\xff\x0a|\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (rb"\x1f\x8b", "a gzip archive"),
    (rb"Rar!|7z\xbc\xaf", "an archive"),
    (rb"\x7fELF|MZ", "a program"),
    (rb"version https://git-lfs", "a Git LFS pointer: the image itself was never downloaded"),
    (
        rb"(?i)(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype svg[^>]*>\s*)?<svg",
        "an SVG drawing",
    ),
    (rb"(?i)(\xef\xbb\xbf)?\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|script)", "an HTML page"),
    (rb"(\xef\xbb\xbf)?\s*<\?xml", "an XML document"),
    (rb"(\xef\xbb\xbf)?\s*[\[{]\s*[\"\[{\]}]", "a JSON document"),
)


def extension_of(name: str) -> str:
    """Lower-case extension of a path or URL, without the dot; empty where there is none."""
    bare = re.split(r"[?#]", name, maxsplit=1)[0] if "://" in name else name
    return PurePosixPath(bare.replace("\\", "/")).suffix[1:].lower()


def sniff(data: bytes) -> str | None:
    """The supported format that these bytes begin as, or None."""
    return _first_match(_MAGIC, data[:512])


def describe(data: bytes) -> str:
    """What unsupported bytes seem to be, in words for a person."""
    head = data[:512]
    known = _first_match(_FOREIGN, head)
    if known:
        return known
    if all(byte in b"\t\n\r\x0c" or 32 <= byte < 127 for byte in head):
        return "plain text"
    return "not an image of any kind we know"


def identify(data: bytes, *, name: str) -> str:
    """The file's format; its content decides, and its name must not contradict it.

    Raises:
        ImageError: empty, no supported image, or the extension claims another format.
    """
    if not data:
        raise ImageError(f"{name}: the file is empty (0 bytes); upload it again")
    found = sniff(data)
    extension = extension_of(name)
    if found is None:
        claim = f" although it is named .{extension}" if extension in _FORMAT_OF else ""
        raise ImageError(f"{name}: this seems to be {describe(data)}{claim}; use a {_SUPPORTED} file")
    if _FORMAT_OF.get(extension, found) != found:
        usual = EXTENSIONS[found][0]
        raise ImageError(
            f"{name}: the file is a {found} image but is named .{extension}; "
            f"rename it to .{usual} or export it again as {_FORMAT_OF[extension]}"
        )
    return found


def _first_match(table: tuple[tuple[bytes, str], ...], head: bytes) -> str | None:
    return next((label for pattern, label in table if re.match(pattern, head, re.DOTALL)), None)
