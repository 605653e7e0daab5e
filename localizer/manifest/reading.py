"""From a manifest's file to its rows: everything that touches what a stranger wrote, and nothing else.

A generator over plain records of our own, so that it can run in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from localizer.errors import ManifestError
from localizer.manifest.document import read_document
from localizer.manifest.records import ManifestFacts
from localizer.manifest.rows import ParsedRow, parse_row
from localizer.manifest.tabular import TABULAR, TabularRows
from localizer.manifest.values import safe_name

DOCUMENT = ".json"
MAX_DOCUMENT_BYTES = 256 << 20
MAX_TABLE_BYTES = 2 << 30


def parsed_rows(path: str, name: str) -> Iterator[ParsedRow | ManifestFacts]:
    """The rows of a manifest in their order, then what it says besides.

    Args:
        path: local file.
        name: the file's own name, which says the format and stands in messages.

    Raises:
        ManifestError: it cannot be read as a manifest at all, or is too large.
    """
    extension = _extension(name)
    try:
        with Path(path).open("rb") as file:
            if extension == DOCUMENT:
                document = read_document(file.read(MAX_DOCUMENT_BYTES + 1), name=name)
                yield from map(parse_row, document.rows)
                yield ManifestFacts(
                    document.campaign,
                    document.image_root,
                    document.copy_deck,
                    document.brand,
                    document.warnings,
                )
                return
            rows = TabularRows(file, name=name)
            yield from map(parse_row, rows)
            yield ManifestFacts(safe_name(PurePosixPath(name).stem), warnings=rows.warnings)
    except OSError as error:
        raise ManifestError(f"{name}: cannot be read ({error.strerror or error})") from None


def _extension(name: str) -> str:
    extension = PurePosixPath(name).suffix.casefold()
    if extension != DOCUMENT and extension not in TABULAR:
        raise ManifestError(f"{name}: a manifest is {', '.join(TABULAR)} or .json")
    return extension
