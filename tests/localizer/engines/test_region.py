"""Editing a region: what is shown to a model, and what is taken from its answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localizer.diffusion.sizes import MEGAPIXEL, QUARTER, best_size, untouched
from localizer.engines.region import Fitted, composite, cut, fit, plan_region

cv2 = pytest.importorskip("cv2")

AREAS = (QUARTER, MEGAPIXEL)
ALL_SIZES = {size for area in AREAS for size in untouched(area)}


def size_for(width: int, height: int) -> tuple[int, int]:
    return best_size(width, height, AREAS)


def scene(seed: int = 0, shape: tuple[int, int] = (700, 900)) -> np.ndarray:
    """Soft shapes, as in a photo."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.integers(0, 255, (*shape, 3), dtype=np.uint8), (0, 0), 7)
    return cv2.normalize(noise, None, 20, 235, cv2.NORM_MINMAX)


def written(rgb: np.ndarray, text: str, at: tuple[int, int]) -> np.ndarray:
    return cv2.putText(rgb.copy(), text, at, cv2.FONT_HERSHEY_SIMPLEX, 2.0, (255, 255, 255), 6)


def drifted(rgb: np.ndarray, zoom: float = 1.012, shift: tuple[float, float] = (3.4, -2.1)) -> np.ndarray:
    """What a model does to a picture that it should have kept: zoom, shift, a colour cast."""
    h, w = rgb.shape[:2]
    warp = np.float32([[zoom, 0, shift[0] + (1 - zoom) * w / 2], [0, zoom, shift[1] + (1 - zoom) * h / 2]])
    out = cv2.warpAffine(rgb, warp, (w, h), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.clip(out.astype(float) * 1.03 + 4, 0, 255).astype(np.uint8)


def box_mask(shape: tuple[int, ...], box: tuple[int, int, int, int]) -> np.ndarray:
    mask = np.zeros(shape[:2], np.bool_)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return mask


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_outside_of_the_mask_nothing_ever_changes(data: st.DataObject) -> None:
    h, w = data.draw(st.integers(8, 60)), data.draw(st.integers(8, 60))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    rgb = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
    mask = rng.random((h, w)) < data.draw(st.floats(0, 1))
    x0, y0 = data.draw(st.integers(0, w - 2)), data.draw(st.integers(0, h - 2))
    x1, y1 = data.draw(st.integers(x0 + 1, w)), data.draw(st.integers(y0 + 1, h))
    made = rng.integers(0, 256, (y1 - y0, x1 - x0, 3), dtype=np.uint8)
    before = rgb.copy()
    out = composite(rgb, Fitted((x0, y0, x1, y1), made), mask)
    assert np.array_equal(rgb, before)
    assert np.array_equal(out[~mask], rgb[~mask])


@given(
    st.integers(40, 3000),
    st.integers(40, 3000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.floats(6, 200),
)
@settings(max_examples=200, deadline=None)
def test_every_crop_holds_its_text_at_a_size_that_passes_untouched(w, h, x, y, dx, dy, height) -> None:
    x0, y0 = int(x * (w - 8)), int(y * (h - 8))
    box = x0, y0, min(w, x0 + 8 + int(dx * (w - x0))), min(h, y0 + 8 + int(dy * (h - y0)))
    region = plan_region(box, (h, w, 3), size_for, height=height)
    assert region.size in ALL_SIZES
    a, b, c, d = region.window
    assert a <= box[0] + 1
    assert b <= box[1] + 1
    assert c >= box[2] - 1
    assert d >= box[3] - 1
    # Never distorted: both sides have the same scale, to half a pixel of either side.
    ratio = region.size[1] / region.size[0]
    assert abs((c - a) * ratio - (d - b)) <= 0.5 * ratio + 0.6


def test_a_comfortable_text_is_passed_pixel_by_pixel() -> None:
    rgb = scene()
    region = plan_region((300, 300, 520, 360), rgb.shape, size_for, height=60)
    assert region.scale == 1.0
    x0, y0, x1, y1 = region.window
    assert np.array_equal(cut(rgb, region), rgb[y0:y1, x0:x1])


def test_small_print_is_enlarged() -> None:
    region = plan_region((300, 300, 420, 316), (1600, 1600, 3), size_for, height=16)
    assert 2.5 < region.scale <= 3.0


def test_an_image_smaller_than_any_crop_is_enlarged() -> None:
    rgb = scene(shape=(120, 90))
    region = plan_region((20, 40, 70, 60), rgb.shape, size_for, height=20)
    x0, y0, x1, y1 = region.window
    assert x0 >= 0
    assert y0 >= 0
    assert x1 <= 90
    assert y1 <= 120
    assert region.scale > 3


def test_a_banner_narrower_than_any_crop_is_mirrored_at_its_edges() -> None:
    rgb, box = scene(shape=(40, 400)), (60, 12, 340, 28)
    region = plan_region(box, rgb.shape, size_for, height=16)
    assert region.window[1] < 0
    shown = cut(rgb, region)
    assert shown.shape == (region.size[1], region.size[0], 3)
    fitted = fit(rgb, region, box_mask(rgb.shape, box), shown)
    assert fitted.misfit == ""
    assert fitted.rgb.shape[0] == 40
    a, b, c, d = fitted.box
    assert np.abs(fitted.rgb.astype(int) - rgb[b:d, a:c]).mean() < 2


def test_texts_far_apart_get_crops_of_their_own() -> None:
    shape = (2000, 2000, 3)
    one = plan_region((100, 100, 400, 160), shape, size_for, height=50)
    two = plan_region((1500, 1800, 1800, 1860), shape, size_for, height=50)
    assert one.window[2] < two.window[0]


def test_a_zoomed_and_tinted_answer_is_laid_back_over_the_image() -> None:
    ground = scene()
    rgb, wanted = written(ground, "SALE 50%", (300, 350)), written(ground, "OFERTA", (320, 350))
    box = (290, 290, 640, 370)
    mask = box_mask(rgb.shape, box)
    region = plan_region(box, rgb.shape, size_for, height=50)
    answer = drifted(cut(wanted, region))
    fitted = fit(rgb, region, mask, answer)
    assert fitted.misfit == ""
    assert fitted.correlation > 0.95
    out = composite(rgb, fitted, mask)
    assert np.array_equal(out[~mask], rgb[~mask])
    inner = box_mask(rgb.shape, (box[0] + 8, box[1] + 8, box[2] - 8, box[3] - 8))
    apart = np.abs(out.astype(int) - wanted)[inner].mean()
    x0, y0, x1, y1 = region.window
    raw = wanted.copy()
    raw[y0:y1, x0:x1] = cv2.resize(answer, (x1 - x0, y1 - y0))
    assert apart < 4  # the edges of the letters, interpolated twice
    assert apart < 0.35 * np.abs(raw.astype(int) - wanted)[inner].mean()


def test_an_answer_of_another_size_is_scaled_back() -> None:
    rgb = scene(3)
    box = (400, 300, 500, 340)
    region = plan_region(box, rgb.shape, size_for, height=40)
    half = cv2.resize(
        cut(rgb, region), (region.size[0] // 2, region.size[1] // 2), interpolation=cv2.INTER_AREA
    )
    fitted = fit(rgb, region, box_mask(rgb.shape, box), half)
    assert fitted.misfit == ""
    x0, y0, x1, y1 = fitted.box
    assert np.abs(fitted.rgb.astype(int) - rgb[y0:y1, x0:x1]).mean() < 2


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda shown: np.random.default_rng(1).integers(0, 255, shown.shape, dtype=np.uint8), "image"),
        (lambda shown: scene(9, shown.shape[:2]), "image"),
        (lambda shown: drifted(shown, 1.15, (0, 0)), "image|zoomed"),
        (lambda shown: shown[:, : shown.shape[1] // 2], "shape"),
        (lambda shown: np.full_like(shown, 128), "image"),
    ],
    ids=["noise", "another scene", "a close-up", "half of it", "grey"],
)
def test_another_picture_is_refused_with_the_reason(answer, why) -> None:
    rgb = scene()
    box = (300, 300, 520, 360)
    region = plan_region(box, rgb.shape, size_for, height=50)
    fitted = fit(rgb, region, box_mask(rgb.shape, box), answer(cut(rgb, region)))
    assert fitted.misfit
    assert any(word in fitted.misfit for word in why.split("|"))


def test_flat_surroundings_need_no_alignment_but_must_stay_what_they_are() -> None:
    rgb = np.full((700, 700, 3), 180, np.uint8)
    box = (200, 200, 400, 260)
    region = plan_region(box, rgb.shape, size_for, height=50)
    mask = box_mask(rgb.shape, box)
    cast = np.clip(cut(rgb, region).astype(int) + np.array((9, -6, 3)), 0, 255).astype(np.uint8)
    fitted = fit(rgb, region, mask, cast)
    assert (fitted.misfit, fitted.correlation) == ("", None)
    assert np.array_equal(composite(rgb, fitted, mask), rgb)
    noise = np.random.default_rng(0).integers(0, 255, cast.shape, dtype=np.uint8)
    assert "levels" in fit(rgb, region, mask, noise).misfit


def test_where_everything_is_edited_nothing_is_left_to_check_the_answer_by() -> None:
    rgb = scene(shape=(512, 512))
    region = plan_region((0, 0, 512, 512), rgb.shape, size_for, height=50)
    assert "too little" in fit(rgb, region, np.ones(rgb.shape[:2], np.bool_), cut(rgb, region)).misfit
