"""Whether manifests are there, looked up side by side and not for long: a page waits for the answer."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Lock

from localizer.errors import LocalizerError, ManifestError
from localizer.manifest.fetching import place_of
from localizer.review.agenda import Manifest
from localizer.storage import open_storage

log = logging.getLogger(__name__)

_PATIENCE_S = 3.0
_REMEMBERED_S = 60.0
_MOST = 200
_THREADS = 8


class Manifests:
    """Looks manifests up and remembers for a minute what it found. May be used by several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: dict[str, tuple[float, Manifest]] = {}

    def look(self, uris: Iterable[str]) -> dict[str, Manifest]:
        """State of each, `Manifest.UNKNOWN` for what did not answer in three seconds or is too much.

        Buckets are asked with Application Default Credentials.
        """
        asked = list(dict.fromkeys(uri for uri in uris if uri))[:_MOST]
        now = time.monotonic()
        with self._lock:
            self._known = {uri: kept for uri, kept in self._known.items() if now - kept[0] < _REMEMBERED_S}
            found = {uri: self._known[uri][1] for uri in asked if uri in self._known}
        left = [uri for uri in asked if uri not in found]
        if not left:
            return found
        threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="manifests")
        futures = {threads.submit(_look, uri): uri for uri in left}
        done, _ = wait(futures, timeout=_PATIENCE_S)
        threads.shutdown(wait=False, cancel_futures=True)
        fresh = {futures[future]: future.result() for future in done}
        with self._lock:
            self._known |= {uri: (now, state) for uri, state in fresh.items()}
        return found | fresh


def _look(uri: str) -> Manifest:
    try:
        place = place_of(uri)
        there = open_storage(place.folder).stat(place.name) is not None
    except ManifestError:
        return Manifest.UNKNOWN
    except (LocalizerError, OSError) as error:
        log.info("%s cannot be looked at: %s", uri, error)
        return Manifest.UNKNOWN
    return Manifest.THERE if there else Manifest.MISSING
