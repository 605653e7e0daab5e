"""From a job to a result: look it up, or try it, judge it and save it.

`localize` does one job; `localize_many` does many, in worker processes if asked.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from localizer.attempts import Attempt, best_of, try_job
from localizer.errors import ConfigurationError, InputError, StorageError, StorageFull, TransientError
from localizer.model import Box, CheckResult, CheckStatus, Edit, Job, JobResult, Status
from localizer.provenance.statements import ACCEPTED, VERSION
from localizer.workers.pool import LONGEST_S

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.engines.base import Engine, Placement
    from localizer.engines.editor import CallLog
    from localizer.workers.pool import Killed
    from localizer.workspace import Workspace

log = logging.getLogger(__name__)

CANDIDATE = "candidate.png"
HANDOVER, PLATE = "handover.svg", "plate.png"


def localize(
    job: Job, *, workspace: Workspace, engine: Engine, brand: BrandKit, calls: CallLog | None = None
) -> JobResult:
    """Do one job, or give its cached result. Whatever is wrong with the job itself ends in its result.

    A result that another run could not improve is saved and found again by `known_result`; one that
    failed for want of something (an installation, a server) or by a defect of ours is not.

    Args:
        calls: where calls to models are recorded, in whose name; an engine that calls none needs none.

    Raises:
        TransientError: the engine or the storage is down; the same call may succeed later.
        StorageError: the workspace refuses the result.
    """
    from localizer.images import decode

    known = known_result(job, workspace=workspace)
    if known is not None:
        return known
    started = time.perf_counter()
    try:
        data = workspace.read_source(job)
        source = decode(data, name=f"{job.asset_id} ({job.source})")
        with _shared_reading(job, workspace):
            attempts = try_job(job, source, engine=engine, brand=brand, calls=calls)
        best = best_of(attempts)
        files = _files(source, best)
    except (TransientError, StorageFull):
        raise
    except InputError as exc:
        return workspace.save_result(
            _failed(job, str(exc), workspace, engine=engine.name, started=started), {}
        )
    except (ConfigurationError, StorageError) as exc:
        return _failed(job, str(exc), workspace, engine=engine.name, started=started)
    except Exception as exc:
        # One image must not end the batch; the traceback goes to the log, the sentence to the report.
        log.exception("%s: internal error", job.label)
        reason = f"internal error: {type(exc).__name__}: {exc}"
        return _failed(job, reason, workspace, engine=engine.name, started=started)
    checks, status, reason = _with_unsettled(job, best)
    result = JobResult(
        job=job.key,
        asset_id=job.asset_id,
        locale=job.locale,
        status=status,
        image=CANDIDATE if CANDIDATE in files else None,
        delivered=next((name for name in files if name.startswith("delivered.")), None),
        edits=_edits(job, best),
        checks=checks,
        reason=reason if status is not Status.PASSED else "",
        engine=best.engine,
        attempts=len(attempts),
        seconds=time.perf_counter() - started,
        source=job.source,
        source_sha256=job.source_sha256,
        attempt_log=tuple(a.to_log() for a in attempts),
        rows=job.rows,
        checks_version=_checks_version(),
        handover=HANDOVER if HANDOVER in files else None,
        engine_version=best.engine_version,
        models=best.models,
        source_type=best.delivered.source_type if best.delivered else "",
        statement=VERSION,
    )
    return workspace.save_result(result, files)


def _with_unsettled(job: Job, best: Attempt) -> tuple[tuple[CheckResult, ...], Status, str]:
    """Checks, verdict and reason, once it is seen what of the image's text is not settled."""
    from localizer.checks.suite import check_unsettled, merge, verdict

    if best.candidate is None or not (job.left_text or job.doubted_text):
        return best.checks, best.status, best.reason
    checks = merge([*best.checks, check_unsettled(job)])
    return (checks, *verdict(checks))


@contextmanager
def _shared_reading(job: Job, workspace: Workspace) -> Iterator[None]:
    """Read each source once, not once per locale and process: its lines are kept in the workspace."""
    from localizer.text.reading import lines_from_json, lines_to_json, remember, remembered

    name = f"readings/{job.source_sha256}.json"
    known = remembered(job.source_sha256) is not None
    if not known and workspace.storage.stat(name) is not None:
        lines = lines_from_json(workspace.storage.read(name))
        if lines is not None:
            remember(job.source_sha256, lines)
            known = True
    yield
    lines = remembered(job.source_sha256)
    if not known and lines is not None:
        workspace.storage.write(name, lines_to_json(lines), content_type="application/json")


def known_result(job: Job, *, workspace: Workspace) -> JobResult | None:
    """The result of a job that needs no edit: its copy is missing, or it was done before. Else None.

    A saved result counts only if the same version of the checks judged it, if its file says how it was made,
    and if no check was left undecided for want of a component that may have been installed since.
    """
    if job.missing_copy:
        return _missing_copy(job, workspace)
    started = time.perf_counter()
    saved = workspace.load_result(job.key)
    if saved is None or saved.checks_version != _checks_version():
        return None
    if saved.delivered is not None and saved.statement not in ACCEPTED:
        return None
    if any(c.missing and c.status is CheckStatus.UNDECIDED for c in saved.checks):
        return None
    return saved.with_changes(
        asset_id=job.asset_id,
        locale=job.locale,
        rows=job.rows,
        cached=True,
        seconds=time.perf_counter() - started,
    )


def localize_many(
    jobs: Iterable[Job],
    *,
    workspace_uri: str,
    engine: str,
    on_result: Callable[[JobResult], None],
    brand_path: str | None = None,
    workers: int = 1,
    engine_parameters: Mapping[str, Any] | None = None,
    requested_by: str = "",
    job_timeout: float = LONGEST_S,
) -> None:
    """Do many jobs, drawn as they are needed; each gives one result, as it comes. Nothing of them is held.

    An engine that declares a `concurrency` only waits for a model: that many of its jobs are under way at
    once in this process, whatever `workers` says. For any other engine and more than one worker, jobs run
    in processes of their own. A worker that dies (out of memory, a crash in a native library) costs no other
    job its result: the job it was doing runs once more alone at the end, and becomes `failed` if its worker
    dies again, as does one that takes longer than `job_timeout`. A job whose engine or storage is down
    becomes `failed` with `retryable` set and is not cached. Jobs with the same key are done once.

    Args:
        on_result: called in this thread with each result.
        requested_by: in whose name models are called; nameless calls are refused.
        job_timeout: seconds for one job in a worker process; generous, it is for what hangs.

    Raises:
        StorageError: the workspace refuses results.
        BrandError, ConfigurationError: brand kit or engine cannot be loaded.
    """
    from localizer.workers.running import WorkerSetup, run

    setup = WorkerSetup(
        workspace_uri=workspace_uri,
        engine=engine,
        engine_parameters=json.dumps(dict(engine_parameters or {}), sort_keys=True),
        brand_path=brand_path,
        requested_by=requested_by,
        job_timeout=job_timeout,
    )
    run(jobs, setup=setup, workers=workers, on_result=on_result)


def unavailable(job: Job, exc: TransientError, workspace: Workspace, *, engine: str) -> JobResult:
    """The result of a job that a later run may well do."""
    reason = f"{exc}; run it again, finished jobs are not repeated"
    return _failed(job, reason, workspace, engine=engine).with_changes(retryable=True)


def worker_died(job: Job, how: Killed, workspace: Workspace, *, engine: str) -> JobResult:
    """The result of a job that was stopped for taking too much, or killed its worker process twice."""
    reason = (
        f"its edit {how.reason} and was stopped; try it with a smaller image or a longer --job-timeout"
        if how.over_limit
        else f"its worker process died twice: it {how.reason} (out of memory, or a crash in a native "
        "library); try it with --jobs 1, or a smaller image"
    )
    return _failed(job, reason, workspace, engine=engine)


def _checks_version() -> str:
    from localizer.checks.suite import CHECKS_VERSION

    return CHECKS_VERSION


def _missing_copy(job: Job, workspace: Workspace) -> JobResult:
    missing = "; ".join(f"“{text}”" for text in job.missing_copy)
    return JobResult(
        job=job.key,
        asset_id=job.asset_id,
        locale=job.locale,
        status=Status.NEEDS_REVIEW,
        edits=tuple(_edit(e) for e in job.edits),
        reason=f"the copy deck has no approved {job.locale} copy for: {missing}; add it and run again",
        source=workspace.storage.uri_of(job.source),
        source_sha256=job.source_sha256,
        rows=job.rows,
    )


def _failed(
    job: Job, reason: str, workspace: Workspace, *, engine: str, started: float | None = None
) -> JobResult:
    return JobResult(
        job=job.key,
        asset_id=job.asset_id,
        locale=job.locale,
        status=Status.FAILED,
        edits=tuple(_edit(e, engine=engine) for e in job.edits),
        reason=reason,
        engine=engine,
        seconds=time.perf_counter() - started if started is not None else 0.0,
        source=workspace.storage.uri_of(job.source),
        source_sha256=job.source_sha256,
        rows=job.rows,
        checks_version=_checks_version(),
    )


def _files(source: Any, attempt: Attempt) -> dict[str, bytes]:
    """What to keep of an attempt: the lossless candidate, the delivered file, the engine's extras."""
    from localizer.images import candidate_png, plate_png

    if attempt.candidate is None or attempt.delivered is None:
        return {}
    candidate, delivered = attempt.candidate, attempt.delivered
    files = dict(candidate.files)
    if HANDOVER in files and candidate.plate is not None:
        files[PLATE] = plate_png(source, candidate.plate)
    return {
        **files,
        CANDIDATE: candidate_png(source, candidate.rgb, candidate.mask, candidate.alpha),
        f"delivered.{delivered.extension.lstrip('.')}": delivered.data,
    }


def _edits(job: Job, attempt: Attempt) -> tuple[Mapping[str, Any], ...]:
    placements = attempt.candidate.placements if attempt.candidate else ()
    return tuple(
        _edit(edit, [p for p in placements if p.edit == edit], engine=attempt.engine) for edit in job.edits
    )


def _edit(edit: Edit, placements: Sequence[Placement] = (), *, engine: str = "") -> dict[str, Any]:
    """One entry of `JobResult.edits`.

    `box` is where the edit ended up (the first place, if the text stood in several; `boxes` has all),
    else where the old text stands, else where the manifest wants it.
    """
    first = next((p for p in placements if p.box), placements[0] if placements else None)
    source_box = (first.source_box if first else None) or edit.box
    entry: dict[str, Any] = {
        "action": str(edit.action),
        "text": edit.text,
        "replacement": edit.replacement,
        "object": edit.object,
        "box": _ints((first.box if first else None) or source_box),
        "engine": engine,
        "source_box": _ints(source_box),
        "boxes": [_ints(p.box) for p in placements if p.box],
        "note": "; ".join(dict.fromkeys(p.note for p in placements if p.note)),
        "lines": list(first.lines) if first else [],
    }
    return entry | ({"draft": edit.draft} if edit.draft else {})


def _ints(box: Box | None) -> list[int] | None:
    return [int(v) for v in box] if box else None
