"""Opening a manifest: its rows, its copy deck, and where its images are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from localizer.copydeck import CopyDeck
from localizer.copydeck.reading import deck_files
from localizer.errors import InputStopped, ManifestError
from localizer.manifest.decks import decks_at, decks_beside
from localizer.manifest.fetching import Place, local_file, place_of
from localizer.manifest.grouping import job_of
from localizer.manifest.ordering import SCHEMA, OrderedRows
from localizer.manifest.reading import (
    DOCUMENT,
    MAX_DOCUMENT_BYTES,
    MAX_TABLE_BYTES,
    parsed_rows,
)
from localizer.manifest.records import JobRows, Manifest, ManifestFacts
from localizer.manifest.values import parse_image
from localizer.places import split_places
from localizer.sandbox.calling import bounded_stream
from localizer.scratch import Scratch
from localizer.storage.buckets import refusal


@dataclass(frozen=True, slots=True)
class ManifestStream:
    """A manifest whose rows lie on disk, while it is open. The attributes are those of `Manifest`."""

    uri: str
    campaign: str
    image_root: str
    deck: CopyDeck
    brand: str | None
    warnings: tuple[str, ...]
    rows: OrderedRows = field(repr=False)

    @property
    def jobs(self) -> Iterator[JobRows]:
        """The jobs in the order of their first row, made anew each time one asks."""
        return map(job_of, self.rows.groups())

    @property
    def locales(self) -> tuple[str, ...]:
        """Valid target locales, sorted."""
        return self.rows.locales


@contextmanager
def open_manifest(uri: str | Path, *, copy_deck: str | Path | None = None) -> Iterator[ManifestStream]:
    """Read a manifest: a table (``.csv``, ``.tsv``, ``.jsonl``, ``.parquet``) or a document (``.json``).

    A wrong row never raises; it is an error of its job. Of a table of any length a piece at a time is held.

    Args:
        uri: path, ``file://`` or ``gs://`` URI.
        copy_deck: path or ``gs://`` URI of a deck or of a folder of decks, or several, comma-separated.
            Without it the document's own is taken, or what lies beside the manifest: ``copy_deck.csv`` (or
            of another form; ``copy_deck.ja.xlf``) and a folder ``copy_deck``, told in the warnings.

    Raises:
        ManifestNotFound: there is no such file (and the place where it would be could be looked at).
        ManifestError: it cannot be read as a manifest at all.
        CopyDeckError: the copy deck is wrong.
        StorageUnavailable: the bucket did not answer, or there is no room for temporary files.
    """
    place = place_of(str(uri))
    most = MAX_DOCUMENT_BYTES if place.name.casefold().endswith(DOCUMENT) else MAX_TABLE_BYTES
    with Scratch(SCHEMA) as scratch:
        rows = OrderedRows(scratch)
        with local_file(place, max_bytes=most) as path:
            # In a process of its own, as far as it touches what a stranger wrote.
            parsed = bounded_stream(parsed_rows, str(path), place.name)
            try:
                facts = rows.fill(parsed, name=place.name)
            except InputStopped as error:
                raise ManifestError(
                    f"{place.name}: reading it {error}; is it a table of plain text?"
                ) from None
        image_root, brand, named_decks = _beside_manifest(place, facts)
        if copy_deck is not None:
            named_decks = split_places(str(copy_deck))
        deck, told = (decks_at(named_decks), []) if named_decks else decks_beside(place.folder)
        warnings = (*facts.warnings, *told, *deck.warnings, *rows.warnings)
        yield ManifestStream(str(uri), facts.campaign, image_root, deck, brand, warnings, rows)


def load_manifest(uri: str | Path, *, copy_deck: str | Path | None = None) -> Manifest:
    """A small manifest, whole; see `open_manifest`."""
    with open_manifest(uri, copy_deck=copy_deck) as m:
        return Manifest(m.uri, m.campaign, m.image_root, tuple(m.jobs), m.deck, m.brand, m.warnings)


def _beside_manifest(place: Place, facts: ManifestFacts) -> tuple[str, str | None, list[str]]:
    """Image root, brand kit and copy decks of a campaign document; a table names none."""
    image_root = _beside(place, facts.image_root, "/image_root") or place.folder
    named = facts.copy_deck or ""
    each = split_places(named, place.folder)
    decks = [deck for given in each if given and (deck := _beside(place, given, "/copy_deck"))]
    for deck in decks:
        if not deck.startswith("gs://") and Path(deck).is_dir():
            for file in deck_files(deck):
                _check_link(Path(place.folder), str(file), f"{place.name}: /copy_deck")
    return image_root, _beside(place, facts.brand, "/brand"), decks


def _beside(place: Place, given: str | None, field: str) -> str | None:
    """Where something lies that a document names. A document reaches nothing outside its own folder.

    Except in buckets that are allowed, see `localizer.storage.buckets`.
    """
    if given is None or given in {".", "./"}:
        return place.folder if given else None
    try:
        reference = parse_image(given.rstrip("/"))
    except ValueError as error:
        raise ManifestError(f"{place.name}: {field}: {error}") from None
    if reference.startswith("https://"):
        raise ManifestError(f"{place.name}: {field}: {given!r}: https:// is for images only")
    if reference.startswith("gs://"):
        if refused := refusal(reference, own=(place.folder,)):
            raise ManifestError(f"{place.name}: {field}: {refused}")
        return reference
    if not place.folder.startswith("gs://"):
        _check_link(Path(place.folder), reference, f"{place.name}: {field}")
    return f"{place.folder}/{reference}"


def _check_link(folder: Path, reference: str, where: str) -> None:
    try:
        leaves = not (folder / reference).resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:
        raise ManifestError(f"{where}: {reference!r} cannot be read ({error})") from None
    if leaves:
        raise ManifestError(f"{where}: {reference!r} is a link that leaves the manifest's folder")
