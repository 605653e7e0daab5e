"""The engine of the drills: `Paced`, but not every image of a campaign passes."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.engines import Paced
from localizer.engines.base import Candidate, EditRequest
from localizer.errors import EngineError
from localizer.model import CheckResult, CheckStatus

ENGINE = "benchmarks.drills.engine:Mixed"


class Mixed(Paced):
    """One image in ten is left undecided, one in twenty-five cannot be made; the rest passes.

    Which ones follows from the pixels, so a run that publishes one of them publishes a wrong image.
    """

    name = "mixed"
    version = "1"

    def edit(self, request: EditRequest) -> Candidate:
        candidate = super().edit(request)
        lot = int(request.job.source_sha256[:8], 16)
        if lot % 25 == 0:
            raise EngineError("cannot be made, as the drill wants it")
        if lot % 10 == 0:
            doubt = CheckResult(
                "drill", CheckStatus.UNDECIDED, detail="left undecided, as the drill wants it"
            )
            return replace(candidate, findings=(doubt,))
        return candidate
