"""Whether an image at its source is still the one that was read: what storage says of it, without its bytes.

An identity that lies would let an old picture be published as the new one, so it is given only where nothing
but the very same bytes can have it; where that is in doubt it is empty, and the image is read again.

- Of a local file: size, times and inode. Whoever writes a file changes its ctime, which cannot be set; but a
  clock has grains, and a file that is written twice within one looks the same after the second time. As in
  git's index, an identity counts only if the file had rested for two seconds when it had been read (a time
  in the future never rests). File systems that make ctime up (FUSE, FAT, SMB, squashfs …) give none.
- Of an object in a bucket: its generation, with size and checksum.
- Of an answer over HTTPS: a strong ETag, else Last-Modified; either only if the object had rested for a
  minute when the answer was dated, as servers make both from times in seconds (RFC 9110, 8.8.2.2).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path

from localizer.storage import ObjectInfo

_REST_NS = 2_000_000_000
_REST_OF_ANSWER_SECONDS = 60
_KEEP_CTIME = frozenset(
    {
        *("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "tmpfs", "overlay"),
        *("nfs", "nfs4", "ceph", "lustre", "gpfs"),
    }
)
_MOUNTS = Path("/proc/self/mountinfo")


def of_file(facts: os.stat_result) -> str:
    """Identity of a local file as it is after it was read; see `Mounts` for where it counts."""
    if time.time_ns() - max(facts.st_mtime_ns, facts.st_ctime_ns) < _REST_NS:
        return ""
    return f"file {facts.st_size} {facts.st_mtime_ns} {facts.st_ctime_ns} {facts.st_ino}"


def of_object(info: ObjectInfo) -> str:
    """Identity of an object in a bucket."""
    return f"object {info.generation} {info.size} {info.crc32c}" if info.generation and info.crc32c else ""


def of_answer(headers: Mapping[str, str]) -> str:
    """Identity of a body that came over HTTPS with these headers, for `condition`."""
    tag, modified, dated = (headers.get(name, "") for name in ("etag", "last-modified", "date"))
    if modified:
        try:
            rested = parsedate_to_datetime(dated) - parsedate_to_datetime(modified)
        except (TypeError, ValueError):
            return ""
        if rested.total_seconds() < _REST_OF_ANSWER_SECONDS:
            return ""
    if tag.startswith('"') and tag.endswith('"') and len(tag) > 2:
        return f"etag {tag}"
    return f"modified {modified}" if modified and not tag else ""


def condition(identity: str) -> dict[str, str]:
    """Headers of a request that wants a body only if it is another than the one with this identity."""
    kind, _, value = identity.partition(" ")
    name = {"etag": "If-None-Match", "modified": "If-Modified-Since"}.get(kind)
    return {name: value} if name else {}


class Mounts:
    """What lies on which kind of file system, as mounted when this is made."""

    def __init__(self) -> None:
        try:
            lines = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        except OSError:  # the system does not tell
            lines = []
        found = []
        for line in lines:
            before, _, after = line.partition(" - ")
            point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), before.split(" ")[4])
            found.append((f"{point.rstrip('/')}/", after.split(" ")[0]))
        # The innermost first, and of two at one point the later, which hides the earlier.
        self._kinds = sorted(found, key=lambda mount: len(mount[0]))[::-1]

    def keep_ctime(self, path: Path) -> bool:
        """Whether an absolute path lies on a file system that dates every change of a file by itself."""
        kind = next((kind for point, kind in self._kinds if f"{path}/".startswith(point)), "")
        return kind in _KEEP_CTIME
