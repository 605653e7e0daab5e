"""A folder as storage.

Every write goes to a temporary file in the target's folder, is flushed to disk, and then appears under its
name in one step, so a reader sees the whole object or none. A new object appears by `os.link`, which fails
if the name is taken: of several creators exactly one wins, on network file systems too. An overwrite holds
a lock file in the target's folder (``.localizer-lock``, made at the first overwrite) while it compares and
replaces. A removal holds it too, and removes the folder with its last object, and those above it that are
empty then.

The generation of an object is its modification time in nanoseconds. Under the lock each overwrite sets a
time greater than its predecessor's, whatever the clock or the file system's time resolution, so that a
generation never comes back.
"""

from __future__ import annotations

import errno
import fcntl
import io
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from localizer.errors import ObjectNotFound, PreconditionFailed, StorageError, StorageFull, StorageUnavailable
from localizer.storage.base import Content, ObjectInfo
from localizer.storage.checksums import Crc32c, crc32c, crc32c_of_file
from localizer.storage.names import RESERVED, checked, checked_prefix

_LOCK = f"{RESERVED}lock"
_CHUNK = 1 << 20
_TRIES = 100
_EPOCH = datetime.fromtimestamp(0, UTC)
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_FULL = {errno.EDQUOT, errno.EFBIG, errno.ENOSPC}
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
        return data, _info(name, len(data), generation, crc32c(data))

    def open(self, name: str) -> BinaryIO:
        path = self._path(name)
        with _translated(path, "read"):
            return path.open("rb")  # one version of the object even while another replaces it

    def stat(self, name: str) -> ObjectInfo | None:
        path = self._path(name)
        try:
            with _translated(path, "read"), path.open("rb") as file:
                # The open file is one version of the object even while another replaces it.
                facts = os.fstat(file.fileno())
                return _info(name, facts.st_size, facts.st_mtime_ns, crc32c_of_file(file))
        except ObjectNotFound:
            return None

    def write(
        self, name: str, data: Content, *, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        path = self._path(name)
        with _temporary(path, data) as (temporary, size, checksum):
            generation = _link(temporary, path)
            while generation is None:
                # The object exists, so it is overwritten; should it vanish just now, it is created.
                generation = _replace(temporary, path, expected=None) or _link(temporary, path)
        return _info(name, size, generation, checksum)

    def create(
        self, name: str, data: Content, *, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        return self.swap(name, data, generation=0, content_type=content_type)

    def swap(
        self, name: str, data: Content, *, generation: int, content_type: str = "application/octet-stream"
    ) -> ObjectInfo:
        path = self._path(name)
        with _temporary(path, data) as (temporary, size, checksum):
            if generation == 0:
                new = _link(temporary, path)
                if new is None:
                    raise PreconditionFailed(f"{path} exists already")
            else:
                new = _replace(temporary, path, expected=generation)
                if new is None:
                    raise PreconditionFailed(f"{path} was changed by another writer (or removed)")
        return _info(name, size, new, checksum)

    def delete(self, name: str, *, generation: int | None = None) -> None:
        path = self._path(name)
        with _translated(path, "remove"):
            if not os.path.lexists(path):
                return
            try:
                with _locked(path.parent):
                    if generation is not None and path.stat().st_mtime_ns != generation:
                        raise PreconditionFailed(f"{path} was changed by another writer")
                    path.unlink()
                    _flush_folder(path.parent)
                    empty = path.parent != self._root and _remove_if_empty(path.parent)
                folder = path.parent.parent
                while empty and folder != self._root and set(os.listdir(folder)) <= {_LOCK}:
                    with _locked(folder):
                        empty = _remove_if_empty(folder)
                    folder = folder.parent
            except FileNotFoundError:
                return  # another remover was faster

    def names(self, prefix: str = "") -> Iterator[str]:
        yield from self._files(prefix)

    def infos(self, prefix: str = "") -> Iterator[ObjectInfo]:
        for name in self._files(prefix):
            path = self._root / name
            with _translated(path, "read"):
                try:
                    facts = path.stat()
                except FileNotFoundError:
                    continue  # removed since it was listed
            yield _info(name, facts.st_size, facts.st_mtime_ns, "")

    def folders(self, prefix: str = "") -> Iterator[str]:
        folder = self._root / checked_prefix(prefix)
        with _translated(folder, "list"):
            try:
                with os.scandir(folder) as entries:
                    found = sorted(e.name for e in entries if e.is_dir(follow_symlinks=False))
            except FileNotFoundError:
                found = []
        yield from (name for name in found if not name.startswith(RESERVED))

    def _files(self, prefix: str) -> Iterator[str]:
        above, _, start = checked_prefix(prefix).rpartition("/")
        folder = self._root / above if above else self._root
        with _translated(folder, "list"):
            yield from _walk(folder, f"{above}/" if above else "", start)

    def _path(self, name: str) -> Path:
        return self._root / checked(name)

    def _read(self, name: str) -> tuple[bytes, int]:
        path = self._path(name)
        with _translated(path, "read"), path.open("rb") as file:
            return file.read(), os.fstat(file.fileno()).st_mtime_ns


def _info(name: str, size: int, generation: int, checksum: str) -> ObjectInfo:
    updated = _EPOCH + timedelta(microseconds=generation // 1000)
    return ObjectInfo(name, size, generation, checksum, updated)


def _walk(folder: Path, below: str, start: str) -> Iterator[str]:
    """Files below a folder whose names begin with `start`, in the order of their full names.

    Only the names in the folders on the way are held in memory. Links to folders are not followed.
    """
    try:
        with os.scandir(folder) as entries:
            found = sorted(
                f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name
                for entry in entries
                if entry.name.startswith(start)
                and not entry.name.startswith(RESERVED)
                and not (entry.is_symlink() and entry.is_dir())
            )
    except FileNotFoundError:
        return  # removed since its parent was listed, or never there
    for name in found:
        if name.endswith("/"):
            yield from _walk(folder / name, below + name, "")
        else:
            yield below + name


@contextmanager
def _temporary(path: Path, data: Content) -> Iterator[tuple[Path, int, str]]:
    """A flushed file with `data` in the folder of `path`, its size and CRC32C; removed at the end if it is
    still there."""
    temporary = path.parent / f"{RESERVED}{secrets.token_hex(8)}.tmp"
    with _opened(data) as source, _translated(path, "write"):
        made = _made(temporary)
        try:
            with made as file:
                size, checksum = 0, Crc32c()
                while chunk := source.read(_CHUNK):
                    checksum.update(chunk)
                    file.write(chunk)
                    size += len(chunk)
                file.flush()
                os.fsync(file.fileno())
            yield temporary, size, checksum.base64
            _flush_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


def _opened(data: Content) -> BinaryIO:
    if not isinstance(data, Path):
        return io.BytesIO(data)
    with _translated(data, "read"):
        return data.open("rb")


def _made(temporary: Path) -> BinaryIO:
    """A new file, in a folder that is made where it is missing."""
    for _ in range(_TRIES):
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            # Not `tempfile`: its files are private to the user, ours get the mode the umask asks for.
            return open(temporary, "xb")
        except FileNotFoundError:
            continue  # the folder was just removed with its last object
        except FileExistsError:
            if temporary.parent.is_file():
                raise
            # Removed just then too: there when `mkdir` began, gone when it looked what is there.
    raise StorageUnavailable(f"{temporary.parent} is removed all the time; try again")


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
    """Hold the folder's lock; the kernel releases it should this process die.

    Raises:
        FileNotFoundError: the folder is gone.
    """
    while True:
        with open(folder / _LOCK, "ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                current = os.stat(folder / _LOCK)
            except FileNotFoundError:
                continue  # removed with the folder while we waited for it
            if os.path.samestat(current, os.fstat(lock.fileno())):
                yield
                return


def _remove_if_empty(folder: Path) -> bool:
    """Remove a folder that holds nothing but its lock, which is held; a writer on the way makes it anew."""
    if os.listdir(folder) != [_LOCK]:
        return False
    (folder / _LOCK).unlink()
    try:
        folder.rmdir()
    except OSError:
        return False  # somebody began to write there just now; then the folder stays
    return True


def _flush_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _translated(path: Path, verb: str) -> Iterator[None]:
    """Turn the system's errors into ours, naming the path."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFound(f"no such object: {path}") from error
    except OSError as error:
        message = f"cannot {verb} {path}: {error.strerror or error}"
        if error.errno in _FULL:
            raise StorageFull(f"{message}; free some, then the same command goes on from there") from error
        if error.errno in _REFUSED:
            raise StorageError(message) from error
        raise StorageUnavailable(message) from error
