"""Where a manifest and its copy deck are, and bringing them here as local files."""

from __future__ import annotations

import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from localizer.errors import (
    ConfigurationError,
    ManifestError,
    ManifestNotFound,
    ObjectNotFound,
    StorageError,
    StorageUnavailable,
)
from localizer.storage.prefixes import outside


class Place(NamedTuple):
    """Folder (or ``gs://`` prefix) and file name."""

    folder: str
    name: str

    @property
    def uri(self) -> str:
        return f"{self.folder.rstrip('/')}/{self.name}"


def place_of(uri: str) -> Place:
    """Where a path or URI points.

    Raises:
        ManifestError: no path, or a scheme that manifests are not read from.
    """
    if uri.startswith("gs://"):
        folder, _, name = uri.rpartition("/")
        if folder in {"gs:", "gs:/"} or not name:
            raise ManifestError(f"{uri}: must be gs://bucket/path/of/the/manifest")
        return Place(folder, name)
    if uri.startswith("file://"):
        uri = unquote(urlsplit(uri).path)
    elif "://" in uri:
        raise ManifestError(f"{uri}: a manifest is read from a path, file:// or gs://")
    if not uri or "\x00" in uri:
        raise ManifestError(f"{uri!r} is not a path")
    path = Path(uri).expanduser().absolute()
    return Place(str(path.parent), path.name)


@contextmanager
def local_file(place: Place, *, max_bytes: int) -> Iterator[Path]:
    """The file at a place as a local one, for the length of the block; of a bucket a copy, made piecewise.

    Raises:
        ManifestNotFound: there is no such file, and the place could be looked at.
        ManifestError: it is no file, too large, may not be read, or was changed while the block ran.
        StorageUnavailable: the bucket did not answer.
    """
    if refused := outside(place.uri):
        raise ManifestError(refused)
    if place.folder.startswith("gs://"):
        with tempfile.TemporaryDirectory(prefix="localizer-") as folder:
            copy = Path(folder, "manifest")
            _download(place, copy, max_bytes)
            yield copy
        return
    path = Path(place.folder, place.name)
    before = _look_at(path, max_bytes)
    yield path
    try:
        after = _look_at(path, max_bytes)
    except ManifestNotFound:
        after = ()
    if after != before:
        raise ManifestError(f"{path}: was changed while it was read; run again when it is complete")


def read_file(place: Place, *, max_bytes: int) -> bytes:
    """A small file, whole. Raises like `local_file`."""
    with local_file(place, max_bytes=max_bytes) as path:
        try:
            return path.read_bytes()
        except OSError as error:
            raise ManifestError(f"{place.uri}: cannot be read ({error.strerror or error})") from None


def _look_at(path: Path, max_bytes: int) -> tuple[int, ...]:
    """What tells one version of a local file from another."""
    try:
        facts = path.stat()
    except FileNotFoundError:
        if path.is_symlink():
            raise ManifestError(f"{path}: is a link to a file that is not there") from None
        raise ManifestNotFound(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: cannot be read ({_said(error)})") from None
    if not stat.S_ISREG(facts.st_mode):
        raise ManifestError(f"{path}: is not a file")
    if facts.st_size > max_bytes:
        raise ManifestError(f"{path}: is larger than {max_bytes >> 20} MiB; split it")
    try:
        path.open("rb").close()
    except OSError as error:
        raise ManifestError(f"{path}: cannot be read ({_said(error)})") from None
    return facts.st_size, facts.st_mtime_ns, facts.st_ino, facts.st_dev


def _said(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _download(place: Place, copy: Path, max_bytes: int) -> None:
    from localizer.storage import open_storage

    try:
        storage = open_storage(place.folder)
        known = storage.stat(place.name)
        if known is None:
            _ = next(storage.names(place.name), None)  # a bucket that is not there is told by a listing only
            raise ManifestNotFound(f"{place.uri}: there is no such file")
        if known.size > max_bytes:
            raise ManifestError(f"{place.uri}: is larger than {max_bytes >> 20} MiB; split it")
        with storage.open(place.name) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except ObjectNotFound:
        raise StorageUnavailable(f"{place.uri}: was replaced while it was read; try again") from None
    except (StorageError, ConfigurationError) as error:
        raise ManifestError(f"{place.uri}: cannot be read ({error})") from error
    except OSError as error:
        raise StorageUnavailable(f"no room for a copy of {place.uri} ({_said(error)})") from error
