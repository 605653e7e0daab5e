"""The records of one run in the workspace.

runs/<run>/plan.parquet            jobs and rejected rows
runs/<run>/rows.*                  the manifest, where it was pasted into a form
runs/<run>/copy/                   its words, see `localizer.copy.run_copy`
runs/<run>/estimate.json           what the plan was expected to take; plan.html for people
runs/<run>/results/<shard>.jsonl   results as they come, one writer per shard
runs/<run>/results.jsonl           all of them, merged, in the plan's order
runs/<run>/summary.json            them in short
runs/<run>/amendments.jsonl        what was done again in another way, see `localizer.runs.amendments`
runs/<run>/decisions.jsonl         the audit trail: only ever added to
runs/<run>/marks.json              what reviewers think so far, see `localizer.review.marks`
runs/<run>/published.json          the release that it was published as
runs/<run>/report.html             for people
runs/<run>/results.csv             for spreadsheets
runs/<run>/notices/                what people were told
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from localizer.documents import DAMAGED
from localizer.errors import ObjectNotFound, StorageError
from localizer.estimates.model import Estimate
from localizer.leases import alone
from localizer.model import Decision, Job, JobResult, Slot, Status, slot_of
from localizer.plan_files import Plan, PlanReader, read_plan, write_plan
from localizer.runs.amendments import Amendment, AmendmentTrail, in_effect
from localizer.runs.decisions import DecisionTrail, LatestDecisions
from localizer.runs.merging import Counts, line_of, local_disk, merged, read_results, temporary_folder
from localizer.runs.summary import RunSummary
from localizer.storage import Content, ObjectInfo, Storage
from localizer.storage.content_types import content_type_of

if TYPE_CHECKING:
    from localizer.notices import SentNotices

log = logging.getLogger(__name__)

_PLAIN = re.compile(r"(?!\.)[A-Za-z0-9_.-]{1,120}")
PLAN, RESULTS, DECISIONS = "plan.parquet", "results.jsonl", "decisions.jsonl"
AMENDMENTS = "amendments.jsonl"
REPORT, TABLE, PUBLISHED = "report.html", "results.csv", "published.json"
SUMMARY, NOTICES = "summary.json", "notices"
ESTIMATE, PLAN_PAGE = "estimate.json", "plan.html"

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Run:
    """Plan, results, decisions and report of one run."""

    def __init__(self, storage: Storage, run_id: str) -> None:
        self._storage = storage
        self.run_id = run_id
        self._folder = f"runs/{path_segment(run_id)}"

    def uri_of(self, name: str) -> str:
        """Path or URI of one of the run's records, such as ``report.html``."""
        return self._storage.uri_of(f"{self._folder}/{name}")

    def records(self) -> dict[str, ObjectInfo]:
        """What is stored of the run now, by name, such as ``results.jsonl``; by one listing."""
        start = len(self._folder) + 1
        return {info.name[start:]: info for info in self._storage.infos(f"{self._folder}/")}

    def save_plan_file(self, path: str | Path) -> str:
        """Keep a plan that `PlanWriter` wrote; returns its path or URI."""
        self._storage.write(f"{self._folder}/{PLAN}", Path(path), content_type=content_type_of(PLAN))
        return self.uri_of(PLAN)

    def save_plan(self, plan: Plan) -> str:
        """Keep a small plan; returns its path or URI."""
        with temporary_folder() as folder:
            write_plan(plan, folder / PLAN)
            return self.save_plan_file(folder / PLAN)

    def plan(self) -> PlanReader:
        """The plan, to be read piece by piece and closed.

        Raises:
            ObjectNotFound: the run was not planned yet.
            StorageError: the plan is damaged, or of another format version.
        """
        return PlanReader(self._storage.open(f"{self._folder}/{PLAN}"), name=self.uri_of(PLAN))

    def planned_at(self) -> datetime | None:
        """When the plan was made last, as far as storage tells; None if there is none."""
        plan = self._storage.stat(f"{self._folder}/{PLAN}")
        return plan.updated if plan is not None else None

    def save_manifest(self, name: str, data: bytes) -> str:
        """Keep a manifest that came without a file; returns its path or URI."""
        return self._write(path_segment(name), data)

    def save_copy(self, record: str, data: Content) -> str:
        """Keep one of the records of the run's copy; returns its path or URI."""
        return self._write(f"copy/{record}", data)

    def open_copy(self, record: str) -> BinaryIO:
        """One of them, to be read and closed; ObjectNotFound: the copy was not prepared."""
        return self._storage.open(f"{self._folder}/copy/{record}")

    def save_estimate(self, estimate: Estimate, page: Path) -> str:
        """Keep what the plan is expected to take, and its page (a local file); the page's path or URI."""
        self._write(ESTIMATE, json.dumps(estimate.to_dict(), ensure_ascii=False, indent=1).encode())
        return self._write(PLAN_PAGE, page)

    def estimate(self) -> Estimate | None:
        """What the plan was expected to take; None where nobody estimated, or where the record is damaged."""
        try:
            return Estimate.from_dict(json.loads(self._storage.read(f"{self._folder}/{ESTIMATE}")))
        except ObjectNotFound:
            return None
        except DAMAGED as error:
            log.warning("%s is damaged (%r); the report says nothing of it", self.uri_of(ESTIMATE), error)
            return None

    def mark_edited(self) -> None:
        """Keep when the edits were done, once, so that the report can say how far off the estimate was."""
        estimate = self.estimate()
        if estimate is not None and not estimate.edited_at:
            done = replace(estimate, edited_at=datetime.now(UTC).isoformat(timespec="milliseconds"))
            self._write(ESTIMATE, json.dumps(done.to_dict(), ensure_ascii=False, indent=1).encode())

    def load_plan(self) -> Plan:
        """A small plan, whole; raises like `plan`."""
        with self.plan() as reader:
            return read_plan(reader)

    def save_shard(self, shard: str, results: Iterable[JobResult] | Path) -> str:
        """Keep the results that a shard has so far, replacing what it had before.

        Args:
            shard: names the shard within the run; each shard has one writer at a time.
            results: or a local file of their lines, see `localizer.runs.shard_files`.
        """
        name = _shard_name(shard)
        data = results if isinstance(results, Path) else b"".join(map(line_of, results))
        self._storage.write(f"{self._folder}/{name}", data, content_type=content_type_of(name))
        return self.uri_of(name)

    def load_shard(self, shard: str) -> list[JobResult]:
        """What a shard has so far; empty if it has not begun."""
        name = f"{self._folder}/{_shard_name(shard)}"
        try:
            data = self._storage.read(name)
        except ObjectNotFound:
            return []
        return [result for result, _ in read_results(BytesIO(data), self._storage.uri_of(name))]

    def amend(self, amendment: Amendment) -> Amendment:
        """Record that a job is done again in another way; see `AmendmentTrail.ask`. It counts once `settle`
        says so, and the plan stays what it was."""
        return self._amendment_trail().ask(amendment)

    def settle(self, amendment: Amendment, *, at: str, problem: str = "") -> Amendment:
        """Record how that ended; see `AmendmentTrail.end`. Its result must be kept in its shard by then."""
        return self._amendment_trail().end(amendment, at=at, problem=problem)

    def amendments(self) -> list[Amendment]:
        """What was asked to be done again, in the order of what was last said of each; few."""
        return self._amendment_trail().read()

    def redo_lease(self, asset_id: str, locale: str) -> str:
        """Name of the lease that is held while one image is done again."""
        place = "\0".join((self.run_id, asset_id, locale)).encode("utf-8", "surrogatepass")
        return f"redo-{hashlib.sha256(place).hexdigest()[:32]}"

    def _amendment_trail(self) -> AmendmentTrail:
        return AmendmentTrail(self._storage, f"{self._folder}/{AMENDMENTS}")

    def _amended(self, plan: PlanReader) -> dict[Slot, Amendment]:
        """The amendment that counts, by the slot of the job of this plan that it speaks of."""
        known = in_effect(self.amendments())
        return {slot: known[slot] for slot in plan.slots() if slot in known} if known else {}

    def is_merged(self) -> bool:
        """Whether there are merged results."""
        return self._storage.stat(f"{self._folder}/{RESULTS}") is not None

    def is_reviewed(self) -> bool:
        """Whether anybody, or the policy, decided on any of its images."""
        return self._storage.stat(f"{self._folder}/{DECISIONS}") is not None

    def merge(self, on_result: Callable[[JobResult], None] | None = None) -> Counts:
        """Gather all shards into ``results.jsonl``: one result per rejected row and per job, as in the plan,
        or as it was amended.

        Where several shards hold a result of one job, the last that was written counts, see
        `localizer.runs.merging`. A job without any result is `failed`, "was not finished". Results of jobs
        that the plan does not have (left over from an earlier plan of this run) are left out. Of several
        processes that merge one run, each waits for the one before.

        Args:
            on_result: called with each result, in that order.

        Raises:
            ObjectNotFound: the run was not planned.
            StorageError: a record is damaged; names file and line.
        """
        lease = f"merge-{path_segment(self.run_id)}"
        counts, digest = Counts(), hashlib.sha256()
        with temporary_folder() as folder, self.plan() as plan, alone(self._storage, lease):
            counts.rejected = plan.rejected_count
            with local_disk():
                file = (folder / RESULTS).open("wb")
            with file:
                for entry, known in self._merged(plan):
                    result = self._unfinished(entry) if isinstance(entry, Job) else entry
                    line = known or line_of(result)
                    with local_disk():
                        file.write(line)
                    digest.update(line)
                    counts.add(result)
                    if on_result is not None:
                        on_result(result)
                with local_disk():
                    file.flush()
            self._storage.write(
                f"{self._folder}/{RESULTS}", folder / RESULTS, content_type=content_type_of(RESULTS)
            )
            summary = counts.summary(campaign=plan.campaign, digest=digest.hexdigest())
            self._write(SUMMARY, summary.to_bytes())
        return counts

    def summary(self) -> RunSummary | None:
        """How the run stood when it was merged last; None if it never was.

        Raises:
            StorageError: the record is damaged.
        """
        try:
            data = self._storage.read(f"{self._folder}/{SUMMARY}")
        except ObjectNotFound:
            return None
        return RunSummary.from_bytes(data, self.uri_of(SUMMARY))

    def notices(self) -> SentNotices:
        """What people were told of the run."""
        from localizer.notices.sent import SentNotices

        return SentNotices(self._storage, f"{self._folder}/{NOTICES}")

    def so_far(self) -> Iterator[JobResult | Job]:
        """What `merge` would gather now, with nothing written; a job that has no result yet comes itself."""
        with self.plan() as plan:
            for entry, _ in self._merged(plan):
                yield entry

    def _merged(self, plan: PlanReader) -> Iterator[tuple[JobResult, bytes] | tuple[Job, None]]:
        amended = {slot: each.job for slot, each in self._amended(plan).items()}
        return merged(plan, self._shards(), amended)

    def _shards(self) -> Iterator[tuple[str, BinaryIO]]:
        """Name and content of each shard's results, oldest first."""
        found = self._storage.infos(f"{self._folder}/results/")
        for info in sorted(found, key=lambda info: (info.updated or _LONG_AGO, info.name)):
            with self._storage.open(info.name) as file:
                yield self._storage.uri_of(info.name), file

    def _unfinished(self, job: Job) -> JobResult:
        return JobResult(
            job=job.key,
            asset_id=job.asset_id,
            locale=job.locale,
            status=Status.FAILED,
            reason="was not finished; run it again",
            source=self._storage.uri_of(job.source),
            source_sha256=job.source_sha256,
            rows=job.rows,
        )

    def each_result(self) -> Iterator[JobResult]:
        """The merged results, one after another. Where an image was done again since, or a merge was cut off
        before it saw that, its new result comes all the same.

        Raises:
            ObjectNotFound: not merged yet.
            StorageError: a record is damaged; names file and line.
        """
        with self._storage.open(f"{self._folder}/{RESULTS}") as file:
            places = self._amended_places()
            for result, _ in read_results(file, self.uri_of(RESULTS)):
                amendment = places.get((result.asset_id, result.locale)) if places else None
                if amendment is None or amendment.job.key == result.job:
                    yield result
                else:
                    yield self.amended_result(amendment)

    def _amended_places(self) -> dict[tuple[str, str], Amendment]:
        if not any(each.counts for each in self.amendments()):
            return {}
        with self.plan() as plan:
            return {each.place: each for each in self._amended(plan).values()}

    def amended_result(self, amendment: Amendment) -> JobResult:
        """The result of an amendment that counts.

        Raises:
            StorageError: it is gone.
        """
        slot = amendment.job.slot
        found = next((each for each in self.load_shard(amendment.shard) if slot_of(each) == slot), None)
        if found is None:
            where = self.uri_of(_shard_name(amendment.shard))
            raise StorageError(f"{where}: the result of {amendment.job.label} is gone; have it done again")
        return found

    def results(self) -> list[JobResult]:
        """The merged results of a small run; raises like `each_result`."""
        return list(self.each_result())

    def save_decisions(self, decisions: Iterable[Decision]) -> int:
        """Add to the audit trail; see `localizer.runs.decisions.DecisionTrail.add`."""
        return self.trail().add(decisions)

    def trail(self) -> DecisionTrail:
        """The audit trail: who decided what."""
        return DecisionTrail(self._storage, f"{self._folder}/{DECISIONS}")

    def decisions(self) -> list[Decision]:
        """The whole audit trail of a small run, oldest first; empty if nobody decided yet."""
        return list(self.trail().each())

    def latest_decisions(self) -> LatestDecisions:
        """The decision that counts, the last one, by job key, asset and locale."""
        return self.trail().latest()

    def mark_published(self, release_id: str, uri: str) -> None:
        """Keep that what the decisions approve was published; writes nothing if that is kept already.

        Args:
            release_id: of the release that it became.
            uri: of the release's folder.
        """
        name = f"{self._folder}/{PUBLISHED}"
        record = json.dumps({"release_id": release_id, "uri": uri}).encode() + b"\n"
        decided, known = self._storage.stat(f"{self._folder}/{DECISIONS}"), self._storage.stat(name)
        is_newer = known and decided and (known.updated or _LONG_AGO) >= (decided.updated or _LONG_AGO)
        if is_newer and self._storage.read(name) == record:
            return
        self._write(PUBLISHED, record)

    def published(self) -> tuple[str, str]:
        """Release and URI that the run was published as last; empty if it was not."""
        try:
            record = json.loads(self._storage.read(f"{self._folder}/{PUBLISHED}"))
            return str(record["release_id"]), str(record["uri"])
        except ObjectNotFound:
            return "", ""
        except DAMAGED as error:
            raise StorageError(f"{self.uri_of(PUBLISHED)} is damaged ({error!r}); publish again") from error

    def save_report(self, html: Path, table: Path) -> str:
        """Keep the report and its table, which are local files; returns the report's path or URI."""
        self._write(TABLE, table)
        return self._write(REPORT, html)

    def name_of(self, record: str) -> str:
        """Name within the workspace of one of the run's records."""
        return f"{self._folder}/{record}"

    def _write(self, name: str, data: Content) -> str:
        full = f"{self._folder}/{name}"
        self._storage.write(full, data, content_type=content_type_of(name))
        return self._storage.uri_of(full)


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
    return f"{readable}~{hashlib.sha256(identifier.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _shard_name(shard: str) -> str:
    return f"results/{path_segment(shard)}.jsonl"
