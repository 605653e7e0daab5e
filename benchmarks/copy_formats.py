"""Whether copy survives the formats of translators' tools, and what each costs.

    python benchmarks/copy_formats.py [DATA] [--strings N]

DATA is a folder of real files: decks (XLIFF, TMX, tables), glossaries (TBX), Apple ``.strings`` with a
comment per locale, shop tables with titles and images, posters' texts. Nothing of it is in the project;
without it the sample campaign's deck is taken. Each text, with its context, images, limits and states, is
written in each format and read again; each XLIFF is filled in place as well. Printed:

    lost  = rows that do not come back as they were       (of TMX and TBX: of those that they can hold)
    ratio = seconds of writing and reading N strings / seconds of the same as CSV
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from localizer.copydeck import DeckRow, fill_deck, read_deck_rows, write_deck
from localizer.copydeck.reading import EXTENSIONS
from localizer.errors import LocalizerError

SAMPLE = Path(__file__).resolve().parents[1] / "examples" / "campaign" / "copy_deck.csv"
STRINGS = 2_000
FORMATS = (".csv", ".tsv", ".json", ".yaml", ".xlf", ".tmx", ".tbx")
_TEXT = re.compile(r'"((?:[^"\\]|\\.)+)"\s*=\s*"((?:[^"\\]|\\.)*)";|/\*\s*([\w-]+)\s*\*/')


def real_rows(path: Path) -> Iterator[DeckRow]:
    """The texts of a file, whatever it is; nothing, if it holds no copy."""
    if path.suffix == ".strings":
        yield from _strings(path)
    elif path.name.startswith("shopify"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            for cells in csv.DictReader(file):
                for text in (cells["Title"], cells["Body (HTML)"]):
                    if text:
                        yield DeckRow(
                            text.strip(), "en", "ja", assets=(cells["Image Src"],), note=cells["Handle"]
                        )
    elif path.suffix == ".tsv":
        for line in path.read_text(encoding="utf-8").splitlines():
            texts = [
                part.split(",")[0] for part in json.loads(line.split("\t")[2])["place"]["obj"].split(";")
            ]
            shown = [text for text in texts if text]
            for text in shown:
                beside = tuple(other for other in shown if other != text)
                yield DeckRow(text, "zh-Hans", "de", "", "", 24, beside, (line.split("\t")[1],))
    elif path.suffix in {*EXTENSIONS, ".tbx"}:
        yield from read_deck_rows(path)
    elif path.suffix == ".xml":
        for text in re.findall(r"<(?:title|description)>([^<]+)</", path.read_text(encoding="utf-8")):
            yield DeckRow(text, "it", "en")


def _strings(path: Path) -> Iterator[DeckRow]:
    """Texts of the first locale as sources of the second, by their keys."""
    tables: dict[str, dict[str, str]] = {}
    for key, text, locale in _TEXT.findall(path.read_text(encoding="utf-8")):
        if locale:
            table = tables.setdefault(locale, {})
        else:
            table[key] = text
    (target_locale, targets), (source_locale, sources) = list(tables.items())[:2]
    for key, source in sources.items():
        yield DeckRow(source, source_locale, target_locale, targets.get(key, ""), "draft", note=key)


def round_trip(rows: Sequence[DeckRow], folder: Path, extension: str) -> tuple[int, int]:
    """Rows that the format can hold, and those of them that do not come back as they were."""
    meant = [row for row in _unique(rows) if extension not in {".tmx", ".tbx"} or row.written_target]
    if extension == ".tbx":
        meant = [row for row in meant if row.state == "approved" and "\n" not in row.source + row.target]
    place: str | Path = folder / f"deck{extension}"
    if extension == ".xlf":
        place = f"{folder}/xliff/"
    if not meant:
        return 0, 0
    written = write_deck(meant, place)
    read = {_held(row, extension) for path in written for row in read_deck_rows(path)}
    return len(meant), sum(_held(row, extension) not in read for row in meant)


def _unique(rows: Sequence[DeckRow]) -> list[DeckRow]:
    return list({row.key: row for row in rows}.values())


def _held(row: DeckRow, extension: str) -> tuple[object, ...]:
    """A row as far as a format holds it: glossaries have terms only."""
    terms = (row.source, row.source_locale, row.locale, row.target)
    return (
        terms
        if extension == ".tbx"
        else (*terms, row.state, row.most_characters, row.context, row.assets, row.note)
    )


def filled_in_place(path: Path, folder: Path) -> tuple[int, int]:
    """Targets that were filled into a copy of a file without any, and other parts that changed."""
    from lxml import etree

    emptied = etree.parse(str(path))
    rows = list(read_deck_rows(path))
    for target in list(emptied.iterfind(".//{*}segment/{*}target")):
        target.getparent().set("state", "initial")
        target.getparent().remove(target)
    copy = folder / f"filled-{path.name}"
    emptied.write(str(copy), encoding="utf-8", xml_declaration=True)
    filled = fill_deck(rows, copy)
    return filled, len(_parts(etree.parse(str(path))) ^ _parts(etree.parse(str(copy))))


def _parts(tree: object) -> set[tuple[str, ...]]:
    """Every element with its attributes, text and comments, by where it stands."""
    found = set()
    for element in tree.iter():  # type: ignore[attr-defined]
        text = " ".join((element.text or "").split())
        kind = element.tag if isinstance(element.tag, str) else "comment"
        path = tree.getpath(element)  # type: ignore[attr-defined]
        found.add((path, kind, text, *(f"{key}={value}" for key, value in sorted(element.attrib.items()))))
    return found


def many(rows: Sequence[DeckRow], count: int) -> list[DeckRow]:
    """As many different rows, of one pair of locales."""
    texts = [(row.source, row.target or row.source) for row in rows]
    return [
        DeckRow(f"{source} {number}", "en", "ja", f"{target} {number}", context=("x",), assets=("a.jpg",))
        for number, (source, target) in enumerate(islice(cycle(texts), count))
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("--quick", action="store_true", help="100 strings")
    parser.add_argument("--strings", type=int, default=STRINGS, help=f"for the ratio (default: {STRINGS})")
    options = parser.parse_args()
    files = sorted(options.data.iterdir()) if options.data else [SAMPLE]
    rows: list[DeckRow] = []
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path in files:
            try:
                found = list(real_rows(path))
            except LocalizerError as error:
                print(f"{path.name:34} no deck: {str(error).removeprefix(f'{path}: ')}")
                bad += path.suffix != ".json"  # which may be anything
                continue
            rows += found
            print(f"{path.name:34} {len(found):5} texts", end="")
            if path.suffix == ".xlf":
                filled, changed = filled_in_place(path, folder)
                print(f"; {filled} filled in place, {changed} other parts changed", end="")
                bad += changed
            print()
        print(f"\n{'format':8} {'held':>6} {'lost':>6} {'ratio':>8}")
        baseline = 0.0
        large = many(rows, 100 if options.quick else options.strings)
        for extension in FORMATS:
            held, lost = round_trip(rows, folder, extension)
            bad += lost
            started = time.perf_counter()
            (written,) = write_deck(large, folder / f"large{extension}")
            read = sum(1 for _ in read_deck_rows(written))
            seconds = time.perf_counter() - started
            baseline = baseline or seconds
            expected = (
                2 * len(large) if extension == ".tbx" else len(large)
            )  # both of its languages are sources
            bad += read != expected
            print(f"{extension:8} {held:6} {lost:6} {seconds / baseline:8.2f}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
