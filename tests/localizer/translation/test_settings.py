"""What can be said of local translators without torch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from localizer.errors import ConfigurationError
from localizer.translation import get_translator, translator_names
from localizer.translation.flores import CODES, flores_code

COMMIT = "f8d333a098d19b4fd9a8b18f94170487ad3f821d"


def test_the_local_translators_have_names() -> None:
    assert {"chat-model", "nllb", "opus-mt"} <= set(translator_names())


@pytest.mark.parametrize(
    ("locale", "code"),
    [
        ("en", "eng_Latn"),
        ("pt-BR", "por_Latn"),
        ("zh-Hans", "zho_Hans"),
        ("zh-Hant", "zho_Hant"),
        ("zh-Hant-HK", "zho_Hant"),
        ("yue", "yue_Hant"),
        ("ar", "arb_Arab"),
        ("arz", "arz_Arab"),
        ("ja", "jpn_Jpan"),
        ("ko", "kor_Hang"),
        ("nb", "nob_Latn"),
        ("no", "nob_Latn"),
        ("fil", "tgl_Latn"),
        ("fa", "pes_Arab"),
        ("ms", "zsm_Latn"),
        ("sr", "srp_Cyrl"),
        ("sr-Latn", None),
        ("uz-Cyrl", None),
        ("he", "heb_Hebr"),
        ("id", "ind_Latn"),
        ("ckb", "ckb_Arab"),
        ("und", None),
        ("tlh", None),
    ],
)
def test_flores_codes(locale: str, code: str | None) -> None:
    assert flores_code(locale) == code


def test_the_codes_are_those_of_transformers() -> None:
    if find_spec("transformers") is None:
        pytest.skip("transformers is not installed")
    from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES

    assert set(FAIRSEQ_LANGUAGE_CODES) == CODES


def test_a_hub_model_needs_its_commit() -> None:
    with pytest.raises(ConfigurationError, match="full commit hash"):
        get_translator("nllb", model="facebook/nllb-200-distilled-600M")
    nllb = get_translator("nllb", model="facebook/nllb-200-distilled-600M", revision=COMMIT)
    assert nllb.version.startswith("facebook/nllb-200-distilled-600M@f8d333a098d1")
    assert nllb.serves("zh-Hans", "de")
    assert not nllb.serves("und", "de")


def test_a_folder_that_holds_no_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="translator chat-model: give the parameter model"):
        get_translator("chat-model", model="")
    with pytest.raises(ConfigurationError, match="no folder of a transformers model"):
        get_translator("chat-model", model=str(tmp_path))
    with pytest.raises(ConfigurationError, match="did you mean 'model'"):
        get_translator("chat-model", modle="x")
    with pytest.raises(ConfigurationError, match="missing a required argument"):
        get_translator("nllb")


def test_marian_models_are_named_by_pair(tmp_path: Path) -> None:
    for entry in ("en-de=x", "en/de", "en/nolanguage=x", "=x", "en/de="):
        with pytest.raises(ConfigurationError, match="names no model; write a pair of locales"):
            get_translator("opus-mt", models=[entry])
    with pytest.raises(ConfigurationError, match=r"must hold \{source\} and \{target\} once each"):
        get_translator("opus-mt", model="/models/opus")
    with pytest.raises(ConfigurationError, match="there is no model at"):
        get_translator("opus-mt", model=f"{tmp_path}/opus-{{source}}-{{target}}")
    with pytest.raises(ConfigurationError, match="full commit hash"):
        get_translator("opus-mt", models=["en/de=Helsinki-NLP/opus-mt-en-de"])
    opus = get_translator("opus-mt", models=[f"en/de = Helsinki-NLP/opus-mt-en-de@{COMMIT}"])
    assert opus.parameters()["models"] == {"en/de": f"Helsinki-NLP/opus-mt-en-de@{COMMIT[:12]}"}
    assert opus.serves("en", "de")
    assert not opus.serves("en", "fr")


@pytest.mark.parametrize("beams", [0, 33, 2.5, "many", True, None, float("nan"), float("inf")])
def test_beams_are_a_whole_number(beams: object) -> None:
    model = {"model": "facebook/nllb-200-distilled-600M", "revision": COMMIT}
    with pytest.raises(
        ConfigurationError, match="translator nllb: beams must be a whole number from 1 to 32"
    ):
        get_translator("nllb", **model, beams=beams)
    for same in (4, 4.0, "4"):
        assert get_translator("nllb", **model, beams=same).parameters()["beams"] == 4
