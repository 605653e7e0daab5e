"""The engines of the drills: one computes, and not each of its images passes; one asks a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.engines import Instant, Paced
from localizer.engines.base import Candidate, EditRequest
from localizer.engines.editor import ModelCall, Tier
from localizer.errors import EngineError
from localizer.model import CheckResult, CheckStatus
from localizer.remote.access import Access
from localizer.remote.openai import OpenAIEditModel
from localizer.storage import gcs

ENGINE, SERVED = "benchmarks.drills.engine:Mixed", "benchmarks.drills.engine:Served"

IMPATIENT = "DRILL_IMPATIENT"
if os.environ.get(IMPATIENT):  # a drill need not wait two minutes for each answer that a bucket never gives
    gcs._TIMEOUT_S = (2.0, 4.0)


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


class Served(Instant):
    """Asks an edit server for each image, by the client and through the ledger that every remote engine uses.

    It takes the answer's pixels as they are, so it works on plain grounds only, where ours would ask nobody.

    Args:
        url: of the server, with ``/v1``.
    """

    name = "served"
    version = "1"
    concurrency = 8

    def __init__(self, *, url: str) -> None:
        self._model = OpenAIEditModel("stand-in", access=Access(url, timeout_s=30.0), pause_s=0.2)

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def edit(self, request: EditRequest) -> Candidate:
        if request.calls is None:
            raise EngineError("a drill asks its server through a ledger")
        call = ModelCall(request.rgb, "Remove the sticker.", Tier.FAST, seed=request.attempt)
        answer = request.calls.once(call, model=self._model, job=request.job)
        candidate = super().edit(request)
        rgb = request.rgb.copy()
        rgb[candidate.mask] = answer.image[candidate.mask]
        return replace(candidate, rgb=rgb)
