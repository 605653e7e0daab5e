"""What an edit costs on a GPU: stock settings against our region tiers.

    python benchmarks/gpu/qwen_edit.py [--tiny] [--json FILE] [--only NAME ...] [--no-compile] [--no-fp8]

Builds Qwen-Image-Edit at its full size (20 B transformer, 7 B text encoder, VAE) with random weights right on
the device: speed and memory do not depend on what the weights are. Everything runs through the production
code, `localizer.diffusion.loaded`. Prints, per configuration,

    seconds   of the whole edit, prompt embeddings included
    denoise   seconds from the first to the last pass through the transformer
    TFLOP/s   multiply-adds of those passes (counted by torch), over that time; and of the card's own peak,
              measured in the same run with one large bf16 matrix product
    ratio     how many times cheaper than the first line, stock 1 MP / 40 steps / CFG

What a first-block cache skips does depend on the weights: its lines show that it runs, not what it would win.

``--tiny`` runs the same on a CPU with a tiny model: whether it works, not how fast.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script: find the project

import numpy as np

from benchmarks.gpu.fp8 import to_fp8
from localizer.diffusion.loaded import LoadedPipeline
from localizer.diffusion.runtime import best_device, import_torch
from localizer.diffusion.sizes import MEGAPIXEL, QUARTER, untouched
from localizer.diffusion.tiers import TierSetup
from localizer.diffusion.tiny import TINY, Shape, random_pipeline
from localizer.engines.editor import ModelCall, Tier
from localizer.errors import EngineError

FULL_SIZE = Shape(
    layers=60,
    heads=24,
    head_dim=128,
    rope=(16, 56, 56),
    latent=16,
    vae_base=96,
    vae_blocks=2,
    hidden=3584,
    intermediate=18944,
    text_layers=28,
    text_heads=28,
    text_kv_heads=4,
    mrope=(16, 24, 24),
    vocabulary=152064,
    vision_layers=32,
    vision_hidden=1280,
    vision_intermediate=3420,
    vision_heads=16,
    vision_full=(7, 15, 23, 31),
)
"""As the published configuration of Qwen-Image-Edit-2509 has it."""

_PROMPT = (
    'Replace the text "SUMMER SALE" with "VERANO LOCO". Keep the same font, size, colour and position. '
    "Keep everything else unchanged."
)
_LORA_RANK = 64  # the Lightning LoRAs'
_CACHE = 0.08  # threshold of the first-block cache


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table.

    Attributes:
        variant: what is done to the transformer; see `variants`.
    """

    name: str
    area: int
    steps: int
    guidance: float
    variant: str


SETTINGS = (
    Setting("stock", MEGAPIXEL, 40, 4.0, "eager"),
    Setting("full region", QUARTER, 40, 4.0, "eager"),
    Setting("balanced region", QUARTER, 8, 1.0, "eager"),
    Setting("fast 1 MP", MEGAPIXEL, 4, 1.0, "eager"),
    Setting("fast region", QUARTER, 4, 1.0, "eager"),
    Setting("fast region, LoRA beside the weights", QUARTER, 4, 1.0, "lora"),
    Setting("stock, first-block cache", MEGAPIXEL, 40, 4.0, "cache"),
    Setting("full region, first-block cache", QUARTER, 40, 4.0, "cache"),
    Setting("stock, compiled", MEGAPIXEL, 40, 4.0, "compiled"),
    Setting("full region, compiled", QUARTER, 40, 4.0, "compiled"),
    Setting("fast region, compiled", QUARTER, 4, 1.0, "compiled"),
    Setting("stock, FP8 compiled", MEGAPIXEL, 40, 4.0, "fp8"),
    Setting("fast region, FP8 compiled", QUARTER, 4, 1.0, "fp8"),
)
VARIANTS = ("eager", "lora", "cache", "compiled", "fp8")
"""In the order in which they are tried: what cannot be undone comes last."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured of one setting.

    Attributes:
        tflop: of all passes through the transformer, as if none were skipped by a cache.
        share: of the measured matrix-product peak; None on a CPU.
    """

    name: str
    seconds: float
    denoise: float
    tflop: float
    tflops: float
    share: float | None
    peak_gib: float | None
    ratio: float | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tiny", action="store_true", help="a tiny model, a few steps; for a CPU")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="; ".join(s.name for s in SETTINGS)
    )
    parser.add_argument(
        "--repeat", type=int, default=3, help="runs of the short settings; their median counts"
    )
    parser.add_argument("--bf16", action="store_true", help="bf16 on a CPU too, as it always is on a GPU")
    parser.add_argument("--no-compile", action="store_true")
    parser.add_argument("--no-fp8", action="store_true")
    options = parser.parse_args(arguments)
    torch = import_torch()
    if best_device() == "cpu" and not options.tiny:
        parser.error("there is no GPU here; --tiny tries the script on a CPU")
    left_out = {"compiled", "fp8"} if options.no_compile else {"fp8"} if options.no_fp8 else set()
    chosen = [
        s for s in SETTINGS if s.variant not in left_out and (not options.only or s.name in options.only)
    ]
    peak = matmul_peak(torch, 512 if options.tiny else 8192)
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"
    print(f"{where}, torch {torch.__version__}: bf16 matrix product {peak / 1e12:.1f} TFLOP/s")
    lines = list(
        measure(torch, chosen, tiny=options.tiny, bf16=options.bf16, peak=peak, repeat=options.repeat)
    )
    print(table(lines))
    if options.json:
        content = {"device": where, "torch": torch.__version__, "bf16_peak_tflops": peak / 1e12}
        content |= {"tiny": options.tiny, "lines": [asdict(line) for line in lines]}
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return 0


def matmul_peak(torch: Any, side: int) -> float:
    """FLOP/s of the best of several square bf16 matrix products."""
    device = best_device()
    a, b = (torch.randn(side, side, device=device, dtype=torch.bfloat16) for _ in range(2))
    best = float("inf")
    for _ in range(10):
        started = now(torch)
        for _ in range(5):
            a @ b
        best = min(best, (now(torch) - started) / 5)
    return 2 * side**3 / best


def now(torch: Any) -> float:
    """Seconds, when all that was asked of the device is done."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def build(torch: Any, *, tiny: bool, bf16: bool) -> LoadedPipeline:
    """The pipeline with random weights, made where it will run."""
    device = best_device()
    usual = torch.get_default_dtype()
    torch.manual_seed(0)
    try:
        torch.set_default_dtype(torch.bfloat16 if bf16 or device != "cpu" else torch.float32)
        with torch.device(device):
            pipe = random_pipeline(TINY if tiny else FULL_SIZE)
    finally:
        torch.set_default_dtype(usual)
    setups = {Tier.FAST: TierSetup(4, distilled=True), Tier.FULL: TierSetup(40, guidance=4.0)}
    return LoadedPipeline(pipe, setups)


def measure(
    torch: Any, settings: Sequence[Setting], *, tiny: bool, bf16: bool, peak: float, repeat: int
) -> Iterator[Line]:
    """Every setting in turn, by variant."""
    loaded = build(torch, tiny=tiny, bf16=bf16)
    work = {}
    stock = None
    for variant in VARIANTS:
        mine = [s for s in settings if s.variant == variant]
        if not mine:
            continue
        with variants(torch, loaded, variant):
            for setting in mine:
                area = (128 * 128 if setting.area == QUARTER else 256 * 256) if tiny else setting.area
                setup = TierSetup(min(setting.steps, 3) if tiny else setting.steps, setting.guidance)
                if area not in work:  # counted before anything is compiled
                    work[area] = flop_of_a_pass(torch, loaded, area)
                line = run(torch, loaded, setting.name, setup, area, work[area], peak, repeat)
                stock = line if stock is None and setting.name == "stock" else stock
                yield line if stock is None else with_ratio(line, stock)


@contextmanager
def variants(torch: Any, loaded: LoadedPipeline, variant: str) -> Iterator[None]:
    """Change the transformer, and undo it where that is possible."""
    transformer = loaded.pipe.transformer
    if variant == "lora":
        from peft import LoraConfig

        targets = ["to_q", "to_k", "to_v", "add_q_proj", "add_k_proj", "add_v_proj", "to_out.0", "to_add_out"]
        config = LoraConfig(r=_LORA_RANK, init_lora_weights=False, target_modules=targets)
        transformer.add_adapter(config, adapter_name="fast")
        yield
        loaded.pipe.unload_lora_weights()
    elif variant == "cache":
        from diffusers import FirstBlockCacheConfig

        transformer.enable_cache(FirstBlockCacheConfig(threshold=_CACHE))
        yield
        transformer.disable_cache()
    elif variant in {"compiled", "fp8"}:
        if variant == "fp8":
            torch.compiler.reset()
            to_fp8(transformer.transformer_blocks)
        transformer.compile_repeated_blocks(fullgraph=True)
        yield
    else:
        yield


def call_of(area: int, guided: bool) -> ModelCall:
    sizes = untouched(area)
    width, height = sizes[len(sizes) // 2]
    picture = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return ModelCall(picture, _PROMPT, Tier.FULL if guided else Tier.FAST, 0)


def flop_of_a_pass(torch: Any, loaded: LoadedPipeline, area: int) -> float:
    """Floating-point operations of one pass through the transformer, as torch counts them."""
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    counts = []
    transformer = loaded.pipe.transformer

    def enter(*_: Any) -> None:
        counter.__enter__()

    def leave(*_: Any) -> None:
        counts.append(counter.get_total_flops())
        counter.__exit__(None, None, None)

    hooks = [transformer.register_forward_pre_hook(enter), transformer.register_forward_hook(leave)]
    try:
        with suppress(EngineError):
            loaded.run(call_of(area, False), TierSetup(2), area=area)
    finally:
        for hook in hooks:
            hook.remove()
    return float(counts[0])


def run(
    torch: Any,
    loaded: LoadedPipeline,
    name: str,
    setup: TierSetup,
    area: int,
    flop: float,
    peak: float,
    repeat: int,
) -> Line:
    """Warm up, then measure; a long setting once, a short one several times."""
    call = call_of(area, setup.guidance > 1)
    with suppress(EngineError):
        loaded.run(call, TierSetup(2, setup.guidance), area=area)
    passes = setup.steps * (2 if setup.guidance > 1 else 1)
    seconds, denoise = [], []
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    for _ in range(1 if passes > 20 else repeat):
        loaded._embeddings.clear()  # each as if it were the first of its picture
        marks: list[float] = []
        transformer = loaded.pipe.transformer
        first = transformer.register_forward_pre_hook(once(lambda marks=marks: marks.append(now(torch))))
        started = now(torch)
        stamp = transformer.register_forward_hook(
            last_of(passes, lambda marks=marks: marks.append(now(torch)))
        )
        try:
            loaded.run(call, setup, area=area)
        except EngineError as exc:  # random weights may overflow; that takes as long
            print(f"{name}: {exc}", file=sys.stderr)
        seconds.append(now(torch) - started)
        first.remove()
        stamp.remove()
        denoise.append(marks[1] - marks[0])
    memory = torch.cuda.max_memory_allocated() / 2**30 if torch.cuda.is_available() else None
    middle = statistics.median(denoise)
    rate = passes * flop / middle
    return Line(
        name,
        round(statistics.median(seconds), 3),
        round(middle, 3),
        round(passes * flop / 1e12, 3),
        round(rate / 1e12, 3),
        round(rate / peak, 3) if torch.cuda.is_available() else None,
        None if memory is None else round(memory, 1),
    )


def once(action: Callable[[], None]) -> Callable[..., None]:
    """A hook that acts the first time only: a mark waits for the device."""
    return last_of(1, action)


def last_of(count: int, action: Callable[[], None]) -> Callable[..., None]:
    """A hook that acts at the count-th time only."""
    left = [count]

    def hook(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            action()

    return hook


def with_ratio(line: Line, stock: Line) -> Line:
    return Line(**{**asdict(line), "ratio": round(stock.seconds / line.seconds, 1)})


def table(lines: Sequence[Line]) -> str:
    """As Markdown, for the docs."""
    head = "| setting | seconds | denoise | TFLOP | TFLOP/s | of peak | peak GiB | times cheaper |"
    rows = [head, "|---|---|---|---|---|---|---|---|"]
    for x in lines:
        share = "" if x.share is None else f"{x.share:.0%}"
        memory = "" if x.peak_gib is None else f"{x.peak_gib:.1f}"
        ratio = "" if x.ratio is None else f"{x.ratio:.1f}"
        rows.append(
            f"| {x.name} | {x.seconds:.2f} | {x.denoise:.2f} | {x.tflop:.1f} | {x.tflops:.2f} | {share} "
            f"| {memory} | {ratio} |"
        )
    return "\n".join(rows)


if __name__ == "__main__":
    sys.exit(main())
