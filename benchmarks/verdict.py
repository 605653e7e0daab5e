"""How far the verdict can be trusted: its precision and recall over whole posters.

    python benchmarks/verdict.py [--quick] [--posters N] [--list]

Localizes posters whose ground without type is known (the sample campaign's, and lines over public-domain
photos), judges each result by that ground, and asks the real checks of the result as it is and with one fault
each of eleven kinds put in. Printed:

    precision = right images among those that pass          (a wrong one that passes is published)
    recall    = images that pass among the right ones       (a right one that does not costs a person a look)
    ratio     = wrong images that pass / wrong images that would pass with the read-back alone
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OMP_THREAD_LIMIT="1")  # before NumPy and Tesseract are loaded
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run as a script: find the project

import numpy as np
import numpy.typing as npt

from benchmarks.posters.drawing import Poster, campaign, lettered
from benchmarks.posters.faults import FAULTS, Scene
from localizer.brand import BrandKit
from localizer.checks.suite import run_checks, verdict
from localizer.engines.base import Candidate, EditRequest
from localizer.engines.registry import get_engine
from localizer.images import deliver
from localizer.model import CheckResult, CheckStatus, Status

POSTERS = 44
QUICK = 3
GHOST = 0.04
"""Share of the old strokes that may still look more like the old type than like the ground behind it."""
STAIN = 14.0
"""Difference (8-bit levels) that a filled place may have from its true ground, blurred as an eye at arm's
length sees it, at its worst twentieth,"""
LIVELY = 2.0
"""or, if that is more, in units of what the ground itself varies by there: no two places of a brick wall are
alike."""
_BRAND = BrandKit()


@dataclass(slots=True)
class Tally:
    """Right and wrong images, and how many of them passed."""

    right: int = 0
    passed: int = 0
    wrong: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    read_back: int = 0
    slipped: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)


def judge(poster: Poster, candidate: Candidate) -> tuple[Status, str, tuple[CheckResult, ...]]:
    """The verdict on a candidate, its reason, and the checks behind it."""
    delivered = deliver(poster.source, candidate.rgb, candidate.mask)
    checks = run_checks(
        source=poster.source, candidate=candidate, delivered=delivered, job=poster.job, brand=_BRAND
    )
    return *verdict(checks), checks


def trouble(poster: Poster, candidate: Candidate) -> str:
    """What is wrong with the engine's own result, told from the ground that only the benchmark knows."""
    import cv2

    plate = candidate.plate
    if plate is None or any(not p.lines for p in candidate.placements):
        return "not done"
    source, empty = poster.source.rgb.astype(np.int16), poster.empty.astype(np.int16)
    now, shown = plate.astype(np.int16), (candidate.rgb == plate).all(2)
    old = np.abs(source - empty).max(2) > 48  # where the old type covered its ground
    ghost = old & shown & (np.abs(now - source).sum(2) < np.abs(now - empty).sum(2))
    for p in candidate.placements:
        if p.source_box is None:
            continue
        x0, y0, x1, y1 = (max(0, v) for v in p.source_box)
        if ghost[y0:y1, x0:x1].sum() > GHOST * max(1, old[y0:y1, x0:x1].sum()):
            return f"strokes of “{p.edit.text}” remain"
    filled = (plate != poster.source.rgb).any(2) & _near_old_text(candidate)  # not a panel that grew
    apart = cv2.GaussianBlur((now - empty).astype(np.float32), (0, 0), 3.0)
    soft = cv2.GaussianBlur(poster.empty.astype(np.float32), (0, 0), 3.0)
    wide = cv2.GaussianBlur(soft, (0, 0), 24.0)
    lively = np.sqrt(cv2.GaussianBlur((soft - wide) ** 2, (0, 0), 24.0)).max(2)
    seen = (np.abs(apart).max(2) / np.maximum(STAIN, LIVELY * lively))[filled & shown]
    if len(seen) and np.percentile(seen, 95) > 1:
        return f"the filled place shows ({np.percentile(seen, 95):.1f} times what may)"
    return ""


def _near_old_text(candidate: Candidate) -> npt.NDArray[np.bool_]:
    """The places of the old texts, with as much around them as their effects reach."""
    near = np.zeros(candidate.mask.shape, np.bool_)
    for p in candidate.placements:
        if p.source_box is not None:
            x0, y0, x1, y1 = p.source_box
            m = max(4, round(0.2 * (y1 - y0)))
            near[max(0, y0 - m) : y1 + m, max(0, x0 - m) : x1 + m] = True
    return near


def measure(poster: Poster, tally: Tally) -> None:
    """Localize one poster; judge it as it is and with every fault."""
    candidate = get_engine("typeset").edit(EditRequest(poster.job, poster.source.rgb, _BRAND))
    status, reason, checks = judge(poster, candidate)
    wrong = trouble(poster, candidate)
    if wrong:
        _count_wrong(poster, "engine's own", wrong, status, checks, tally)
        return
    tally.right += 1
    if status is Status.PASSED:
        tally.passed += 1
    else:
        tally.held.append(f"{poster.name}: {reason}")
    # A fault is put where nothing else holds the image, or what holds it would hide that the fault does not.
    clean = _without_findings(candidate) if status is not Status.PASSED else candidate
    if status is not Status.PASSED and judge(poster, clean)[0] is not Status.PASSED:
        return
    for name, spoil in FAULTS.items():
        rng = random.Random(zlib.crc32(f"{poster.name} {name}".encode()))  # noqa: S311
        spoilt = spoil(Scene(poster, clean, rng))
        if spoilt is None or np.array_equal(spoilt.rgb, clean.rgb):
            continue
        status, _, checks = judge(poster, spoilt)
        _count_wrong(poster, name, "", status, checks, tally)


def _without_findings(candidate: Candidate) -> Candidate:
    from dataclasses import replace

    return replace(candidate, findings=())


def _count_wrong(
    poster: Poster, fault: str, what: str, status: Status, checks: Sequence[CheckResult], tally: Tally
) -> None:
    tally.wrong[fault] += 1
    tally.read_back += any(c.name == "text_correct" and c.status is CheckStatus.PASSED for c in checks)
    if status is Status.PASSED:
        tally.false[fault] += 1
        tally.slipped.append(f"{poster.name}, {fault}{f': {what}' if what else ''}")


def posters(count: int, *, quick: bool) -> Iterator[Poster]:
    """The sample."""
    if quick:
        return lettered(QUICK, first=7)  # on plain and graded grounds and on a panel
    return chain(campaign(), lettered(count))


def report(tally: Tally, *, everything: bool) -> None:
    """Print counts, what slipped, and the measures."""
    print(f"\n{'fault':16}{'shown':>7}{'passed':>8}")
    for name, shown in tally.wrong.items():
        print(f"{name:16}{shown:7}{tally.false[name]:8}")
    for title, lines, shown in (
        ("Wrong images that passed", tally.slipped, True),
        ("Right images that did not", tally.held, everything),
    ):
        print(f"\n{title}: {len(lines)}" + ("" if shown or not lines else " (--list shows them)"))
        for line in lines if shown else ():
            print(f"  {line}")
    false, wrong = sum(tally.false.values()), sum(tally.wrong.values())
    through = tally.passed + false
    print(
        f"\nprecision: {tally.passed / max(1, through):.3f}  "
        f"({tally.passed} of {through} that passed are right)"
    )
    print(
        f"recall: {tally.passed / max(1, tally.right):.3f}  "
        f"({tally.passed} of {tally.right} right ones passed)"
    )
    print(
        f"ratio wrong: {false / max(1, tally.read_back):.3f}  ({false} of {wrong} wrong ones passed; "
        f"with the read-back alone {tally.read_back})"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Precision and recall of the verdict.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} small posters (under a minute)")
    parser.add_argument(
        "--posters", type=int, default=POSTERS, help="beside the campaign's (default: %(default)s)"
    )
    parser.add_argument("--list", action="store_true", help="list the right images that did not pass")
    args = parser.parse_args(argv)

    import cv2

    cv2.setNumThreads(1)
    started, tally, count = time.perf_counter(), Tally(), 0
    for poster in posters(args.posters, quick=args.quick):
        measure(poster, tally)
        count += 1
        print(f"{count} {poster.name}: {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    report(tally, everything=args.list)
    print(f"{count} posters in {time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
