"""``brand check`` and ``brand show``, by the real command line; and the kits of the sample campaign."""

import json
from pathlib import Path

import pytest

from localizer.brand import load_brand
from localizer.brand.examining import examine
from localizer.cli import main
from localizer.translation import get_translator

BRANDS = Path(__file__).resolve().parents[3] / "examples" / "campaign" / "brands"


def write(folder: Path, content: str) -> Path:
    path = folder / "brand.yaml"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["lumea", "lumea-derma"])
def test_the_sample_kits_can_be_used(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brand", "check", str(BRANDS / name)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{BRANDS / name}/brand.yaml: can be used (LUMÉA")


def test_every_folder_of_the_sample_is_a_kit() -> None:
    assert sorted(path.name for path in BRANDS.iterdir()) == ["lumea", "lumea-derma"]


def test_the_translators_of_the_second_kit_take_their_parameters() -> None:
    policy = load_brand(BRANDS / "lumea-derma").translation
    made = [get_translator(choice.name, **choice.parameters) for choice in policy.translators_for("ja")]
    assert [translator.name for translator in made] == ["chat"]
    assert policy.translators_for("de") == ()


@pytest.mark.parametrize(
    ("content", "field", "message"),
    [
        ("thresholds: {fit_scale: 0.6}", "/thresholds/fit_scale", "did you mean 'fits_scale'"),
        ("engines: [typset]", "/engines/0", "did you mean 'typeset'"),
        (
            "translation: {translators: {ja: [nlbb]}}",
            "/translation/translators/ja/0",
            "'nlbb' is no translator of this installation; did you mean 'nllb'",
        ),
        (
            "translation: {translators: {ja: [{name: nllb, parameters: {modell: x}}]}}",
            "/translation/translators/ja/0/parameters/modell",
            "is no parameter of nllb; did you mean 'model'",
        ),
        (
            "do_not_translate: [LUMÉA]\nglossary: {ja: {LUMÉA club: ルメアクラブ}}",
            "/glossary/ja/LUMÉA club",
            "'LUMÉA' must stay",
        ),
        (
            "forbidden: {'*': [best]}\nglossary: {en: {特惠: best price}}",
            "/glossary/en/特惠",
            "'best price': 'best' is forbidden",
        ),
        ("forbidden: {und-CN: [最佳]}\nglossary: {zh: {best: 最佳}}", "/glossary/zh-Hans/best", "'最佳'"),
        ("glossary: {ru: {Sale: セール}}", "/glossary/ru/Sale", "is in script Kana, but ru is in Cyrl"),
        ("glossary: {zh-TW: {Sale: 抢购}}", "/glossary/zh-Hant/Sale", "zh-Hant writes this otherwise"),
        (
            "do_not_translate: [Best Wear]\nforbidden: {en: [best]}",
            "/do_not_translate/0",
            "must stay, and 'best' is forbidden in en",
        ),
    ],
)
def test_what_is_odd_is_told_with_its_field(
    tmp_path: Path, content: str, field: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, content + "\n")
    assert main(["brand", "check", str(tmp_path)]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"{path}: {field}: ")
    assert message in lines[0]


@pytest.mark.parametrize(
    "content",
    [
        "glossary: {ja: {Sale: SALE}}",  # a Latin word may stand in Japanese copy
        "do_not_translate: [LUMÉA]\nglossary: {ja: {LUMÉA club: LUMÉAクラブ}}",
        "forbidden: {de: [best]}\nglossary: {en: {特惠: best price}}",
        "do_not_translate: [Bestwear]\nforbidden: {en: [best]}",  # within a longer word
        "thresholds: {fits_scale: 0.6}\nengines: [typeset, qwen]",
        "translation: {translators: {ja: [{name: chat, parameters: {temperature: 0.2, fields: {seed: 1}}}]}}",
    ],
)
def test_what_is_right_is_not(tmp_path: Path, content: str) -> None:
    assert examine(load_brand(write(tmp_path, content + "\n"))) == ()


def test_a_wrong_kit_is_told_as_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "nmae: x\n")
    assert main(["brand", "check", str(path)]) == 2
    assert "/nmae: is not known; did you mean 'name'" in capsys.readouterr().err
    assert main(["brand", "show", str(tmp_path / "none")]) == 2
    assert "none: cannot be read" in capsys.readouterr().err


def test_a_kit_shown_for_all_locales(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brand", "show", str(BRANDS / "lumea-derma"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    kit = load_brand(BRANDS / "lumea-derma")
    assert said["digest"] == kit.digest
    assert said["glossary"] == kit.glossary
    assert said["fonts"] == {"DMSerifDisplay-Regular.ttf": ["Latn"]}
    assert said["thresholds"] == {"untouched_psnr": 48, "legible_cap_height": 12, "fits_scale": 0.7}
    assert said["translators"]["de"] == []


def test_a_kit_shown_for_one_locale(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["brand", "show", str(BRANDS / "lumea-derma"), "--locale", "zh-CN"]) == 0
    said = capsys.readouterr().out
    assert "locale            zh-Hans" in said
    assert "fonts             -" in said  # its font has no Chinese
    assert "forbidden         100% guaranteed, miracle, 国家级, 最高级, 最佳" in said
    assert "translators       chat model=Qwen/Qwen3-8B temperature=0\n" in said
    assert main(["brand", "show", str(BRANDS / "lumea-derma"), "--locale", "de-AT", "--json"]) == 0
    german = json.loads(capsys.readouterr().out)
    assert german["translators"] == []
    assert german["glossary"]["skincare"] == "Hautpflege"
    assert german["fonts"] == ["DMSerifDisplay-Regular.ttf"]
    assert main(["brand", "show", str(BRANDS / "lumea"), "--locale", "klingonish"]) == 2
    assert "--locale" in capsys.readouterr().err
