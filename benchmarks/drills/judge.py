"""What a fault may have done to a run, counted from the outside: its results, its release, its engine's log.

    truth = Truth.of(undisturbed)           # once; the same command without any fault
    watch = Watch(disturbed)                # looks at what is published
    ... disturb, run the same command again, watch.look() after each of them ...
    verdict = judge(disturbed, truth, watch, edits=log, killed=3)

It trusts nothing that the run says of itself: rows are counted in ``results.jsonl``, published bytes are read
and hashed, and an object that was ever written again has another generation.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localizer.errors import LocalizerError, ObjectNotFound
from localizer.release import read_current, verify_release
from localizer.runs import path_segment
from localizer.storage import Storage, open_storage

Slot = tuple[str, str]
"""Asset id and locale."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run keeps its records and publishes.

    Attributes:
        client: for ``gs://``, a ``google.cloud.storage.Client`` that goes around the faults.
    """

    workspace: str
    run_id: str
    publish: str
    campaign: str
    client: Any = None

    @property
    def published(self) -> Storage:
        return open_storage(self.publish, client=self.client)

    def rows(self) -> list[dict[str, Any]]:
        """The lines of ``results.jsonl``; none if there is no such file."""
        storage = open_storage(self.workspace, client=self.client)
        try:
            data = storage.read(f"runs/{path_segment(self.run_id)}/results.jsonl")
        except ObjectNotFound:
            return []
        return [json.loads(line) for line in data.split(b"\n") if line.strip()]

    def images(self) -> dict[str, str]:
        """SHA-256 of each image of the current release, by path; every byte is read."""
        pointer = read_current(self.publish, self.campaign, client=self.client)
        if pointer is None:
            return {}
        verify_release(self.publish, self.campaign, pointer.release_id, client=self.client, read_all=True)
        storage, folder = self.published, f"{self.campaign}/releases/{pointer.release_id}/"
        return {
            name.removeprefix(folder): hashlib.sha256(storage.read(name)).hexdigest()
            for name in storage.names(folder)
            if name != f"{folder}release.json"
        }


@dataclass(frozen=True, slots=True)
class Truth:
    """What an undisturbed run makes.

    Attributes:
        rows: status and SHA-256 of the delivered file of each job.
        images: SHA-256 of each published image.
    """

    rows: Mapping[Slot, tuple[str, str | None]]
    images: Mapping[str, str]

    @classmethod
    def of(cls, place: Place) -> Truth:
        rows = place.rows()
        found = {_slot(row): _state(row) for row in rows}
        if len(found) != len(rows) or not found:
            raise ValueError(
                f"{place.run_id}: the undisturbed run has {len(rows)} rows for {len(found)} jobs"
            )
        return cls(found, place.images())


class Watch:
    """Looks at what is published, again and again: no image may ever be written twice or vanish, and the
    pointer must name a whole release whenever anybody looks."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._generations: dict[str, int] = {}
        self.rewritten: set[str] = set()
        self.broken: list[str] = []

    def look(self) -> None:
        now = {
            info.name: info.generation
            for info in self._place.published.infos(f"{self._place.campaign}/releases/")
        }
        self.rewritten |= {name for name, known in self._generations.items() if now.get(name) != known}
        self._generations = now
        try:
            self._place.images()
        except LocalizerError as error:
            self.broken.append(str(error))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Counts of what went wrong; `redone` is work, all others must be 0.

    Attributes:
        jobs: that the run had.
        lost: jobs without exactly one final row, or with another one than the undisturbed run has.
        duplicates: images that were published twice, and rows too many.
        wrong: published images that an undisturbed run does not publish, or not so; missing ones; looks at
            a pointer that did not name a whole release.
        redone: edits begun beyond one for each job.
        killed: processes at work that were killed; `redone` may not exceed it.
    """

    jobs: int = 0
    lost: int = 0
    duplicates: int = 0
    wrong: int = 0
    redone: int = 0
    killed: int = 0
    notes: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.duplicates or self.wrong) and self.redone <= self.killed

    def __add__(self, other: Verdict) -> Verdict:
        return Verdict(
            self.jobs + other.jobs,
            self.lost + other.lost,
            self.duplicates + other.duplicates,
            self.wrong + other.wrong,
            self.redone + other.redone,
            self.killed + other.killed,
            self.notes + other.notes,
        )


@dataclass
class _Notes:
    shown: list[str] = field(default_factory=list)

    def count(self, what: str, items: list[str]) -> int:
        if items:
            self.shown.append(f"{what}: {', '.join(sorted(items)[:5])}{' …' if len(items) > 5 else ''}")
        return len(items)


def judge(
    place: Place,
    truth: Truth,
    watch: Watch | None = None,
    *,
    edits: Path | None = None,
    creates: Mapping[str, int] | None = None,
    killed: int = 0,
) -> Verdict:
    """Compare a run that was disturbed, and then completed, with the truth.

    Args:
        edits: the engine's log, see `benchmarks.engines.Paced`.
        creates: how often each object was created at the bucket, as counted there.
        killed: processes that were killed while they did a job.
    """
    notes = _Notes()
    rows = place.rows()
    per_slot = Counter(_slot(row) for row in rows)
    states = {_slot(row): _state(row) for row in rows}
    lost = notes.count(
        "lost", [" · ".join(s) for s, state in truth.rows.items() if states.get(s) != state]
    ) + notes.count("not asked for", [" · ".join(s) for s in per_slot if s not in truth.rows])
    duplicates = notes.count("rows twice", [" · ".join(s) for s, count in per_slot.items() if count > 1])
    twice = {name for name, count in (creates or {}).items() if count > 1}
    if watch is not None:
        watch.look()
        twice |= watch.rewritten
    duplicates += notes.count("published twice", list(twice))
    try:
        images = place.images()
    except LocalizerError as error:
        images, broken = {}, [str(error)]
    else:
        broken = []
    wrong = notes.count("pointer", broken + (watch.broken if watch else []))
    wrong += notes.count(
        "wrong", [p for p in {*images, *truth.images} if images.get(p) != truth.images.get(p)]
    )
    return Verdict(
        jobs=len(truth.rows),
        lost=lost,
        duplicates=duplicates,
        wrong=wrong,
        redone=redone(edits) if edits else 0,
        killed=killed,
        notes=tuple(notes.shown),
    )


def redone(log: Path) -> int:
    """Edits begun beyond the first for each job and attempt, as the engine logged them."""
    from benchmarks.engines.paced import events

    begun = [(line["job"], line["attempt"]) for line in events(log)]
    return len(begun) - len(set(begun))


def _slot(row: Mapping[str, Any]) -> Slot:
    return row["asset_id"], row["locale"]


def _state(row: Mapping[str, Any]) -> tuple[str, str | None]:
    return row["status"], row["delivered_sha256"]
