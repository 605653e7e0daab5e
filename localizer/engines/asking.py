"""Asking a model to edit regions of one image: what it is shown, how hard it tries, and what it answered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.checks.ghosts import ghost_of, ghost_words
from localizer.engines.editor import ModelCall
from localizer.engines.permission import permit_region
from localizer.engines.prompts import erase_prompt
from localizer.engines.region import (
    CORRELATED,
    Fitted,
    Region,
    changed_area,
    cut,
    fit,
    laid_over,
    plan_region,
)
from localizer.model import Action, Box, CheckResult, CheckStatus, Edit
from localizer.text.regions import bounds

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.engines.base import EditRequest
    from localizer.engines.editor import EditModel, ModelAnswer, Tier

_SMALL_TYPE = 48.0  # pixels; of an area without type, which need not be enlarged


@dataclass(frozen=True, slots=True)
class _NotPending:
    """Where nothing outlives the call."""

    id: str = ""

    def remember(self, id: str) -> None:
        """Nobody will ask."""


@dataclass(slots=True)
class Asking:
    """Asks one model about one request, on one tier.

    Attributes:
        calls: what was asked and answered, one entry a call, for the result's log.
        findings: answers that could not be used, and why.
    """

    model: EditModel
    request: EditRequest
    tier: Tier
    calls: list[Mapping[str, Any]] = field(default_factory=list)
    findings: list[CheckResult] = field(default_factory=list)

    def ask(
        self, rgb: npt.NDArray[np.uint8], mask: npt.NDArray[np.bool_], prompt: str, *, height: float = 0.0
    ) -> Fitted:
        """Have an area of an image edited.

        Args:
            rgb: H x W x 3 uint8.
            mask: H x W bool, not empty: where the answer may differ.
            height: of the smallest type in it, in pixels; 0 if there is none.

        Raises:
            EngineError: the area is not one that a model may touch, or the model refuses.
            TransientError: the model cannot be had now.
            ConfigurationError: something is not set up.
        """
        job = self.request.job
        box = bounds(mask)
        permit_region(self.request.rgb, [box], sha256=job.source_sha256)
        region = plan_region(box, rgb.shape, self.model.size_for, height=height or _SMALL_TYPE)
        return self._ask(rgb, mask, prompt, region, box)

    def _ask(
        self,
        rgb: npt.NDArray[np.uint8],
        mask: npt.NDArray[np.bool_],
        prompt: str,
        region: Region,
        box: Box,
    ) -> Fitted:
        job = self.request.job
        seed = seed_for(job.seed or job.key, prompt, box, self.request.attempt)
        call = ModelCall(cut(rgb, region), prompt, self.tier, seed)
        answer = self._answer(call)
        fitted = fit(rgb, region, mask, answer.image)
        self.calls.append(
            {
                "model": answer.model,
                "tier": str(self.tier),
                "steps": answer.steps,
                "seed": seed,
                "prompt": prompt,
                "region": list(region.window),
                "size": list(region.size),
                "seconds": round(answer.seconds, 3),
                "cost": answer.cost,
                "currency": answer.currency,
                "correlation": None if fitted.correlation is None else round(fitted.correlation, 4),
                "misfit": fitted.misfit,
                "facts": dict(answer.facts),
            }
        )
        return fitted

    def ask_anywhere(
        self, rgb: npt.NDArray[np.uint8], prompt: str, *, within: Box
    ) -> tuple[Fitted, npt.NDArray[np.bool_]]:
        """Show the model the whole image; its answer, and where that differs.

        Args:
            rgb: H x W x 3 uint8.
            within: where it may differ.

        Raises:
            EngineError: it changed what a model may not touch.
            and what `ask` raises.
        """
        whole = plan_region(
            (0, 0, rgb.shape[1], rgb.shape[0]), rgb.shape, self.model.size_for, height=_SMALL_TYPE
        )
        part = np.zeros(rgb.shape[:2], np.bool_)
        part[within[1] : within[3], within[0] : within[2]] = True
        if part.all():  # then what changed has to be small enough not to upset the alignment
            part[:] = False
        fitted = self._ask(rgb, part, prompt, whole, within)
        area = np.zeros_like(part) if fitted.misfit else changed_area(rgb, fitted, within)
        if area.any():
            permit_region(self.request.rgb, [bounds(area)], sha256=self.request.job.source_sha256)
        return fitted, area

    def _answer(self, call: ModelCall) -> ModelAnswer:
        log = self.request.calls
        if log is None:
            return self.model.edit(call, _NotPending())
        return log.once(call, model=self.model, job=self.request.job)

    def refused(self, fitted: Fitted, what: str, then: str, status: CheckStatus) -> None:
        """Note that an answer cannot be used."""
        detail = f"the model's picture for {what} cannot be laid over the image: {fitted.misfit}; {then}"
        self.findings.append(CheckResult("aligned", status, fitted.correlation, CORRELATED, detail))


@dataclass(frozen=True, slots=True)
class ModelEraser:
    """A model as the `Eraser` of our typesetter."""

    asking: Asking

    def __call__(
        self, area: npt.NDArray[np.bool_], *, text: str = "", thing: str = ""
    ) -> npt.NDArray[np.uint8] | None:
        """The source with the text or thing taken off; None if what came back is another picture."""
        rgb = self.asking.request.rgb
        gone = Edit(Action.REMOVE_OBJECT, object=thing) if thing else Edit(Action.REMOVE_TEXT, text=text)
        fitted = self.asking.ask(rgb, area, erase_prompt(gone))
        if fitted.misfit:
            what = f"the {thing}" if thing else f"“{text}”" if text else "the text"
            then = "its place was filled from its surroundings"
            self.asking.refused(fitted, what, then, CheckStatus.UNDECIDED)
            return None
        made, box = laid_over(rgb, fitted), bounds(area)
        share = 0.0 if thing else ghost_of(rgb, made, box, tall=min(_SMALL_TYPE, 0.7 * (box[3] - box[1])))
        if share:
            detail = ghost_words(text or "the text", share)
            self.asking.findings.append(CheckResult("source_text_gone", CheckStatus.UNDECIDED, detail=detail))
        return made


def seed_for(key: str, prompt: str, box: Box, attempt: int) -> int:
    """0 to 2**31 - 1; the same for the same job, question and attempt, wherever it is made."""
    digest = hashlib.sha256(f"{key}\n{prompt}\n{box}\n{attempt}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
