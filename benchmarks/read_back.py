"""How well `text_correct` tells right lines from wrong ones: the calibration of its rules.

    python benchmarks/read_back.py [--full] [--quick] [--locale TAG ...] [--list]

Draws marketing phrases in every script that the engine sets, at several sizes, weights, colours, grounds and
as JPEG, right and with one fault each, and asks the real check. A right line that passes saves a person a
look; a wrong one that passes is published. Printed against two baselines measured on the same pixels:

    ratio = right lines passed / right lines that one single reading gives back to the letter
    ratio = wrong lines passed / wrong lines that a similarity of 0.8 in one reading would pass
"""

from __future__ import annotations

import argparse
import csv
import os
import random
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")  # before NumPy and Tesseract are loaded
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

from benchmarks.lines.drawing import SIZES, Drawn, Look, draw_line, look, shape
from benchmarks.lines.faults import FAULTS, Faulty, Line
from localizer.checks.read_back import check_text_correct, rectify
from localizer.checks.readers import reader_for
from localizer.model import CheckResult, CheckStatus
from localizer.text.normalise import similarity

PHRASES = Path(__file__).resolve().parent / "lines" / "phrases.csv"
QUICK = ("en", "th")
LOOSE = 0.8  # the similarity that a naive check would ask for


@dataclass(slots=True)
class Tally:
    """What became of the lines of one locale."""

    right: int = 0
    passed: int = 0
    alike: int = 0
    model: int = 0
    models: int = 0
    once: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    loose: int = 0
    seconds: float = 0.0
    checks: int = 0
    held: list[str] = field(default_factory=list)
    slipped: list[str] = field(default_factory=list)


def phrases() -> dict[str, list[str]]:
    """The phrases by locale."""
    out: dict[str, list[str]] = {}
    with PHRASES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            out.setdefault(row["locale"], []).append(row["text"])
    return out


def judge(rgb: object, drawn: Drawn, locale: str, tally: Tally) -> CheckResult:
    """The check's word on a line."""
    started = time.perf_counter()
    result = check_text_correct(rgb, [drawn.placement], locale=locale)  # type: ignore[arg-type]
    tally.seconds += time.perf_counter() - started
    tally.checks += 1
    return result


def read_once(rgb: object, drawn: Drawn, locale: str) -> float:
    """Similarity of one plain reading: the baseline."""
    reader, _ = reader_for(locale)
    if reader is None:
        return 0.0
    colour = drawn.placement.colour or (0, 0, 0)
    crop = rectify(rgb, drawn.placement.corners[0], 0.18)  # type: ignore[arg-type]
    return similarity(reader(crop, colour)[0], drawn.placement.lines[0])


def measure_right(text: str, locale: str, how: Look, tally: Tally, *, model: bool) -> None:
    """Ask of a right line as typeset and, if wanted, as if a model had made it."""
    drawn = draw_line(shape(text, locale, how), locale, how)
    rgb = drawn.stored()
    if model:
        tally.models += 1
        tally.model += judge(rgb, drawn.as_model(text), locale, tally).status is CheckStatus.PASSED
    result = judge(rgb, drawn, locale, tally)
    tally.right += 1
    tally.once += read_once(rgb, drawn, locale) == 1.0
    if result.status is CheckStatus.PASSED:
        tally.passed += 1
        tally.alike += result.value != 1.0
    else:
        tally.held.append(f"{locale} {how}: {result.status} {result.value:.2f} {result.detail}")


def measure_wrong(fault: str, faulty: Faulty, locale: str, tally: Tally) -> None:
    result = judge(faulty.rgb, faulty.drawn, locale, tally)
    tally.wrong[fault] += 1
    tally.loose += read_once(faulty.rgb, faulty.drawn, locale) >= LOOSE
    if result.status is CheckStatus.PASSED:
        tally.false[fault] += 1
        way = "read to the letter" if result.value == 1.0 else result.detail
        wanted = faulty.drawn.placement.lines[0]
        tally.slipped.append(f"{locale} {fault}: “{wanted}”: {faulty.what}; {way}; {faulty.drawn.look}")


def measure(locale: str, texts: Sequence[str], *, looks: int, faults: int) -> Tally:
    """Every phrase right in so many looks, and with each fault in so many."""
    tally = Tally()
    letters = sorted({c for text in texts for c in text if c.isalpha()})
    for n, text in enumerate(texts):
        for k in range(looks):
            # Sizes and looks go round at different paces, so that all pairs occur.
            how = look(n * 5 + k * 7, SIZES[(n + k * 3) % len(SIZES)])
            measure_right(text, locale, how, tally, model=k == 0)
        for f, (fault, damage) in enumerate(FAULTS.items()):
            for k in range(faults):
                seed = zlib.crc32(f"{locale} {text} {fault} {k}".encode())
                how = look(n * 5 + f + k * 7, SIZES[(n + f + k * 3) % len(SIZES)])
                faulty = damage(Line(text, locale, how, letters, random.Random(seed)))  # noqa: S311
                if faulty is not None:
                    measure_wrong(fault, faulty, locale, tally)
    return tally


def report(tallies: dict[str, Tally], everything: bool) -> None:
    """Print the table, what slipped through, and the ratios."""
    print(
        f"\n{'':9}{'right':>6}{'passed':>8}{'alike':>7}{'model':>7}{'once':>6}   wrong lines passed / shown"
    )
    print(f"{'locale':43}   " + "".join(f"{name:>11}" for name in FAULTS) + f"{'ms':>7}")
    for locale, t in tallies.items():
        faults = "".join(f"{f'{t.false[f]}/{t.wrong[f]}' if t.wrong[f] else '-':>11}" for f in FAULTS)
        print(
            f"{locale:9}{t.right:6}{t.passed / t.right:8.0%}{t.alike / t.right:7.0%}"
            f"{t.model / t.models:7.0%}{t.once / t.right:6.0%}"
            f"   {faults}{1000 * t.seconds / t.checks:7.0f}"
        )
    all_of = list(tallies.values())
    right, passed, once = (sum(getattr(t, k) for t in all_of) for k in ("right", "passed", "once"))
    false, wrong = (sum(sum(getattr(t, k).values()) for t in all_of) for k in ("false", "wrong"))
    loose = sum(t.loose for t in all_of)
    print(
        "\nalike: passed though misread, as plain black on white is misread alike; "
        "model: passed when held to be a model's; once: one reading is exact"
    )
    for title, kind in (("Wrong lines that passed", "slipped"), ("Right lines that did not", "held")):
        lines = [line for t in all_of for line in getattr(t, kind)]
        shown = lines if everything or kind == "slipped" else []
        print(f"\n{title}: {len(lines)}" + ("" if shown or not lines else " (--list shows them)"))
        for line in shown:
            print(f"  {line}")
    print(
        f"\nratio right: {passed / max(1, once):.3f}  ({passed} of {right} right lines passed, "
        f"{passed / right:.1%}; one exact reading would pass {once})"
    )
    print(
        f"ratio wrong: {false / max(1, loose):.3f}  ({false} of {wrong} wrong lines passed, "
        f"{false / max(1, wrong):.2%}; similarity {LOOSE} would pass {loose})"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="How well text_correct tells right lines from wrong ones.")
    parser.add_argument("--full", action="store_true", help="more looks of every line (about ten minutes)")
    parser.add_argument("--quick", action="store_true", help=f"two phrases in {' and '.join(QUICK)}")
    parser.add_argument("--locale", nargs="+", metavar="TAG", help="these locales only")
    parser.add_argument("--list", action="store_true", help="list the right lines that did not pass")
    args = parser.parse_args(argv)

    import cv2

    cv2.setNumThreads(1)
    deck = phrases()
    locales = args.locale or (QUICK if args.quick else tuple(deck))
    unknown = [tag for tag in locales if tag not in deck]
    if unknown:
        parser.error(f"no phrases for {', '.join(unknown)}; there are {', '.join(deck)}")
    looks, faults = (6, 4) if args.full else (2, 1)
    started = time.perf_counter()
    tallies: dict[str, Tally] = {}
    for locale in locales:
        texts = deck[locale][:2] if args.quick else deck[locale]
        tallies[locale] = measure(locale, texts, looks=looks, faults=faults)
        print(f"{locale}: {tallies[locale].checks} lines", file=sys.stderr, flush=True)
    report(tallies, args.list)
    print(f"{sum(t.checks for t in tallies.values())} lines in {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
