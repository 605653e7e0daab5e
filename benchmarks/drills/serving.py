"""kill -9 of the edit server while a run asks it; it comes back, and the same command is given again.

The server is a stand-in that speaks the same HTTP, so that 500 images take minutes. Ours with a tiny model is
killed by ``tests/system/test_campaign_on_server.py``.
"""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.drills.campaign import NAME, PROJECT, RUN, Campaign, Command, ended, until
from benchmarks.drills.engine import SERVED
from benchmarks.drills.judge import Place, Truth, Verdict, Watch, judge
from benchmarks.drills.standin_server import SECONDS

_KILLS = 3
_TRIES = 6


def kill_server(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """The edit server (a stand-in) is killed three times in a run, and comes back seconds later."""
    folder = campaign.folder / f"server-{number}"
    folder.mkdir()
    undisturbed = _command(campaign, folder, "truth", _free_port())
    server = _serve(undisturbed, folder / "truth.bill")
    done = undisturbed.run()
    server.kill()
    server.wait()
    if done.code:
        raise RuntimeError(done.output)
    truth, bill = Truth.of(undisturbed.place), folder / "calls.bill"
    whole = len(_lines(folder / "truth.bill", "begun"))
    command = _command(campaign, folder, "killed", _free_port())
    watch, notes = Watch(command.place), []
    server, process = _serve(command, bill), command.start()
    for _ in range(_KILLS):
        wanted = len(_lines(bill, "begun")) + rng.randint(1, max(1, whole // (_KILLS + 1)))
        while process.poll() is None and not until(lambda n=wanted: len(_lines(bill, "begun")) >= n, process):
            pass
        time.sleep(rng.random() * SECONDS)
        server.kill()
        server.wait()
        time.sleep(rng.uniform(0.5, 5.0))
        server = _serve(command, bill)
        if process.poll() is not None:
            ended(process)
            process = command.start()
    ended(process)
    for _ in range(_TRIES):
        last = command.run()
        if last.code == 0 and not any(row["retryable"] for row in command.place.rows()):
            break
    else:
        notes.append(f"not done after {_TRIES} commands: {last.output.strip()[-400:]}")
    server.kill()
    server.wait()
    begun, made = [[line["key"] for line in _lines(bill, event)] for event in ("begun", "made")]
    notes.append(f"{len(begun)} calls for {len(set(begun))} questions, {len(begun) - len(made)} cut off")
    verdict = judge(command.place, truth, watch)
    return verdict + Verdict(
        redone=len(begun) - len(set(begun)), killed=len(begun) - len(made), notes=tuple(notes)
    )


def _command(campaign: Campaign, folder: Path, name: str, port: int) -> Command:
    place = Place(str(folder / name), RUN, str(folder / f"{name}-published"), NAME)
    url = f"http://127.0.0.1:{port}/v1"
    return Command(
        campaign.manifest,
        place,
        engine=SERVED,
        parameters={"url": url},
        options=("--requested-by", "drill"),
    )


def _serve(command: Command, bill: Path) -> subprocess.Popen[bytes]:
    """The stand-in at the port that a command asks, ready."""
    port = urlsplit(str(command.parameters["url"])).port or 0
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.drills.standin_server", str(port), str(bill)], cwd=PROJECT
    )
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server
    raise RuntimeError("the stand-in did not start")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _lines(bill: Path, event: str) -> list[dict[str, str]]:
    if not bill.exists():
        return []
    return [line for line in map(json.loads, bill.read_text().splitlines()) if line["event"] == event]
