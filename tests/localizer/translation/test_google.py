"""The `google` translator: Google's own client against a stand-in server over REST."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localizer.errors import ConfigurationError, EngineUnavailable, FateUnknown
from localizer.translation import TranslationRequest
from localizer.translation.access import TranslatorAccess, use_translators
from localizer.translation.google import GoogleTranslator, google_code
from localizer.translation.google_text import Garbled, marked_up, plain_text
from localizer.translation.registry import get_translator, translator_names
from tests.localizer.remote.contract_server import Answer, Cut
from tests.localizer.translation.google_contract_server import GoogleServer, exhausted

pytest.importorskip("google.cloud.translate_v3")


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "LOCALIZER_GOOGLE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture(scope="module")
def running() -> Iterator[GoogleServer]:
    with GoogleServer().running() as server:
        assert isinstance(server, GoogleServer)
        yield server


@pytest.fixture
def server(running: GoogleServer) -> GoogleServer:
    running.requests, running.bodies, running.faults, running.paid = [], [], [], 0
    running.spoil = lambda text: text
    return running


def make(server: GoogleServer, access: dict[str, Any] | None = None, **parameters: Any) -> GoogleTranslator:
    given = {"timeout_s": 5.0, "credentials": json.dumps(server.service_account), **(access or {})}
    with use_translators({"google": TranslatorAccess(server.url, **given)}):
        translator = GoogleTranslator(**parameters)
    translator.pause_s = 0.01
    return translator


def ask(*texts: str, locale: str = "de", **more: Any) -> list[TranslationRequest]:
    return [TranslationRequest(text, "en", locale, **more) for text in texts]


def texts(translator: GoogleTranslator, requests: list[TranslationRequest]) -> list[str]:
    return [answer.text for answer in translator.translate(requests)]


def test_a_batch_of_one_locale_is_one_call_as_google_documents_it(server: GoogleServer) -> None:
    asked = [*ask("Big summer\nsale", "New in"), *ask("New in", locale="zh-Hant")]
    assert texts(make(server), asked) == ["BIG SUMMER SALE", "NEW IN", "NEW IN"]
    (path, first), (_, second) = server.bodies
    assert path == "/v3/projects/acme/locations/global:translateText"
    assert first["contents"] == ["Big summer sale", "New in"]
    assert (first["mimeType"], first["sourceLanguageCode"], first["targetLanguageCode"]) == (
        "text/plain",
        "en",
        "de",
    )
    assert first["model"] == "projects/acme/locations/global/models/general/nmt"
    assert second["targetLanguageCode"] == "zh-TW"


def test_names_and_prices_go_out_in_markup_and_come_back_as_they_were(server: GoogleServer) -> None:
    request = TranslationRequest(
        'Save with LUMEA & pay "€ 9.99"', "en", "de", keep=("LUMEA", "€ 9.99", "LUME")
    )
    assert texts(make(server), [request]) == ['SAVE WITH LUMEA & PAY "€ 9.99"']
    assert server.bodies[0][1]["contents"] == [
        'Save with <span translate="no">LUMEA</span> &amp; pay "<span translate="no">€ 9.99</span>"'
    ]
    for spoil in (
        lambda t: t.replace("LUMEA", "LUMIA"),
        lambda t: t.replace('<span translate="no">LUMEA</span>', ""),
        lambda t: t.replace("9.99", "9,99"),
        lambda t: t + " <b>!</b>",
        lambda t: t + '<span translate="no">LUMEA</span>',
        lambda t: t.replace("</span>", ""),
    ):
        server.spoil = spoil
        (answer,) = make(server).translate([request])
        assert (answer.text, bool(answer.problem)) == ("", True)


def test_a_glossary_of_google_is_used_and_its_answers_taken(server: GoogleServer) -> None:
    translator = make(server, location="us-central1", glossary={"de": "lumea"}, ignore_case="yes")
    assert texts(translator, [*ask("New serum"), *ask("New serum", locale="ja")]) == [
        "NEW KONZENTRAT",
        "NEW SERUM",
    ]
    (_, german), (_, japanese) = server.bodies
    assert german["glossaryConfig"] == {
        "glossary": "projects/acme/locations/us-central1/glossaries/lumea",
        "ignoreCase": True,
    }
    assert "glossaryConfig" not in japanese
    named = make(server, location="us-central1", glossary="{locale}-lumea")
    assert named._glossary_for("pt-BR") == "pt-br-lumea"
    with pytest.raises(ConfigurationError, match="Glossary not found"):
        make(server, location="us-central1", glossary="other").translate(ask("New serum"))
    with pytest.raises(ConfigurationError, match="name it"):
        make(server, glossary="lumea")


@pytest.mark.parametrize("wrong", [{"strings": 0}, {"strings": "many"}, {"ignore_case": "ja"}])
def test_parameters_that_make_no_sense_are_refused(server: GoogleServer, wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=f"'google': {next(iter(wrong))} must be"):
        make(server, **wrong)


def test_lines_go_out_as_one_with_the_words_apart(server: GoogleServer) -> None:
    make(server).translate([TranslationRequest("SUMMER\nSALE\n今天", "zh-Hans", "de")])
    assert server.bodies[-1][1]["contents"] == ["SUMMER SALE今天"]


def test_its_limits_are_kept(server: GoogleServer) -> None:
    asked = [*ask(*(f"word {i}" for i in range(300))), *ask("x" * 20_000, "y" * 20_000)]
    assert texts(make(server), asked) == [r.text.upper() for r in asked]
    assert [len(body["contents"]) for _, body in server.bodies] == [128, 128, 45, 1]


def test_one_string_that_it_refuses_never_costs_the_others_theirs(server: GoogleServer) -> None:
    found = make(server).translate(ask("one", "two", "✗", "four", "five"))
    assert [answer.text for answer in found] == ["ONE", "TWO", "", "FOUR", "FIVE"]
    assert found[2].problem == "Google Cloud Translation refuses: Invalid text."


def test_a_language_that_it_does_not_know_is_asked_for_once(server: GoogleServer) -> None:
    found = make(server).translate([*ask("one", "two", "three", locale="eo"), *ask("one")])
    assert [answer.text for answer in found] == ["", "", "", "ONE"]
    assert all("eo is not supported" in answer.problem for answer in found[:3])
    assert len(server.requests) == 2


def test_an_answer_of_another_length_is_nobodys(server: GoogleServer) -> None:
    server.faults = [lambda: Answer(200, {"translations": [{"translatedText": "EINS"}]})]
    found = make(server).translate(ask("one", "two"))
    assert not any(answer.text for answer in found)
    server.faults = [lambda: Answer(200, {"translations": [{}, {"translatedText": "ZWEI"}]})]
    assert [answer.text for answer in make(server).translate(ask("one", "two"))] == ["", "ZWEI"]


def test_it_waits_where_google_is_overloaded(server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.faults = [exhausted, lambda: exhausted(403), lambda: exhausted(503)]
    assert texts(make(server), ask("one")) == ["ONE"]
    monkeypatch.setattr("localizer.translation.google._RETRY_FOR_S", 0.05)
    server.faults = [exhausted] * 1000
    with pytest.raises(EngineUnavailable, match="overloaded"):
        make(server).translate(ask("one"))


def test_what_breaks_is_worth_a_retry_and_what_is_refused_is_not(server: GoogleServer) -> None:
    def dies() -> Answer:
        raise Cut

    server.faults = [dies]
    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        make(server).translate(ask("one"))
    server.faults = [lambda: Answer(500, {"error": {"code": 500, "message": "boom"}})]
    with pytest.raises(EngineUnavailable, match="boom"):
        make(server).translate(ask("one"))
    server.latency_s = 1.0
    with pytest.raises(FateUnknown):
        make(server, access={"timeout_s": 0.2}).translate(ask("one"))
    server.latency_s = 0.0
    with pytest.raises(ConfigurationError, match="Permission denied"):
        make(server, project="other").translate(ask("one"))
    stranger = GoogleServer().service_account
    with pytest.raises(ConfigurationError, match="invalid authentication"):
        make(server, access={"credentials": json.dumps(stranger)}).translate(ask("one"))
    with pytest.raises(ConfigurationError, match="no usable Google credentials"):
        make(server, access={"credentials": ""}).translate(ask("one"))
    with pytest.raises(ConfigurationError, match="no usable Google credentials"):
        make(server, access={"credentials": '{"type": "service_account"}'}).translate(ask("one"))


def test_a_command_line_uses_application_default_credentials(
    server: GoogleServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    key = tmp_path / "key.json"
    key.write_text(json.dumps(server.service_account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    monkeypatch.setenv("LOCALIZER_GOOGLE_ENDPOINT", server.url)
    assert texts(GoogleTranslator(), ask("one")) == ["ONE"]
    assert "zh-TW" in GoogleTranslator().languages()


def test_characters_and_money_are_counted(server: GoogleServer) -> None:
    translator = make(server, access={"price": 20.0, "currency": "USD"})
    asked = [*ask("Save with LUMEA", keep=("LUMEA",)), *ask("New in")]
    expected = translator.estimate(asked)
    assert server.paid == 0
    translator.translate(asked)
    usage = translator.usage
    assert usage.characters == expected.characters == server.paid
    assert usage.cost == pytest.approx({"USD": server.paid * 20e-6})
    assert (expected.cost, expected.is_estimate) == (usage.cost, True)


def test_several_threads_may_use_one(server: GoogleServer) -> None:
    translator = make(server)
    parts = [ask(*(f"word {part} {i}" for i in range(5))) for part in range(12)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda part: texts(translator, part), parts))
    assert found == [[request.text.upper() for request in part] for part in parts]
    assert (translator.usage.requests, translator.usage.characters) == (12, server.paid)


@pytest.mark.parametrize(
    ("locale", "code"),
    [
        ("zh-Hans", "zh-CN"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh-Hans-SG", "zh-CN"),
        ("pt-BR", "pt-BR"),
        ("pt-PT", "pt-PT"),
        ("pt", "pt"),
        ("fr-CA", "fr-CA"),
        ("fr-CH", "fr"),
        ("es-419", "es"),
        ("nb", "no"),
        ("nb-NO", "no"),
        ("sr", "sr"),
        ("sr-Latn", "sr-Latn"),
        ("en-GB", "en"),
        ("ja", "ja"),
    ],
)
def test_codes_of_google(locale: str, code: str) -> None:
    assert google_code(locale) == code


def test_it_serves_languages_apart(server: GoogleServer) -> None:
    translator = make(server)
    assert translator.serves("zh-Hans", "zh-Hant")
    assert translator.serves("und", "de")
    assert not translator.serves("en-US", "en-GB")
    assert not translator.serves("en", "und")


def test_lines_are_joined_as_the_source_is_written() -> None:
    assert marked_up(TranslationRequest("夏日\n大促", "zh-Hans", "de")) == ("夏日大促", False)
    assert marked_up(TranslationRequest("Big\n sale ", "en", "de")) == ("Big sale", False)
    kept = TranslationRequest("夏日LUMEA大促", "zh-Hans", "de", keep=("LUMEA",))
    assert marked_up(kept) == ('夏日<span translate="no">LUMEA</span>大促', True)
    assert plain_text('Mit <span translate="no"> LUMEA </span> sparen', kept) == "Mit LUMEA sparen"
    with pytest.raises(Garbled):
        plain_text("Mit LUMEA sparen", kept)


def test_no_key_is_told(server: GoogleServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    translator = make(server)
    translator.translate(ask("one"))
    told = repr(translator) + repr(translator._access) + json.dumps(dict(translator.parameters()))
    secret = server.service_account["private_key"].splitlines()[1]
    assert secret not in told + caplog.text


def test_the_registry_knows_the_services_and_takes_no_access_from_a_brand() -> None:
    assert {"chat", "google"} <= set(translator_names())
    assert (
        get_translator("google", location="us-central1", glossary="lumea").parameters()["glossary"] == "lumea"
    )
    assert get_translator("chat", model="m", style="Duze").parameters()["style"] == "Duze"
    for name in ("chat", "google"):
        for parameter in ("url", "key", "access", "credentials"):
            with pytest.raises(ConfigurationError, match=f"no parameter '{parameter}'"):
                get_translator(name, **{parameter: "x"})
