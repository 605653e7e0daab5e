"""Many inputs at a time, in a child process."""

from __future__ import annotations

import resource
import time

from benchmarks.fuzz.mutation import mutated
from benchmarks.fuzz.targets import TARGETS


def run_batch(
    name: str, seeds: tuple[bytes, ...], first: int, count: int
) -> tuple[int, dict[str, int], tuple[float, int], int]:
    """Inputs taken, crashes with the number of their input, the slowest input, peak memory in KiB."""
    target = TARGETS[name]
    taken, crashes, slowest = 0, {}, (0.0, first)
    for number in range(first, first + count):
        data = mutated(seeds, target.words, number)
        began = time.perf_counter()
        try:
            taken += target.run(data)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  these are what we look for
            trace = error.__traceback__
            while trace is not None and trace.tb_next is not None:
                trace = trace.tb_next
            where = (
                f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
            )
            crashes.setdefault(f"{type(error).__name__} at {where}: {str(error)[:80]}", number)
        slowest = max(slowest, (time.perf_counter() - began, number))
    return taken, crashes, slowest, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
