"""Convergence and arcs, measured on lines drawn with known ones."""

from __future__ import annotations

from dataclasses import replace

import cv2  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.text.fonts import stack
from localizer.text.perspective import Surface, shape_of, warped
from localizer.text.reading import Quad
from localizer.text.render import PlacedLine, coverage, draw
from localizer.text.shaping import shape_line

TEXTS = {"en": "SUMMER SALE", "ru": "Летняя распродажа", "zh-Hans": "新品上市优惠"}


def in_perspective(locale: str, converging: float, weight: int = 700) -> tuple[PlacedLine, Quad]:
    line = shape_line(TEXTS[locale], stack(locale, weight=weight), locale)
    wide, tall, k = line.advance * 50, 80.0, converging / 2
    quad = (
        (60.0, 200 - 40 * (1 - k)), (60 + wide, 200 - 40 * (1 + k)),
        (60 + wide, 200 + 40 * (1 + k)), (60.0, 200 + 40 * (1 - k)),
    )  # fmt: skip
    flat = np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]], np.float32)
    matrix = cv2.getPerspectiveTransform(flat, np.array(quad, np.float32))
    return PlacedLine(line, 0, 60, 50, warp=tuple(float(v) for v in matrix.ravel())), quad


def strokes(lines: list[PlacedLine]) -> np.ndarray:
    ys, xs = np.nonzero(coverage(lines, (400, 800)) > 0.5)
    return np.stack([xs, ys], 1).astype(np.float64)


@pytest.mark.parametrize("locale", TEXTS)
@pytest.mark.parametrize("weight", [400, 800])
def test_a_flat_line_is_flat(locale: str, weight: int) -> None:
    placed, _ = in_perspective(locale, 0.0, weight)
    shape = shape_of(TEXTS[locale], strokes([placed]), locale)
    assert shape is not None
    assert (shape.converging, shape.arched, shape.quad) == (0.0, 0.0, None)


@pytest.mark.parametrize("locale", TEXTS)
@pytest.mark.parametrize("converging", [0.45, -0.35])
def test_convergence_is_measured(locale: str, converging: float) -> None:
    placed, _ = in_perspective(locale, converging)
    shape = shape_of(TEXTS[locale], strokes([placed]), locale)
    assert shape is not None
    assert shape.converging == pytest.approx(converging, abs=0.1)
    assert shape.quad is not None
    left, right = shape.quad[3][1] - shape.quad[0][1], shape.quad[2][1] - shape.quad[1][1]
    assert right / left == pytest.approx((2 + converging) / (2 - converging), rel=0.12)


def test_an_arc_is_seen() -> None:
    line = shape_line("SUMMER SALE", stack("en", weight=700), "en")
    middle = line.advance / 2
    parts = [
        PlacedLine(replace(line, glyphs=(g,)), 60, 200 - 40 * (1 - ((g.x - middle) / middle) ** 2), 50)
        for g in line.glyphs
    ]
    shape = shape_of("SUMMER SALE", strokes(parts), "en")
    assert shape is not None
    assert shape.arched > 0.4


def test_short_text_tells_nothing() -> None:
    placed = PlacedLine(shape_line("50%", stack("en"), "en"), 60, 200, 60)
    assert shape_of("50%", strokes([placed]), "en") is None


def test_a_surface_takes_a_line_there_and_back() -> None:
    placed, quad = in_perspective("en", 0.4)
    surface = Surface.under(quad)
    flat = surface.points(quad)
    assert flat[0][1] == pytest.approx(flat[1][1], abs=0.01)
    assert flat[0][0] == pytest.approx(flat[3][0], abs=0.01)
    (again,) = warped([PlacedLine(placed.line, flat[0][0], flat[0][1] + 60, 50)], surface)
    assert surface.points(again.corners())[0][0] == pytest.approx(
        flat[0][0] + 50 * placed.line.ink[0], abs=0.1
    )


def test_warped_type_covers_the_box_that_it_says() -> None:
    placed, _ = in_perspective("zh-Hans", -0.4)
    rgb = np.zeros((400, 800, 3), np.uint8)
    out, mask = draw(rgb, [placed], (255, 255, 255))
    ys, xs = np.nonzero(mask)
    x0, y0, x1, y1 = placed.box
    assert x0 - 1 <= xs.min() < xs.max() <= x1 + 1
    assert y0 - 1 <= ys.min() < ys.max() <= y1 + 1
    assert np.array_equal(out[~mask], rgb[~mask])
    whole = coverage([placed], (400, 800))
    assert np.abs(whole[y0:y1, x0:x1] - out[y0:y1, x0:x1, 0] / 255).max() < 0.02
