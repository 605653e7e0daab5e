"""Writing decks of every format; `localizer.copydeck.filling` fills in those that somebody else wrote."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from localizer.copydeck.delimited import write_delimited_deck
from localizer.copydeck.locale_tables import write_json_deck, write_yaml_deck
from localizer.copydeck.reading import EXTENSIONS, GLOSSARY, extension_of, listed
from localizer.copydeck.rows import DeckRow
from localizer.copydeck.tbx import write_tbx_deck
from localizer.copydeck.tmx import write_tmx_deck
from localizer.copydeck.xliff_writing import write_xliff_deck
from localizer.errors import CopyDeckError

_FOLDER_NAME = "{source_locale}_{locale}.xlf"
_PLACES = ("{locale}", "{source_locale}")


def write_deck(rows: Iterable[DeckRow], path: str | Path) -> tuple[Path, ...]:
    """Write a deck to hand to translators; the extension says which form.

    Tables have a row per string and locale, and are written as the rows come; other forms are held in memory
    first. XLIFF has one source and one target language a file. A path with ``{locale}`` (and
    ``{source_locale}``) in its name makes a file for each; a folder (one that is there, or a name without
    extension) is given XLIFF for each pair. TMX and TBX have no rows without a target.

    An existing file is replaced, whole or not at all.

    Returns:
        The files.

    Raises:
        CopyDeckError: no such form, rows that it cannot hold, or the place cannot be written.
        ConfigurationError: XLIFF, TMX or TBX without the extra ``copy``.
    """
    name = _file_name(path)
    if not any(place in name for place in _PLACES):
        replace_file(Path(name), written_deck(rows, name))
        return (Path(name),)
    groups: dict[tuple[str, str], list[DeckRow]] = {}
    for row in rows:
        groups.setdefault((row.source_locale, row.locale), []).append(row)
    by_path: dict[Path, list[DeckRow]] = {}
    for (source_locale, locale), group in groups.items():
        filled = name.replace("{locale}", locale).replace("{source_locale}", source_locale)
        by_path.setdefault(Path(filled), []).extend(group)
    for target, group in by_path.items():
        replace_file(target, written_deck(group, str(target)))
    return tuple(by_path)


def check_deck_path(path: str | Path) -> None:
    """Raises CopyDeckError if `write_deck` knows no such form; ConfigurationError if an extra is missing."""
    from localizer.copydeck.markup import needs_toolkit

    name = _file_name(path)
    extension = extension_of(name)
    if extension not in (*EXTENSIONS, GLOSSARY):
        shown = extension or "without extension"
        raise CopyDeckError(f"{name}: a deck is written as {listed((*EXTENSIONS, GLOSSARY))}, not {shown!r}")
    if extension in {".xlf", ".xliff", ".tmx", GLOSSARY}:
        needs_toolkit(name)


def _file_name(path: str | Path) -> str:
    """The name, or the template of names, of what is written at a place."""
    name = str(path)
    if name.endswith("/") or not Path(path).suffix or Path(path).is_dir():
        return f"{name.rstrip('/')}/{_FOLDER_NAME}"
    return name


def written_deck(rows: Iterable[DeckRow], name: str) -> Iterator[bytes]:
    """The bytes of one file, piece by piece; the extension of `name` says which form. See `write_deck`."""
    check_deck_path(name)
    match extension_of(name):
        case ".csv":
            yield from write_delimited_deck(rows, delimiter=",")
        case ".tsv":
            yield from write_delimited_deck(rows, delimiter="\t")
        case ".json":
            yield write_json_deck(rows)
        case ".yaml" | ".yml":
            yield write_yaml_deck(rows)
        case ".tmx":
            yield write_tmx_deck(rows, name)
        case ".tbx":
            yield write_tbx_deck(rows, name)
        case _:
            yield write_xliff_deck(list(rows), name)


def replace_file(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all."""
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Not `tempfile`: its files are private to the user, ours get the mode the umask asks for.
            with temporary.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CopyDeckError(f"{path}: cannot be written ({error.strerror or error})") from None
