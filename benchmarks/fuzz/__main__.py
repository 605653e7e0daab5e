"""Fuzz the readers: ``python -m benchmarks.fuzz --seconds 60``.

Each target reads mutated bytes in a bounded child process (`localizer.sandbox.calling`). Printed: executions,
how many inputs were taken, what came out that is no LocalizerError (crashes), what the sandbox stopped, the
slowest input and the peak memory. An input is known by its number: ``--show image 1234`` prints it.

With ``--atheris`` (``pip install atheris``) libFuzzer looks for inputs that reach new code, one target at a
time and in this process; it stops at the first crash and leaves the input behind.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.fuzz.batches import run_batch
from benchmarks.fuzz.mutation import mutated
from benchmarks.fuzz.targets import TARGETS, seeds_of
from localizer.errors import InputStopped
from localizer.sandbox.calling import bounded

BATCH = 200
SECONDS, MEMORY_BYTES = 60.0, 2 << 30


@dataclass
class Tally:
    """What came of a target."""

    executions: int = 0
    taken: int = 0
    crashes: dict[str, int] = field(default_factory=dict)
    stopped: dict[int, str] = field(default_factory=dict)
    slowest: tuple[float, int] = (0.0, 0)
    peak_kib: int = 0


def fuzz(name: str, seconds: float, first: int) -> Tally:
    """Run one target for so long."""
    tally, end, number = Tally(), time.monotonic() + seconds, first
    while time.monotonic() < end:
        _batch(tally, name, number, BATCH)
        number += BATCH
    return tally


def _batch(tally: Tally, name: str, first: int, count: int) -> None:
    try:
        taken, crashes, slowest, peak = bounded(
            run_batch, name, seeds_of(name), first, count, seconds=SECONDS, memory_bytes=MEMORY_BYTES
        )
    except InputStopped as error:
        if count == 1:
            tally.stopped[first] = str(error)
            tally.executions += 1
        else:  # which one was it?
            _batch(tally, name, first, count // 2)
            _batch(tally, name, first + count // 2, count - count // 2)
        return
    tally.executions += count
    tally.taken += taken
    for crash, number in crashes.items():
        tally.crashes.setdefault(crash, number)
    tally.slowest = max(tally.slowest, slowest)
    tally.peak_kib = max(tally.peak_kib, peak)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="for each target")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="default: all")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--show", nargs=2, metavar=("TARGET", "NUMBER"), help="print an input and stop")
    parser.add_argument("--atheris", action="store_true", help="look for new code paths instead; one target")
    options = parser.parse_args(arguments)
    if options.show:
        name, number = options.show
        sys.stdout.buffer.write(mutated(seeds_of(name), TARGETS[name].words, int(number)))
        return 0
    names = options.target or list(TARGETS)
    if options.atheris:
        return _atheris(names[0], options.seconds)
    print("target            executions   taken  crashes  stopped  slowest ms  peak MiB")
    bad = 0
    for name in names:
        tally = fuzz(name, options.seconds, options.first)
        slowest, number = tally.slowest
        print(
            f"{name:17} {tally.executions:10} {tally.taken:7} {len(tally.crashes):8} {len(tally.stopped):8} "
            f"{slowest * 1000:8.0f} (#{number}) {tally.peak_kib >> 10:6}",
            flush=True,
        )
        for crash, at in tally.crashes.items():
            print(f"  crash, input {at}: {crash}")
        for at, why in tally.stopped.items():
            print(f"  stopped, input {at}: {why}")
        bad += len(tally.crashes)
    return 1 if bad else 0


def _atheris(name: str, seconds: float) -> int:
    import atheris  # type: ignore[import-not-found, unused-ignore]

    target = TARGETS[name]
    with atheris.instrument_imports(include=["localizer"]):
        target.run(seeds_of(name)[0])
    atheris.Setup([sys.argv[0], f"-max_total_time={int(seconds)}", "-rss_limit_mb=4096"], target.run)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
