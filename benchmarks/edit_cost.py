"""What an edit with all its checks costs, in units of reading the image.

    python benchmarks/edit_cost.py [--all] [--quick] [--repeat N]

Runs the sample campaign in one process on one thread and prints

    ratio = (one job, decode to saved result) / (one OCR pass over the source + one over the result)

The baseline is measured right after each job, so that both see the same machine. The source is read once
per process: `cold` is the first locale of an image, `warm` a further one. A table shows where the time goes.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import os
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")  # before NumPy is loaded
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from examples.generate import generate
from localizer.brand import BrandKit, load_brand
from localizer.engines.registry import get_engine
from localizer.manifest import load_manifest
from localizer.model import Job, JobResult
from localizer.pipeline import localize
from localizer.planning import plan_manifest
from localizer.workspace import Workspace

CAMPAIGN = Path(__file__).resolve().parents[1] / "examples" / "campaign"
QUICK = ("serum-card",)

# Stage → the functions whose own time it is, as (module, attribute) where they are called from.
STAGES: dict[str, tuple[tuple[str, str], ...]] = {
    "read + decode": (("localizer.workspace", "Workspace.read_source"), ("localizer.images", "decode")),
    "OCR of the source": (("localizer.engines.typeset", "read_source"),),
    "find": (("localizer.engines.typeset", "claim"),),
    "erase: ink": (("localizer.text.plate", "_inspect"),),
    "erase: type and face": (("localizer.text.plate", "_measure"),),
    "erase: fill": (("localizer.text.plate", "_erase_line"),),
    "erase: read the plate": (("localizer.text.plate", "_remains"),),
    "erase: rest": (("localizer.engines.typeset", "_erase_all"),),
    "set": (("localizer.engines.typeset", "_set_all"),),
    "deliver": (("localizer.images", "deliver"),),
    "check text_correct": (("localizer.checks.suite", "check_text_correct"),),
    "check source_text_gone": (("localizer.checks.suite", "check_source_text_gone"),),
    "check untouched": (("localizer.checks.suite", "check_untouched"),),
    "check legible": (("localizer.checks.suite", "check_legible"),),
    "check fits": (("localizer.checks.suite", "check_fits"),),
    "check faces": (("localizer.checks.suite", "check_faces"),),
    "check copy_policy": (("localizer.checks.suite", "check_copy_policy"),),
    "check file": (("localizer.checks.suite", "check_file"),),
    "candidate.png": (("localizer.images", "candidate_png"),),
    "save": (("localizer.workspace", "Workspace.save_result"),),
}


@dataclass(slots=True)
class Stopwatch:
    """Own time of each stage, in seconds: what runs inside another stage counts for the inner one only."""

    own: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _open: list[float] = field(default_factory=list)

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            self._open.append(0.0)
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                whole = time.perf_counter() - started
                self.own[stage] += whole - self._open.pop()
                if self._open:
                    self._open[-1] += whole

        return run

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time every function of `STAGES` until the block ends."""
        replaced: list[tuple[Any, str, Any]] = []
        for stage, functions in STAGES.items():
            for module, path in functions:
                *parents, name = path.split(".")
                owner = functools.reduce(getattr, parents, importlib.import_module(module))
                replaced.append((owner, name, getattr(owner, name)))
                setattr(owner, name, self.timed(stage, getattr(owner, name)))
        try:
            yield
        finally:
            for owner, name, function in replaced:
                setattr(owner, name, function)


class Timer:
    """Wall-clock and processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.process_time()

    def stop(self) -> tuple[float, float]:
        """Both, in seconds."""
        return time.perf_counter() - self._wall, time.process_time() - self._processor


@dataclass(frozen=True, slots=True)
class Measured:
    """One job: seconds of the job, of reading source and result, and of each stage.

    Attributes:
        processor_ratio: the same ratio in processor time, which other work on the machine hardly touches.
    """

    job: Job
    cold: bool
    seconds: float
    baseline: float
    processor_ratio: float
    stages: dict[str, float]
    megapixels: float
    status: str
    attempts: int

    @property
    def ratio(self) -> float:
        return self.seconds / self.baseline


def plan(folder: Path, workspace: Workspace, brand: BrandKit, only: Sequence[str]) -> dict[str, list[Job]]:
    """The sample's jobs that have all their copy, by image."""
    generate(folder / "images", only)
    manifest = load_manifest(str(CAMPAIGN / "manifest.csv"))
    planned = plan_manifest(
        manifest,
        workspace=workspace,
        engine=get_engine("typeset"),
        brand=brand,
        image_root=str(folder),
    )
    by_image: dict[str, list[Job]] = {}
    for job in planned.jobs:
        if not job.missing_copy:
            by_image.setdefault(job.asset_id, []).append(job)
    return by_image


def sample(by_image: dict[str, list[Job]], every: bool) -> list[Job]:
    """All jobs, or two locales an image, another pair for each image in turn."""
    chosen: list[Job] = []
    for number, jobs in enumerate(by_image.values()):
        start = number % len(jobs)
        turned = [*jobs[start:], *jobs[:start]]
        chosen += turned if every else turned[:2]
    return chosen


def measure(job: Job, *, cold: bool, workspace: Workspace, engine: Any, brand: BrandKit) -> Measured:
    """Do a job for real, then read its source and its result once each."""
    import numpy as np
    from PIL import Image

    from localizer.checks import faces
    from localizer.images import decode
    from localizer.text import reading

    if cold:
        reading.forget()
        faces.forget()
    watch = Stopwatch()
    with watch.watching():
        job_timer = Timer()
        result: JobResult = localize(job, workspace=workspace, engine=engine, brand=brand)
        seconds, processor = job_timer.stop()
    if result.image is None:
        raise SystemExit(f"{job.label} gave no image: {result.reason}")
    before = decode(workspace.read_source(job), name=job.label).rgb
    after = np.asarray(Image.open(result.image).convert("RGB"))
    baseline_timer = Timer()
    reading.read_lines(before)
    reading.read_lines(after)
    baseline, processor_baseline = baseline_timer.stop()
    stages = {**watch.own, "rest": seconds - sum(watch.own.values())}
    size = before.shape[0] * before.shape[1] / 1e6
    return Measured(
        job=job,
        cold=cold,
        seconds=seconds,
        baseline=baseline,
        processor_ratio=processor / processor_baseline,
        stages=stages,
        megapixels=size,
        status=str(result.status),
        attempts=result.attempts,
    )


def warm_up(folder: Path, workspace_folder: Path, by_image: dict[str, list[Job]], brand: BrandKit) -> float:
    """Load models, fonts and readers by doing one job in a workspace of its own; seconds that took."""
    jobs = min(by_image.values(), key=len)
    workspace = Workspace.open(str(workspace_folder))
    started = time.perf_counter()
    spare = plan(folder, workspace, brand, [jobs[0].asset_id])
    localize(spare[jobs[0].asset_id][0], workspace=workspace, engine=get_engine("typeset"), brand=brand)
    return time.perf_counter() - started


def p90(values: Sequence[float]) -> float:
    """The smallest value that nine tenths are not above."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 9 // 10) - 1)]


def report(measured: Sequence[Measured]) -> None:
    """Print ratios and the table of stages."""
    print(f"\n{'image · locale':28}{'Mpx':>6}{'':>6}{'job s':>8}{'2 × OCR s':>11}{'ratio':>7}  verdict")
    for m in measured:
        kind = "cold" if m.cold else "warm"
        again = f" in {m.attempts} attempts" if m.attempts > 1 else ""
        print(
            f"{m.job.label:28}{m.megapixels:6.2f}{kind:>6}{m.seconds:8.2f}{m.baseline:11.2f}"
            f"{m.ratio:7.2f}  {m.status}{again}"
        )
    groups = {
        "cold": [m for m in measured if m.cold],
        "warm": [m for m in measured if not m.cold],
        "all": list(measured),
    }
    baseline = sum(m.baseline for m in measured)
    print(f"\n{'own time of a stage, s a job':28}{'cold':>8}{'warm':>8}{'of 2 × OCR':>12}")
    for stage in (*STAGES, "rest"):
        means = [
            statistics.fmean([m.stages.get(stage, 0.0) for m in groups[k]] or [0.0]) for k in ("cold", "warm")
        ]
        share = sum(m.stages.get(stage, 0.0) for m in measured) / baseline
        print(f"{stage:28}{means[0]:8.3f}{means[1]:8.3f}{share:12.1%}")
    print()
    for name, group in groups.items():
        if group:
            ratios = [m.ratio for m in group]
            print(
                f"ratio {name}: median {statistics.median(ratios):.2f}, p90 {p90(ratios):.2f}, "
                f"mean {statistics.fmean(ratios):.2f}, {min(ratios):.2f} to {max(ratios):.2f}; "
                f"in processor time median {statistics.median([m.processor_ratio for m in group]):.2f} "
                f"({len(group)} jobs)"
            )


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="What an edit costs, in units of reading the image.")
    parser.add_argument("--all", action="store_true", help="every job of the sample, not two an image")
    parser.add_argument("--quick", action="store_true", help="one image, two jobs")
    parser.add_argument("--repeat", type=int, default=1, help="how often (default: %(default)s)")
    args = parser.parse_args(argv)

    import cv2

    cv2.setNumThreads(1)
    brand = load_brand(CAMPAIGN / "brands" / "lumea")
    only = QUICK if args.quick else ()
    measured: list[Measured] = []
    with tempfile.TemporaryDirectory(prefix="edit-cost-") as temporary:
        folder = Path(temporary)
        for turn in range(args.repeat):
            # A workspace of its own each time: what is cached costs nothing.
            workspace = Workspace.open(str(folder / f"workspace-{turn}"))
            by_image = plan(folder, workspace, brand, only)
            if turn == 0:
                seconds = warm_up(folder, folder / "warm-up", by_image, brand)
                print(
                    f"first job of a process, models loaded on the way: {seconds:.1f} s (not counted below)"
                )
            engine, seen = get_engine("typeset"), set[str]()
            for job in sample(by_image, args.all):
                cold = job.asset_id not in seen
                seen.add(job.asset_id)
                measured.append(measure(job, cold=cold, workspace=workspace, engine=engine, brand=brand))
    report(measured)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
