"""What the benchmarks of whole runs measure, on real processes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from benchmarks.measuring import Work, measured

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

EATING_CHILD = """
import subprocess, sys, time
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "child"], check=True)
else:
    held, until = b"x" * (200 << 20), time.process_time() + 1.0
    while time.process_time() < until:
        pass
"""


def test_descendants_count(tmp_path: Path) -> None:
    script = tmp_path / "eating.py"
    script.write_text(EATING_CHILD, encoding="utf-8")
    usage = measured([sys.executable, str(script)], log=tmp_path / "log")
    assert usage.exit_code == 0
    assert 1.0 <= usage.cpu < 3.0
    assert 200 <= usage.largest <= usage.memory < 300
    assert usage.first < 50


def test_only_the_first_process_is_killed_and_the_end_of_the_others_is_awaited(tmp_path: Path) -> None:
    work = Work(tmp_path, images=40, pace=0.1, parallel=2).draw()
    results = work.results("run")

    def four_are_done() -> bool:
        return results.exists() and results.read_bytes().count(b"\n") >= 4

    killed = work.run("run", kill_when=four_are_done)
    assert killed.exit_code == -9
    with pytest.raises((SystemExit, ValueError)):  # nothing is published yet
        work.verify("run")
    work.run("run")
    work.verify("run")
    edits = work.edits("run")
    assert 0 <= edits.total() - work.images <= work.parallel


@pytest.mark.parametrize("change", ["twice", "failed", "missing"])
def test_a_run_that_is_not_right_is_not_measured(tmp_path: Path, change: str) -> None:
    work = Work(tmp_path, images=3, pace=0.0, parallel=1)
    rows = [{"asset_id": f"p{n}", "status": "passed"} for n in range(3)]
    release = work.published("run") / "manifest" / "releases" / "r-1" / "und"
    release.mkdir(parents=True)
    (work.published("run") / "manifest" / "current.json").write_text('{"release_id": "r-1"}')
    for row in rows:
        (release / f"{row['asset_id']}.png").touch()

    def verify() -> None:
        work.results("run").write_text("".join(json.dumps(row) + "\n" for row in rows))
        work.verify("run")

    verify()
    if change == "twice":
        rows.append(rows[0])
    elif change == "failed":
        rows[1]["status"] = "failed"
        (release / "p1.png").unlink()
    else:
        (release / "p1.png").unlink()
    with pytest.raises(SystemExit):
        verify()
