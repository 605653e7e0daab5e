"""Glossary files beside a kit: their terms count as if they stood in it."""

from pathlib import Path

import pytest

from localizer.brand import BrandKit, load_brand
from localizer.errors import BrandError

CSV = "source,ja,de\nserum,美容液,Serum\nskincare,スキンケア,Hautpflege\n"


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    (tmp_path / "terms.csv").write_text(CSV, encoding="utf-8")
    path = tmp_path / "brand.yaml"
    path.write_text("glossary: {de: {sale: Angebot}}\nglossary_files: [terms.csv]\n", encoding="utf-8")
    return path


def test_terms_of_files_join_the_kit_s_own(kit: Path) -> None:
    glossary = {
        "de": {"sale": "Angebot", "serum": "Serum", "skincare": "Hautpflege"},
        "ja": {"serum": "美容液", "skincare": "スキンケア"},
    }
    read = load_brand(kit)
    assert read.glossary == glossary
    assert read.digest == BrandKit(glossary=glossary).digest  # where a term stands decides nothing


def test_a_changed_file_is_another_kit(kit: Path) -> None:
    before = load_brand(kit).digest
    (kit.parent / "terms.csv").write_text(CSV.replace("美容液", "セラム"), encoding="utf-8")
    assert load_brand(kit).digest != before


def test_the_same_term_twice_is_fine_and_a_contradiction_names_both(kit: Path) -> None:
    (kit.parent / "more.csv").write_text("source,ja\nserum,美容液\n", encoding="utf-8")
    kit.write_text(
        "glossary: {ja: {serum: 美容液}}\nglossary_files: [terms.csv, more.csv]\n", encoding="utf-8"
    )
    assert load_brand(kit).glossary["ja"]["serum"] == "美容液"
    (kit.parent / "more.csv").write_text("source,ja\nskincare,お手入れ\n", encoding="utf-8")
    with pytest.raises(
        BrandError,
        match=r"/glossary_files/1: more\.csv: 'skincare' is 'お手入れ' in ja here but 'スキンケア' in terms",
    ):
        load_brand(kit)
    kit.write_text("glossary: {ja: {serum: セラム}}\nglossary_files: [terms.csv]\n", encoding="utf-8")
    with pytest.raises(BrandError, match=r"/glossary_files/0: .* but 'セラム' in the kit; keep one"):
        load_brand(kit)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.csv", "none.csv"),
        ("../terms.csv", "outside the brand kit's folder"),
        ("link.csv", "outside the brand kit's folder"),
        ("brand.yaml", "brand.yaml"),
        ("broken.tbx", "broken.tbx"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_its_field(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "terms.csv").write_text(CSV, encoding="utf-8")
    folder = tmp_path / "kit"
    folder.mkdir()
    (folder / "link.csv").symlink_to(tmp_path / "terms.csv")
    (folder / "broken.tbx").write_text("<martif><text>", encoding="utf-8")
    (folder / "brand.yaml").write_text(f"glossary_files: [{name}]\n", encoding="utf-8")
    with pytest.raises(BrandError, match=rf"brand\.yaml: /glossary_files/0: .*{message}"):
        load_brand(folder)
