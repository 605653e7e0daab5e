"""What a run costs that was killed half-way and is started again.

    python benchmarks/resume.py [--images N] [--pace SECONDS|typeset] [--jobs P] [--full]

Localizes a catalog without disturbance; then once more from the start, with SIGKILL as soon as half of the
images have a result, and the same command again. Printed:

    ratio = seconds of the command after the kill / seconds of the undisturbed run     (at most 0.55)
    lost  = images edited twice: at most those that were under way, one a worker
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from benchmarks.measuring import add_work_options, work_of


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_work_options(parser, images=200, full=2000, pace="0.25")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="resume-") as temporary:
        work = work_of(asked, asked.folder or Path(temporary))
        print(work, flush=True)
        whole = work.run("whole")
        work.verify("whole")
        work.clear("whole")
        print(f"undisturbed    {whole}", flush=True)
        killed = work.run("killed", kill_when=_lines_reached(work.results("killed"), work.images // 2))
        if killed.exit_code >= 0:
            raise SystemExit("the run ended before it could be killed; give it more images")
        print(f"until killed   {killed}", flush=True)
        rest = work.run("killed")
        work.verify("killed")
        print(f"the rest       {rest}")
        if work.pace:
            edits = work.edits("killed")
            lost = edits.total() - work.images
            print(f"lost = {lost} edits of {work.images}, {work.parallel} workers were killed")
            if lost > work.parallel or max(edits.values()) > 2:
                raise SystemExit("more was edited twice than was under way")
        print(f"ratio = {rest.seconds / whole.seconds:.3f} in seconds, {rest.cpu / whole.cpu:.3f} in CPU-s")


def _lines_reached(path: Path, wanted: int) -> Callable[[], bool]:
    """Whether a growing file has so many lines; each part of it is read once."""
    seen, read = 0, 0

    def reached() -> bool:
        nonlocal seen, read
        if not path.exists():
            return False
        with path.open("rb") as file:
            file.seek(read)
            new = file.read()
        seen, read = seen + new.count(b"\n"), read + len(new)
        return seen >= wanted

    return reached


if __name__ == "__main__":
    main()
