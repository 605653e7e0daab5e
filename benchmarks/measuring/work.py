"""A catalog and the engine that works on it, as the command line and the DAG are told of them."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.catalog import pictures, write_catalog
from benchmarks.engines.paced import events
from benchmarks.measuring.usage import Usage, measured

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Work:
    """Pictures to edit.

    Attributes:
        folder: holds everything: catalog, workspaces, what is published, logs.
        pace: processor seconds that an edit takes beside what the pipeline itself needs; None: the real
            engine, `typeset`, on real pictures.
        parallel: edits under way at once.
    """

    folder: Path
    images: int
    pace: float | None
    parallel: int
    seed: int = 0

    @property
    def manifest(self) -> Path:
        return self.folder / "catalog" / "manifest.csv"

    @property
    def engine(self) -> str:
        if self.pace is None:
            return "typeset"
        return "benchmarks.engines:Paced" if self.pace else "benchmarks.engines:Instant"

    def parameters(self, name: str) -> dict[str, Any]:
        if not self.pace:
            return {}
        return {"seconds": self.pace, "busy": True, "log": str(self.calls(name))}

    def calls(self, name: str) -> Path:
        """The log of the engine's edits in a run of this name."""
        return self.folder / f"{name}-calls.jsonl"

    def __str__(self) -> str:
        how = "typeset" if self.pace is None else f"{self.pace:g} CPU-s an edit" if self.pace else "instant"
        return f"{self.images} images, {how}, {self.parallel} at once"

    def draw(self) -> Work:
        """Draw the catalog, once."""
        if not self.manifest.exists():
            kind = "real" if self.pace is None else "tiny"
            write_catalog(self.manifest.parent, pictures(self.images, kind=kind, seed=self.seed))
        return self

    def command(self, name: str) -> list[str]:
        """The command line that does it all: localizes, approves what passed, publishes, reports.

        Args:
            name: of the workspace and of all else that belongs to it; the same name finds what it did.
        """
        return [
            *(sys.executable, "-m", "localizer", "run", str(self.manifest)),
            *("--workspace", str(self.workspace(name)), "--publish", str(self.published(name))),
            *("--results", str(self.results(name)), "--approve", "passed", "--jobs", str(self.parallel)),
            *("--engine", self.engine, "--engine-parameters", json.dumps(self.parameters(name))),
        ]

    def workspace(self, name: str) -> Path:
        return self.folder / f"{name}-workspace"

    def published(self, name: str) -> Path:
        return self.folder / f"{name}-published"

    def results(self, name: str) -> Path:
        return self.folder / f"{name}-results.jsonl"

    def run(self, name: str, **options: Any) -> Usage:
        """Run the command line.

        Raises:
            SystemExit: it failed, and was not killed on purpose; says where its log is.
        """
        log = self.folder / f"{name}.log"
        usage = measured(self.command(name), log=log, environment=environment(), **options)
        if usage.exit_code and not (usage.exit_code < 0 and "kill_when" in options):
            raise SystemExit(f"the command line ended with {usage.exit_code}; its log is {log}")
        return usage

    def verify(self, name: str) -> None:
        """Every image has one result, passed, and is published once.

        Raises:
            SystemExit: not so; says what is wrong.
        """
        assets: Counter[str] = Counter()
        statuses: Counter[str] = Counter()
        with self.results(name).open(encoding="utf-8") as file:
            for line in file:
                result = json.loads(line)
                assets[result["asset_id"]] += 1
                statuses[result["status"]] += 1
        self.verify_published(name, passed=statuses["passed"])
        if len(assets) != self.images or max(assets.values()) != 1:
            raise SystemExit(
                f"{name}: {sum(assets.values())} results of {len(assets)} of {self.images} images"
            )
        if self.pace is not None and statuses["passed"] != self.images:
            raise SystemExit(f"{name}: not every image passed: {dict(statuses)}")

    def verify_published(self, name: str, *, passed: int) -> None:
        """The current release holds `passed` images.

        Raises:
            SystemExit: it does not.
        """
        [pointer] = self.published(name).glob("*/current.json")
        release = json.loads(pointer.read_bytes())["release_id"]
        folder = pointer.parent / "releases" / release
        found = sum(1 for path in folder.rglob("p*.*") if path.is_file())
        if found != passed:
            raise SystemExit(f"{name}: {passed} images passed, {found} are published in {folder}")

    def edits(self, name: str) -> Counter[str]:
        """How often the engine began to edit each image; nothing is known of `Instant` and `typeset`."""
        return Counter(event["asset_id"] for event in events(self.calls(name)))

    def clear(self, name: str) -> None:
        """Remove what a run left, so that the disk holds one at a time."""
        for path in (self.workspace(name), self.published(name)):
            shutil.rmtree(path, ignore_errors=True)
        for path in (self.results(name), self.calls(name)):
            path.unlink(missing_ok=True)


def environment() -> dict[str, str]:
    """For the processes that are measured: this project first on the path, one thread each."""
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}


def add_work_options(parser: argparse.ArgumentParser, *, images: int, full: int, pace: str) -> None:
    """Options that say what to do; see `work_of`."""
    parser.add_argument("--images", type=int, metavar="N", help=f"default {images}; with --full {full}")
    parser.add_argument("--full", action="store_true", help="the size that counts; takes long")
    parser.add_argument(
        "--pace",
        type=_pace,
        default=_pace(pace),
        metavar="SECONDS",
        help="processor seconds that an edit takes beside what the pipeline needs; 0: an instant engine; "
        f"'typeset': the real engine on real pictures (default {pace})",
    )
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="P")
    parser.add_argument(
        "--folder", type=Path, help="where to work and to leave everything (default: removed)"
    )
    parser.set_defaults(usual_images=images, full_images=full)


def work_of(asked: argparse.Namespace, folder: Path) -> Work:
    """What was asked for, its catalog drawn."""
    images = asked.images or (asked.full_images if asked.full else asked.usual_images)
    return Work(folder, images, asked.pace, asked.jobs).draw()


def _pace(text: str) -> float | None:
    if text == "typeset":
        return None
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither seconds nor 'typeset'") from None
