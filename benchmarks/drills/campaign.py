"""The campaign that every drill disturbs, and the command line that runs it in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.catalog import pictures, write_catalog
from benchmarks.drills.engine import ENGINE
from benchmarks.drills.judge import Place, Truth
from benchmarks.engines.paced import events

PROJECT = Path(__file__).resolve().parents[2]
NAME = "drill"
RUN = "drill"
_LONGEST_S = 1800.0


@dataclass(frozen=True, slots=True)
class Campaign:
    """A drawn catalog, and what an undisturbed run makes of it."""

    folder: Path
    manifest: Path
    images: int
    truth: Truth


@contextmanager
def campaign(images: int, *, seed: int = 0) -> Iterator[Campaign]:
    """Draw a campaign and run it once without any fault, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        manifest = write_catalog(folder / "catalog", pictures(images, kind="tiny", seed=seed))
        place = Place(str(folder / "truth"), RUN, str(folder / "truth-published"), NAME)
        done = Command(manifest, place).run()
        if done.code:
            raise RuntimeError(f"the undisturbed run failed: {done.output}")
        yield Campaign(folder, manifest, images, Truth.of(place))


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    output: str


@dataclass
class Command:
    """One ``python -m localizer run``, which can be started again and again.

    Attributes:
        log: of the engine, see `benchmarks.engines.Paced`.
        parameters: further ones of the engine.
        environment: beside this process's own.
        prefix: what stands before Python, ``("faketime", "+1d")``.
        module: in place of ``localizer``.
    """

    manifest: Path
    place: Place
    log: Path | None = None
    seconds: float = 0.0
    jobs: int = 2
    engine: str = ENGINE
    parameters: Mapping[str, object] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    prefix: tuple[str, ...] = ()
    module: str = "localizer"

    def start(self) -> subprocess.Popen[str]:
        """In a process group of its own."""
        parameters = dict(self.parameters)
        if self.engine == ENGINE:
            parameters |= {"seconds": self.seconds, **({"log": str(self.log)} if self.log else {})}
        place = self.place
        return subprocess.Popen(
            [
                *self.prefix,
                *(sys.executable, "-m", self.module, "run", str(self.manifest)),
                *("--workspace", place.workspace, "--run-id", place.run_id, "--campaign", place.campaign),
                *("--publish", place.publish, "--approve", "passed", "--jobs", str(self.jobs)),
                *("--engine", self.engine),
                *(
                    "--engine-parameters",
                    json.dumps(parameters),
                ),
                *self.options,
            ],
            cwd=PROJECT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(PROJECT), **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self) -> Done:
        """To its end."""
        return ended(self.start())

    def begun(self) -> int:
        """Edits that the engine has begun so far."""
        return len(events(self.log)) if self.log else 0


def ended(process: subprocess.Popen[str]) -> Done:
    """Wait for a command and take what it said."""
    output, _ = process.communicate(timeout=_LONGEST_S)
    return Done(process.returncode, output)


def until(condition: Callable[[], bool], process: subprocess.Popen[str], *, every_s: float = 0.02) -> bool:
    """Wait until something is so; False if the process ended before."""
    while not condition():
        if process.poll() is not None:
            return False
        time.sleep(every_s)
    return True


def workers(process: subprocess.Popen[str], log: Path) -> list[int]:
    """Processes below a command that do edits and are alive."""
    try:
        below = {child.pid for child in psutil.Process(process.pid).children(recursive=True)}
    except psutil.NoSuchProcess:
        return []
    return sorted(below & {int(line["pid"]) for line in events(log)})
