"""Find the text of images, each once: what was found is kept in the workspace by the image's content.

    copy/texts/<sha256 of the image>-<digest>.json

The digest is of what else decides on it: the extractor's version, the source locale, the brand's names.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from localizer.copy.run_copy import Found
from localizer.documents import DAMAGED, canonical_digest
from localizer.errors import LocalizerError, ObjectNotFound, StorageFull, TransientError
from localizer.parallel import in_parallel
from localizer.workers.pool import Killed, WorkerPool
from localizer.workers.running import prepare_worker

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.workspace import Workspace

log = logging.getLogger(__name__)

_SHOWN = 20
_TOGETHER = 200  # images that are looked up before the unknown ones of them are read


class Image(NamedTuple):
    """An image to find the text of.

    Attributes:
        source: workspace-relative name.
        asset: the first that shows it, for messages.
    """

    sha256: str
    source: str
    source_locale: str
    asset: str


@dataclass(slots=True)
class Finding:
    """What became of the images.

    Attributes:
        images: how many.
        read: of them, just now.
        unread: left alone, for the limit was reached.
        problems: the first few that could not be read, asset and why.
    """

    images: int = 0
    read: int = 0
    unread: int = 0
    problems: list[str] = field(default_factory=list)


def find_texts(
    images: Iterable[Image],
    *,
    workspace: Workspace,
    brand: BrandKit,
    workers: int = 1,
    most: int | None = None,
    on_found: Callable[[Found], None],
) -> Finding:
    """Find the text of images, in worker processes where there is more than one.

    What is found is kept at once: whoever is interrupted begins where it was. An image that cannot be read
    costs no other; it is found to have a problem, which is not kept.

    Args:
        most: images to read that were not read before; None: all.
        on_found: called with each, in no order.

    Raises:
        StorageError, TransientError: the workspace does not answer or is full.
    """
    done = Finding()

    def take(image: Image, found: Found) -> None:
        if found.problem and len(done.problems) < _SHOWN:
            done.problems.append(f"{image.asset}: {found.problem}")
        on_found(found)

    known = partial(_known, workspace=workspace, brand=brand)
    source = iter(images)
    reader = _Reader(workspace, brand, workers)
    with reader:
        while batch := list(islice(source, _TOGETHER)):
            done.images += len(batch)
            new: list[Image] = []
            for image, found in zip(batch, in_parallel(known, batch), strict=True):
                if found is not None:
                    take(image, found)
                elif most is not None and done.read + len(new) >= most:
                    done.unread += 1
                    take(image, _problem(image, "it was not read in this dry run"))
                else:
                    new.append(image)
            for image, found in reader.read(new):
                done.read += 1
                take(image, found)
    return done


def name_of(image: Image, brand: BrandKit) -> str:
    """Where it is kept what was found in an image."""
    from localizer.extraction import EXTRACTOR_VERSION

    terms = sorted({term for terms in brand.glossary.values() for term in terms})
    decisive = [EXTRACTOR_VERSION, image.source_locale, brand.name, list(brand.do_not_translate), terms]
    return f"copy/texts/{image.sha256}-{canonical_digest(decisive)[:16]}.json"


class _Reader:
    """Reads images in processes that last as long as there is something to read."""

    def __init__(self, workspace: Workspace, brand: BrandKit, workers: int) -> None:
        self._workspace, self._brand, self._workers = workspace, brand, workers
        self._pool: WorkerPool[Image, Found] | None = None

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is not None:
            self._pool.__exit__(*error)

    def read(self, images: list[Image]) -> Iterator[tuple[Image, Found]]:
        if self._workers <= 1:
            for image in images:
                yield image, _read(image, self._workspace, self._brand)
            return
        if images and self._pool is None:
            work = partial(_read_in_worker, self._workspace.uri, self._brand)
            self._pool = WorkerPool(self._workers, work, prepare=prepare_worker)
        waiting = iter(images)
        pool = self._pool
        while pool is not None:
            while not pool.is_full and (following := next(waiting, None)) is not None:
                pool.start(following)
            if not pool.busy:
                return
            done, outcome = pool.next()
            if isinstance(outcome, Killed):
                outcome = _problem(done, f"its process {outcome.reason}")
            yield done, outcome


def _read_in_worker(uri: str, brand: BrandKit, image: Image) -> Found:
    return _read(image, _opened(uri), brand)


@lru_cache(maxsize=1)
def _opened(uri: str) -> Workspace:
    from localizer.workspace import Workspace

    return Workspace.open(uri)


def _read(image: Image, workspace: Workspace, brand: BrandKit) -> Found:
    from localizer.extraction import extract_all
    from localizer.images import decode

    try:
        source = decode(workspace.storage.read(image.source), name=f"{image.asset} ({image.source})")
        blocks, unread = extract_all(source.rgb, source_locale=image.source_locale, brand=brand)
    except (TransientError, StorageFull):
        raise
    except LocalizerError as error:
        return _problem(image, str(error))
    except Exception as error:
        # One image must not end the batch; the traceback goes to the log, the sentence to the people.
        log.exception("%s: internal error", image.asset)
        return _problem(image, f"internal error: {type(error).__name__}: {error}")
    found = Found(image.sha256, image.source_locale, blocks, unread=unread)
    data = json.dumps(found.to_dict(), ensure_ascii=False).encode("utf-8", "surrogatepass")
    workspace.storage.write(name_of(image, brand), data, content_type="application/json")
    return found


def _known(image: Image, *, workspace: Workspace, brand: BrandKit) -> Found | None:
    """What was found earlier, or None."""
    name = name_of(image, brand)
    try:
        return Found.from_dict(json.loads(workspace.storage.read(name)))
    except ObjectNotFound:
        return None
    except DAMAGED as error:
        log.warning("%s is damaged (%r); the image is read again", workspace.storage.uri_of(name), error)
        return None


def _problem(image: Image, why: str) -> Found:
    return Found(image.sha256, image.source_locale, problem=f"(its text could not be read: {why})")
