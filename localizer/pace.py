"""How long an image takes, measured: seconds an image of each engine, kept in the workspace.

    pace/<digest>.json       one record for each engine, version and parameters

Only a help for cutting shards: a record that is lost or wrong makes them too large or too small, no more.
"""

from __future__ import annotations

import json
import logging
from array import array
from collections.abc import Mapping
from statistics import median
from typing import TYPE_CHECKING, Any

from localizer.documents import DAMAGED, canonical_digest
from localizer.errors import ObjectNotFound

if TYPE_CHECKING:
    from localizer.engines.base import Engine
    from localizer.model import JobResult
    from localizer.storage import Storage

log = logging.getLogger(__name__)

_FEWEST = 3  # a single image may have been an odd one, or the one that loaded the models
_REMEMBERED = 200  # images: newer runs count more, and a change of machine is learned in one run or two


class Pace:
    """Gathers what a run's images took; eight bytes an image.

    The median counts: an image that hung, or that loaded the models, changes it little.
    """

    def __init__(self) -> None:
        self._seconds = array("d")

    def add(self, result: JobResult) -> None:
        """Take a result into account, if an edit was made for it."""
        if not result.cached and result.image is not None and result.seconds > 0:
            self._seconds.append(result.seconds)

    def save(self, storage: Storage, name: str) -> float | None:
        """Blend what was gathered into the record; the seconds an image that it says now."""
        images = len(self._seconds)
        if images < _FEWEST:
            return None
        seconds, before = median(self._seconds), _read(storage, name)
        if before:
            weight = min(int(before["images"]), _REMEMBERED)
            seconds = (seconds * images + float(before["seconds"]) * weight) / (images + weight)
            images += weight
        record = {"seconds": round(seconds, 4), "images": images}
        storage.write(name, json.dumps(record).encode(), content_type="application/json")
        return seconds


def pace_name(engine: Engine) -> str:
    """Name of an engine's record in the workspace."""
    parts = {"name": engine.name, "version": engine.version, "parameters": dict(engine.parameters())}
    return f"pace/{canonical_digest(parts)[:32]}.json"


def seconds_an_image(storage: Storage, name: str) -> float | None:
    """What an image of this engine took in earlier runs, or None if there was none."""
    record = _read(storage, name)
    return float(record["seconds"]) if record else None


def _read(storage: Storage, name: str) -> Mapping[str, Any] | None:
    try:
        record: Mapping[str, Any] = json.loads(storage.read(name))
        if float(record["seconds"]) > 0 and int(record["images"]) > 0:
            return record
    except ObjectNotFound:
        return None
    except DAMAGED as error:
        log.warning("%s is damaged (%r) and is measured anew", storage.uri_of(name), error)
    return None
