"""How much of the marketing text of real images is found, and what of the product's is taken for it.

    python benchmarks/extraction.py [DATA] [--kind PREFIX ...] [--all] [--quick]

DATA is a folder with ``singles.jsonl``: one image a line with its text lines, each with a box and a role,
``overlay`` (marketing) or ``product_or_logo``; and, if there are any, ``erase/*/meta.json``, whose
``erased_lines`` are marketing. Nothing of it is in the project. Printed against a baseline in the same run:

    ratio = seconds of extraction / seconds of one OCR pass over the same image
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")  # before NumPy and Tesseract are loaded
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

import numpy as np
from PIL import Image

from localizer.extraction import Origin, TextBlock, extract
from localizer.model import Box
from localizer.text.normalise import fold, similarity
from localizer.text.reading import read_lines
from localizer.text.search import Search

FOUND = 0.8  # similarity of folded texts from which a line counts as found
QUICK = 4


@dataclass(frozen=True, slots=True)
class Label:
    """A line that a person marked."""

    text: str
    box: Box
    marketing: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """One image with all that is known of it."""

    name: str
    path: Path
    locale: str
    labels: tuple[Label, ...]
    complete: bool  # product lines are marked too


@dataclass(slots=True)
class Tally:
    """What was found in one image."""

    marketing: int = 0
    found: int = 0
    letter: int = 0
    product: int = 0
    missed: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0
    baseline: float = 0.0


def samples(data: Path) -> Iterator[Sample]:
    """The images with verified roles, then those of the erasures."""
    for line in (data / "singles.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["verified"] and any(x.get("role") for x in row["lines"]):
            yield Sample(row["id"], data / row["file"], row["lang"], _labels(row["lines"]), True)
    for meta in sorted(data.glob("erase/pe-*/meta.json")):
        row = json.loads(meta.read_text(encoding="utf-8"))
        path = next(meta.parent.glob("with_text.*"))
        yield Sample(meta.parent.name, path, "zh-CN", _labels(row["erased_lines"]), False)


def _labels(lines: Sequence[dict[str, Any]]) -> tuple[Label, ...]:
    return tuple(
        Label(x["text"], tuple(x["box"]), x["role"] == "overlay")
        for x in lines
        if x.get("box") and x.get("role")
    )


def measure(sample: Sample) -> Tally:
    """Extract one image and hold it against what is known of it."""
    rgb = np.asarray(Image.open(sample.path).convert("RGB"))
    started = time.perf_counter()
    read_lines(rgb)
    baseline = time.perf_counter() - started
    started = time.perf_counter()
    blocks = extract(rgb, source_locale=sample.locale)
    tally = Tally(seconds=time.perf_counter() - started, baseline=baseline)
    marketing = [b for b in blocks if b.origin is Origin.MARKETING]
    used: set[int] = set()
    for label in sample.labels:
        over = [i for i, b in enumerate(marketing) if _meet(b.box, label.box)]
        if label.marketing:
            used.update(over)
            tally.marketing += 1
            score = max((_score(label.text, c) for c in _candidates(marketing, over, label)), default=0.0)
            tally.found += score >= FOUND
            tally.letter += score == 1.0
            if score < 1.0:
                read = " / ".join(b.text for b in (marketing[i] for i in over))
                note = f"{label.text!r} ({read!r})" if read else f"{label.text!r} {_else(blocks, label)}"
                tally.missed.append(note if score < FOUND else f"~ {note}")
        else:
            tally.product += 1
            tally.taken += [f"{label.text!r} as {marketing[i].text!r}" for i in over]
    tally.unlabelled = [b.text for i, b in enumerate(marketing) if i not in used]
    search = Search(rgb, read_lines(rgb), locale=sample.locale)
    tally.lost = [b.text for b in marketing if fold(b.text) and not search.find(b.text, box=b.box)]
    return tally


def _candidates(marketing: Sequence[TextBlock], over: Sequence[int], label: Label) -> Iterator[str]:
    """What may be a labelled line: a block, one of its lines, or blocks side by side."""
    blocks = [marketing[i] for i in over]
    for block in blocks:
        yield block.text
        yield from block.text.split("\n")
        if fold(label.text) and fold(label.text) in fold(block.text):
            yield label.text
    row = sorted(blocks, key=lambda b: b.box[0])
    yield "".join(b.text for b in row)


def _score(wanted: str, read: str) -> float:
    return similarity(wanted, read) if fold(wanted) else float(wanted.strip() == read.strip())


def _meet(a: Box, b: Box) -> bool:
    """Whether much of the smaller box lies in the other: people and readers box lines differently."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    small = min((x[2] - x[0]) * (x[3] - x[1]) for x in (a, b))
    return w > 0 and h > 0 and w * h >= 0.4 * small


def _else(blocks: Sequence[TextBlock], label: Label) -> str:
    """What else it was taken for."""
    other = [f"{b.origin} {b.text!r}: {b.why}" for b in blocks if _meet(b.box, label.box)]
    return f"[{'; '.join(other)}]" if other else "[not read]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", help="without it nothing is measured")
    parser.add_argument("--kind", nargs="*", default=[], help="only images whose name starts so")
    parser.add_argument("--all", action="store_true", help="list what is not labelled, too")
    parser.add_argument("--quick", action="store_true", help=f"the first {QUICK} images")
    options = parser.parse_args()
    if options.data is None:  # labelled images are not the project's to ship
        print("nothing measured: give the folder with singles.jsonl")
        return
    todo = [s for s in samples(options.data) if not options.kind or s.name.startswith(tuple(options.kind))]
    groups: dict[str, list[Tally]] = {}
    for sample in todo[:QUICK] if options.quick else todo:
        tally = measure(sample)
        groups.setdefault("roles" if sample.complete else "erasures", []).append(tally)
        print(f"{sample.name:12} {tally.found}/{tally.marketing}", end="")
        print(f"  product taken {len(tally.taken)}/{tally.product}" if sample.complete else "")
        for mark, texts in (
            ("missed", tally.missed),
            ("taken", tally.taken),
            ("lost", tally.lost),
        ):
            for text in texts:
                print(f"             {mark} {text}")
        for text in tally.unlabelled if options.all or not sample.complete else ():
            print(f"             not labelled: {text!r}")
    for name, tallies in groups.items():
        total, found = sum(t.marketing for t in tallies), sum(t.found for t in tallies)
        letter, lost = sum(t.letter for t in tallies), sum(len(t.lost) for t in tallies)
        taken, product = sum(len(t.taken) for t in tallies), sum(t.product for t in tallies)
        print(
            f"{name}: {len(tallies)} images, marketing lines found {found}/{total} ({found / total:.1%}), "
            f"to the letter {letter}, product lines taken {taken}/{product}, not found again {lost}"
        )
    everything = [t for tallies in groups.values() for t in tallies]
    seconds, baseline = sum(t.seconds for t in everything), sum(t.baseline for t in everything)
    print(f"ratio = {seconds / baseline:.2f} (extraction {seconds:.1f} s / one OCR pass {baseline:.1f} s)")


if __name__ == "__main__":
    main()
