"""Where a manifest, its copy deck and its images are, and reading the first two."""

from __future__ import annotations

import logging
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from localizer.copydeck import CopyDeck, load_copy_deck, read_copy_deck
from localizer.errors import ConfigurationError, ManifestError, ObjectNotFound, StorageError
from localizer.manifest.document import read_document
from localizer.manifest.grouping import group_rows
from localizer.manifest.records import Manifest
from localizer.manifest.tabular import TABULAR, read_tabular
from localizer.manifest.values import parse_image, safe_name

log = logging.getLogger(__name__)

MAX_BYTES = 256 * 1024 * 1024
_DECKS = ("copy_deck.csv", "copy_deck.tsv", "copy_deck.json")


def load_manifest(uri: str | Path, *, copy_deck: str | Path | None = None) -> Manifest:
    """Read a manifest: a table (``.csv``, ``.tsv``, ``.jsonl``, ``.parquet``) or a document (``.json``).

    Single wrong rows do not raise; they make their job an entry with errors.

    Args:
        uri: a path, ``file://`` or ``gs://``.
        copy_deck: path or URI of the copy deck. Without it, the one that the document names, else a
            ``copy_deck.csv``, ``.tsv`` or ``.json`` beside the manifest (a warning says that it was used).

    Raises:
        ManifestError: the manifest as a whole cannot be read.
        CopyDeckError: the copy deck cannot be read or contradicts itself.
        StorageUnavailable: storage did not answer.
    """
    folder, name = _split(str(uri))
    data = _read(folder, name)
    if data is None:
        raise ManifestError(f"{uri}: there is no such file")
    extension = PurePosixPath(name).suffix.casefold()
    image_root, brand, named_deck = folder, None, None
    if extension == ".json":
        document = read_document(data, name=name)
        campaign, raws, warnings = document.campaign, list(document.rows), list(document.warnings)
        image_root = _beside(folder, document.image_root, name, "/image_root") or folder
        brand = _beside(folder, document.brand, name, "/brand")
        named_deck = _beside(folder, document.copy_deck, name, "/copy_deck")
    elif extension in TABULAR:
        raws, warnings = read_tabular(data, name=name)
        campaign = safe_name(PurePosixPath(name).stem)
    else:
        raise ManifestError(f"{uri}: a manifest is {', '.join(TABULAR)} or .json")
    deck, told = _deck(str(copy_deck) if copy_deck is not None else named_deck, folder)
    jobs, found = group_rows(raws)
    for warning in (*told, *deck.warnings, *found):
        warnings.append(warning)
    return Manifest(str(uri), campaign, image_root, jobs, deck, brand, tuple(warnings))


def _split(uri: str) -> tuple[str, str]:
    """Folder (or ``gs://`` prefix) and file name."""
    if uri.startswith("gs://"):
        folder, _, name = uri.rpartition("/")
        if folder in {"gs:", "gs:/"} or not name:
            raise ManifestError(f"{uri}: must be gs://bucket/path/of/the/manifest")
        return folder, name
    if uri.startswith("file://"):
        uri = unquote(urlsplit(uri).path)
    elif "://" in uri:
        raise ManifestError(f"{uri}: a manifest is read from a path, file:// or gs://")
    if not uri or "\x00" in uri:
        raise ManifestError(f"{uri!r} is not a path")
    path = Path(uri).expanduser().absolute()
    return str(path.parent), path.name


def _read(folder: str, name: str) -> bytes | None:
    """Content of a file, or None if there is none."""
    if folder.startswith("gs://"):
        from localizer.storage import open_storage

        try:
            return open_storage(folder).read(name)
        except ObjectNotFound:
            return None
        except (StorageError, ConfigurationError) as error:
            raise ManifestError(f"{folder}/{name}: {error}") from error
    path = Path(folder, name)
    try:
        if path.exists() and not path.is_file():
            raise ManifestError(f"{path}: is not a file")
        if path.exists() and path.stat().st_size > MAX_BYTES:
            raise ManifestError(f"{path}: is larger than {MAX_BYTES >> 20} MiB; split it")
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path}: cannot be read ({error})") from None


def _beside(folder: str, given: str | None, name: str, field: str) -> str | None:
    """Where something lies that a document names. A document reaches nothing outside its own folder."""
    if given is None or given in {".", "./"}:
        return folder if given else None
    try:
        reference = parse_image(given.rstrip("/"))
    except ValueError as error:
        raise ManifestError(f"{name}: {field}: {error}") from None
    if reference.startswith("https://"):
        raise ManifestError(f"{name}: {field}: {given!r}: https:// is for images only")
    return reference if reference.startswith("gs://") else f"{folder}/{reference}"


def _deck(given: str | None, folder: str) -> tuple[CopyDeck, list[str]]:
    if given is not None:
        if not given.startswith("gs://"):
            return load_copy_deck(given.removeprefix("file://")), []
        parent, name = _split(given)
        data = _read(parent, name)
        if data is None:
            raise ManifestError(f"copy deck {given}: there is no such file")
        return read_copy_deck(data, name=given), []
    for name in _DECKS:
        data = _read(folder, name)
        if data is not None:
            log.info("copy deck %s/%s is used", folder, name)
            return read_copy_deck(data, name=name), [f"the copy deck {name} beside the manifest is used"]
    return CopyDeck(), []
