"""Whether cost and memory stay flat while a catalog grows.

    python benchmarks/growth.py [--small N] [--images N] [--pace SECONDS|typeset] [--jobs P] [--full]

Localizes a small catalog (three times, each another; the median counts) and a large one, with the command
line. Printed:

    cost   = CPU-seconds a job in the large run / in the small one      (at most 1.05 at 10,000 over 100)
    memory = highest memory of all processes together, large / small    (at most 1.10)

The start (imports, models: that of a run of one image a worker) is spread over more jobs in a large run and
would hide a job that gets dearer. So `cost` is printed both as it is and with the start taken off. Likewise
memory: of all processes together, and of the first one alone, which holds what grows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from benchmarks.measuring import Usage, Work, add_work_options, work_of


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_work_options(parser, images=1000, full=10_000, pace="0")
    parser.add_argument("--small", type=int, default=100, metavar="N", help="default 100")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="growth-") as temporary:
        folder = asked.folder or Path(temporary)
        start = _run(Work(folder / "start", asked.jobs, asked.pace, asked.jobs, seed=9).draw())
        small = [
            _run(Work(folder / f"small{seed}", asked.small, asked.pace, asked.jobs, seed=seed).draw())
            for seed in (1, 2, 3)
        ]
        large_work = work_of(asked, folder)
        large = _run(large_work)
        sizes = (asked.small, large_work.images)
        raw = tuple(median(u.cpu for u in runs) / n for runs, n in zip((small, [large]), sizes, strict=True))
        own = tuple(
            (median(u.cpu for u in runs) - start.cpu) / (n - asked.jobs)
            for runs, n in zip((small, [large]), sizes, strict=True)
        )
        print(f"a job costs {1000 * raw[0]:.1f} and {1000 * raw[1]:.1f} CPU-ms, start included")
        print(f"            {1000 * own[0]:.1f} and {1000 * own[1]:.1f} without it ({start.cpu:.1f} CPU-s)")
        memory = median(u.memory for u in small), median(u.first for u in small)
        print(f"cost   = {raw[1] / raw[0]:.3f}, {own[1] / own[0]:.3f} without the start")
        print(
            f"memory = {large.memory / memory[0]:.3f} ({memory[0]:.0f} and {large.memory:.0f} MiB), "
            f"{large.first / memory[1]:.3f} in the first process ({memory[1]:.0f} and {large.first:.0f} MiB)"
        )


def _run(work: Work) -> Usage:
    usage = work.run("run")
    work.verify("run")
    work.clear("run")
    print(f"{work}: {usage}", flush=True)
    return usage


if __name__ == "__main__":
    main()
