"""The ``run`` command: manifest → plan → edit → decide → publish → report, without Airflow."""

from __future__ import annotations

import os
import re
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from localizer.approval import decide
from localizer.display import lines, one_line
from localizer.errors import InputError
from localizer.estimates.words import copy_facts, copy_headline
from localizer.leases import alone
from localizer.model import JobResult, Status
from localizer.pace import Pace, pace_name
from localizer.pipeline import localize_many
from localizer.plan_files import PlanReader
from localizer.progress import Progress
from localizer.provenance.keys import key_from_environment
from localizer.release import publish
from localizer.remote.access import access_for, use_access
from localizer.report import save_report
from localizer.runs.merging import Counts, temporary_folder
from localizer.runs.results_file import ResultsFile
from localizer.runs.shard_files import ShardSeries
from localizer.times import iso_utc
from localizer.workers.pool import LONGEST_S

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copy.prepared import PreparedCopy
    from localizer.engines.base import Engine
    from localizer.release import Published
    from localizer.runs import Run
    from localizer.workspace import Workspace

_MOST_WORKERS = 4  # each holds its own models, 0.5 GB or so
_SHOWN = 12  # rows of each kind that the summary spells out


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line asks for; see ``python -m localizer run --help``."""

    manifest: str
    workspace: str
    image_root: str | None = None
    results: Path | None = None
    engine: str | None = None
    brand: str | None = None
    copy_deck: str | None = None
    approve: str = "none"
    publish: str | None = None
    workers: int | None = None
    locales: tuple[str, ...] = ()
    campaign: str | None = None
    run_id: str | None = None
    engine_parameters: Mapping[str, Any] = field(default_factory=dict)
    engine_url: str = ""
    requested_by: str = ""
    job_timeout: float = LONGEST_S


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that is open, and what it was made with.

    Attributes:
        path: of the plan's local file.
        engine_name: as it was asked for: a name, or an import path.
        copy: what its words are, in short.
    """

    plan: PlanReader
    path: Path
    workspace: Workspace
    engine: Engine
    engine_name: str
    brand: BrandKit
    brand_path: str | None
    copy: PreparedCopy


def run(options: RunOptions) -> Counts:
    """Do what the options say, and say on stdout what came of it.

    Raises:
        InputError: manifest, copy deck, brand kit or an option cannot be used at all.
        ConfigurationError: there is no such engine, or something is not installed.
        StorageError, TransientError: workspace, results file or release cannot be written.
    """
    started = time.perf_counter()
    if options.publish:
        key_from_environment()  # one that cannot be used is told before any image is edited
    run_id = options.run_id or _run_id(options.manifest)
    with prepared(options, run_id=run_id) as ready:
        plan, workspace = ready.plan, ready.workspace
        record = workspace.run(run_id)
        for fact in copy_facts(ready.copy):
            _note(fact)
        _note(f"{plan.campaign}: {plan.count} images planned, {plan.rejected_count} wrong in the manifest")
        # One process at a time: the same command given twice finds everything done the second time.
        with alone(workspace.storage, plan.digest, on_wait=_tell_wait):
            return _finished(options, ready, record, started)


@contextmanager
def prepared(options: RunOptions, *, run_id: str = "") -> Iterator[Prepared]:
    """Read the manifest, prepare its copy and plan it; the engine has access to its service for the length of
    the block.

    Args:
        run_id: keeps the copy's records; empty: a dry run, which keeps none.

    Raises like `run`.
    """
    from localizer.brand import load_brand
    from localizer.copy.preparing import prepare_copy
    from localizer.copy.run_copy import open_copy
    from localizer.engines.registry import get_engine
    from localizer.manifest import open_manifest
    from localizer.planning import plan_to_file
    from localizer.workspace import Workspace

    with (
        open_manifest(options.manifest, copy_deck=options.copy_deck) as manifest,
        temporary_folder() as folder,
    ):
        brand_path = options.brand or manifest.brand
        brand = load_brand(brand_path)
        name = options.engine or next(iter(brand.engines), "typeset")
        with use_access(name, access_for(name, options.engine_url)):
            workspace = Workspace.open(options.workspace)
            engine = get_engine(name, **options.engine_parameters)
            path = folder / "plan.parquet"
            where = workspace.run(run_id) if run_id else folder / "copy"
            copy = prepare_copy(
                manifest,
                workspace=workspace,
                run=where,
                brand=brand,
                image_root=options.image_root,
                locales=options.locales,
                workers=options.workers or default_workers(),
                dry_run=not run_id,
                last_try=True,
            )
            with open_copy(where) as run_copy:
                plan_to_file(
                    manifest,
                    path,
                    workspace=workspace,
                    engine=engine,
                    brand=brand,
                    image_root=options.image_root,
                    locales=options.locales,
                    campaign=_campaign(options.campaign) if options.campaign else None,
                    made_with={
                        "engine": name,
                        "engine_parameters": options.engine_parameters,
                        "brand": brand_path and str(Path(brand_path).absolute()),
                    },
                    copy=run_copy,
                )
            with PlanReader(path.open("rb")) as plan:
                yield Prepared(plan, path, workspace, engine, name, brand, brand_path, copy)


def _tell_wait(holder: str) -> None:
    _note(f"{holder} is doing the same right now; waiting for it")


def _finished(options: RunOptions, ready: Prepared, record: Run, started: float) -> Counts:
    """Everything after the plan: edit, merge, decide, publish, report."""
    plan, workspace = ready.plan, ready.workspace
    # The results file first: one that cannot be written is told before anything is.
    with ResultsFile(options.results) as file:
        record.save_plan_file(ready.path)
        _do(options, ready, record, file)
        summary, pace = _Summary(), Pace()

        def take(result: JobResult) -> None:
            summary.add(result)
            pace.add(result)

        counts = record.merge(take)
        pace.save(workspace.storage, pace_name(ready.engine))
        file.finish(record.each_result())
    approved = record.save_decisions(decide(record.each_result(), policy=options.approve, at=iso_utc()))
    published = None
    if options.publish:
        published = publish(
            record,
            workspace=workspace,
            campaign=plan.campaign,
            publish_uri=options.publish,
            key=key_from_environment(),
        )
    seconds = time.perf_counter() - started
    report = save_report(
        workspace,
        record,
        release_id=(published and published.release_id) or "",
        release_uri=(published and published.uri) or "",
        seconds=seconds,
    )
    _say(summary.text(counts, seconds))
    _say(_places(options, record, report, published, approved))
    if ready.copy.to_fill:
        _say(f"copy     {copy_headline(ready.copy)}; fill in what is open and give it with --copy-deck:")
        _say(f"         {ready.copy.to_fill}")
    return counts


def _do(options: RunOptions, ready: Prepared, record: Run, file: ResultsFile) -> None:
    """Edit, check and keep every image."""
    plan = ready.plan
    shards = f"run-{secrets.token_hex(4)}"  # of this process: the same command may run twice at once
    with Progress(plan.rejected_count + plan.count) as progress, ShardSeries(record, shards) as series:
        for rejected in plan.rejected():
            file.add(rejected)
            progress.add(rejected)

        def done(result: JobResult) -> None:
            series.add(result)
            file.add(result)
            progress.add(result)

        localize_many(
            plan.jobs(),
            workspace_uri=options.workspace,
            engine=ready.engine_name,
            brand_path=ready.brand_path,
            workers=options.workers or default_workers(plan.count),
            on_result=done,
            engine_parameters=options.engine_parameters,
            requested_by=options.requested_by,
            job_timeout=options.job_timeout,
        )


def _campaign(name: str) -> str:
    from localizer.manifest.values import parse_name

    try:
        return parse_name(name)
    except ValueError as exc:
        raise InputError(f"--campaign {exc}") from exc


def _run_id(manifest: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", PurePosixPath(manifest).stem).strip("-.") or "manifest"
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{stem[:60]}"


def default_workers(jobs: int = _MOST_WORKERS) -> int:
    """Processes for so many jobs (default: for many), where nobody says."""
    return max(1, min(len(os.sched_getaffinity(0)), _MOST_WORKERS, jobs))


class _Rows:
    """Rows of one kind, of which the first few are shown."""

    def __init__(self, name: str) -> None:
        self.count = 0
        self._name, self._shown = name, list[str]()

    def add(self, row: str) -> None:
        self.count += 1
        if self.count <= _SHOWN:
            self._shown.append(f"{self._name:8s} {row}")

    def lines(self) -> list[str]:
        more = self.count - len(self._shown)
        return [*self._shown, f"{'':8s} … and {more} more"] if more else self._shown


class _Summary:
    """What the run says at its end."""

    def __init__(self) -> None:
        self._rows = {Status.FAILED: _Rows("failed"), Status.NEEDS_REVIEW: _Rows("review")}

    def add(self, result: JobResult) -> None:
        if result.status in self._rows:
            self._rows[result.status].add(f"{result.asset_id} · {result.locale}: {result.reason}")

    def text(self, counts: Counts, seconds: float) -> str:
        return "\n".join(
            [
                *(line for rows in self._rows.values() for line in rows.lines()),
                f"{counts.total} images: {counts.passed} passed, {counts.needs_review} need review, "
                f"{counts.failed} failed; {counts.cached} reused ({counts.hit_rate:.0%}); {seconds:.1f} s",
            ]
        )


def _places(
    options: RunOptions,
    record: Run,
    report: str,
    published: Published | None,
    approved: int,
) -> str:
    results = options.results.absolute() if options.results else record.uri_of("results.jsonl")
    lines = [f"results  {results}", f"report   {report}"]
    if published is not None:
        lines.append(f"release  {published.message}")
        if published.uri:
            lines.append(f"         {published.uri}")
    else:
        lines.append(f"release  none asked for ({approved} approved)")
    return "\n".join(lines)


def _note(text: str) -> None:
    sys.stderr.write(one_line(text) + "\n")


def _say(text: str) -> None:
    sys.stdout.write(lines(text) + "\n")
