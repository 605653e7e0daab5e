"""A publish that is killed at every single step it takes at its target, and then done again."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.drills.bucket import Bucket, client_of, emulator
from benchmarks.drills.campaign import NAME, Campaign
from benchmarks.drills.judge import Place, Verdict, Watch, judge
from benchmarks.drills.races import TwoRuns
from localizer.release import publish, read_current
from localizer.workspace import Workspace

_IMAGES = 8  # more steps of the same kinds teach nothing


def publish_kill(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """kill -9 before and after every request to the bucket, and at every change of the folder."""
    folder = campaign.folder / f"publish-{number}"
    folder.mkdir()
    runs = TwoRuns(campaign, folder, most=_IMAGES)

    def at(publish: str, client: Any = None) -> Place:
        return replace(runs.new, publish=publish, client=client)

    total = Verdict()
    with emulator() as url:
        bucket = Bucket(url)
        for when in ("before", "after"):
            total += _at_every_step(
                runs,
                lambda n, when=when: at(bucket.uri(f"{when}-{n}"), bucket.client),
                lambda step, die, when=when: _kill_at_request(step, die, after=when == "after"),
            )
    total += _at_every_step(
        runs,
        lambda n: at(str(folder / f"target-{n}")),
        lambda step, die: _kill_at_change(step, die, below=str(folder / "target-")),
    )
    return total


def _at_every_step(
    runs: TwoRuns, target: Callable[[int], Place], killing: Callable[[int, Callable[[], None]], Any]
) -> Verdict:
    """Publish the new run over the old one at a fresh target for each step, and kill it there."""
    total, step = Verdict(), 0
    while True:
        step += 1
        place = target(step)
        _publish(replace(place, run_id=runs.old.run_id))
        old = read_current(place.publish, NAME, client=place.client)
        watch = Watch(place)
        watch.look()
        survived = _in_a_child(lambda place=place, step=step: _killed_at(place, step, killing))
        watch.look()  # whatever is current now is whole ...
        now = read_current(place.publish, NAME, client=place.client)
        odd = []
        if old is None or now is None or now.release_id not in runs.truths:
            odd.append(f"step {step}: the pointer is {now}")  # ... and the old or the new one
        if not _in_a_child(lambda place=place: _publish(place)):
            odd.append(f"step {step}: publishing again failed")
        # The rows are those of the new run, which has its workspace for itself.
        truth = next(truth for run, truth in runs.truths.values() if run == place.run_id)
        total += replace(judge(place, truth, watch), jobs=1) + Verdict(wrong=len(odd), notes=tuple(odd))
        if survived:
            return total


def _publish(place: Place) -> None:
    workspace = Workspace.open(place.workspace)
    publish(
        workspace.run(place.run_id),
        workspace=workspace,
        publish_uri=place.publish,
        campaign=NAME,
        client=place.client and client_of(place.client.api_endpoint),
    )


def _killed_at(place: Place, step: int, killing: Callable[[int, Callable[[], None]], Any]) -> None:
    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    with killing(step, die):
        _publish(place)


def _in_a_child(work: Callable[[], object]) -> bool:
    """Do it in a fork of this process, which has everything loaded; whether it came to its end."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status):
            raise RuntimeError("publishing failed in a child; its error stands above")
        return os.WIFEXITED(status)
    try:
        work()
    except BaseException:  # noqa: BLE001 - a child of this fork must not go on as its parent
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


@contextmanager
def _kill_at_request(step: int, die: Callable[[], None], *, after: bool) -> Iterator[None]:
    """Die at the request of that number, before it is sent or when it is answered."""
    import requests

    send, counted, lock = requests.adapters.HTTPAdapter.send, [0], threading.Lock()

    def counting(*arguments: Any, **options: Any) -> Any:
        with lock:
            counted[0] += 1
            is_it = counted[0] == step
        if is_it and not after:
            die()
        answer = send(*arguments, **options)
        if is_it:
            die()
        return answer

    requests.adapters.HTTPAdapter.send = counting  # type: ignore[method-assign]
    yield


@contextmanager
def _kill_at_change(step: int, die: Callable[[], None], *, below: str) -> Iterator[None]:
    """Die just before the change of that number to files below a folder."""
    counted, lock = [0], threading.Lock()
    changes = {"os.link", "os.rename", "os.remove", "os.mkdir", "os.utime"}

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in changes and not (event == "open" and arguments[1] in {"xb", "ab", "wb"}):
            return
        if not any(isinstance(a, str | Path) and str(a).startswith(below) for a in arguments):
            return
        with lock:
            counted[0] += 1
            if counted[0] == step:
                die()

    sys.addaudithook(hook)  # of the child only, which ends with it
    yield
