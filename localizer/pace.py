"""What an image takes, measured: seconds and calls an image of each engine, kept in the workspace.

    pace/<digest>.json       one record for each engine, version and parameters

Only a help for cutting shards and for estimates: a record that is lost or wrong makes those wrong, no more.
"""

from __future__ import annotations

import json
import logging
from array import array
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from localizer.costs import calls
from localizer.documents import DAMAGED, canonical_digest
from localizer.errors import ObjectNotFound

if TYPE_CHECKING:
    from localizer.engines.base import Engine
    from localizer.model import JobResult
    from localizer.storage import Storage

log = logging.getLogger(__name__)

_FEWEST = 3  # a single image may have been an odd one, or the one that loaded the models
_REMEMBERED = 200  # images: newer runs count more, and a change of machine is learned in one run or two


@dataclass(frozen=True, slots=True)
class Measured:
    """What an image took in earlier runs.

    Attributes:
        seconds: wall-clock seconds, checks and retries included.
        images: by how many that is measured; old ones fade.
        calls: questions to a model, retries included; 0 for an engine that asks none.
    """

    seconds: float
    images: int
    calls: float = 0.0


class Pace:
    """Gathers what a run's images took; eight bytes an image.

    The median of the seconds counts: an image that hung, or that loaded the models, changes it little. Of the
    calls the mean counts: each is paid for.
    """

    def __init__(self) -> None:
        self._seconds = array("d")
        self._calls = 0

    def add(self, result: JobResult) -> None:
        """Take a result into account, if an edit was made for it."""
        if not result.cached and result.image is not None and result.seconds > 0:
            self._seconds.append(result.seconds)
            self._calls += calls(result)

    def save(self, storage: Storage, name: str) -> float | None:
        """Blend what was gathered into the record; the seconds an image that it says now."""
        images = len(self._seconds)
        if images < _FEWEST:
            return None
        seconds, asked, before = median(self._seconds), self._calls / images, measured(storage, name)
        if before:
            weight = min(before.images, _REMEMBERED)
            seconds = (seconds * images + before.seconds * weight) / (images + weight)
            asked = (asked * images + before.calls * weight) / (images + weight)
            images += weight
        record = {"seconds": round(seconds, 4), "images": images, "calls": round(asked, 4)}
        storage.write(name, json.dumps(record).encode(), content_type="application/json")
        return seconds


def pace_name(engine: Engine) -> str:
    """Name of an engine's record in the workspace."""
    parts = {"name": engine.name, "version": engine.version, "parameters": dict(engine.parameters())}
    return f"pace/{canonical_digest(parts)[:32]}.json"


def measured(storage: Storage, name: str) -> Measured | None:
    """All that earlier runs say of this engine, or None if there was none."""
    try:
        raw: Mapping[str, Any] = json.loads(storage.read(name))
        record = Measured(float(raw["seconds"]), int(raw["images"]), float(raw.get("calls") or 0))
    except ObjectNotFound:
        return None
    except DAMAGED as error:
        log.warning("%s is damaged (%r) and is measured anew", storage.uri_of(name), error)
        return None
    return record if record.seconds > 0 and record.images > 0 and record.calls >= 0 else None
