"""The sizes that the pipeline passes untouched, against the pipeline's own rule where it is installed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localizer.diffusion.sizes import MEGAPIXEL, QUARTER, area_of, best_size, rounded, untouched


def test_a_megapixel_has_the_sixty_five_sizes_that_were_measured() -> None:
    sizes = untouched(MEGAPIXEL)
    assert len(sizes) == 65
    assert {(1024, 1024), (832, 1248), (896, 1184), (1376, 768), (512, 2048), (2048, 512)} <= set(sizes)
    assert (1280, 768) not in sizes
    assert sizes == tuple(sorted(sizes, key=lambda s: s[0] / s[1]))


def test_a_quarter_of_a_megapixel_has_sizes_of_its_own() -> None:
    assert (512, 512) in untouched(QUARTER)
    assert not set(untouched(QUARTER)) & set(untouched(MEGAPIXEL))
    assert area_of((512, 512), (QUARTER, MEGAPIXEL)) == QUARTER
    assert area_of((1024, 1024), (QUARTER, MEGAPIXEL)) == MEGAPIXEL
    assert area_of((1000, 1000), (QUARTER, MEGAPIXEL)) is None


@pytest.mark.usefixtures("torch_stack")
def test_the_rule_is_the_pipelines_own() -> None:
    from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import calculate_dimensions

    for area in (MEGAPIXEL, QUARTER, 256 * 256):
        for ratio in (n / 64 for n in range(16, 257)):
            assert rounded(area, ratio) == calculate_dimensions(area, ratio)


@given(st.integers(8, 4000), st.integers(8, 4000))
def test_a_region_gets_the_cheapest_size_that_does_not_shrink_it(width: int, height: int) -> None:
    areas = (QUARTER, MEGAPIXEL)
    w, h = best_size(width, height, areas)
    assert area_of((w, h), areas) is not None
    fits_small = any(a >= width and b >= height for a, b in untouched(QUARTER))
    fits_large = any(a >= width and b >= height for a, b in untouched(MEGAPIXEL))
    assert area_of((w, h), areas) == (QUARTER if fits_small else MEGAPIXEL)
    if fits_small or fits_large:
        assert w >= width
        assert h >= height
