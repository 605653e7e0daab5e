"""What an object name may look like, for every kind of storage."""

from __future__ import annotations

from localizer.errors import StorageError

RESERVED = ".localizer-"
"""Segments that start with this are ours: temporary files and locks of local storage."""

_MAX_NAME_BYTES = 1024  # Google Cloud Storage's limit


def checked(name: str) -> str:
    """The name itself, if it is a relative POSIX path that cannot escape its root.

    Raises:
        StorageError: absolute, empty, holding ``.``, ``..`` or an empty segment, a backslash, a control
            character, or longer than a bucket takes.
    """
    if not name:
        raise StorageError("an object name is empty")
    if len(name.encode("utf-8", "surrogatepass")) > _MAX_NAME_BYTES:
        raise StorageError(f"object name {name[:80]!r}… is longer than {_MAX_NAME_BYTES} bytes")
    if any(ord(c) < 0x20 or 0x7F <= ord(c) <= 0x9F or 0xD800 <= ord(c) <= 0xDFFF for c in name):
        raise StorageError(f"object name {name!r} holds a control character")
    if "\\" in name:
        raise StorageError(f"object name {name!r} holds a backslash; separate folders by '/'")
    for segment in name.split("/"):
        if segment in {"", ".", ".."}:
            raise StorageError(f"object name {name!r} is absolute or holds an empty, '.' or '..' segment")
        if segment.startswith(RESERVED):
            raise StorageError(f"object name {name!r}: {RESERVED}* is reserved")
    return name


def checked_prefix(prefix: str) -> str:
    """The prefix itself, if it could begin a valid name (``""``, ``a``, ``a/``, ``a/b``).

    Raises:
        StorageError: see `checked`.
    """
    if prefix:
        checked(prefix.removesuffix("/"))
    return prefix
