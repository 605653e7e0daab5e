"""``python -m benchmarks.drills``: lists the drills; with names (or ``all``) runs them and prints a table."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Mapping

from benchmarks.drills.campaign import Campaign, campaign
from benchmarks.drills.drills import DRILLS, Drill
from benchmarks.drills.judge import Verdict

_HEAD = (
    "fault", "times tried", "jobs", "jobs lost", "duplicates", "wrong publishes", "work redone", "killed",
)  # fmt: skip


def main(drills: Mapping[str, Drill] = DRILLS, about: str | None = __doc__) -> int:
    """Run those drills that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.drills", description=about)
    parser.add_argument("drills", nargs="*", metavar="NAME", help="which to run; all: every one; none: list")
    parser.add_argument("--images", type=int, default=40, metavar="N", help="of the campaign (default: 40)")
    parser.add_argument("--times", type=int, default=1, metavar="N", help="tries of each drill (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of everything that is random (default: 0)")
    asked = parser.parse_args()
    names = list(drills) if asked.drills == ["all"] else asked.drills
    if not names:
        for name, drill in drills.items():
            print(f"{name:18s} {(drill.__doc__ or '').splitlines()[0]}")
        return 0
    if unknown := set(names) - set(drills):
        parser.error(f"no drill {sorted(unknown)[0]!r}; there are {', '.join(drills)}")
    good = True
    print("| " + " | ".join(_HEAD) + " |\n" + "|---" * len(_HEAD) + "|", flush=True)
    with campaign(asked.images) as drawn:
        for name in names:
            good &= _tried(name, drills[name], drawn, asked.times, asked.seed)
    return 0 if good else 1


def _tried(name: str, drill: Drill, drawn: Campaign, times: int, seed: int) -> bool:
    total, good, started = Verdict(), True, time.monotonic()
    for number in range(times):
        verdict = drill(drawn, number, random.Random(f"{seed} {name} {number}"))  # noqa: S311
        total, good = total + verdict, good and verdict.is_good
    row = (name, times, total.jobs, total.lost, total.duplicates, total.wrong, total.redone, total.killed)
    print("| " + " | ".join(map(str, row)) + " |", flush=True)
    for note in total.notes:
        print(f"  {name}: {note}", file=sys.stderr, flush=True)
    print(f"  {name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return good


if __name__ == "__main__":
    sys.exit(main())
