"""Reading decks of every format, by the extension of their names."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from localizer.copydeck.delimited import read_delimited_deck
from localizer.copydeck.locale_tables import read_json_deck, read_yaml_deck
from localizer.copydeck.rows import DeckRow, Told
from localizer.copydeck.tbx import read_tbx_deck
from localizer.copydeck.tmx import read_tmx_deck
from localizer.copydeck.xliff import read_xliff_deck
from localizer.encodings import TableError
from localizer.errors import CopyDeckError, InputStopped
from localizer.places import split_places
from localizer.sandbox.calling import bounded_stream

log = logging.getLogger(__name__)

MAX_BYTES = 64 * 1024 * 1024
GLOSSARY = ".tbx"

_READERS: Mapping[str, Callable[[bytes, str], Iterator[DeckRow | Told]]] = {
    ".csv": partial(read_delimited_deck, delimiter=","),
    ".tsv": partial(read_delimited_deck, delimiter="\t"),
    ".json": read_json_deck,
    ".yaml": read_yaml_deck,
    ".yml": read_yaml_deck,
    ".xlf": read_xliff_deck,
    ".xliff": read_xliff_deck,
    ".tmx": read_tmx_deck,
}
EXTENSIONS = tuple(_READERS)
"""Of decks; a glossary is none, though its rows can be read."""


def read_deck_rows(place: str | Path) -> Iterator[DeckRow]:
    """The rows of a local deck in the order of the file, those without a target too.

    A folder or a comma-separated list gives the rows of one file after the other. TBX gives a row for each
    source term and locale. What is told of a deck goes to the log.

    Raises:
        CopyDeckError: missing, unreadable, or no deck; names file, row and field. Perhaps while one iterates.
        ConfigurationError: XLIFF, TMX or TBX without the extra ``copy``.
    """
    for path in deck_files(place):
        try:
            for item in bounded_stream(_items, deck_bytes(path), str(path)):
                if isinstance(item, DeckRow):
                    yield item
                else:
                    log.warning("%s %s", path, item.text)
        except InputStopped as error:
            raise CopyDeckError(f"{path}: reading it {error}; leave out what is not needed") from None


def read_items(data: bytes, name: str, *, source_locale: str | None = None) -> Iterator[DeckRow | Told]:
    """Rows of a deck or glossary, and what is told of it, in this process: call it in one that is bounded.

    Raises:
        CopyDeckError, ConfigurationError: see `read_deck_rows`.
    """
    extension = extension_of(name)
    try:
        if extension == GLOSSARY:
            yield from read_tbx_deck(data, name, source_locale)
        elif reader := _READERS.get(extension):
            yield from reader(data, name)
        else:
            shown = extension or "without extension"
            raise CopyDeckError(f"{name}: a copy deck is {listed(EXTENSIONS)}, not {shown!r}")
    except TableError as error:
        raise CopyDeckError(f"{name}: {error}") from None


def _items(data: bytes, name: str) -> Iterator[DeckRow | Told]:
    return read_items(data, name)


def extension_of(name: str) -> str:
    """The extension that says what a deck is."""
    return Path(name).suffix.casefold()


def listed(extensions: tuple[str, ...]) -> str:
    """``.csv, .tsv or .json``."""
    return f"{', '.join(extensions[:-1])} or {extensions[-1]}"


def deck_files(place: str | Path) -> list[Path]:
    """The files that a local place stands for: itself, those of a folder by name, those of a list.

    Raises:
        CopyDeckError: a folder without decks.
    """
    found: list[Path] = []
    for each in split_places(str(place)):
        path = Path(each.removeprefix("file://"))
        if not path.is_dir():
            found.append(path)
            continue
        try:
            inside = sorted(file for file in path.iterdir() if is_deck(file.name) and file.is_file())
        except OSError as error:
            raise CopyDeckError(f"{path}: cannot be read ({error.strerror or error})") from None
        if not inside:
            raise CopyDeckError(f"{path}: the folder holds no deck ({listed(EXTENSIONS)})")
        found += inside
    return found


def is_deck(name: str) -> bool:
    """Whether a file's name is a deck's; hidden ones and locks of spreadsheets are not."""
    return extension_of(name) in EXTENSIONS and not name.startswith((".", "~$"))


def deck_bytes(path: str | Path) -> bytes:
    """A local deck, whole.

    Raises:
        CopyDeckError: missing, no file, or too large.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise CopyDeckError(f"{path}: is not a file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CopyDeckError(f"{path}: cannot be read ({error.strerror or error})") from None
    check_size(data, str(path))
    return data


def check_size(data: bytes, name: str) -> None:
    """Raises CopyDeckError if a deck is larger than we read."""
    if len(data) > MAX_BYTES:
        raise CopyDeckError(f"{name}: is larger than {MAX_BYTES >> 20} MiB; leave out what is not needed")
