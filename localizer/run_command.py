"""The ``run`` command: manifest → plan → edit → decide → publish → report, without Airflow."""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from localizer.approval import decide
from localizer.errors import InputError, StorageError
from localizer.model import Decision, Job, JobResult, Status
from localizer.pipeline import known_result, localize_many
from localizer.progress import Progress
from localizer.remote.access import REMOTE_ENGINES, access_from_environment, use_access
from localizer.worker_pool import LONGEST_S

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.manifest import Manifest
    from localizer.planning import Plan
    from localizer.release import Published
    from localizer.remote.access import Access
    from localizer.runs import Run
    from localizer.workspace import Workspace

_MOST_WORKERS = 4  # each holds its own models, 0.5 GB or so
_SHOWN = 12  # rows of each kind that the summary spells out
_SHARD = "run"


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


def run(options: RunOptions) -> list[JobResult]:
    """Do what the options say, and say on stdout what came of it; results in manifest order.

    Raises:
        InputError: manifest, copy deck, brand kit or an option cannot be used at all.
        ConfigurationError: there is no such engine, or something is not installed.
        StorageError, TransientError: workspace, results file or release cannot be written.
    """
    from localizer.brand import load_brand
    from localizer.manifest import load_manifest

    manifest = load_manifest(options.manifest, copy_deck=options.copy_deck)
    brand_path = options.brand or manifest.brand
    brand = load_brand(brand_path)
    engine = options.engine or next(iter(brand.engines), "typeset")
    with use_access(engine, _access(engine, options.engine_url)):
        return _run(options, manifest, brand, brand_path, engine)


def _access(engine: str, url: str) -> Access | None:
    if engine in REMOTE_ENGINES:
        return access_from_environment(url)
    if url:
        raise InputError(
            f"--engine-url: engine {engine!r} calls no service; these do: {', '.join(REMOTE_ENGINES)}"
        )
    return None


def _run(
    options: RunOptions, manifest: Manifest, brand: BrandKit, brand_path: str | None, engine: str
) -> list[JobResult]:
    from localizer.engines.registry import get_engine
    from localizer.planning import plan_manifest
    from localizer.release import publish
    from localizer.workspace import Workspace

    started = time.perf_counter()
    workspace = Workspace.open(options.workspace)
    plan = plan_manifest(
        manifest,
        workspace=workspace,
        engine=get_engine(engine, **options.engine_parameters),
        brand=brand,
        image_root=options.image_root,
        locales=options.locales,
    )
    if options.campaign:
        plan = replace(plan, campaign=_campaign(options.campaign))
    if options.dry_run:
        _say(_describe(plan, workspace))
        return list(plan.rejected)

    _note(f"{plan.campaign}: {len(plan.jobs)} images planned, {len(plan.rejected)} wrong in the manifest")
    record = workspace.run(options.run_id or _run_id(options.manifest))
    record.save_plan(plan)
    with _ResultsFile(options.results) as file, Progress(len(plan.rejected) + len(plan.jobs)) as progress:

        def done(result: JobResult) -> None:
            file.add(result)
            progress.add(result)

        for rejected in plan.rejected:
            done(rejected)
        made = localize_many(
            plan.jobs,
            workspace_uri=options.workspace,
            engine=engine,
            brand_path=brand_path,
            workers=options.workers or _default_workers(len(plan.jobs)),
            on_result=done,
            engine_parameters=options.engine_parameters,
            requested_by=options.requested_by,
            job_timeout=options.job_timeout,
        )
        record.save_shard(_SHARD, made)
        record.merge()
        results = in_manifest_order(record.results())
        file.finish(results)
    decisions = decide(results, policy=options.approve, at=_now())
    record.save_decisions(decisions)
    published = None
    if options.publish:
        published = publish(record, workspace=workspace, campaign=plan.campaign, publish_uri=options.publish)
    seconds = time.perf_counter() - started
    report = _report(record, workspace, plan, results, published, seconds)
    _say(_summary(results, seconds))
    _say(_places(options, record, report, published, decisions))
    return results


def in_manifest_order(results: Sequence[JobResult]) -> list[JobResult]:
    """By the first manifest row that each came from; rows that no one numbered stay last."""
    return sorted(results, key=lambda r: r.rows[0] if r.rows else sys.maxsize)


class _ResultsFile:
    """``--results``: lines as results come, so that a killed run leaves them; at the end, in order."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._file = None
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._file = path.open("w", encoding="utf-8")
            except OSError as exc:
                raise StorageError(f"--results {path}: cannot be written: {exc.strerror}") from exc

    def __enter__(self) -> _ResultsFile:
        return self

    def __exit__(self, kind: object, value: object, traceback: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, result: JobResult) -> None:
        if self._file is not None:
            self._file.write(_line(result))
            self._file.flush()

    def finish(self, results: Sequence[JobResult]) -> None:
        """Replace the file by the whole, in order, in one step."""
        if self.path is None:
            return
        whole = self.path.with_name(f"{self.path.name}.partial")
        whole.write_text("".join(map(_line, results)), encoding="utf-8")
        whole.replace(self.path)


def _line(result: JobResult) -> str:
    return json.dumps(result.to_dict(), ensure_ascii=False) + "\n"


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


def _report(
    record: Run,
    workspace: Workspace,
    plan: Plan,
    results: Sequence[JobResult],
    published: Published | None,
    seconds: float,
) -> str:
    from localizer.report import render_report

    html = render_report(
        campaign=plan.campaign,
        run_id=record.run_id,
        results=results,
        generated_at=datetime.now(UTC),
        read=workspace.storage.read,
        warnings=plan.warnings,
        out_of_scope=plan.out_of_scope,
        decisions=list(record.latest_decisions().values()),
        release_id=(published and published.release_id) or "",
        release_uri=(published and published.uri) or "",
        seconds=seconds,
    )
    return record.save_report(html)


def _describe(plan: Plan, workspace: Workspace) -> str:
    """What a dry run says."""
    known = {id(job): known_result(job, workspace=workspace) for job in plan.jobs}
    missing = [job for job in plan.jobs if job.missing_copy]
    cached = [job for job in plan.jobs if (r := known[id(job)]) is not None and r.cached]
    to_do = [job for job in plan.jobs if known[id(job)] is None]
    lines = [
        f"{plan.campaign}: {len(plan.jobs)} images: {len(to_do)} to edit, {len(cached)} done before, "
        f"{len(missing)} without approved copy; {len(plan.rejected)} wrong in the manifest",
        *_rows("to edit", [f"{job.label}: {_actions(job)}" for job in to_do]),
        *_rows("no copy", [f"{j.label}: {'; '.join(j.missing_copy)}" for j in missing]),
        *_rows("wrong", [f"{r.asset_id} · {r.locale}: {r.reason}" for r in plan.rejected]),
        *_rows("left out", [f"{asset} · {locale}" for asset, locale in plan.out_of_scope]),
        *_rows("warning", plan.warnings),
        "dry run: nothing was edited",
    ]
    return "\n".join(lines)


def _actions(job: Job) -> str:
    """``2 replace_text, 1 add_text``."""
    return ", ".join(f"{count} {action}" for action, count in Counter(e.action for e in job.edits).items())


def _summary(results: Sequence[JobResult], seconds: float) -> str:
    counts = Counter(r.status for r in results)
    cached = sum(r.cached for r in results)
    named = [r for r in results if r.status is not Status.PASSED]
    by_status = {
        status: [f"{r.asset_id} · {r.locale}: {r.reason}" for r in named if r.status is status]
        for status in (Status.FAILED, Status.NEEDS_REVIEW)
    }
    return "\n".join(
        [
            *_rows("failed", by_status[Status.FAILED]),
            *_rows("review", by_status[Status.NEEDS_REVIEW]),
            f"{len(results)} images: {counts[Status.PASSED]} passed, "
            f"{counts[Status.NEEDS_REVIEW]} need review, {counts[Status.FAILED]} failed; "
            f"{cached} reused; {seconds:.1f} s",
        ]
    )


def _places(
    options: RunOptions,
    record: Run,
    report: str,
    published: Published | None,
    decisions: Sequence[Decision],
) -> str:
    results = options.results.absolute() if options.results else record.uri_of("results.jsonl")
    lines = [f"results  {results}", f"report   {report}"]
    if published is not None:
        lines.append(f"release  {published.message}")
        if published.uri:
            lines.append(f"         {published.uri}")
    else:
        lines.append(f"release  none asked for ({len(decisions)} approved)")
    return "\n".join(lines)


def _rows(name: str, rows: Sequence[str]) -> list[str]:
    shown = [f"{name:8s} {row}" for row in rows[:_SHOWN]]
    return shown if len(rows) <= _SHOWN else [*shown, f"{'':8s} … and {len(rows) - _SHOWN} more"]


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
