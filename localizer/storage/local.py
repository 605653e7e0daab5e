"""A folder as storage.

Every write goes to a temporary file in the target's folder, is flushed to disk, and then appears under its
name in one step, so a reader sees the whole object or none. A new object appears by `os.link`, which fails
if the name is taken: of several creators exactly one wins, on network file systems too. An overwrite holds
a lock file in the target's folder (``.localizer-lock``, made at the first overwrite) while it compares and
replaces.

The generation of an object is its modification time in nanoseconds. Under the lock each overwrite sets a
time greater than its predecessor's, whatever the clock or the file system's time resolution, so that a
generation never comes back.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from localizer.errors import ObjectNotFound, PreconditionFailed, StorageError, StorageUnavailable
from localizer.storage.base import ObjectInfo
from localizer.storage.checksums import crc32c, crc32c_of_file
from localizer.storage.names import RESERVED, checked, checked_prefix

_LOCK = f"{RESERVED}lock"
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_REFUSED = {
    errno.EACCES,
    errno.EEXIST,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}


class LocalStorage:
    """Objects as files below one folder. The folder is made at the first write.

    Args:
        root: the folder; made absolute at once, so a later change of directory does not matter.

    Raises:
        StorageError: `root` is a file.
    """

    def __init__(self, root: str | Path) -> None:
        self._root = Path(os.path.abspath(Path(root).expanduser()))
        if self._root.exists() and not self._root.is_dir():
            raise StorageError(f"{self._root} is not a folder")

    def __repr__(self) -> str:
        return f"LocalStorage({str(self._root)!r})"

    @property
    def uri(self) -> str:
        return str(self._root)

    def uri_of(self, name: str) -> str:
        return str(self._path(name))

    def read(self, name: str) -> bytes:
        return self._read(name)[0]

    def read_with_info(self, name: str) -> tuple[bytes, ObjectInfo]:
        data, generation = self._read(name)
        return data, ObjectInfo(name, len(data), generation, crc32c(data))

    def stat(self, name: str) -> ObjectInfo | None:
        path = self._path(name)
        try:
            with _translated(path, "read"), path.open("rb") as file:
                # The open file is one version of the object even while another replaces it.
                facts = os.fstat(file.fileno())
                return ObjectInfo(name, facts.st_size, facts.st_mtime_ns, crc32c_of_file(file))
        except ObjectNotFound:
            return None

    def write(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> ObjectInfo:
        path = self._path(name)
        with _temporary(path, data) as temporary:
            generation = _link(temporary, path)
            while generation is None:
                # The object exists, so it is overwritten; should it vanish just now, it is created.
                generation = _replace(temporary, path, expected=None) or _link(temporary, path)
        return ObjectInfo(name, len(data), generation, crc32c(data))

    def create(self, name: str, data: bytes, *, content_type: str = "application/octet-stream") -> ObjectInfo:
        return self.swap(name, data, generation=0, content_type=content_type)

    def swap(
        self, name: str, data: bytes, *, generation: int, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        path = self._path(name)
        with _temporary(path, data) as temporary:
            if generation == 0:
                new = _link(temporary, path)
                if new is None:
                    raise PreconditionFailed(f"{path} exists already")
            else:
                new = _replace(temporary, path, expected=generation)
                if new is None:
                    raise PreconditionFailed(f"{path} was changed by another writer (or removed)")
        return ObjectInfo(name, len(data), new, crc32c(data))

    def names(self, prefix: str = "") -> Iterator[str]:
        checked_prefix(prefix)
        folder = self._root.joinpath(*prefix.split("/")[:-1])
        found: list[str] = []
        with _translated(folder, "list"):
            for parent, _, files in os.walk(folder, onerror=_unless_missing):
                relative = Path(parent).relative_to(self._root).as_posix()
                below = "" if relative == "." else f"{relative}/"
                found += [f"{below}{file}" for file in files if not file.startswith(RESERVED)]
        yield from sorted(name for name in found if name.startswith(prefix))

    def _path(self, name: str) -> Path:
        return self._root / checked(name)

    def _read(self, name: str) -> tuple[bytes, int]:
        path = self._path(name)
        with _translated(path, "read"), path.open("rb") as file:
            return file.read(), os.fstat(file.fileno()).st_mtime_ns


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """A flushed file with `data` in the folder of `path`; removed at the end if it is still there."""
    temporary = path.parent / f"{RESERVED}{secrets.token_hex(8)}.tmp"
    with _translated(path, "write"):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Not `tempfile`: its files are private to the user, ours get the mode the umask asks for.
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            yield temporary
            _flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def _link(temporary: Path, path: Path) -> int | None:
    """Give a temporary file its name unless the name is taken (None); returns the generation."""
    generation = temporary.stat().st_mtime_ns
    try:
        os.link(temporary, path)
    except FileExistsError:
        return None
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        # A file system without hard links: then every creator comes here, and the lock decides.
        with _locked(path.parent):
            if path.exists():
                return None
            os.replace(temporary, path)
    return generation


def _replace(temporary: Path, path: Path, *, expected: int | None) -> int | None:
    """Put a temporary file over an object; None if it is gone or is not of the expected generation."""
    with _locked(path.parent):
        try:
            current = path.stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if expected is not None and current != expected:
            return None
        generation = _date_after(temporary, current)
        os.replace(temporary, path)
        return generation


def _date_after(temporary: Path, generation: int) -> int:
    """Date a file later than `generation`, by as little as the file system can express."""
    step = 1
    while (dated := temporary.stat().st_mtime_ns) <= generation:
        wanted = max(time.time_ns(), generation + step)
        os.utime(temporary, ns=(wanted, wanted))
        step *= 10
    return dated


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the kernel releases it should this process die."""
    with open(folder / _LOCK, "ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _flush_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unless_missing(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


@contextmanager
def _translated(path: Path, verb: str) -> Iterator[None]:
    """Turn the system's errors into ours, naming the path."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFound(f"no such object: {path}") from error
    except OSError as error:
        message = f"cannot {verb} {path}: {error.strerror or error}"
        if error.errno in _REFUSED:
            raise StorageError(message) from error
        raise StorageUnavailable(message) from error
