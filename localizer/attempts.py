"""Try a job: engine, delivery, checks, and again while another attempt may do better.

Knows nothing of caching or storage; `localizer.pipeline` wraps it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localizer.engines.base import EditRequest
from localizer.errors import EngineError, InputError
from localizer.model import CheckResult, CheckStatus, Status

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.engines.base import Candidate, Engine
    from localizer.engines.editor import CallLog
    from localizer.images import Delivered, SourceImage
    from localizer.model import Job

MAX_ATTEMPTS = 3
"""The first try and at most two retries, whatever the number of engines."""

_RANK = {Status.PASSED: 0, Status.NEEDS_REVIEW: 1, Status.FAILED: 2}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, judged.

    Attributes:
        candidate: None if the engine could not make one; then `reason` says why.
        seconds: wall-clock time of edit and checks.
        models: generative models whose pixels are in it.
    """

    engine: str
    status: Status
    reason: str
    seconds: float
    candidate: Candidate | None = None
    delivered: Delivered | None = None
    checks: tuple[CheckResult, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    engine_version: str = ""
    models: tuple[str, ...] = ()

    @property
    def rank(self) -> tuple[int, bool, int, int]:
        """Smaller is better: status, then an image to look at, then fewer failed and undecided checks."""
        failed = sum(c.status is CheckStatus.FAILED for c in self.checks)
        undecided = sum(c.status is CheckStatus.UNDECIDED for c in self.checks)
        return _RANK[self.status], self.candidate is None, failed, undecided

    def to_log(self) -> dict[str, Any]:
        """Its entry in a result's `attempt_log`; JSON-safe."""
        return {
            "engine": self.engine,
            "status": str(self.status),
            "reason": self.reason,
            "checks": [c.to_dict() for c in self.checks],
            "seconds": round(self.seconds, 3),
            "facts": json.loads(json.dumps(dict(self.facts), default=_plain)),
        }


def _plain(value: Any) -> Any:
    """NumPy scalars and arrays as JSON numbers, anything else as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def try_job(
    job: Job, source: SourceImage, *, engine: Engine, brand: BrandKit, calls: CallLog | None = None
) -> list[Attempt]:
    """Attempts on a job in the order they were made; at least one, at most `MAX_ATTEMPTS`.

    The run's engine comes first. Once it cannot do better, the other engines that the brand names
    follow in the brand's order, within the same number of attempts.

    Raises:
        TransientError: an engine is down; the attempts so far are lost, the job can be tried again.
        ConfigurationError: the installation lacks something.
    """
    from localizer.checks.suite import another_may_do_better

    attempts: list[Attempt] = []
    for current in _engines(engine, brand):
        for number in range(MAX_ATTEMPTS):
            attempt = _try_once(job, source, engine=current, brand=brand, number=number, calls=calls)
            attempts.append(attempt)
            if attempt.status is Status.PASSED or len(attempts) == MAX_ATTEMPTS:
                return attempts
            if attempt.candidate is not None and not another_may_do_better(attempt.checks):
                return attempts  # a draft that nobody approved: another image would have the same words
            if attempt.candidate is None or not attempt.candidate.can_retry:
                break
    return attempts


def best_of(attempts: list[Attempt]) -> Attempt:
    """The best verdict; of equals, the earliest."""
    return min(attempts, key=lambda a: a.rank)


def _engines(engine: Engine, brand: BrandKit) -> Iterator[Engine]:
    """The run's engine, then the brand's others, each built only when its turn comes."""
    from localizer.engines.registry import get_engine

    yield engine
    for name in brand.engines:
        if name != engine.name:
            yield get_engine(name)


def _try_once(
    job: Job, source: SourceImage, *, engine: Engine, brand: BrandKit, number: int, calls: CallLog | None
) -> Attempt:
    from localizer.checks.suite import run_checks, verdict
    from localizer.images import deliver
    from localizer.provenance.statements import models_of, statement_of

    started = time.perf_counter()
    try:
        candidate = engine.edit(
            EditRequest(job=job, rgb=source.rgb, brand=brand, attempt=number, alpha=source.alpha, calls=calls)
        )
        require_contract(candidate, source, job=job, engine=engine.name)
        statement = statement_of(job, engine, candidate)
        delivered = deliver(source, candidate.rgb, candidate.mask, candidate.alpha, statement=statement)
        checks = run_checks(source=source, candidate=candidate, delivered=delivered, job=job, brand=brand)
    except (EngineError, InputError) as exc:
        return Attempt(engine.name, Status.FAILED, str(exc), time.perf_counter() - started)
    status, reason = verdict(checks)
    return Attempt(
        engine.name,
        status,
        reason,
        time.perf_counter() - started,
        candidate=candidate,
        delivered=delivered,
        checks=checks,
        facts=candidate.facts,
        engine_version=engine.version,
        models=models_of(candidate),
    )


def require_contract(candidate: Candidate, source: SourceImage, *, job: Job, engine: str) -> None:
    """Refuse a candidate that breaks what every engine promises; nothing later would catch all of it.

    Raises:
        EngineError: size or type differ, pixels outside the mask changed, or placements are missing.
    """
    import numpy as np

    from localizer.images.fidelity import differing

    rgb, mask = candidate.rgb, candidate.mask
    if rgb.shape != source.rgb.shape or rgb.dtype != np.uint8:
        raise EngineError(
            f"engine {engine} broke its contract: it gave an image of {rgb.shape} {rgb.dtype}, "
            f"the source is {source.rgb.shape} uint8"
        )
    if mask.shape != source.rgb.shape[:2] or mask.dtype != np.bool_:
        raise EngineError(
            f"engine {engine} broke its contract: its mask is {mask.shape} {mask.dtype}, "
            f"it must be {source.rgb.shape[:2]} bool"
        )
    outside = int((differing(rgb, source.rgb) & ~mask).sum())
    if outside:
        raise EngineError(f"engine {engine} broke its contract: it changed {outside} pixels outside its mask")
    placed = [p.edit for p in candidate.placements]
    if any(edit not in placed for edit in job.edits) or any(edit not in job.edits for edit in placed):
        raise EngineError(
            f"engine {engine} broke its contract: its {len(placed)} placements are not those of "
            f"the job's {len(job.edits)} edits"
        )
