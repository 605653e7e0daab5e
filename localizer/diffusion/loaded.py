"""A pipeline in memory: one edit at a time, tier by tier."""

from __future__ import annotations

import gc
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from localizer.diffusion.folder import ModelSource
from localizer.diffusion.loras import Lora
from localizer.diffusion.runtime import best_device, import_torch
from localizer.diffusion.tiers import LIGHTNING, TierSetup
from localizer.engines.editor import ModelCall, Tier
from localizer.errors import ConfigurationError, EditCancelled, EngineError, EngineUnavailable

if TYPE_CHECKING:
    import numpy.typing as npt

_T = TypeVar("_T")

_REMEMBERED = 8  # prompts with their picture; a megabyte or two each


class Cancel(Protocol):
    """A `threading.Event`, or anything that can say as much."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Generated:
    """What came of one call.

    Attributes:
        image: H x W x 3 uint8.
        reused: prompt embeddings that an earlier call had left.
        saving: whether it took the slow way because memory had run out.
    """

    image: npt.NDArray[np.uint8]
    reused: int
    saving: bool


class LoadedPipeline:
    """The real diffusers pipeline with its LoRAs. Not safe to share between threads without a lock."""

    def __init__(self, pipe: Any, setups: Mapping[Tier, TierSetup], adapters: Collection[Tier] = ()) -> None:
        """Take a pipeline.

        Args:
            pipe: a `QwenImageEditPlusPipeline`, wherever it lies.
            setups: tiers that can be asked for.
            adapters: tiers whose LoRA is loaded, under the tier's name.
        """
        self.torch = import_torch()
        self.pipe, self.adapters = pipe, frozenset(adapters)
        self.device = best_device()
        self.offloaded = False
        self.pipe.set_progress_bar_config(disable=True)
        self.schedulers = {tier: self._scheduler(setup) for tier, setup in setups.items()}
        self._embeddings: OrderedDict[tuple[str, str], tuple[Any, Any]] = OrderedDict()

    @property
    def dtype(self) -> str:
        """What the transformer computes in."""
        return str(self.pipe.transformer.dtype).removeprefix("torch.")

    def _scheduler(self, setup: TierSetup) -> Any:
        from diffusers import FlowMatchEulerDiscreteScheduler

        changes = LIGHTNING if setup.distilled else {}
        return FlowMatchEulerDiscreteScheduler.from_config(self.pipe.scheduler.config, **changes)

    def place(self) -> None:
        """Move everything to the device; where that is too small, part by part as it is needed."""
        if self.device != "cpu" and self._if_it_fits(lambda: self.pipe.to(self.device)) is None:
            self._offload()

    def _offload(self) -> None:
        """Keep in device memory only the part that computes."""
        if self.device == "cpu" or self.offloaded:
            return
        self.pipe.to("cpu")
        self._free()
        self.pipe.enable_model_cpu_offload(device=self.device)
        self.offloaded = True

    def _free(self) -> None:
        self._embeddings.clear()
        gc.collect()
        if self.device == "cuda":
            self.torch.cuda.empty_cache()

    def run(
        self, call: ModelCall, setup: TierSetup, *, area: int, cancelled: Cancel | None = None
    ) -> Generated:
        """One edit; when memory runs out, once more with what saves memory.

        Raises:
            EditCancelled: `cancelled` was set.
            EngineUnavailable: memory ran out twice.
            EngineError: the model made no picture.
        """
        made = self._if_it_fits(lambda: self._run(call, setup, area, cancelled))
        if made is not None:
            return made
        self._free()
        self._offload()
        self.pipe.vae.enable_tiling()
        try:
            made = self._if_it_fits(lambda: self._run(call, setup, area, cancelled, saving=True))
        finally:
            self.pipe.vae.disable_tiling()  # its seams would be in later pictures too
        if made is not None:
            return made
        self._free()
        height, width = call.image.shape[:2]
        raise EngineUnavailable(
            f"the model ran out of {self.device} memory on {width}x{height}, also part by part; "
            "leave it more memory, or set smaller areas"
        )

    def _if_it_fits(self, work: Callable[[], _T]) -> _T | None:
        """What it returns, or None when memory runs out. Out here the error, and with it the tensors that
        filled the memory, are gone."""
        try:
            return work()
        except self.torch.OutOfMemoryError:
            return None

    def _run(
        self, call: ModelCall, setup: TierSetup, area: int, cancelled: Cancel | None, *, saving: bool = False
    ) -> Generated:
        from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as rules
        from PIL import Image

        torch = self.torch
        _stop_if(cancelled, "before its first step")
        self._choose(call.tier)
        height, width = call.image.shape[:2]
        picture = Image.fromarray(np.ascontiguousarray(call.image))
        guided = setup.guidance > 1

        def stop(_pipe: Any, step: int, _time: Any, _tensors: dict[str, Any]) -> dict[str, Any]:
            _stop_if(cancelled, f"after step {step + 1} of {setup.steps}")
            return {}

        with torch.no_grad():
            embedded, reused = self._embed(call, call.prompt, picture)
            extra: dict[str, Any] = {"prompt_embeds": embedded[0], "prompt_embeds_mask": embedded[1]}
            if guided:
                embedded, again = self._embed(call, call.negative_prompt, picture)
                reused += again
                extra |= {
                    "negative_prompt_embeds": embedded[0],
                    "negative_prompt_embeds_mask": embedded[1],
                }
            _stop_if(cancelled, "before its first step")
            # The pipeline reads the area that it resamples the picture to from its module.
            usual, rules.VAE_IMAGE_SIZE = rules.VAE_IMAGE_SIZE, area
            try:
                made = self.pipe(
                    image=[picture],
                    height=height,
                    width=width,
                    num_inference_steps=setup.steps,
                    true_cfg_scale=setup.guidance,
                    # Noise from the CPU is the same for every device.
                    generator=torch.Generator("cpu").manual_seed(call.seed),
                    callback_on_step_end=stop,
                    output_type="pt",
                    **extra,
                ).images[0]
            finally:
                rules.VAE_IMAGE_SIZE = usual
            if not bool(torch.isfinite(made).all()):
                raise EngineError(
                    f"the model made no picture (tier {call.tier}, seed {call.seed}): not a number"
                )
            pixels = (made.float().clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return Generated(np.ascontiguousarray(pixels), reused, saving or self.offloaded)

    def _choose(self, tier: Tier) -> None:
        """The tier's LoRA and schedule, and no other."""
        self.pipe.scheduler = self.schedulers[tier]
        if tier in self.adapters:
            self.pipe.transformer.enable_lora()
            self.pipe.set_adapters([str(tier)])
        elif self.adapters:
            self.pipe.transformer.disable_lora()

    def _embed(self, call: ModelCall, prompt: str, picture: Any) -> tuple[tuple[Any, Any], int]:
        """Prompt embeddings as the pipeline makes them, and 1 if they were there already.

        The text encoder looks at picture and prompt, not at seed or tier; and a call with another seed is
        what follows most often.
        """
        from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as rules

        key = (call.image_sha256, hashlib.sha256(prompt.encode()).hexdigest())
        if key in self._embeddings:
            self._embeddings.move_to_end(key)
            return self._embeddings[key], 1
        width, height = rules.calculate_dimensions(
            rules.CONDITION_IMAGE_SIZE, picture.size[0] / picture.size[1]
        )
        seen = self.pipe.image_processor.resize(picture, height, width)
        embeds, mask = self.pipe.encode_prompt(prompt=prompt, image=[seen])
        if mask is None:  # all tokens count; said so, the pipeline does not warn
            mask = self.torch.ones(embeds.shape[:2], dtype=self.torch.long, device=embeds.device)
        self._embeddings[key] = embeds, mask
        while len(self._embeddings) > _REMEMBERED:
            self._embeddings.popitem(last=False)
        return (embeds, mask), 0


def load_pipeline(
    source: ModelSource, setups: Mapping[Tier, TierSetup], loras: Mapping[Tier, Lora], *, compiled: bool
) -> LoadedPipeline:
    """Load a model with its LoRAs: bf16 on a GPU, float32 on a CPU.

    Raises:
        ConfigurationError: packages are missing, or the files are not what they should be.
    """
    torch = import_torch()
    from diffusers import QwenImageEditPlusPipeline

    dtype = torch.bfloat16 if best_device() == "cuda" else torch.float32
    where: dict[str, Any] = {"local_files_only": True} if source.local else {"revision": source.revision}
    with _said(f"model {source.label}"):
        pipe = QwenImageEditPlusPipeline.from_pretrained(source.location, dtype=dtype, **where)
    for tier, lora in loras.items():
        where = {"weight_name": lora.weight_name, "revision": lora.commit} if lora.commit else {}
        with _said(f"LoRA of tier {tier}"):
            # Not fused into the weights: fusing and undoing it in bf16 would leave other weights behind.
            pipe.load_lora_weights(lora.location, adapter_name=str(tier), **where)
    loaded = LoadedPipeline(pipe, setups, loras)
    loaded.place()
    if compiled:
        pipe.transformer.compile_repeated_blocks(fullgraph=True)
    return loaded


@contextmanager
def _said(what: str) -> Iterator[None]:
    """What the loaders raise, as what it means here."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as exc:
        raise ConfigurationError(f"{what} cannot be loaded: {exc}") from exc


def _stop_if(cancelled: Cancel | None, when: str) -> None:
    if cancelled is not None and cancelled.is_set():
        raise EditCancelled(f"the edit was cancelled {when}")
