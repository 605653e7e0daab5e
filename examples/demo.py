"""The demo: run the DAG `localize_campaign` on the sample campaign for real and publish it to a local folder.

``make demo`` calls it, in the project's virtual environment and with Airflow's settings in the environment.
``make demo ENGINE=qwen MODEL=<folder>`` takes another engine through the same DAG; a remote one takes its
connection from ``CONN=<connection ID>``.
Nobody is asked: what passed every check is approved by the policy ``never``, the rest stays unpublished.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
OUT = PROJECT / "out"
SAMPLE = PROJECT / "examples" / "campaign"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
CAMPAIGN = "lumea-618"


def main() -> int:
    """Run it; returns the exit code."""
    home = Path(os.environ["AIRFLOW_HOME"])
    slots = os.environ.setdefault("LOCALIZER_EDIT_SLOTS", str(os.cpu_count() or 1))
    home.mkdir(exist_ok=True)
    log = home / "demo.log"
    log.write_bytes(b"")
    started = time.monotonic()

    step("1/3", "draw the sample posters")
    quietly(log, sys.executable, "-m", "examples.generate")
    step("2/3", "prepare Airflow (SQLite) and the pool image_edit")
    quietly(log, AIRFLOW, "db", "migrate")
    quietly(
        log,
        AIRFLOW,
        "pools",
        "set",
        "image_edit",
        slots,
        "Image edits that may run at once",
    )
    step("3/3", f"run the DAG localize_campaign; log: {log}")
    conf = {
        "manifest": str(SAMPLE / "manifest.csv"),
        "brand": str(SAMPLE / "brands" / "lumea" / "brand.yaml"),
        "approval": "never",
        "campaign": CAMPAIGN,
        "publish_uri": str(OUT / "published"),
        "workspace": str(OUT / "workspace"),
        **engine_choice(os.environ),
    }
    before = current_release()
    run = run_dag(log, conf)
    if run is None:
        print(f"\nThe DAG run failed. The end of {log}:\n", file=sys.stderr)
        print("\n".join(log.read_text(errors="replace").splitlines()[-40:]), file=sys.stderr)
        return 1
    show(run, before, time.monotonic() - started)
    return 0


def engine_choice(environment: Mapping[str, str]) -> dict[str, Any]:
    """The DAG's engine parameters, as ``ENGINE``, ``MODEL`` and ``CONN`` ask for."""
    engine, model, conn = (environment.get(name, "") for name in ("ENGINE", "MODEL", "CONN"))
    choice: dict[str, Any] = {"engine": engine} if engine else {}
    if model:
        folder = Path(model).expanduser()
        choice["engine_parameters"] = {"model": str(folder.resolve()) if folder.is_dir() else model}
    return choice | ({"engine_conn_id": conn} if conn else {})


def step(number: str, text: str) -> None:
    print(f"[{number}] {text}", flush=True)


def quietly(log: Path, *command: str) -> None:
    """Run a command, its output into the log; on failure show the log's end and stop."""
    with log.open("ab") as sink:
        code = subprocess.run(  # noqa: S603 - our own commands
            command, stdout=sink, stderr=subprocess.STDOUT, cwd=PROJECT, check=False
        ).returncode
    if code:
        print("\n".join(log.read_text(errors="replace").splitlines()[-20:]), file=sys.stderr)
        raise SystemExit(f"failed: {' '.join(command)}")


def run_dag(log: Path, conf: dict[str, Any]) -> Path | None:
    """Run the DAG to its end, showing each image as it is done; the run's folder, or None if it failed."""
    runs = OUT / "workspace" / "runs"
    known = set(runs.glob("*")) if runs.exists() else set()
    command = [AIRFLOW, "dags", "test", "localize_campaign", "-c", json.dumps(conf)]
    with (
        log.open("a") as sink,
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PROJECT
        ) as process,
    ):
        for line in process.stdout or ():
            sink.write(line)
            if progress := progress_of(line):
                print(f"      {progress}", flush=True)
    new = [run for run in runs.glob("*") if run not in known and (run / "report.html").exists()]
    return new[0] if process.returncode == 0 and new else None


def progress_of(line: str) -> str:
    """What `operators.progress` said of an image, out of a line of Airflow's log; else nothing."""
    said = re.search(r"\[info\s*\] (.+? · .+?)\s+\[operators\.progress\]", line)
    return said[1] if said else ""


def current_release() -> str:
    """Release that is current, or nothing."""
    pointer = OUT / "published" / CAMPAIGN / "current.json"
    return str(json.loads(pointer.read_bytes())["release_id"]) if pointer.exists() else ""


def show(run: Path, before: str, seconds: float) -> None:
    """Say what became of it and where everything is."""
    results = [json.loads(line) for line in (run / "results.jsonl").read_text("utf-8").splitlines()]
    status = [r["status"] for r in results]
    cached = sum(r["cached"] for r in results)
    now = current_release()
    release = OUT / "published" / CAMPAIGN / "releases" / now
    print(f"\nDone in {seconds:.0f} s: {len(results)} images")
    for name in ("passed", "needs_review", "failed"):
        print(f"  {name + ':':14}{status.count(name)}")
    print(f"  {'cached:':14}{cached}")
    if not any(r["engine"] and not r["cached"] for r in results):
        print("  Nothing was edited: every image was done before.")
    if now and now == before:
        print(f"  Nothing new was published: {now} is current already.")
    elif now:
        print(f"  Published {now}, which is current now.")
    print()
    print(f"Release:  {release / 'release.json'}")
    print(f"Images:   {release}/<locale>/")
    print(f"Report:   {run / 'report.html'}")
    print("\nNext: `make up` for Airflow's UI with the trigger form and the approval.")


if __name__ == "__main__":
    raise SystemExit(main())
