"""The records of one run in the workspace.

runs/<run>/plan.parquet            jobs and rejected rows
runs/<run>/results/<shard>.jsonl   results as they come, one writer per shard
runs/<run>/results.jsonl           all of them, merged, in the plan's order
runs/<run>/decisions.jsonl         the audit trail: only ever added to
runs/<run>/report.html             for people
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from localizer.errors import ObjectNotFound, PreconditionFailed, StorageError, StorageUnavailable
from localizer.model import Decision, Job, JobResult, Status
from localizer.plan_files import Plan, plan_from_parquet, plan_to_parquet
from localizer.storage import Storage
from localizer.storage.content_types import content_type_of

_PLAIN = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,120}")
_PLAN, _RESULTS, _DECISIONS, _REPORT = "plan.parquet", "results.jsonl", "decisions.jsonl", "report.html"
_TRIES = 20

_Record = TypeVar("_Record")
_Slot = tuple[str, str, str]  # job key, asset, locale: two assets may share one key


class Run:
    """Plan, results, decisions and report of one run."""

    def __init__(self, storage: Storage, run_id: str) -> None:
        self._storage = storage
        self.run_id = run_id
        self._folder = f"runs/{path_segment(run_id)}"

    def uri_of(self, name: str) -> str:
        """Path or URI of one of the run's records, such as ``report.html``."""
        return self._storage.uri_of(f"{self._folder}/{name}")

    def save_plan(self, plan: Plan) -> str:
        """Keep the plan; returns its path or URI."""
        return self._write(_PLAN, plan_to_parquet(plan))

    def load_plan(self) -> Plan:
        """The plan.

        Raises:
            ObjectNotFound: the run was not planned yet.
        """
        return plan_from_parquet(self._storage.read(f"{self._folder}/{_PLAN}"))

    def save_shard(self, shard: str, results: Iterable[JobResult]) -> str:
        """Keep the results that a shard has so far, replacing what it had before.

        Args:
            shard: names the shard within the run; each shard has one writer at a time.
        """
        return self._write(_shard_name(shard), _lines(r.to_dict() for r in results))

    def load_shard(self, shard: str) -> list[JobResult]:
        """What a shard has so far; empty if it has not begun."""
        return self._read(_shard_name(shard), JobResult.from_dict, missing_ok=True)

    def merge(self) -> list[JobResult]:
        """Gather all shards into ``results.jsonl``: one result per rejected row and per job, in that order.

        Where several shards hold a result for the same job, the one whose shard name sorts last counts.
        A job without any result is `failed`, "was not finished". Results of jobs that the plan does not
        have (left over from an earlier plan of this run) are left out.

        Raises:
            ObjectNotFound: the run was not planned.
            StorageError: a record is damaged; names file and line.
        """
        plan = self.load_plan()
        found: dict[_Slot, JobResult] = {}
        for name in self._storage.names(f"{self._folder}/results/"):
            for result in self._read(name.removeprefix(f"{self._folder}/"), JobResult.from_dict):
                found[_slot(result)] = result
        merged = list(plan.rejected)
        for job in plan.jobs:
            done = found.get((job.key, job.asset_id, job.locale))
            merged.append(done or self._unfinished(job))
        self._write(_RESULTS, _lines(r.to_dict() for r in merged))
        return merged

    def _unfinished(self, job: Job) -> JobResult:
        return JobResult(
            job=job.key,
            asset_id=job.asset_id,
            locale=job.locale,
            status=Status.FAILED,
            reason="was not finished; run it again",
            source=self._storage.uri_of(job.source),
            source_sha256=job.source_sha256,
            rows=tuple(sorted({e.row for e in job.edits if e.row is not None})),
        )

    def results(self) -> list[JobResult]:
        """The merged results.

        Raises:
            ObjectNotFound: not merged yet.
        """
        return self._read(_RESULTS, JobResult.from_dict)

    def save_decisions(self, decisions: Iterable[Decision]) -> None:
        """Add to the audit trail. Safe while others add; adding the very same decision again does nothing.

        Raises:
            StorageUnavailable: others wrote all the time.
        """
        name = f"{self._folder}/{_DECISIONS}"
        new = list(dict.fromkeys(decisions))
        for _ in range(_TRIES):
            try:
                data, info = self._storage.read_with_info(name)
                generation = info.generation
            except ObjectNotFound:
                data, generation = b"", 0
            known = set(_parse(data, Decision.from_dict, self._storage.uri_of(name)))
            added = [d for d in new if d not in known]
            if not added:
                return
            data += _lines(d.to_dict() for d in added)
            try:
                self._storage.swap(name, data, generation=generation, content_type=content_type_of(name))
            except PreconditionFailed:
                continue
            return
        raise StorageUnavailable(f"{self._storage.uri_of(name)}: others kept writing; try again")

    def decisions(self) -> list[Decision]:
        """The whole audit trail, oldest first; empty if nobody decided yet."""
        return self._read(_DECISIONS, Decision.from_dict, missing_ok=True)

    def latest_decisions(self) -> dict[tuple[str, str, str], Decision]:
        """The decision that counts, the last one, by job key, asset and locale."""
        return {(d.job, d.asset_id, d.locale): d for d in self.decisions()}

    def save_report(self, html: str) -> str:
        """Keep the report; returns its path or URI."""
        return self._write(_REPORT, html.encode())

    def _write(self, name: str, data: bytes) -> str:
        full = f"{self._folder}/{name}"
        self._storage.write(full, data, content_type=content_type_of(name))
        return self._storage.uri_of(full)

    def _read(
        self, name: str, parse: Callable[[dict[str, Any]], _Record], *, missing_ok: bool = False
    ) -> list[_Record]:
        full = f"{self._folder}/{name}"
        try:
            data = self._storage.read(full)
        except ObjectNotFound:
            if missing_ok:
                return []
            raise
        return _parse(data, parse, self._storage.uri_of(full))


def path_segment(identifier: str) -> str:
    """One safe path segment for any identifier, readable, and never the same for two.

    A plain identifier is kept. Any other gets its odd characters replaced and ``~`` plus a hash of the
    whole added; as ``~`` is odd itself, no plain identifier can look like that.

    Raises:
        StorageError: empty.
    """
    if not identifier:
        raise StorageError("a run id is empty")
    if _PLAIN.fullmatch(identifier):
        return identifier
    readable = re.sub(r"[^A-Za-z0-9_.-]", "-", identifier).lstrip(".")[:80]
    return f"{readable}~{hashlib.sha256(identifier.encode()).hexdigest()[:16]}"


def _shard_name(shard: str) -> str:
    return f"results/{path_segment(shard)}.jsonl"


def _slot(result: JobResult) -> _Slot:
    return result.job, result.asset_id, result.locale


def _lines(records: Iterable[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in records)


def _parse(data: bytes, parse: Callable[[dict[str, Any]], _Record], where: str) -> list[_Record]:
    records = []
    # Not splitlines(): text may hold U+2028, which ends a line there but not in JSON Lines.
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            records.append(parse(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise StorageError(f"{where}, line {number}: damaged record ({error!r})") from error
    return records
