"""`erased_cleanly`: what a designer would see where text was taken off, and nothing that he would not."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest
from PIL import Image
from skimage import data

from localizer.brand import BrandKit
from localizer.checks.scars import check_erased_cleanly
from localizer.checks.suite import run_checks, verdict
from localizer.engines.base import Candidate, Placement
from localizer.images import decode, deliver
from localizer.model import Action, Box, CheckStatus, Edit, Job, Status
from localizer.text.erase import fill
from localizer.text.fonts import stack
from localizer.text.regions import dilate
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

H, W = 300, 600
WHITE, INK, PINK = (255, 255, 255), (30, 30, 30), (229, 160, 165)


def paper() -> np.ndarray:
    return np.full((H, W, 3), 252, np.uint8)


def graded() -> np.ndarray:
    yy, xx = np.mgrid[0:H, 0:W].astype(np.float32)
    noise = np.random.default_rng(5).normal(0, 2.0, (H, W, 1))
    tone = np.stack([40 + 50 * xx / W, 90 + 40 * yy / H, 130 + 30 * xx / W], 2)
    return np.clip(np.round(tone + noise), 0, 255).astype(np.uint8)


def photo(name: str) -> np.ndarray:
    whole = getattr(data, name)()
    return np.ascontiguousarray(cv2.resize(whole, (W, H), interpolation=cv2.INTER_AREA))


def table() -> np.ndarray:
    """The calm side of a photo: a wooden table, out of focus."""
    return np.ascontiguousarray(
        cv2.resize(data.coffee()[20:120, 440:600], (W, H), interpolation=cv2.INTER_AREA)
    )


def beribboned() -> np.ndarray:
    """Paper with a ribbon that hangs across the middle."""
    rgb = paper()
    ys = np.arange(0, H, 4)
    points = np.stack([250 + 18 * np.sin(ys / 45), ys], 1).round().astype(np.int32)
    cv2.polylines(rgb, [points], False, PINK, 22, cv2.LINE_AA)
    return rgb


GROUNDS = {
    "paper": paper,
    "graded": graded,
    "table": table,
    "cat": lambda: photo("chelsea"),
    "rocket": lambda: photo("rocket"),
    "ribbon": beribboned,
}


def lettered(back: np.ndarray, text: str = "MONDAY", *, colour=INK, size: float = 90, locale: str = "en"):
    """A picture with type on it, its strokes (H x W bool) and its box."""
    placed = PlacedLine(shape_line(text, stack(locale, weight=700), locale), 80, 180, size)
    rgb, strokes = draw(back, [placed], colour)
    return rgb, strokes, placed.box


def judge(
    source: np.ndarray, plate: np.ndarray, hole: np.ndarray, box: Box, *, rgb: np.ndarray | None = None
):
    place = Placement(Edit(Action.REMOVE_TEXT, text="MONDAY"), source_box=box, box=box)
    candidate = plate if rgb is None else rgb
    mask = hole | (candidate != plate).any(2)
    return check_erased_cleanly(candidate, [place], source_rgb=source, plate=plate, mask=mask)


@pytest.mark.parametrize("size", [24, 48, 90])
@pytest.mark.parametrize("name", GROUNDS)
def test_a_plate_without_a_trace_passes(name: str, size: float) -> None:
    back = GROUNDS[name]()
    source, strokes, box = lettered(back, colour=INK if name in {"paper", "ribbon"} else WHITE, size=size)
    hole = dilate(strokes, 3)
    plate = np.where(hole[:, :, None], back, source)
    assert judge(source, plate, hole, box).detail == ""


@pytest.mark.parametrize("name", ["paper", "graded", "table", "rocket"])
def test_what_the_engine_fills_well_passes(name: str) -> None:
    source, strokes, box = lettered(GROUNDS[name](), colour=INK if name == "paper" else WHITE, size=60)
    hole = dilate(strokes, 4)
    assert judge(source, fill(source, hole).rgb, hole, box).detail == ""


@pytest.mark.parametrize("name", ["paper", "graded", "table"])
@pytest.mark.parametrize("size", [30, 60, 90])
def test_strokes_that_the_mask_cut_do_not_pass(name: str, size: float) -> None:
    source, strokes, box = lettered(GROUNDS[name](), colour=INK if name == "paper" else WHITE, size=size)
    hole = dilate(strokes, 3)
    hole[round(box[3] - 0.12 * size) :, box[0] : box[0] + round(0.8 * (box[2] - box[0]))] = (
        False  # their feet
    )
    result = judge(source, fill(source, hole).rgb, hole, box)
    assert result.status is CheckStatus.UNDECIDED
    assert "MONDAY" in result.detail


@pytest.mark.parametrize("name", ["graded", "table"])
def test_a_shadow_that_the_mask_missed_does_not_pass(name: str) -> None:
    back = GROUNDS[name]()
    _, strokes, box = lettered(back, colour=WHITE, size=60)
    shadow = np.roll(cv2.GaussianBlur(strokes.astype(np.float32), (0, 0), 1.5), (4, -5), (0, 1))[:, :, None]
    shaded = np.round(back * (1 - 0.5 * shadow)).astype(np.uint8)
    source, _, _ = lettered(shaded, colour=WHITE, size=60)
    narrow = dilate(strokes, 2)
    wide = narrow | dilate(shadow[:, :, 0] > 0.02, 2)
    seen, gone = (judge(source, fill(source, hole).rgb, hole, box) for hole in (narrow, wide))
    assert (seen.status, gone.status) == (CheckStatus.UNDECIDED, CheckStatus.PASSED)


def test_a_ribbon_that_stops_where_the_text_was_does_not_pass() -> None:
    back = beribboned()
    source, strokes, box = lettered(back)
    hole = cv2.morphologyEx(dilate(strokes, 5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((25, 25))) > 0
    cut = np.where(hole[:, :, None], paper(), source)
    whole = np.where(hole[:, :, None], back, source)
    assert judge(source, cut, hole, box).status is CheckStatus.UNDECIDED
    assert judge(source, whole, hole, box).status is CheckStatus.PASSED


def test_frayed_ends_of_a_ribbon_do_not_pass() -> None:
    back = beribboned()
    source, strokes, box = lettered(back)
    hole = cv2.morphologyEx(dilate(strokes, 5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((25, 25))) > 0
    plate = np.where(hole[:, :, None], paper(), source)
    for x, y in ((236, 140), (262, 150), (250, 128), (300, 160)):  # crumbs that were put together badly
        cv2.circle(plate, (x, y), 7, PINK, -1, cv2.LINE_AA)
    assert judge(source, plate, hole, box).status is CheckStatus.UNDECIDED


def test_a_spot_is_no_fault_where_new_type_covers_it() -> None:
    source, strokes, box = lettered(paper())
    hole = dilate(strokes, 3)
    plate = np.where(hole[:, :, None], paper(), source)
    x, y = (int(v.mean()) for v in np.nonzero(strokes)[::-1])
    plate[y - 6 : y + 6, x - 14 : x + 14] = (150, 150, 150)
    covered = plate.copy()
    covered[y - 12 : y + 12, x - 20 : x + 20] = (200, 30, 30)
    assert judge(source, plate, hole, box).status is CheckStatus.UNDECIDED
    assert judge(source, plate, hole, box, rgb=covered).status is CheckStatus.PASSED


def test_shapes_that_the_ground_is_full_of_are_no_scars() -> None:
    back = paper()
    rng = np.random.default_rng(2)
    for x, y in zip(rng.integers(0, W, 420), rng.integers(0, H, 420), strict=True):  # confetti
        cv2.circle(back, (int(x), int(y)), 3, (90, 140, 220), -1, cv2.LINE_AA)
    source, strokes, box = lettered(back, size=60)
    hole = dilate(strokes, 3)
    plate = np.where(hole[:, :, None], back, source)
    assert judge(source, plate, hole, box).detail == ""


def test_one_finding_holds_the_candidate_back() -> None:
    """The whole verdict: an erasure with a cut word is for a person, the same one done well passes."""
    source, strokes, box = lettered(graded(), colour=WHITE, size=60)
    png = io.BytesIO()
    Image.fromarray(source).save(png, "PNG")
    image = decode(png.getvalue(), name="x.png")
    edit = Edit(Action.REMOVE_TEXT, text="MONDAY")
    sha = hashlib.sha256(png.getvalue()).hexdigest()
    job = Job("k", "poster", "und", "en", "sources/x.png", sha, (edit,))
    hole = dilate(strokes, 3)
    feet = hole.copy()
    feet[round(box[3] - 7) :] = False
    statuses = []
    for mask in (hole, feet):
        plate = fill(source, mask).rgb
        place = Placement(edit, source_box=box, box=box)
        candidate = Candidate(plate, mask, (place,), plate=plate)
        checks = run_checks(
            source=image,
            candidate=candidate,
            delivered=deliver(image, plate, mask),
            job=job,
            brand=BrandKit(),
        )
        statuses.append(verdict(checks)[0])
        assert any(c.name == "erased_cleanly" for c in checks)
        without = run_checks(
            source=image,
            candidate=replace(candidate, plate=None),
            delivered=deliver(image, plate, mask),
            job=job,
            brand=BrandKit(),
        )
        assert not any(c.name == "erased_cleanly" for c in without)
    assert statuses == [Status.PASSED, Status.NEEDS_REVIEW]
