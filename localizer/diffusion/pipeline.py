"""`QwenEditModel`: Qwen-Image-Edit in this process, as an `EditModel`."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from localizer.diffusion.folder import SETTINGS, ModelSource, find_model
from localizer.diffusion.loaded import Cancel, LoadedPipeline, load_pipeline
from localizer.diffusion.loras import find_loras
from localizer.diffusion.sizes import MEGAPIXEL, QUARTER, area_of, best_size, untouched
from localizer.diffusion.tiers import TierSetup, tier_setups
from localizer.documents import did_you_mean
from localizer.engines.editor import ModelAnswer, ModelCall, Pending, Tier
from localizer.errors import ConfigurationError, EditCancelled, EngineError

_ONE_AT_A_TIME = threading.Lock()
"""A device does one edit at a time, and the pipeline keeps settings of a call in its module."""

_SMALLEST, _LARGEST = 128 * 128, 2048 * 2048
_CHECK_EVERY_S = 0.1


class QwenEditModel:
    """Qwen-Image-Edit in this process. Cheap to make: weights and torch come with the first edit.

    Args:
        model: a local folder, or a hub ID with `revision`.
        revision: commit of a hub ID.
        loras: file by tier; see `localizer.diffusion.loras`.
        tiers: changed settings by tier; see `localizer.diffusion.tiers`.
        areas: picture areas in pixels, of which the cheapest that suits a region is taken.
        compiled: compile the transformer's blocks; the first edit of each size then takes a minute more.

    What is not given is taken from the file ``localizer.json`` in the model's folder, if it has one.

    Raises:
        ConfigurationError: no such model, LoRA, tier or setting.
    """

    name = "qwen"
    concurrency = 2  # one job's image is made while another's is read and checked; one model a process

    def __init__(
        self,
        model: str,
        *,
        revision: str = "",
        loras: Mapping[str, str] | None = None,
        tiers: Mapping[str, Mapping[str, Any]] | None = None,
        areas: Sequence[int] = (),
        compiled: bool = False,
    ) -> None:
        self.source: ModelSource = find_model(model, revision)
        given: dict[str, Any] = {"loras": loras, "tiers": tiers, "areas": list(areas)}
        settings = {**self.source.settings, **{k: v for k, v in given.items() if v}}
        for key in settings:
            if key not in given:
                raise ConfigurationError(f"{SETTINGS}: {key!r} is not a setting{did_you_mean(key, given)}")
        self.setups = tier_setups(settings.get("tiers", {}))
        self.loras = find_loras(settings.get("loras", {}))
        self.areas = _areas(settings.get("areas", (QUARTER, MEGAPIXEL)))
        self.compiled = compiled
        self._loaded: LoadedPipeline | None = None

    def parameters(self) -> Mapping[str, Any]:
        """Model revision, tiers, LoRAs and areas."""
        return {
            "model": self.source.label.split("@", maxsplit=1)[0],
            "revision": self.source.revision,
            "tiers": {str(tier): setup.to_dict() for tier, setup in self.setups.items()},
            "loras": {str(tier): lora.revision for tier, lora in self.loras.items()},
            "areas": list(self.areas),
        }

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        """The cheapest size that the model passes untouched and that shows a region without shrinking it."""
        return best_size(width, height, self.areas)

    def ready_tiers(self) -> tuple[Tier, ...]:
        """Tiers that can be asked for, cheapest first."""
        return tuple(t for t in Tier if not self.setups[t].distilled or t in self.loras)

    def setup_of(self, tier: Tier) -> TierSetup:
        """How a tier works here.

        Raises:
            ConfigurationError: it lacks the LoRA that so few steps need.
        """
        setup = self.setups[tier]
        if setup.distilled and tier not in self.loras:
            ready = ", ".join(self.ready_tiers()) or "none"
            raise ConfigurationError(
                f"tier {tier} takes {setup.steps} steps and needs the Lightning LoRA made for them: set "
                f"loras.{tier}, or use other tiers (ready: {ready})"
            )
        return setup

    def edit(self, call: ModelCall, pending: Pending) -> ModelAnswer:
        """Ask once; nothing outlives this process, so there is nothing to remember.

        Raises:
            EngineError: a size that the model would resample, or no picture was made.
            EngineUnavailable: out of memory.
            ConfigurationError: the tier, the model or the installation lacks something.
        """
        return self.generate(call)

    def generate(self, call: ModelCall, cancelled: Cancel | None = None) -> ModelAnswer:
        """`edit` that can be stopped: before it begins, and after any step.

        Args:
            cancelled: set, from any thread, when nobody wants the answer any more.

        Raises:
            EditCancelled: it was.
            and what `edit` raises.
        """
        setup = self.setup_of(call.tier)
        area = self._area(call)
        with _turn(cancelled):
            loaded = self._load()
            started = time.perf_counter()
            made = loaded.run(call, setup, area=area, cancelled=cancelled)
            seconds = time.perf_counter() - started
        facts = {
            "tier": str(call.tier),
            "device": loaded.device,
            "dtype": loaded.dtype,
            "area": area,
            "embeddings_reused": made.reused,
            "memory": "saving" if made.saving else "plenty",
        }
        return ModelAnswer(made.image, self.source.label, seconds, setup.steps, facts=facts)

    def warm_up(self) -> None:
        """Load, and make one small picture, so that the first edit is as quick as the next.

        Raises:
            what `edit` raises.
        """
        ready = self.ready_tiers()
        if not ready:
            self.setup_of(Tier.FAST)  # says what is missing
        for area in self.areas if self.compiled else self.areas[:1]:
            width, height = untouched(area)[len(untouched(area)) // 2]
            grey = np.full((height, width, 3), 128, np.uint8)
            self.generate(ModelCall(grey, "Keep everything unchanged.", ready[0], 0))

    def _load(self) -> LoadedPipeline:
        if self._loaded is None:
            ready = {tier: self.setups[tier] for tier in self.ready_tiers()}
            self._loaded = load_pipeline(self.source, ready, self.loras, compiled=self.compiled)
        return self._loaded

    def _area(self, call: ModelCall) -> int:
        image = call.image
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            raise EngineError(f"the model takes H x W x 3 uint8, not {image.shape} {image.dtype}")
        height, width = image.shape[:2]
        area = area_of((width, height), self.areas)
        if area is None:
            better = best_size(width, height, self.areas)
            raise EngineError(
                f"the model would resample a picture of {width}x{height}; give it one of "
                f"{better[0]}x{better[1]}, or another size that it passes untouched"
            )
        return area


def load(model: str, **settings: Any) -> QwenEditModel:
    """A `QwenEditModel` with its weights in memory; takes the same arguments.

    Raises:
        ConfigurationError: it lacks something.
        EngineUnavailable: too little memory.
    """
    made = QwenEditModel(model, **settings)
    with _turn(None):
        made._load()
    return made


def _areas(areas: Sequence[int]) -> tuple[int, ...]:
    for area in areas:
        if type(area) is not int or not _SMALLEST <= area <= _LARGEST:
            raise ConfigurationError(f"areas are pixels, {_SMALLEST} to {_LARGEST} each, not {area!r}")
    if not areas:
        raise ConfigurationError("areas must name at least one area")
    return tuple(sorted(set(areas)))


@contextmanager
def _turn(cancelled: Cancel | None) -> Iterator[None]:
    """Wait for the device, as long as somebody wants the answer."""
    while not _ONE_AT_A_TIME.acquire(timeout=_CHECK_EVERY_S):
        if cancelled is not None and cancelled.is_set():
            raise EditCancelled("the edit was cancelled while it waited for its turn")
    try:
        yield
    finally:
        _ONE_AT_A_TIME.release()
