"""The process of a shard's task is killed in the middle, twice; the only stand-in is Airflow's context."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from PIL import Image

from localizer.model import Action, Edit, Job, Status
from localizer.plan_files import Plan
from localizer.runs import Run
from localizer.workspace import Workspace

JOBS, PROCESSES, KILLS = 14, 2, 2

# A module of its own, which worker processes import for the engine.
TASK = """
import json, os, sys, time
from types import SimpleNamespace

import numpy as np
from localizer.engines.base import Candidate, Placement


class Slow:
    name, version = "slow", "1"

    def parameters(self):
        return {}

    def edit(self, request):
        with open(os.environ["EDITS"], "a") as log:
            log.write(request.job.asset_id + "\\n")
        time.sleep(0.3)
        mask = np.zeros(request.rgb.shape[:2], bool)
        mask[:4, :4] = True
        rgb = request.rgb.copy()
        rgb[mask] = 7
        return Candidate(rgb, mask, tuple(Placement(e, box=(0, 0, 4, 4)) for e in request.job.edits))


if __name__ == "__main__":
    from operators.edit import EditImagesOperator

    workspace, shard = sys.argv[1], json.loads(sys.argv[2])
    operator = EditImagesOperator(
        task_id="edit", workspace=workspace, run_name="r", shard=shard, engine="task:Slow", workers=2
    )
    context = {
        "ti": SimpleNamespace(try_number=1, max_tries=0, dag_id="d"),
        "dag_run": SimpleNamespace(dag_id="d", triggering_user_name="mei"),
    }
    print("counts", json.dumps(operator.execute(context)))
"""


def test_a_killed_shard_does_again_one_image_a_process_at_most(tmp_path: Path) -> None:
    (tmp_path / "task.py").write_text(TASK)
    edits = tmp_path / "edits"
    edits.touch()
    run, shard = planned(tmp_path / "workspace")

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "task.py", str(tmp_path / "workspace"), json.dumps(shard)]
        environment = {**os.environ, "EDITS": str(edits)}
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    for kill in range(1, KILLS + 1):
        task = start()
        end = time.monotonic() + 120
        while len(edits.read_text().split()) < kill * 5:
            assert task.poll() is None, task.communicate()[0]
            assert time.monotonic() < end
            time.sleep(0.02)
        task.kill()
        task.communicate()
    output, _ = start().communicate(timeout=120)
    [counts] = [json.loads(line[6:]) for line in output.splitlines() if line.startswith("counts")]
    assert counts["passed"] == JOBS, output
    assert counts["cached"] >= KILLS

    begun = Counter(edits.read_text().split())
    assert len(begun) == JOBS
    assert begun.total() <= JOBS + KILLS * PROCESSES
    merged = run.merge()
    assert (merged.total, merged.passed) == (JOBS, JOBS)
    assert sorted(r.asset_id for r in run.each_result()) == sorted(begun)
    assert {r.status for r in run.load_shard("0000")} == {Status.PASSED}


def planned(folder: Path) -> tuple[Run, dict[str, object]]:
    workspace = Workspace.open(str(folder))
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(picture, "PNG")
    source, sha256 = workspace.put_source(picture.getvalue(), "png")
    edit = Edit(Action.REMOVE_OBJECT, object="logo", box=(0, 0, 4, 4), row=2)
    jobs = [Job(f"{n:064x}", f"p{n}", "und", "und", source, sha256, (edit,)) for n in range(JOBS)]
    run = workspace.run("r")
    run.save_plan(Plan("c", tuple(jobs)))
    with run.plan() as plan:
        return run, {"shard": "0000", "label": "p0 …", "start": 0, "stop": JOBS, "plan": plan.digest}
