"""Do one image of a run again, and put the new one in the place of the old.

Cut off at any point and called again with the same wish, it goes on where it was: what was edited is kept
under its job key, and a redo that counts already only gathers the results once more. Whoever asks for an
image that somebody else is having done again is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localizer.errors import EngineError, EngineUnavailable, InputError, LocalizerError
from localizer.leases import alone, is_taken
from localizer.model import Job, JobResult
from localizer.pipeline import known_result, localize_many
from localizer.redo.means import Means
from localizer.redo.wish import Wish, amended_job, copy_to_keep, find_planned, with_copy
from localizer.report import save_report
from localizer.runs import Run, path_segment
from localizer.runs.amendments import Amendment, in_effect

if TYPE_CHECKING:
    from localizer.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Redone:
    """What became of a redo.

    Attributes:
        result: of the new job; it is what the run has now, whatever its verdict.
        before, job: the old job and the new one.
        to_keep: where new copy belongs so that the next run has it too, see `copy_to_keep`.
        was_reviewed: the run had its review; nobody has decided on the new image.
        release_id: that the run was published as; it has the old image. Empty if it was not.
    """

    result: JobResult
    before: Job
    job: Job
    to_keep: tuple[str, ...]
    was_reviewed: bool
    release_id: str

    @property
    def message(self) -> str:
        """One sentence for a person."""
        said = [str(self.result.status).replace("_", " ")]
        said += [self.result.reason] if self.result.reason else []
        if self.was_reviewed:
            had = f"; release {self.release_id} keeps the old one" if self.release_id else ""
            said.append(f"it needs a review of its own before it can be published{had}")
        return f"{self.job.label} was done again by {self.result.engine}: {'; '.join(said)}"


def redo(
    wish: Wish,
    *,
    workspace: Workspace,
    run: Run,
    means: Means,
    on_wait: Callable[[str], None] = lambda holder: None,
) -> Redone:
    """Do one image of a run again, in another way, and gather the run's results with it.

    What is known already costs nothing. The new result takes the place of the old one whatever its verdict;
    it has no approval, as decisions speak of job keys and bytes. If there is no result (an engine that did
    not answer, an installation that lacks something), the old one stays.

    Args:
        on_wait: told once of an earlier try of this very redo that still goes on, and is waited for.

    Raises:
        InputError: no such item, copy that no manifest row could have, nothing would change, somebody else is
            having it done again or has done so.
        EngineUnavailable: worth a retry.
        EngineError: it could not be done.
        ConfigurationError, StorageError, TransientError: as of `localizer.pipeline.localize_many`.
    """
    with run.plan() as plan:
        planned = find_planned(plan, wish.asset_id, wish.locale)

    lease = run.redo_lease(wish.asset_id, wish.locale)

    def others(holder: str) -> None:
        if is_taken(workspace.storage, lease):  # else it seems to have died, and the wait will tell
            _refuse_others(run, wish, holder)
        on_wait(holder)

    with alone(workspace.storage, lease, on_wait=others):
        amendment, before = _ask(wish, planned, run, workspace, means)
        result = _settled(amendment, run, workspace, means, requested_by=wish.by)
    if result.retryable:
        raise EngineUnavailable(f"{amendment.job.label} could not be done again now: {result.reason}")
    if run.is_merged():  # else the run goes on, and whoever gathers its results takes this one
        run.merge()
    return Redone(
        result,
        before,
        amendment.job,
        tuple(copy_to_keep(before, amendment.job)),
        run.is_reviewed(),
        run.published()[0],
    )


def report_again(workspace: Workspace, run: Run) -> str:
    """Write the report of a merged run with what was done again; its path or URI. Of several processes that
    do so at once the last has seen what all of them did."""
    with alone(workspace.storage, f"report-{path_segment(run.run_id)}"):
        release_id, uri = run.published()
        return save_report(workspace, run, release_id=release_id, release_uri=uri)


def _refuse_others(run: Run, wish: Wish, holder: str) -> None:
    """Wait for an earlier try of the same redo, and for nobody else."""
    asked = [each for each in run.amendments() if each.is_open and each.place == (wish.asset_id, wish.locale)]
    if any(each.id == wish.id for each in asked):
        return
    who = f"by {asked[-1].by} since {asked[-1].at}" if asked else f"by {holder}"
    raise InputError(f"{wish.label} is being done again right now, {who}; wait for that image")


def _ask(wish: Wish, planned: Job, run: Run, workspace: Workspace, means: Means) -> tuple[Amendment, Job]:
    """The amendment that the wish makes, recorded, and the job that it replaces."""
    known = run.amendments()
    here = [each for each in known if each.planned == planned.slot]
    jobs = {planned.key: planned} | {each.job.key: each.job for each in here}
    again = next((each for each in here if each.id == wish.id), None)
    if again is not None:  # what was asked for then: a retry never asks for another image
        return run.amend(again), jobs[again.replaces]
    last = in_effect(here).get(planned.slot)
    there = last.job if last else planned
    if wish.seen and wish.seen != there.key:
        who = f"was done again by {last.by} at {last.ended_at}" if last else "is not the one that you saw"
        raise InputError(f"{wish.label} {who}; look at the image that is there now first")
    engine, brand = means.build()
    job = amended_job(
        there,
        with_copy(there, wish.replacements),
        engine=engine,
        brand=brand,
        earlier={planned.key, *(each.job.key for each in here if each.counts)},
        is_done=known_result(there, workspace=workspace) is not None,
    )
    amendment = Amendment(
        id=wish.id,
        planned=planned.slot,
        replaces=there.key,
        job=job,
        engine=means.engine,
        by=wish.by,
        at=_now(),
        why=wish.why.encode("utf-8", "replace").decode(),  # half a surrogate pair could not be written
    )
    return run.amend(amendment), there


def _settled(
    amendment: Amendment, run: Run, workspace: Workspace, means: Means, *, requested_by: str
) -> JobResult:
    """The result of an amendment, which counts from now on; one that is worth a retry does not."""
    if amendment.counts:
        return run.amended_result(amendment)
    job = amendment.job
    with _problems_told(amendment, run):
        [result] = _results(job, workspace, means, requested_by)
        if not result.retryable:
            if result.image is None and workspace.load_result(job.key) is None:
                raise EngineError(f"{job.label} could not be done again: {result.reason}; the old one stays")
            run.save_shard(amendment.shard, [result])
            run.settle(amendment, at=_now())
    if result.retryable:
        run.settle(amendment, at=_now(), problem=result.reason)
    return result


@contextmanager
def _problems_told(amendment: Amendment, run: Run) -> Iterator[None]:
    """Record why nothing came of a redo."""
    try:
        yield
    except LocalizerError as error:
        run.settle(amendment, at=_now(), problem=str(error))
        raise


def _results(job: Job, workspace: Workspace, means: Means, requested_by: str) -> list[JobResult]:
    results: list[JobResult] = []
    localize_many(
        [job],
        workspace_uri=workspace.uri,
        engine=means.engine,
        engine_parameters=means.engine_parameters,
        brand_path=means.brand,
        on_result=results.append,
        requested_by=requested_by,
    )
    return results


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
