"""All checks together and the verdict that follows: nothing wrong may come out as passed."""

from __future__ import annotations

import hashlib
import io
import itertools
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from localizer.brand import BrandKit
from localizer.checks.suite import CHECKS_VERSION, merge, run_checks, verdict
from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.engines.typeset import TypesetEngine
from localizer.images import SourceImage, decode, deliver
from localizer.model import Action, CheckResult, CheckStatus, Edit, Job, Status
from localizer.text.fonts import stack
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line

P, U, F = CheckStatus.PASSED, CheckStatus.UNDECIDED, CheckStatus.FAILED
ALL = {"text_correct", "source_text_gone", "untouched", "legible", "fits", "faces", "copy_policy", "file"}
ALL |= {"text_found", "erased_cleanly"}


def result(name: str, status: CheckStatus, detail: str = "", **more: object) -> CheckResult:
    return CheckResult(name, status, detail=detail, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        ([("text_correct", P), ("fits", P)], Status.PASSED),
        ([("text_correct", U), ("fits", P)], Status.NEEDS_REVIEW),
        ([("text_correct", F)], Status.FAILED),
        ([("source_text_gone", F)], Status.FAILED),
        ([("untouched", F)], Status.FAILED),
        ([("fits", F)], Status.FAILED),
        ([("file", F)], Status.FAILED),
        # Matters of taste and of copy are for a person, and so is whatever could not be found.
        ([("copy_policy", F)], Status.NEEDS_REVIEW),
        ([("legible", F)], Status.NEEDS_REVIEW),
        ([("faces", F)], Status.NEEDS_REVIEW),
        ([("text_found", F)], Status.NEEDS_REVIEW),
        ([("legible", F), ("fits", F)], Status.FAILED),
        ([("fits", U), ("text_correct", F)], Status.FAILED),
        ([("something_new", F)], Status.FAILED),
        ([("something_new", U)], Status.NEEDS_REVIEW),
    ],
)
def test_verdict(checks, status: Status) -> None:
    for order in itertools.permutations(checks):
        got, reason = verdict([result(name, s, f"{name} is wrong") for name, s in order])
        assert got is status
        assert bool(reason) is (status is not Status.PASSED)


def test_the_reason_names_the_fatal_check_first_and_counts_the_rest() -> None:
    checks = [result("legible", F, "too pale"), result("fits", F, "over the frame"), result("file", U)]
    assert verdict(checks)[1] == "fits: over the frame (and 2 more)"
    assert verdict([result("file", U)])[1] == "file: not passed"


@pytest.mark.parametrize("statuses", list(itertools.product((P, U, F), repeat=3)))
def test_merging_keeps_the_worst(statuses) -> None:
    checks = [result("fits", s, f"detail {i}") for i, s in enumerate(statuses)]
    (merged,) = merge(checks)
    assert merged.status is max(statuses, key=[P, U, F].index)
    assert merged.detail == "detail 0; detail 1; detail 2"


def test_merging_keeps_every_name_numbers_and_what_is_missing() -> None:
    checks = [
        result("fits", P, value=0.7, threshold=0.5),
        result("text_correct", U, missing="tesseract-ocr-kor"),
        result("fits", U, "ask"),
        result("text_correct", P),
    ]
    fits, text = merge(checks)
    assert (fits.name, fits.value, fits.threshold, fits.detail) == ("fits", 0.7, 0.5, "ask")
    assert (text.status, text.missing) == (U, "tesseract-ocr-kor")
    assert merge([]) == ()


# A real poster, really edited; then spoilt in every way that a check must notice.

H, W = 300, 560
EDIT = Edit(Action.REPLACE_TEXT, text="新品上市", replacement="NEW ARRIVAL")


def lettered(rgb: np.ndarray, text: str, locale: str, x: float, y: float, size: float) -> np.ndarray:
    return draw(
        rgb, [PlacedLine(shape_line(text, stack(locale, weight=700), locale), x, y, size)], (255, 255, 255)
    )[0]


@pytest.fixture(scope="module")
def source() -> SourceImage:
    rgb = np.full((H, W, 3), (30, 60, 110), np.uint8)
    rgb = lettered(rgb, "新品上市", "zh-Hans", 60, 120, 64)
    rgb = lettered(rgb, "BRAND", "en", 60, 250, 40)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "PNG")
    return decode(out.getvalue(), name="poster.png")


def job_of(source: SourceImage, *edits: Edit) -> Job:
    sha = hashlib.sha256(source.data).hexdigest()
    return Job("k", "poster", "en", "zh-Hans", "sources/x.png", sha, edits or (EDIT,))


@pytest.fixture(scope="module")
def candidate(source: SourceImage) -> Candidate:
    return TypesetEngine().edit(EditRequest(job_of(source), source.rgb, BrandKit()))


def judge(
    source: SourceImage, candidate: Candidate, *, job: Job | None = None, brand: BrandKit | None = None
) -> tuple[Status, dict[str, CheckResult]]:
    delivered = deliver(source, candidate.rgb, candidate.mask)
    checks = run_checks(
        source=source,
        candidate=candidate,
        delivered=delivered,
        job=job or job_of(source),
        brand=brand or BrandKit(),
    )
    return verdict(checks)[0], {c.name: c for c in checks}


def test_a_good_candidate_passes_every_check(source, candidate) -> None:
    status, checks = judge(source, candidate)
    assert {n: c.detail for n, c in checks.items() if c.status is not P} == {}
    assert status is Status.PASSED
    assert set(checks) == ALL


def test_an_unedited_image_that_claims_to_be_edited_fails(source, candidate) -> None:
    status, checks = judge(source, replace(candidate, rgb=source.rgb.copy()))
    assert status is Status.FAILED
    assert checks["source_text_gone"].status is F
    assert checks["text_correct"].status is not P


def test_an_edit_without_trace_never_passes(source, candidate) -> None:
    empty = Candidate(source.rgb.copy(), np.zeros((H, W), bool), ())
    status, checks = judge(source, empty)
    assert status is Status.NEEDS_REVIEW
    assert "新品上市" in checks["text_found"].detail


@pytest.mark.parametrize(
    "trace",
    [
        Placement(EDIT),
        Placement(EDIT, note="not found"),
        Placement(EDIT, source_box=(60, 60, 300, 130)),
        Placement(EDIT, source_box=(60, 60, 300, 130), box=(60, 60, 300, 130)),
        Placement(EDIT, lines=("NEW ARRIVAL",)),
    ],
)
def test_half_a_trace_does_not_pass(source, trace: Placement) -> None:
    status, _ = judge(source, Candidate(source.rgb.copy(), np.zeros((H, W), bool), (trace,)))
    assert status is not Status.PASSED


def test_one_of_two_edits_left_out_does_not_pass(source, candidate) -> None:
    other = Edit(Action.REPLACE_TEXT, text="BRAND", replacement="MARKE")
    status, checks = judge(source, candidate, job=job_of(source, EDIT, other))
    assert status is Status.NEEDS_REVIEW
    assert "BRAND" in checks["text_found"].detail


def test_a_removal_that_left_the_text_fails(source) -> None:
    edit = Edit(Action.REMOVE_TEXT, text="新品上市")
    trace = Placement(edit, source_box=(60, 60, 320, 130), box=(60, 60, 320, 130))
    status, checks = judge(
        source, Candidate(source.rgb.copy(), np.zeros((H, W), bool), (trace,)), job=job_of(source, edit)
    )
    assert status is Status.FAILED
    assert checks["source_text_gone"].status is F


def test_a_pixel_changed_outside_the_mask_fails(source, candidate) -> None:
    rgb = candidate.rgb.copy()
    rgb[H - 3, W - 3] ^= 1
    status, checks = judge(source, replace(candidate, rgb=rgb))
    assert status is Status.FAILED
    assert checks["untouched"].status is F


@pytest.mark.parametrize("spoil", ["patch", "blank", "blur"])
def test_spoilt_type_does_not_pass(source, candidate, spoil: str) -> None:
    import cv2

    rgb = candidate.rgb.copy()
    x0, y0, x1, y1 = candidate.placements[0].line_boxes[0]
    if spoil == "patch":
        rgb[y0 - 4 : y1 + 4, x0 : x0 + (x1 - x0) // 8] = (30, 60, 110)
    elif spoil == "blank":
        rgb[y0 - 4 : y1 + 4, x0 - 4 : x1 + 4] = (30, 60, 110)
    else:
        part = rgb[y0 - 8 : y1 + 8, x0 - 8 : x1 + 8]
        part[:] = cv2.GaussianBlur(part, (0, 0), 14)
    mask = candidate.mask | (rgb != source.rgb).any(axis=2)
    status, checks = judge(source, replace(candidate, rgb=rgb, mask=mask))
    assert status is not Status.PASSED
    assert checks["text_correct"].status is not P


def test_type_over_the_brand_name_does_not_pass(source, candidate) -> None:
    placement = candidate.placements[0]
    line = shape_line("NEW ARRIVAL", stack("en", weight=700), "en")
    placed = PlacedLine(line, 60, 250, 40)
    rgb, mask = draw(candidate.rgb, [placed], (255, 255, 255))
    moved = replace(
        placement, box=placed.box, line_boxes=(placed.box,), corners=(tuple(placed.corners()),), room=None
    )
    spoilt = replace(candidate, rgb=rgb, mask=candidate.mask | mask, placements=(moved,))
    status, checks = judge(source, spoilt)
    assert status is not Status.PASSED
    assert "BRAND" in checks["fits"].detail


def test_what_the_engine_doubts_is_not_overruled(source, candidate) -> None:
    doubt = result("source_text_gone", U, "the plate still reads")
    status, checks = judge(source, replace(candidate, findings=(doubt,)))
    assert status is Status.NEEDS_REVIEW
    assert "the plate still reads" in checks["source_text_gone"].detail


def test_what_the_brand_forbids_does_not_pass(source, candidate) -> None:
    brand = BrandKit(forbidden={"en": ("arrival",)})
    status, checks = judge(source, candidate, brand=brand)
    assert status is Status.NEEDS_REVIEW
    assert checks["copy_policy"].status is F


def test_thresholds_of_the_brand_are_used(source, candidate) -> None:
    _, checks = judge(source, candidate, brand=BrandKit(thresholds={"fits_scale": 1.5}))
    assert checks["fits"].threshold == 1.5
    assert checks["fits"].status is U


def test_the_checks_have_a_version() -> None:
    assert CHECKS_VERSION
