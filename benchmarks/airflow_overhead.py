"""What Airflow costs: the DAG against the command line on the same jobs, with as many edits at once.

    python benchmarks/airflow_overhead.py [--images N] [--pace SECONDS] [--jobs P] [--cluster] [--full]

Localizes one catalog twice: with ``python -m localizer run --jobs P``, and with the DAG `localize_campaign`
in an Airflow that runs (LocalExecutor and SQLite, or with --cluster CeleryExecutor, Postgres and Redis; all
on this machine), in which P processes edit at once too: P / 2 mapped tasks at once, of two processes each.
Both approve what passed, publish and report. Airflow is up before, and has localized twenty other images in
that workspace, so it knows how long an image takes and cuts its shards by that, as it does in use. Its time
is that from the trigger to the end of the last task. Printed for each pace:

    ratio = seconds of the DAG / seconds of the command line      (at most 1.10 at 1,000, 1.05 at 10,000)

The instant engine (pace 0) measures what Airflow costs by itself: seconds and CPU-seconds more. The pace at
which the ratio counts is that of the engine `typeset`: about one CPU-second an edit (see ``edit_cost.py``).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from benchmarks.measuring import Work, add_work_options, work_of
from benchmarks.measuring.airflow import Airflow, DagRun, distributed_airflow, local_airflow
from localizer.workspace import Workspace
from operators.shards import PROCESSES

_EARLIER = 20  # images


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_work_options(parser, images=50, full=1000, pace="1.0")
    parser.set_defaults(jobs=max(1, len(os.sched_getaffinity(0)) // PROCESSES) * PROCESSES)
    parser.add_argument("--cluster", action="store_true", help="CeleryExecutor, Postgres and Redis instead")
    asked = parser.parse_args()
    if asked.jobs % PROCESSES:
        parser.error(f"--jobs: a mapped task edits in {PROCESSES} processes, so give a multiple of that")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # Airflow is stopped then too
    paces = [0.0] if asked.pace == 0 else [0.0, asked.pace]
    with tempfile.TemporaryDirectory(prefix="overhead-") as temporary:
        folder = asked.folder or Path(temporary)
        start = distributed_airflow if asked.cluster else local_airflow
        with start(folder / "airflow", slots=asked.jobs // PROCESSES) as airflow:
            for pace in paces:
                asked.pace = pace
                _compare(work_of(asked, folder / f"pace-{pace}"), airflow)


def _compare(work: Work, airflow: Airflow) -> None:
    print(work, flush=True)
    command = work.run("command")
    work.verify("command")
    work.clear("command")
    print(f"  command line  {command}", flush=True)
    workspace = work.workspace("dag")
    earlier = Work(work.folder / "earlier", _EARLIER, work.pace, work.parallel, seed=work.seed + 1).draw()
    _dag_run(earlier, airflow, workspace=workspace)
    run = _dag_run(work, airflow, workspace=workspace)
    work.clear("dag")
    print(f"  DAG           {run}")
    count = run.tasks["edit_images"][0]
    more, cpu = run.seconds - command.seconds, run.cpu - command.cpu
    print(f"  {count} mapped tasks; Airflow adds {more:.1f} s and {cpu:.1f} CPU-s")
    print(f"  ratio = {run.seconds / command.seconds:.3f} in seconds, {run.cpu / command.cpu:.3f} in CPU-s")


def _dag_run(work: Work, airflow: Airflow, *, workspace: Path) -> DagRun:
    conf = {
        "manifest": str(work.manifest),
        "brand": None,
        "engine": work.engine,
        "engine_parameters": work.parameters("dag"),
        "approval": "never",
        "workspace": str(workspace),
        "publish_uri": str(work.published("dag")),
    }
    run = airflow.run(conf)
    if run.state != "success":
        raise SystemExit(f"the DAG run ended as {run.state}; its logs are below {airflow.home}")
    results = Workspace.open(str(workspace)).run(run.name).uri_of("results.jsonl")
    shutil.copyfile(results, work.results("dag"))
    work.verify("dag")
    return run


if __name__ == "__main__":
    main()
