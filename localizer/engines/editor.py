"""What an image-edit model is to us: a picture and a prompt go in, a picture comes out.

One call edits one region and knows nothing of jobs, boxes or brands; `ModelEngine` cuts the region, asks,
and puts back only what was asked for. Whether the model runs in this process, on our edit server or on
somebody else's makes no difference here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from localizer.documents import canonical_digest

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localizer.model import Job


def pixels_sha256(image: npt.NDArray[np.uint8]) -> str:
    """SHA-256 (hex) of shape and pixels, whatever file they came in."""
    height, width = image.shape[:2]
    return hashlib.sha256(f"{width}x{height}:".encode() + image.tobytes()).hexdigest()


class Tier(StrEnum):
    """How much work a model puts into a call, cheapest first."""

    FAST = "fast"
    BALANCED = "balanced"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One question to a model.

    Attributes:
        image: H x W x 3 uint8, sRGB, at a size that the model passes untouched (see `EditModel.size_for`).
        prompt: what to do, in the form that `localizer.engines.prompts` writes.
        seed: 0 to 2**31 - 1; the same call gives the same picture wherever the model allows it.
        negative_prompt: what the picture must not become; a space where there is nothing to say.
    """

    image: npt.NDArray[np.uint8]
    prompt: str
    tier: Tier
    seed: int
    negative_prompt: str = " "

    @property
    def image_sha256(self) -> str:
        """Of shape and pixels."""
        return pixels_sha256(self.image)

    def key(self, model: EditModel) -> str:
        """SHA-256 of everything that decides the answer: the same key is never paid for twice."""
        return canonical_digest(
            {
                "model": model.name,
                "parameters": dict(model.parameters()),
                "image": self.image_sha256,
                "prompt": self.prompt,
                "negative_prompt": self.negative_prompt,
                "tier": str(self.tier),
                "seed": self.seed,
            }
        )


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What came back.

    Attributes:
        image: H x W x 3 uint8; its size may differ from the question's.
        model: what answered, as precisely as it says itself (name, revision).
        steps: denoising steps, where known.
        seconds: wall-clock seconds that the model took, waiting in a queue not counted where known.
        cost: what the provider charges for it, in `currency`; None where nobody says.
        facts: anything else worth a line in the result's log; JSON-safe, no secrets.
    """

    image: npt.NDArray[np.uint8]
    model: str
    seconds: float
    steps: int | None = None
    cost: float | None = None
    currency: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class Pending(Protocol):
    """Memory of one call that outlives the process that made it."""

    @property
    def id(self) -> str:
        """What an earlier process remembered (a task or workflow run ID); empty if nothing."""
        ...

    def remember(self, id: str) -> None:
        """Keep an ID, durably, before waiting for what it names."""
        ...


class EditModel(Protocol):
    """An image-edit model, wherever it runs. `name` and `parameters` are part of job and call keys."""

    name: str

    def parameters(self) -> Mapping[str, Any]:
        """Everything configured that decides the pixels (model, revision, tiers); JSON-safe, no secrets."""
        ...

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """Width and height that the model passes untouched and that suit a region of this size best."""
        ...

    def edit(self, call: ModelCall, pending: Pending) -> ModelAnswer:
        """Ask once, with the retries that the transport needs.

        Raises:
            EngineError: it refuses this call and would again.
            EngineUnavailable: down, warming, overloaded or out of time; worth a retry later.
            ConfigurationError: this installation or connection lacks something.
        """
        ...


class CallLog(Protocol):
    """Every call: who asked what, when, and what came of it. Also what makes them idempotent."""

    def once(self, call: ModelCall, *, model: EditModel, job: Job) -> ModelAnswer:
        """The answer that was recorded for this call, else the model's, recorded.

        Raises:
            what `EditModel.edit` raises; the failure is recorded too.
        """
        ...
