"""The ``run`` command: manifest → plan → edit → decide → publish → report, without Airflow."""

from __future__ import annotations

import os
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from localizer.approval import decide
from localizer.display import lines, one_line
from localizer.errors import InputError
from localizer.leases import alone
from localizer.model import Job, JobResult, Status
from localizer.pipeline import known_result, localize_many
from localizer.plan_files import PlanReader
from localizer.progress import Progress
from localizer.release import publish
from localizer.remote.access import access_for, use_access
from localizer.report import save_report
from localizer.runs.merging import Counts, temporary_folder
from localizer.runs.results_file import ResultsFile
from localizer.runs.shard_files import ShardSeries
from localizer.workers.pool import LONGEST_S
from localizer.workers.waiting import looked_up

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.manifest import ManifestStream
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
    dry_run: bool = False
    engine_parameters: Mapping[str, Any] = field(default_factory=dict)
    engine_url: str = ""
    requested_by: str = ""
    job_timeout: float = LONGEST_S


def run(options: RunOptions) -> Counts:
    """Do what the options say, and say on stdout what came of it.

    Raises:
        InputError: manifest, copy deck, brand kit or an option cannot be used at all.
        ConfigurationError: there is no such engine, or something is not installed.
        StorageError, TransientError: workspace, results file or release cannot be written.
    """
    from localizer.brand import load_brand
    from localizer.manifest import open_manifest

    with open_manifest(options.manifest, copy_deck=options.copy_deck) as manifest:
        brand_path = options.brand or manifest.brand
        brand = load_brand(brand_path)
        engine = options.engine or next(iter(brand.engines), "typeset")
        with use_access(engine, access_for(engine, options.engine_url)):
            return _run(options, manifest, brand, brand_path, engine)


def _run(
    options: RunOptions, manifest: ManifestStream, brand: BrandKit, brand_path: str | None, engine: str
) -> Counts:
    from localizer.workspace import Workspace

    started = time.perf_counter()
    workspace = Workspace.open(options.workspace)
    with temporary_folder() as folder:
        path = folder / "plan.parquet"
        _plan(options, manifest, workspace, brand, brand_path, engine, path)
        if options.dry_run:
            with PlanReader(path.open("rb")) as plan:
                _say(_describe(plan, workspace))
            return Counts()
        record = workspace.run(options.run_id or _run_id(options.manifest))
        with PlanReader(path.open("rb")) as plan:
            _note(
                f"{plan.campaign}: {plan.count} images planned, {plan.rejected_count} wrong in the manifest"
            )
            # One process at a time: the same command given twice finds everything done the second time.
            with alone(workspace.storage, plan.digest, on_wait=_tell_wait):
                return _finished(options, plan, path, workspace, record, engine, brand_path, started)


def _tell_wait(holder: str) -> None:
    _note(f"{holder} is doing the same right now; waiting for it")


def _finished(
    options: RunOptions,
    plan: PlanReader,
    path: Path,
    workspace: Workspace,
    record: Run,
    engine: str,
    brand_path: str | None,
    started: float,
) -> Counts:
    """Everything after the plan: edit, merge, decide, publish, report."""
    # The results file first: one that cannot be written is told before anything is.
    with ResultsFile(options.results) as file:
        record.save_plan_file(path)
        _do(options, plan, record, file, engine, brand_path)
        summary = _Summary()
        counts = record.merge(summary.add)
        file.finish(record.each_result())
    approved = record.save_decisions(decide(record.each_result(), policy=options.approve, at=_now()))
    published = None
    if options.publish:
        published = publish(record, workspace=workspace, campaign=plan.campaign, publish_uri=options.publish)
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
    return counts


def _plan(
    options: RunOptions,
    manifest: ManifestStream,
    workspace: Workspace,
    brand: BrandKit,
    brand_path: str | None,
    engine: str,
    path: Path,
) -> None:
    from localizer.engines.registry import get_engine
    from localizer.planning import plan_to_file

    plan_to_file(
        manifest,
        path,
        workspace=workspace,
        engine=get_engine(engine, **options.engine_parameters),
        brand=brand,
        image_root=options.image_root,
        locales=options.locales,
        campaign=_campaign(options.campaign) if options.campaign else None,
        made_with={
            "engine": engine,
            "engine_parameters": options.engine_parameters,
            "brand": brand_path and str(Path(brand_path).absolute()),
        },
    )


def _do(
    options: RunOptions,
    plan: PlanReader,
    record: Run,
    file: ResultsFile,
    engine: str,
    brand_path: str | None,
) -> None:
    """Edit, check and keep every image."""
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
            engine=engine,
            brand_path=brand_path,
            workers=options.workers or _default_workers(plan.count),
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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _default_workers(jobs: int) -> int:
    return max(1, min(len(os.sched_getaffinity(0)), _MOST_WORKERS, jobs))


def _describe(plan: PlanReader, workspace: Workspace) -> str:
    """What a dry run says."""
    to_edit, no_copy, cached = _Rows("to edit"), _Rows("no copy"), 0
    for job, known in looked_up(plan.jobs(), lambda job: known_result(job, workspace=workspace)):
        if job.missing_copy:
            no_copy.add(f"{job.label}: {'; '.join(job.missing_copy)}")
        elif known is None:
            to_edit.add(f"{job.label}: {_actions(job)}")
        else:
            cached += 1
    wrong, left_out, warnings = _Rows("wrong"), _Rows("left out"), _Rows("warning")
    for result in plan.rejected():
        wrong.add(f"{result.asset_id} · {result.locale}: {result.reason}")
    for asset, locale in plan.out_of_scope:
        left_out.add(f"{asset} · {locale}")
    for warning in plan.warnings:
        warnings.add(warning)
    return "\n".join(
        [
            f"{plan.campaign}: {plan.count} images: {to_edit.count} to edit, {cached} done before, "
            f"{no_copy.count} without approved copy; {plan.rejected_count} wrong in the manifest",
            *(line for rows in (to_edit, no_copy, wrong, left_out, warnings) for line in rows.lines()),
            "dry run: nothing was edited",
        ]
    )


def _actions(job: Job) -> str:
    """``2 replace_text, 1 add_text``."""
    return ", ".join(f"{count} {action}" for action, count in Counter(e.action for e in job.edits).items())


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
