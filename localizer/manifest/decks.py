"""The copy decks of a manifest: those that are named, or what lies beside it as ``copy_deck``."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from localizer.copydeck.deck import CopyDeck, merge_decks, read_copy_deck
from localizer.copydeck.reading import EXTENSIONS, deck_bytes, deck_files, is_deck, listed
from localizer.errors import ConfigurationError, ManifestError, ManifestNotFound, StorageError
from localizer.locales import normalise_locale
from localizer.manifest.fetching import Place, place_of, read_file
from localizer.storage import open_storage
from localizer.storage.prefixes import outside

log = logging.getLogger(__name__)

_MAX_BYTES = 256 << 20
_NAME = "copy_deck"
# copy_deck.csv, copy_deck.ja.xlf, and what lies in a folder copy_deck.
_BESIDE = re.compile(rf"{_NAME}(?:\.(?P<locale>[\w-]+))?\.\w+|{_NAME}/[^/]+")


def decks_at(places: Sequence[str]) -> CopyDeck:
    """Decks at paths or ``gs://`` URIs, of files or folders, as one; see `localizer.copydeck.merge_decks`.

    Raises:
        CopyDeckError: one is missing or wrong.
        ManifestError: one in a bucket is missing, or one may not be read.
        StorageUnavailable: the bucket did not answer.
    """
    return merge_decks([deck for place in places for deck in _decks(place)])


def decks_beside(folder: str) -> tuple[CopyDeck, list[str]]:
    """The decks beside a manifest as one, and which these are; raises as `decks_at`."""
    decks = []
    for name in filter(_is_beside, _names(folder, _NAME)):
        try:
            decks.append(read_copy_deck(read_file(Place(folder, name), max_bytes=_MAX_BYTES), name=name))
        except ManifestNotFound:
            continue  # removed since it was listed
        log.info("copy deck %s/%s is used", folder, name)
    if not decks:
        return CopyDeck(), []
    told = ", ".join(deck.name for deck in decks)
    which = f"the copy deck {told}" if len(decks) == 1 else f"the copy decks {told}"
    return merge_decks(decks), [f"{which} beside the manifest {'is' if len(decks) == 1 else 'are'} used"]


def _is_beside(name: str) -> bool:
    found = _BESIDE.fullmatch(name)
    if found is None or not is_deck(name.rpartition("/")[2]):
        return False
    try:
        normalise_locale(found["locale"] or "")
    except ValueError:
        return False  # copy_deck.before-summer.csv
    return True


def _decks(place: str) -> Iterator[CopyDeck]:
    if not place.startswith("gs://"):
        for path in deck_files(place):
            if refused := outside(str(path.absolute())):
                raise ManifestError(refused)
            yield read_copy_deck(deck_bytes(path), name=str(path))
        return
    if is_deck(place.rpartition("/")[2]):
        uris = [place]
    else:
        folder = place.rstrip("/")
        uris = [f"{folder}/{name}" for name in _names(folder) if "/" not in name and is_deck(name)]
        if not uris:
            raise ManifestError(
                f"copy deck {place}: is no deck and no folder of decks ({listed(EXTENSIONS)})"
            )
    for uri in uris:
        try:
            yield read_copy_deck(read_file(place_of(uri), max_bytes=_MAX_BYTES), name=uri)
        except ManifestNotFound:
            raise ManifestError(f"copy deck {uri}: there is no such file") from None


def _names(folder: str, prefix: str = "") -> Iterator[str]:
    if not folder.startswith("gs://") and not Path(folder).is_dir():
        return
    try:
        yield from open_storage(folder).names(prefix)
    except (StorageError, ConfigurationError) as error:
        raise ManifestError(f"{folder}: cannot be listed ({error})") from error
