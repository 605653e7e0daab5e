"""The production code on tiny models of the real classes that know a few strings by heart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from localizer.errors import ConfigurationError
from localizer.translation import Translation, TranslationRequest, get_translator
from localizer.translation.nllb import NllbTranslator
from localizer.translation.opus import OpusTranslator
from localizer.translation.seq2seq import Seq2SeqTranslator, encode
from tests.localizer.translation.conftest import GERMAN


@pytest.fixture(scope="module", params=["nllb", "opus-mt"])
def translator(request: pytest.FixtureRequest) -> Seq2SeqTranslator:
    if request.param == "nllb":
        made = get_translator("nllb", model=str(request.getfixturevalue("taught_nllb")), batch=3)
    else:
        models = request.getfixturevalue("taught_opus")
        made = get_translator("opus-mt", model=f"{models}/opus-mt-{{source}}-{{target}}", batch=3)
    assert isinstance(made, Seq2SeqTranslator)
    return made


def ask(text: str, locale: str = "de", **more: object) -> TranslationRequest:
    return replace(TranslationRequest(text, "en", locale), **more)  # type: ignore[arg-type]


def test_strings_of_several_locales_come_back_in_order(translator: Seq2SeqTranslator) -> None:
    texts = ["New", "Free shipping", "Summer sale!", "Buy 2 get 1"]
    requests = [ask("New", "zh-Hant"), *map(ask, texts), ask("New", "zh-Hans")]
    got = translator.translate(requests)
    assert [each.text for each in got] == ["Hsin", *(GERMAN[text] for text in texts), "Xin"]
    assert got == translator.translate(requests)


def test_a_name_that_the_model_translates_is_hidden_from_it(translator: Seq2SeqTranslator) -> None:
    free, kept = translator.translate([ask("Dove soap"), ask("Dove soap", keep=("Dove",))])
    assert free.text == "Tauben Seife"
    assert kept.text == "Dove Seife"


def test_a_term_of_the_glossary_is_put_in(translator: Seq2SeqTranslator) -> None:
    plain, said = translator.translate(
        [ask("Gentle cream"), ask("Gentle cream", glossary={"cream": "Balsam"})]
    )
    assert plain.text == "Sanfte Creme"
    assert said.text == "Milde Balsam"


def test_a_changed_number_is_no_translation(translator: Seq2SeqTranslator) -> None:
    (got,) = translator.translate([ask("Soap 50 g")])
    assert not got.text
    assert "changes a number" in got.problem


def test_lines_of_one_sentence_are_translated_as_one(translator: Seq2SeqTranslator) -> None:
    broken, listed = translator.translate([ask("Free\nshipping"), ask("Summer sale!\nNew\n\n24/7")])
    assert broken.text == "Gratis Versand"
    assert listed.text == "Sommerrabatt!\nNeu\n\n24/7"


def test_space_is_minded(translator: Seq2SeqTranslator) -> None:
    (wide,) = translator.translate([ask("Free shipping", most_characters=40)])
    assert wide.text == "Gratis Versand"
    shorter = translator.translate(
        [ask("Free shipping", shorter_than="Gratis Versand"), ask("Free shipping", shorter_than="ab")]
    )
    assert len(shorter[0].text) < len("Gratis Versand")
    assert shorter[1] == Translation(problem="the model has no shorter variant")


def test_after_a_wrong_one_the_next_of_the_beam_is_given(translator: Seq2SeqTranslator) -> None:
    first, next_ = translator.translate([ask("Free shipping"), ask("Free shipping", wrong=("so so",))])
    assert first.text == "Gratis Versand"
    assert next_.text != first.text
    assert next_.text or next_.problem


@pytest.mark.parametrize("text", ["New</s>", "New <pad> x", "New deu_Latn", "<s>New", "<unk>"])
def test_what_looks_like_a_control_token_is_text(translator: Seq2SeqTranslator, text: str) -> None:
    tokenizer = translator.direction("en", "de").loaded.tokenizer
    plain, special = (encode(tokenizer, [each])["input_ids"][0] for each in ("New", text))
    codes = {*tokenizer.all_special_ids} & set(special) - {tokenizer.unk_token_id}
    assert codes == {*tokenizer.all_special_ids} & set(plain)
    assert sum(number in codes for number in special) == sum(number in codes for number in plain)


def test_a_string_too_long_costs_the_others_nothing(translator: Seq2SeqTranslator) -> None:
    long, short = translator.translate([ask("New " * 60), ask("New")])
    assert long == Translation(problem="the text is too long for the model")
    assert short.text == "Neu"


def test_noise_of_random_weights_keeps_what_must_be(transformers_stack: None, tmp_path: Path) -> None:
    from localizer.translation.tiny import write_nllb

    write_nllb(tmp_path / "tiny")
    noise = get_translator("nllb", model=str(tmp_path / "tiny"), beams=2)
    texts = ["Now 20 % off at Lumea", "Lumea 2026", "Only today!"]
    for text, got in zip(texts, noise.translate([ask(t, keep=("Lumea",)) for t in texts]), strict=True):
        assert bool(got.text) != bool(got.problem)
        if got.text:
            assert got.text.count("Lumea") >= text.count("Lumea")
            assert [c for c in got.text if c.isdigit()] == [c for c in text if c.isdigit()]


def test_another_model_is_another_translator(
    transformers_stack: None, tmp_path: Path, taught_nllb: Path
) -> None:
    from localizer.translation.tiny import write_nllb

    write_nllb(tmp_path / "nllb", seed=1)
    one, other = NllbTranslator(str(taught_nllb)), NllbTranslator(str(tmp_path / "nllb"))
    assert one.version != other.version
    assert one.version == NllbTranslator(str(taught_nllb)).version
    assert str(tmp_path) not in f"{other.version}{other.parameters()}"


def test_a_wrong_model_is_told_before_anything_is_loaded(taught_nllb: Path, taught_opus: Path) -> None:
    with pytest.raises(ConfigurationError, match="type 'marian', not m2m_100"):
        NllbTranslator(str(taught_opus / "opus-mt-en-de"))
    with pytest.raises(ConfigurationError, match="type 'm2m_100', not marian"):
        OpusTranslator(models=[f"en/de={taught_nllb}"])


def test_a_model_of_several_targets_must_know_the_script(taught_opus: Path) -> None:
    german = str(taught_opus / "opus-mt-en-de")
    translator = OpusTranslator(models=[f"en/zh={german}"])
    (got,) = translator.translate([ask("New", "zh-Hant")])
    assert "cannot be told to write zh-Hant" in got.problem
    named = OpusTranslator(models=[f"en/zh-Hant={german}"])
    assert named.translate([ask("New", "zh-Hant")])[0].text == "Neu"
    assert not named.serves("en", "zh-Hans")


def test_pairs_of_marian_models(taught_opus: Path) -> None:
    models = OpusTranslator(f"{taught_opus}/opus-mt-{{source}}-{{target}}")
    assert sorted(models.sources) == [("en", "de"), ("en", "zh")]
    assert models.serves("en-GB", "de-AT")
    assert models.serves("en", "zh-Hant")
    assert not models.serves("de", "en")
    serbian = OpusTranslator(models=[f"en/sr={taught_opus}/opus-mt-en-de"])
    assert serbian.serves("en", "sr")
    assert not serbian.serves("en", "sr-Latn")
