"""The workspace: sources, job results and runs, on any storage.

    sources/<sha256>.<ext>             what came in, stored once
    jobs/<key>/candidate.png, ...      what an engine made of it
    jobs/<key>/result.json             written last; without it, or if it does not match, there is no result
    runs/<run>/...                     see `localizer.runs.run`
    credentials/...                    signed files, see `localizer.provenance.signing`
    indexes/sources/...                see `localizer.sources.index`; may be removed at any time

A result names its files by size and checksum. Should two runs save different bytes for one job key at the
same time, a mix of the two does not match and counts as no result, so the job is simply done again.
"""

from __future__ import annotations

import hashlib
import json
import logging
import posixpath
import re
from collections.abc import Mapping
from typing import Any

from localizer.documents import DAMAGED
from localizer.errors import ChecksumMismatch, ObjectNotFound, PreconditionFailed, StorageError
from localizer.model import Job, JobResult
from localizer.runs import Run
from localizer.storage import ObjectInfo, Storage, open_storage
from localizer.storage.checksums import crc32c
from localizer.storage.content_types import content_type_of

log = logging.getLogger(__name__)

_KEY = re.compile(r"[0-9A-Za-z_-]{1,128}")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")
_RESULT = "result.json"


class Workspace:
    """Everything that tasks share. Open it by URI in each task; it holds no state of its own."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    @classmethod
    def open(cls, uri: str, *, client: Any = None) -> Workspace:
        """The workspace at a path or ``gs://`` URI; see `localizer.storage.open_storage`."""
        return cls(open_storage(uri, client=client))

    @property
    def uri(self) -> str:
        return self.storage.uri

    def run(self, run_id: str) -> Run:
        """The records of one run; any run id will do, Airflow's with ``:`` and ``+`` too."""
        return Run(self.storage, run_id)

    def put_source(self, data: bytes, extension: str) -> tuple[str, str]:
        """Keep a source image; storing the same bytes again does nothing.

        Args:
            extension: of the file, with or without the dot.

        Returns:
            Its workspace-relative name, and its SHA-256.

        Raises:
            StorageError: not an extension.
        """
        stored, sha256 = self.store_source(data, extension)
        return stored.name, sha256

    def store_source(self, data: bytes, extension: str) -> tuple[ObjectInfo, str]:
        """Like `put_source`; what is known of the stored object, and its SHA-256."""
        suffix = extension.lower().removeprefix(".")
        if not _EXTENSION.fullmatch(suffix):
            raise StorageError(f"{extension!r} is not a file extension")
        sha256 = hashlib.sha256(data).hexdigest()
        name = f"sources/{sha256}.{suffix}"
        stored = self.storage.stat(name)
        if stored is None:
            try:
                return self.storage.create(name, data, content_type=content_type_of(name)), sha256
            except PreconditionFailed:
                stored = self.storage.stat(name)
        if stored is None or (stored.size, stored.crc32c) != (len(data), crc32c(data)):
            log.warning("%s was damaged and is stored anew", self.storage.uri_of(name))
            stored = self.storage.write(name, data, content_type=content_type_of(name))
        return stored, sha256

    def read_source(self, job: Job) -> bytes:
        """The source of a job.

        Raises:
            ObjectNotFound: it is gone.
            ChecksumMismatch: it is not what was planned.
        """
        data = self.storage.read(job.source)
        if hashlib.sha256(data).hexdigest() != job.source_sha256:
            raise ChecksumMismatch(f"{self.storage.uri_of(job.source)} is not the image that was planned")
        return data

    def save_result(self, result: JobResult, files: Mapping[str, bytes]) -> JobResult:
        """Keep a result and its files, the record last.

        Args:
            result: `image`, `delivered` and `handover` are keys of `files` or None; `source` is
                workspace-relative (or located in this workspace), or None.
            files: by bare name, such as ``candidate.png``.

        Returns:
            The result with paths or URIs in place of names, and the files' SHA-256 set.

        Raises:
            StorageError: a malformed key or file name, or one that the result names is not among the files.
        """
        folder = _job_folder(result.job)
        for name in (result.image, result.delivered, result.handover):
            if name is not None and name not in files:
                raise StorageError(f"job {result.job}: {name!r} is not among the files to save")
        result = result.with_changes(
            source=result.source and result.source.removeprefix(f"{self.uri}/"),
            image_sha256=_sha256(files, result.image),
            delivered_sha256=_sha256(files, result.delivered),
        )
        facts: dict[str, dict[str, Any]] = {}
        for name, data in files.items():
            if "/" in name or name == _RESULT:
                raise StorageError(f"job {result.job}: {name!r} is not a bare file name")
            stored = self.storage.write(f"{folder}/{name}", data, content_type=content_type_of(name))
            facts[name] = {"size": stored.size, "crc32c": stored.crc32c}
        record = json.dumps(result.to_dict() | {"files": facts}, ensure_ascii=False, indent=1)
        self.storage.write(f"{folder}/{_RESULT}", record.encode(), content_type=content_type_of(_RESULT))
        return self._located(result)

    def load_result(self, key: str) -> JobResult | None:
        """The saved result of a job key, or None if there is none that its files bear out."""
        folder = _job_folder(key)
        try:
            record = json.loads(self.storage.read(f"{folder}/{_RESULT}"))
            result = JobResult.from_dict(record)
            facts = {
                str(name): (fact["size"], fact["crc32c"]) for name, fact in dict(record["files"]).items()
            }
        except ObjectNotFound:
            return None
        except DAMAGED as error:
            log.warning("%s is unreadable (%r); the job is done again", self.storage.uri_of(folder), error)
            return None
        there = {info.name: info for info in self.storage.infos(f"{folder}/")}  # one request for all
        for name, fact in facts.items():
            stored = there.get(f"{folder}/{name}")
            if stored is not None and not stored.crc32c:  # a local file's is worked out when asked for
                stored = self.storage.stat(f"{folder}/{name}")
            if stored is None or (stored.size, stored.crc32c) != fact:
                found = "missing" if stored is None else "not the one recorded"
                log.warning("%s/%s is %s; the job is done again", self.storage.uri_of(folder), name, found)
                return None
        return self._located(result)

    def delivered_name(self, result: JobResult) -> str | None:
        """Workspace-relative name of a located result's delivered file, wherever the workspace is now."""
        if result.delivered is None:
            return None
        return f"{_job_folder(result.job)}/{posixpath.basename(result.delivered)}"

    def _located(self, result: JobResult) -> JobResult:
        folder = _job_folder(result.job)
        return result.with_changes(
            image=result.image and self.storage.uri_of(f"{folder}/{result.image}"),
            delivered=result.delivered and self.storage.uri_of(f"{folder}/{result.delivered}"),
            handover=result.handover and self.storage.uri_of(f"{folder}/{result.handover}"),
            source=result.source and self.storage.uri_of(result.source),
        )

    def source_name(self, result: JobResult) -> str:
        """Like `delivered_name`, of a result's source; empty if there is none."""
        return f"sources/{posixpath.basename(result.source)}" if result.source else ""


def _job_folder(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise StorageError(f"{key!r} is not a job key (letters, digits, '-' and '_')")
    return f"jobs/{key}"


def _sha256(files: Mapping[str, bytes], name: str | None) -> str | None:
    return None if name is None else hashlib.sha256(files[name]).hexdigest()
