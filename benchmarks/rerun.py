"""What a rerun costs that finds nothing to do.

    python benchmarks/rerun.py [--images N] [--pace SECONDS|typeset] [--jobs P] [--full]

Localizes a catalog, then runs the very same command again: nothing is edited, nothing is published anew, and
a report is written. Printed:

    ratio = seconds of the second run / seconds of the first     (at most 0.02 at 10,000)

The ratio depends on how long an edit takes, so the milliseconds that a finished job costs are printed too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from benchmarks.measuring import add_work_options, work_of


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_work_options(parser, images=200, full=10_000, pace="0.25")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rerun-") as temporary:
        work = work_of(asked, asked.folder or Path(temporary))
        print(work, flush=True)
        first = work.run("run")
        work.verify("run")
        edits = work.edits("run")
        print(f"first run    {first}", flush=True)
        second = work.run("run")
        work.verify("run")
        print(f"second run   {second}")
        if work.edits("run") != edits:
            raise SystemExit("the second run edited images again")
        if len([*work.published("run").glob("*/releases/*")]) != 1:
            raise SystemExit("the second run published a second release")
        print(f"a job that is done costs {1000 * second.seconds / work.images:.1f} ms, start included")
        print(
            f"ratio = {second.seconds / first.seconds:.3f} in seconds, {second.cpu / first.cpu:.3f} in CPU-s"
        )


if __name__ == "__main__":
    main()
