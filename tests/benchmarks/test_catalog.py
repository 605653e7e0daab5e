"""Catalogs for benchmarks and drills."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from benchmarks.catalog import FORMATS, pictures, write_catalog
from benchmarks.catalog.drawing import STICKER
from localizer.images import decode
from localizer.manifest import load_manifest


def digests(count: int, **options: object) -> list[str]:
    return [hashlib.sha256(p.data).hexdigest() for p in pictures(count, **options)]  # type: ignore[arg-type]


def test_no_two_pictures_are_the_same() -> None:
    assert len(set(digests(3000, kind="tiny"))) == 3000
    assert len(set(digests(60, kind="real"))) == 60


@pytest.mark.parametrize("kind", ["tiny", "real"])
def test_a_number_always_gives_the_same_picture_and_a_seed_gives_others(kind: str) -> None:
    first = digests(5, kind=kind)
    assert digests(9, kind=kind)[:5] == first
    assert not set(first) & set(digests(5, kind=kind, seed=1))


def test_a_sticker_can_be_seen_on_every_ground() -> None:
    for picture in pictures(300, kind="tiny"):
        rgb = decode(picture.data, name=picture.asset_id).rgb.astype(int)
        assert abs(rgb[STICKER[1], STICKER[0]] - rgb[0, 0]).max() > 60


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["tiny", "real"])
def test_a_manifest_names_every_picture_and_is_read_without_an_error(
    tmp_path: Path, format: str, kind: str
) -> None:
    path = write_catalog(tmp_path, pictures(12, kind=kind, locales=2), format=format)
    jobs = load_manifest(str(path)).jobs
    assert len(jobs) == 24
    assert not [error for job in jobs for error in job.errors]
    assert all((tmp_path / job.image).is_file() for job in jobs)
