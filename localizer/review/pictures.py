"""Pictures of items: the very bytes where a browser can show them, else made from them, small or large.

Nothing is shown but what the run recorded: bytes are checked against the digest in the result, for a job's
folder may have been written anew since. Nothing is called an image but what begins as one.
"""

from __future__ import annotations

import hashlib
import io
import posixpath
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from localizer.errors import ImageError, LocalizerError, NotFound, ObjectNotFound
from localizer.review.index import Row
from localizer.runs.merging import local_disk
from localizer.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

THUMBNAIL = 400
"""Long side in pixels: half of it on a screen of twice the density."""

_SHOWN = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "GIF": "image/gif"}
_SHOWN_MODES = {"1", "L", "LA", "P", "RGB", "RGBA"}  # not CMYK, nor 16 bits: browsers differ
_AT_ONCE = 2  # decodings; each may take some hundred megabytes
_KEPT_BYTES = 256 * 1024 * 1024
_KNOWN_SIZES = 100_000
_BAND = 256  # rows
_PNG_HEAD = 24  # bytes: signature, IHDR's length and name, width, height


class Kind(StrEnum):
    """What of an item is shown."""

    SOURCE = "source"
    CANDIDATE = "candidate"
    DIFFERENCE = "difference"
    THUMBNAIL = "thumbnail"
    SOURCE_THUMBNAIL = "source-thumbnail"


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture as it is sent."""

    data: bytes
    content_type: str


class Pictures:
    """Serves pictures; those that had to be made are kept on disk for a while. For any number of threads."""

    def __init__(self) -> None:
        self._made = _Kept(_KEPT_BYTES)
        self._decoding = threading.BoundedSemaphore(_AT_ONCE)
        self._sizes: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, workspace: Workspace, row: Row, kind: Kind) -> Shown:
        """A picture of an item.

        Raises:
            NotFound: it has none of that kind, or what is stored is not what the run recorded.
            StorageUnavailable: the workspace did not answer.
        """
        try:
            if kind is Kind.CANDIDATE:
                return Shown(_candidate(workspace, row), "image/png")
            if kind is Kind.SOURCE:
                return self._source(workspace, row)
            name = f"{workspace.uri}\0{row.source}\0{row.image_sha256}\0{kind}"
            known = self._made.get(name)
            if known is None:
                with self._decoding:
                    known = self._make(workspace, row, kind)
                self._made.put(name, known)
            return Shown(known, "image/png" if kind is Kind.DIFFERENCE else "image/webp")
        except ObjectNotFound:
            raise NotFound(f"the {kind} of {row.asset_id} is no longer in the workspace") from None
        except ImageError as error:
            raise NotFound(f"the {kind} of {row.asset_id} cannot be shown: {error}") from error

    def close(self) -> None:
        """Remove what was kept."""
        self._made.close()

    def _make(self, workspace: Workspace, row: Row, kind: Kind) -> bytes:
        if kind is Kind.THUMBNAIL:
            return _thumbnail(_candidate(workspace, row), "candidate.png")
        source = _checked_source(workspace, row)
        if kind is Kind.SOURCE_THUMBNAIL:
            return _thumbnail(source, posixpath.basename(row.source))
        return _difference(source, posixpath.basename(row.source), _candidate(workspace, row))

    def _source(self, workspace: Workspace, row: Row) -> Shown:
        from localizer.images import decode
        from localizer.images.sniff import identify

        data = _checked_source(workspace, row)
        name = posixpath.basename(row.source)
        form = identify(data, name=name)
        if form in _SHOWN and _mode(data, form) in _SHOWN_MODES:
            return Shown(data, _SHOWN[form])
        kept = f"{row.source}\0shown"
        known = self._made.get(kept)
        if known is None:
            with self._decoding:
                known = _png(decode(data, name=name).rgb)
            self._made.put(kept, known)
        return Shown(known, "image/png")

    def sizes(self, workspace: Workspace, rows: Iterable[Row]) -> Mapping[str, tuple[int, int]]:
        """Width and height of candidates, by digest, read from their headers; those that cannot be read are
        left out."""
        wanted = {row.image_sha256: row for row in rows if row.image_sha256}
        with self._lock:
            known = {digest: self._sizes[digest] for digest in wanted if digest in self._sizes}
        missing = [row for digest, row in wanted.items() if digest not in known]
        if missing:
            with ThreadPoolExecutor(min(8, len(missing))) as pool:
                found = pool.map(lambda row: _header_size(workspace, row), missing)
                fresh = {
                    row.image_sha256: size
                    for row, size in zip(missing, found, strict=True)
                    if size is not None
                }
            known |= fresh
            with self._lock:
                self._sizes.update(fresh)
                while len(self._sizes) > _KNOWN_SIZES:
                    self._sizes.popitem(last=False)
        return known


def _candidate(workspace: Workspace, row: Row) -> bytes:
    if not row.image_sha256:
        raise NotFound(f"there is no candidate of {row.asset_id}")
    data = workspace.storage.read(_candidate_name(row))
    if hashlib.sha256(data).hexdigest() != row.image_sha256:
        raise NotFound(f"what is stored of {row.asset_id} is not what this run made; run it again")
    return data


def _candidate_name(row: Row) -> str:
    return f"jobs/{row.job}/candidate.png"


def _checked_source(workspace: Workspace, row: Row) -> bytes:
    if not row.source:
        raise NotFound(f"there is no source of {row.asset_id}")
    data = workspace.storage.read(row.source)
    if hashlib.sha256(data).hexdigest() != posixpath.basename(row.source).split(".")[0]:
        raise NotFound(f"the stored source of {row.asset_id} is damaged")
    return data


def _mode(data: bytes, form: str) -> str:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(data), formats=[form]) as header:
            return header.mode
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ImageError(f"the {form} file is damaged") from error


def _header_size(workspace: Workspace, row: Row) -> tuple[int, int] | None:
    try:
        with workspace.storage.open(_candidate_name(row)) as file:
            head = file.read(_PNG_HEAD)
    except LocalizerError:
        return None
    if len(head) < _PNG_HEAD or not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _thumbnail(data: bytes, name: str) -> bytes:
    import numpy as np
    from PIL import Image

    from localizer.images import decode

    picture = decode(data, name=name)
    pixels = picture.rgb if picture.alpha is None else np.dstack([picture.rgb, picture.alpha])
    image = Image.fromarray(pixels)
    image.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()


def _difference(source: bytes, name: str, candidate: bytes) -> bytes:
    """The source in pale grey, and what changed on it in red: the stronger the more it changed."""
    import numpy as np

    from localizer.images import decode

    before, after = decode(source, name=name).rgb, decode(candidate, name="candidate.png").rgb
    if before.shape != after.shape:
        raise ImageError("source and candidate differ in size")
    out = np.empty_like(after)
    for top in range(0, len(out), _BAND):  # in bands, so that a large picture takes little beside itself
        old, new = before[top : top + _BAND].astype(np.int16), after[top : top + _BAND].astype(np.int16)
        change = np.abs(new - old).max(axis=2)
        pale = (160 + old.mean(axis=2) * 0.35).astype(np.uint8)
        band = out[top : top + _BAND]
        band[:] = pale[..., None]
        strength = (change > 0) * (0.45 + 0.55 * np.minimum(change, 96) / 96)
        for channel, colour in enumerate((200, 0, 40)):
            band[..., channel] = pale * (1 - strength) + colour * strength
    return _png(out)


def _png(rgb: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG", compress_level=3)
    return out.getvalue()


class _Kept:
    """Bytes by name in temporary files, the oldest of which go when there are too many bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._total = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def get(self, name: str) -> bytes | None:
        with self._lock:
            if name not in self._sizes:
                return None
            self._sizes.move_to_end(name)
            with local_disk():
                return self._path(name).read_bytes()

    def put(self, name: str, data: bytes) -> None:
        with self._lock, local_disk():
            self._path(name).write_bytes(data)
            self._total += len(data) - self._sizes.pop(name, 0)
            self._sizes[name] = len(data)
            while self._total > self._most and len(self._sizes) > 1:
                oldest, size = self._sizes.popitem(last=False)
                self._path(oldest).unlink(missing_ok=True)
                self._total -= size

    def close(self) -> None:
        with self._lock:
            if self._folder is not None:
                self._folder.cleanup()
            self._folder, self._total = None, 0
            self._sizes.clear()

    def _path(self, name: str) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="localizer-review-")
        return Path(self._folder.name, hashlib.sha256(name.encode()).hexdigest())
