"""The sample campaign: its images are what the manifest says, and its copy is what the README promises."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from examples.generate import POSTERS, generate
from localizer.brand import load_brand
from localizer.checks.copy_policy import check_copy, check_copy_policy
from localizer.copydeck import load_copy_deck
from localizer.manifest import load_manifest
from localizer.model import Action, CheckStatus, Status
from localizer.planning import plan_manifest
from localizer.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = ROOT / "examples" / "campaign"
MISSPELT = "images/sumer-sale.webp"
IMPOSSIBLE = ("camera-deal", "ja")
QUICK = ("pet-shipping", "double-11", "free-shipping")  # turned and stored by EXIF, stars, brick wall


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("campaign") / "images"
    generate(folder)
    return folder


@pytest.fixture(scope="module")
def manifest():
    return load_manifest(CAMPAIGN / "manifest.csv")


def test_the_same_bytes_from_another_process(images: Path, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "examples" / "generate.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, cwd=tmp_path, capture_output=True, timeout=120)
    first = {path.name: path.read_bytes() for path in images.iterdir()}
    second = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(first) == sorted(second) == sorted(poster.file for poster in POSTERS)
    assert [name for name in first if first[name] != second[name]] == []


def test_files_that_are_right_are_left_alone(images: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in images.iterdir()}
    generate(images, ["gift-ribbon"])
    assert {path: path.stat().st_mtime_ns for path in images.iterdir()} == before


def test_sizes_and_formats(images: Path) -> None:
    formats = set()
    for path in images.iterdir():
        with Image.open(path) as image:
            assert 1e6 <= image.width * image.height <= 2e6, path.name
            formats.add(image.format)
            if path.name == "serum-card.png":
                low, high = image.getchannel("A").getextrema()
                assert (low, high) == (0, 255)
            if path.name == "pet-shipping.jpg":
                assert image.getexif()[0x0112] == 6
                assert image.info["icc_profile"]
                assert ImageOps.exif_transpose(image).size == (1280, 960)
    assert formats == {"JPEG", "PNG", "WEBP"}


def test_posters_differ(images: Path) -> None:
    thumbnails = []
    for path in sorted(images.iterdir()):
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image)
            thumbnails.append(np.asarray(upright.convert("RGB").resize((16, 16)), np.float32))
    for i, one in enumerate(thumbnails):
        for other in thumbnails[i + 1 :]:
            assert np.abs(one - other).mean() > 12


def test_every_image_is_there_but_the_misspelt_one(manifest, images: Path) -> None:
    named = {job.image for job in manifest.jobs}
    drawn = {f"images/{path.name}" for path in images.iterdir()}
    assert named - drawn == {MISSPELT}
    assert drawn <= named


def test_manifest_is_valid_and_spans_the_locales(manifest) -> None:
    assert manifest.errors == ()
    assert {"en", "ja", "ar", "de", "th", "ko", "zh-Hans"} <= set(manifest.locales)
    assert 30 <= len(manifest.jobs) <= 45
    actions = {edit.action for job in manifest.jobs for edit in job.edits}
    assert actions == {Action.TRANSLATE_TEXT, Action.REPLACE_TEXT, Action.REMOVE_TEXT, Action.ADD_TEXT}


def test_exactly_one_string_lacks_approved_copy(manifest) -> None:
    missing = {
        (job.asset_id, job.locale, edit.text)
        for job in manifest.jobs
        for edit in job.edits
        if edit.action is Action.TRANSLATE_TEXT
        and manifest.deck.lookup(edit.text, job.source_locale, job.locale) is None
    }
    assert missing == {("mid-autumn", "th", "中秋礼遇")}


def test_the_deck_keeps_figures_and_brand_terms() -> None:
    deck = load_copy_deck(CAMPAIGN / "copy_deck.csv")
    terms = load_brand(CAMPAIGN / "brands" / "lumea").do_not_translate
    assert terms
    for (_, locale, source), entry in deck.entries.items():
        assert sorted(_figures(source)) == sorted(_figures(entry.target)), (locale, source)
        assert [t for t in terms if t in source] == [t for t in terms if t in entry.target], (locale, source)


class _AnyEngine:
    """Planning needs an engine's identity only."""

    name, version = "any", "1"

    def parameters(self) -> dict[str, str]:
        return {}


def test_planning_and_copy_policy_catch_what_the_readme_says(manifest, images: Path, tmp_path: Path) -> None:
    brand = load_brand(CAMPAIGN / "brands" / "lumea")
    workspace = Workspace.open(str(tmp_path))
    plan = plan_manifest(
        manifest, workspace=workspace, engine=_AnyEngine(), brand=brand, image_root=str(images.parent)
    )
    assert [(r.asset_id, r.locale, r.status) for r in plan.rejected] == [
        ("summer-sale-story", "ja", Status.FAILED)
    ]
    assert MISSPELT in plan.rejected[0].reason
    assert [(j.asset_id, j.locale, j.missing_copy) for j in plan.jobs if j.missing_copy] == [
        ("mid-autumn", "th", ("中秋礼遇",))
    ]
    verdicts = {(job.asset_id, job.locale): check_copy_policy(job, brand).status for job in plan.jobs}
    wrong = {key: status for key, status in verdicts.items() if status is not CheckStatus.PASSED}
    assert wrong == {
        ("gift-ribbon", "en"): CheckStatus.FAILED,
        ("camera-deal", "en"): CheckStatus.FAILED,
    }


def test_a_stricter_brand_lets_less_of_the_same_copy_through(manifest) -> None:
    """What LUMÉA may say, LUMÉA Derma may not: discounts are neither named in English nor in German."""
    kits = [load_brand(CAMPAIGN / "brands" / name) for name in ("lumea", "lumea-derma")]

    def refused(kit) -> set[tuple[str, str]]:
        return {
            (locale, entry.target)
            for (source_locale, locale, source), entry in manifest.deck.entries.items()
            if any(
                finding.status is CheckStatus.FAILED
                for finding in check_copy(source, source_locale, entry.target, locale, kit)
            )
        }

    assert [refused(kit) for kit in kits] == [
        set(),
        {
            ("en", "618 Mega Sale"),
            ("en", "Mid-Year Sale"),
            ("en", "Selected cameras on sale"),
            ("de", "BIS ZU 50 % RABATT"),
        },
    ]


def test_the_document_asks_for_the_same_as_the_table(manifest) -> None:
    document = load_manifest(CAMPAIGN / "campaign.json")
    assert document.errors == ()

    def copy(source) -> dict[tuple[str, str], list[tuple[str, str | None]]]:
        return {
            (job.asset_id, job.locale): [
                (e.text, e.replacement or source.deck.lookup(e.text, job.source_locale, job.locale))
                for e in job.edits
            ]
            for job in source.jobs
        }

    table = copy(manifest)
    wanted = copy(document)
    assert wanted == {key: table[key] for key in wanted}
    assert {key for key in table if key[0] in {a for a, _ in wanted}} == set(wanted)


@pytest.mark.parametrize(
    "asset_id",
    [pytest.param(p.asset_id, marks=() if p.asset_id in QUICK else pytest.mark.system) for p in POSTERS],
)
def test_source_text_can_be_read(asset_id: str, manifest, images: Path, ocr) -> None:
    poster = next(p for p in POSTERS if p.asset_id == asset_id)
    with Image.open(images / poster.file) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    lines = [_folded(line) for line in ocr(np.asarray(upright)[..., ::-1].copy()).txts]
    wanted = {
        line
        for job in manifest.jobs
        if job.asset_id == asset_id and (job.asset_id, job.locale) != IMPOSSIBLE
        for edit in job.edits
        for line in edit.text.splitlines()
    }
    assert wanted
    assert [line for line in wanted if _folded(line) not in lines] == []


def test_the_impossible_edit_is_impossible(manifest) -> None:
    job = next(job for job in manifest.jobs if (job.asset_id, job.locale) == IMPOSSIBLE)
    copy = {e.text for j in manifest.jobs if j.asset_id == job.asset_id and j is not job for e in j.edits}
    assert copy.isdisjoint(e.text for e in job.edits)


@pytest.fixture(scope="module")
def ocr():
    from rapidocr import RapidOCR

    return RapidOCR()


def _folded(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _figures(text: str) -> list[str]:
    return re.findall(r"\d+", unicodedata.normalize("NFKC", text))
