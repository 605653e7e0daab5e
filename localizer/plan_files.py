"""The plan of a run, and how it is kept: a Parquet file that is written and read piece by piece.

One row for each job, each rejected result and each pair that is out of scope, in row groups of one kind and
at most 500 rows. So a task that needs fifty of ten thousand jobs reads one group, and nobody ever holds the
plan as a whole. The order in which jobs and rejected results were added is kept in the column ``place``.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from localizer.documents import DAMAGED
from localizer.errors import StorageError
from localizer.model import Job, JobResult

_FORMAT = b"3"
_GROUP = 500
_JOB, _REJECTED, _OUT_OF_SCOPE = "job", "rejected", "out_of_scope"
_COLUMNS = ("kind", "key", "asset_id", "locale", "record")


@dataclass(frozen=True, slots=True)
class Plan:
    """A small plan, whole in memory.

    Attributes:
        rejected: results of what cannot be done, with row and field in the reason.
        out_of_scope: (asset_id, locale) that the manifest has but that this run was not asked for.
        warnings: of the manifest.
    """

    campaign: str
    jobs: tuple[Job, ...]
    rejected: tuple[JobResult, ...] = ()
    out_of_scope: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


class PlanWriter:
    """Writes a plan to a local file; a context manager. Unless `finish` is called no file is left.

    Args:
        path: of the new file; an existing one is overwritten.
        campaign: folder to publish under.

    Attributes:
        count: jobs so far.
        rejected: rejected results so far.
    """

    def __init__(self, path: str | Path, *, campaign: str) -> None:
        import pyarrow.parquet as pq

        self.path = Path(path)
        self.campaign = campaign
        self.count = 0
        self.rejected = 0
        self._digest = hashlib.sha256()
        self._groups: list[tuple[str, int]] = []
        self._waiting: dict[str, list[tuple[Any, ...]]] = {_JOB: [], _REJECTED: [], _OUT_OF_SCOPE: []}
        self._schema = _schema()
        self._finished = False
        try:
            self._writer = pq.ParquetWriter(
                self.path, self._schema, compression="zstd", write_page_checksum=True
            )
        except OSError as error:
            raise StorageError(f"the plan cannot be written: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._finished:
            try:
                with _disk():
                    self._writer.close()
            finally:
                self.path.unlink(missing_ok=True)

    @property
    def digest(self) -> str:
        """Tells one plan from another: a shard's range means nothing in a plan that was made anew."""
        return self._digest.hexdigest()[:16]

    def add(self, job: Job) -> None:
        """Add the next job."""
        self._digest.update(f"{job.key}\0{job.asset_id}\0{job.locale}\n".encode())
        self._put(_JOB, job.key, job.asset_id, job.locale, job.to_dict())
        self.count += 1

    def reject(self, result: JobResult) -> None:
        """Add the result of something that cannot be done."""
        self._put(_REJECTED, result.job, result.asset_id, result.locale, result.to_dict())
        self.rejected += 1

    def finish(
        self,
        *,
        out_of_scope: Iterable[tuple[str, str]] = (),
        warnings: Sequence[str] = (),
        made_with: Mapping[str, Any] | None = None,
    ) -> None:
        """Write what is still to be written; nothing can be added after that.

        Args:
            out_of_scope: (asset_id, locale) that the manifest has but that this run was not asked for.
            warnings: of the manifest; keep them few, every reader holds them.
            made_with: what the jobs' keys were made with, see `PlanReader.made_with`; JSON-safe, no secrets.
        """
        for asset_id, locale in out_of_scope:
            self._put(_OUT_OF_SCOPE, "", asset_id, locale, None)
        with _disk():
            for kind in self._waiting:
                self._flush(kind)
            facts = {
                "campaign": self.campaign,
                "count": self.count,
                "rejected": self.rejected,
                "digest": self.digest,
                "warnings": list(warnings),
                "made_with": dict(made_with or {}),
                "groups": self._groups,
            }
            text = json.dumps(facts, ensure_ascii=False).encode()
            # Pages have checksums of their own; what is said of all of them has none.
            self._writer.add_key_value_metadata({b"plan": text, b"plan_sha256": _sha256(text)})
            self._writer.close()
        self._finished = True

    def _put(self, kind: str, key: str, asset_id: str, locale: str, record: dict[str, Any] | None) -> None:
        waiting = self._waiting[kind]
        text = json.dumps(record, ensure_ascii=False) if record is not None else ""
        waiting.append((self.count + self.rejected, kind, key, asset_id, locale, text))
        if len(waiting) == _GROUP:
            with _disk():
                self._flush(kind)

    def _flush(self, kind: str) -> None:
        import pyarrow as pa

        rows = self._waiting[kind]
        if rows:
            columns = [
                _arrow(column, field.type)
                for column, field in zip(zip(*rows, strict=True), self._schema, strict=True)
            ]
            self._writer.write_table(pa.table(columns, schema=self._schema))
            self._groups.append((kind, len(rows)))
            rows.clear()


def _arrow(values: Sequence[Any], type: Any) -> Any:
    """Numbers or text as an Arrow array.

    `pyarrow.array` would import pandas, to see whether it is given any: half a second, and 40 MB.
    """
    import pyarrow as pa

    if type == pa.string():
        builder = pa.lib.StringBuilder()
        builder.append_values(values)
        return builder.finish()
    return pa.Array.from_buffers(type, len(values), [None, pa.py_buffer(array("q", values))])


def _schema() -> Any:
    import pyarrow as pa

    fields = [pa.field("place", pa.int64()), *(pa.field(name, pa.string()) for name in _COLUMNS)]
    return pa.schema(fields, metadata={b"format": _FORMAT})


def _sha256(text: bytes) -> bytes:
    return hashlib.sha256(text).hexdigest().encode()


@contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"the plan cannot be written: {error}") from error


class PlanReader:
    """Reads a plan piece by piece; a context manager that closes the file.

    Args:
        file: seekable; read where and when something is asked for.
        name: of the plan, for errors.

    Attributes:
        count: number of jobs.
        rejected_count: number of rejected results.
        digest: as `PlanWriter.digest`.
        made_with: ``engine``, ``engine_parameters``, ``engine_conn_id`` and ``brand`` (a path) as the run was
            given them; empty where whoever planned did not say.

    Raises:
        StorageError: this is no plan, it is damaged, or one of another format version.
    """

    def __init__(self, file: BinaryIO, *, name: str = "the plan") -> None:
        import pyarrow.parquet as pq

        self._name = name
        with ExitStack() as stack:
            stack.enter_context(file)
            with self._told():
                self._file = pq.ParquetFile(file, page_checksum_verification=True)
                stack.callback(self._file.close)
                metadata = self._file.schema_arrow.metadata or {}
                if metadata.get(b"format") != _FORMAT:
                    raise StorageError(f"{name} is of another format version; plan the run again")
                if not self._file.schema_arrow.equals(_schema()):
                    raise ValueError("its columns are not what was written")
                said = self._file.metadata.metadata or {}
                if said[b"plan_sha256"] != _sha256(said[b"plan"]):
                    raise ValueError("its summary is not what was written")
                facts = json.loads(said[b"plan"])
                self.campaign: str = facts["campaign"]
                self.count: int = facts["count"]
                self.rejected_count: int = facts["rejected"]
                self.digest: str = facts["digest"]
                self.warnings: tuple[str, ...] = tuple(facts["warnings"])
                self.made_with: dict[str, Any] = dict(facts.get("made_with") or {})
                self._groups: list[tuple[str, int]] = [(kind, size) for kind, size in facts["groups"]]
                if len(self._groups) != self._file.num_row_groups:
                    raise ValueError("row groups are missing")
            self._open = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    @property
    def out_of_scope(self) -> tuple[tuple[str, str], ...]:
        """(asset_id, locale) that the manifest has but the run was not asked for; read when asked for."""
        rows = self._rows(_OUT_OF_SCOPE, ("asset_id", "locale"))
        return tuple((row["asset_id"], row["locale"]) for row in rows)

    def jobs(self, start: int = 0, stop: int | None = None) -> Iterator[Job]:
        """The jobs from `start` up to `stop`, in order.

        Raises:
            StorageError: the plan is damaged.
        """
        for row in self._rows(_JOB, ("record",), start, stop):
            yield self._job(row)

    def rejected(self) -> Iterator[JobResult]:
        """The rejected results, in order."""
        for row in self._rows(_REJECTED, ("record",)):
            yield self._result(row)

    def slots(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[str, str, str]]:
        """Key, asset and locale of jobs, without reading the whole of them."""
        for row in self._rows(_JOB, ("key", "asset_id", "locale"), start, stop):
            with self._told():
                slot = row["key"], row["asset_id"], row["locale"]
            yield slot

    def entries(self) -> Iterator[Job | JobResult]:
        """Jobs and rejected results in the order in which they were added."""
        kinds = (
            self._rows(_JOB, ("place", "kind", "record")),
            self._rows(_REJECTED, ("place", "kind", "record")),
        )
        with self._told():  # what we read may lack its columns
            for row in heapq.merge(*kinds, key=lambda row: row["place"]):
                yield self._job(row) if row["kind"] == _JOB else self._result(row)

    def _job(self, row: dict[str, Any]) -> Job:
        with self._told():
            return Job.from_dict(json.loads(row["record"]))

    def _result(self, row: dict[str, Any]) -> JobResult:
        with self._told():
            return JobResult.from_dict(json.loads(row["record"]))

    def _rows(
        self, wanted: str, columns: Sequence[str], start: int = 0, stop: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Some columns of the rows of one kind, counted within the kind; reads one group at a time."""
        first = 0
        for index, (kind, size) in enumerate(self._groups):
            if kind != wanted:
                continue
            if stop is not None and first >= stop:
                return
            if first + size > start:
                with self._told():
                    table = self._file.read_row_group(index, columns=list(columns))
                    if table.num_rows != size:
                        raise ValueError("rows are missing")
                    end = size if stop is None else min(size, stop - first)
                    rows = table.slice(max(0, start - first), end - max(0, start - first)).to_pylist()
                yield from rows
            first += size

    @contextmanager
    def _told(self) -> Iterator[None]:
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError, *DAMAGED) as error:
            raise StorageError(f"{self._name} is damaged ({error}); plan the run again") from error


def write_plan(plan: Plan, path: str | Path) -> None:
    """Write a small plan to a local file: the rejected results, then the jobs."""
    with PlanWriter(path, campaign=plan.campaign) as writer:
        for result in plan.rejected:
            writer.reject(result)
        for job in plan.jobs:
            writer.add(job)
        writer.finish(out_of_scope=plan.out_of_scope, warnings=plan.warnings)


def read_plan(reader: PlanReader) -> Plan:
    """A small plan, whole."""
    return Plan(
        campaign=reader.campaign,
        jobs=tuple(reader.jobs()),
        rejected=tuple(reader.rejected()),
        out_of_scope=reader.out_of_scope,
        warnings=reader.warnings,
    )
