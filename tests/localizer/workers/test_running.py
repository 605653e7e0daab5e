"""Worker processes that die, twins, and parents that are killed; all with real processes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from localizer.workspace import Workspace

# A program of its own, which worker processes import for the engine.
DRIVER = """
import json, os, signal, sys, time
from pathlib import Path
import numpy as np
from localizer.engines.base import Candidate, Placement
from localizer.model import Job
from localizer.pipeline import localize_many
from localizer.text.reading import remember

LOG = Path(sys.argv[1])

class Engine:
    name, version = "driver", "1"
    def __init__(self, patience=0.0):
        self.patience = patience
    def parameters(self):
        return {}
    def edit(self, request):
        job = request.job
        with LOG.open("a") as log:
            log.write(f"{job.asset_id} {os.getpid()} {os.environ.get('OMP_NUM_THREADS')}\\n")
        if job.asset_id.startswith("killer"):
            os.kill(os.getpid(), signal.SIGSEGV)
        if job.asset_id.startswith("unlucky") and LOG.read_text().count("unlucky") == 1:
            os._exit(9)
        remember(job.source_sha256, ())  # nothing is written there; to have it read takes its time
        time.sleep(600 if job.asset_id.startswith("hanger") else self.patience)
        mask = np.zeros(request.rgb.shape[:2], bool)
        mask[:4, :4] = True
        rgb = request.rgb.copy()
        rgb[:4, :4] = 7
        return Candidate(rgb, mask, tuple(Placement(e, box=(0, 0, 4, 4)) for e in job.edits))

if __name__ == "__main__":
    jobs = [Job.from_dict(j) for j in json.loads(Path(sys.argv[2]).read_text())]
    came = []
    localize_many(
        iter(jobs), workspace_uri=sys.argv[3], engine="driver:Engine", workers=2,
        engine_parameters={"patience": float(sys.argv[4])},
        # What hangs is stopped soon; anything else may take its time on a machine that is busy.
        job_timeout=30 if any(j.asset_id == "hanger" for j in jobs) else 600, on_result=came.append,
    )
    print(json.dumps([r.to_dict() for r in came]))
"""


class Driver:
    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        (folder / "driver.py").write_text(DRIVER)
        self.log.touch()
        workspace = Workspace.open(str(folder / "workspace"))
        out = io.BytesIO()
        Image.new("RGB", (64, 48), (200, 30, 30)).save(out, "PNG")
        self.source, self.sha256 = workspace.put_source(out.getvalue(), "png")

    def job(self, asset: str, key: str = "") -> dict[str, Any]:
        return {
            "key": (key or asset).ljust(64, "0"),
            "asset_id": asset,
            "locale": "und",
            "source_locale": "und",
            "source": self.source,
            "source_sha256": self.sha256,
            "edits": [{"action": "remove_object", "object": "logo", "box": [0, 0, 4, 4], "row": 2}],
        }

    def start(self, jobs: list[dict[str, Any]], *, patience: float = 0.0) -> subprocess.Popen[str]:
        (self.folder / "jobs.json").write_text(json.dumps(jobs))
        workspace = self.folder / "workspace"
        arguments = [self.folder / "driver.py", self.log, self.folder / "jobs.json", workspace, patience]
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A test run in the background inherits a SIGINT that is ignored; a person's terminal does not.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
        )

    def run(self, jobs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """One result each, by asset."""
        out, err = self.start(jobs).communicate(timeout=120)
        assert out, err
        came = json.loads(out)
        assert sorted(r["asset_id"] for r in came) == sorted(j["asset_id"] for j in jobs)
        return {r["asset_id"]: r for r in came}

    def edited(self) -> list[list[str]]:
        """Asset, process id and OMP_NUM_THREADS of each edit that was begun."""
        return [line.split() for line in self.log.read_text().splitlines()]


@pytest.fixture
def driver(tmp_path: Path) -> Driver:
    return Driver(tmp_path)


def test_a_dying_worker_costs_its_own_job_only(driver: Driver) -> None:
    names = ["a", "killer", "b", "unlucky", "hanger", "c", "d"]
    results = driver.run([driver.job(n) for n in names])
    assert {n: r["status"] for n, r in results.items() if n not in {"killer", "hanger"}} == dict.fromkeys(
        ["a", "b", "unlucky", "c", "d"], "passed"
    )
    assert results["killer"]["status"] == "failed"
    assert "worker process died twice: it was killed by signal 11" in results["killer"]["reason"]
    assert results["hanger"]["status"] == "failed"
    assert "took longer than 30 s" in results["hanger"]["reason"]
    # Nobody else's work is lost with a worker.
    assert sorted(asset for asset, _, _ in driver.edited()) == sorted([*names, "killer", "unlucky"])
    # Not kept: with more memory it may succeed.
    assert Workspace.open(str(driver.folder / "workspace")).load_result(results["killer"]["job"]) is None


def test_twins_are_edited_once_and_workers_have_one_thread(driver: Driver) -> None:
    jobs = [driver.job("one", "k"), driver.job("other"), driver.job("two", "k"), driver.job("three", "k")]
    results = driver.run(jobs)
    assert {asset: r["cached"] for asset, r in results.items()} == {
        "one": False,
        "other": False,
        "two": True,
        "three": True,
    }
    edited = driver.edited()
    assert sorted(asset for asset, _, _ in edited) == ["one", "other"]
    assert {threads for _, _, threads in edited} == {"1"}


def test_workers_end_with_a_killed_parent_and_a_second_run_goes_on(driver: Driver) -> None:
    jobs = [driver.job(f"job{n}") for n in range(6)]
    process = driver.start(jobs, patience=1.0)
    workspace = Workspace.open(str(driver.folder / "workspace"))
    _wait(lambda: any(workspace.load_result(j["key"]) for j in jobs))
    process.kill()
    process.communicate()
    workers = {int(pid) for _, pid, _ in driver.edited()}
    _wait(lambda: not any(_is_alive(pid) for pid in workers))
    done = {j["asset_id"] for j in jobs if workspace.load_result(j["key"])}
    assert 0 < len(done) < 6
    results = driver.run(jobs)
    assert {asset for asset, r in results.items() if r["cached"]} == done
    assert {r["status"] for r in results.values()} == {"passed"}


def test_ctrl_c_ends_the_workers_too(driver: Driver) -> None:
    process = driver.start([driver.job(f"job{n}") for n in range(4)], patience=60)
    _wait(lambda: len(driver.edited()) == 2)
    process.send_signal(signal.SIGINT)
    for _, pid, _ in driver.edited():  # a terminal signals the whole group
        with suppress(ProcessLookupError):  # ended with its parent already
            os.kill(int(pid), signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode != 0
    assert err.count("Traceback") <= 1  # the parent's
    assert not any(_is_alive(int(pid)) for _, pid, _ in driver.edited())


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _wait(until: Any, seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
