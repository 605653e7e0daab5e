"""Connections of translators: what they give, what stays secret, and the test button."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localizer.errors import ConfigurationError
from localizer.translation import TranslationRequest
from localizer.translation.access import find_translator, given_translators
from localizer.translation.chat import ChatTranslator
from localizer.translation.google import ENDPOINT, GoogleTranslator
from operators.hooks.translators import (
    ChatHook,
    GoogleTranslateHook,
    lend_translators,
    translator_accesses,
)
from operators.provider import get_provider_info
from tests.localizer.translation.chat_contract_server import ChatServer
from tests.localizer.translation.google_contract_server import GoogleServer

KEY = "sk-very-secret-0123456789"


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT", "LOCALIZER_TRANSLATOR_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def google() -> Iterator[GoogleServer]:
    with GoogleServer().running() as server:
        assert isinstance(server, GoogleServer)
        yield server


def connect(monkeypatch: pytest.MonkeyPatch, conn_id: str, kind: str, **parts: Any) -> str:
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({"conn_type": kind, **parts}))
    return conn_id


def chat(
    monkeypatch: pytest.MonkeyPatch, host: str, key: str = KEY, conn_id: str = "llm", **extra: Any
) -> str:
    return connect(monkeypatch, conn_id, "localizer_chat", host=host, password=key, extra=extra)


def test_a_chat_connection_gives_its_translator_all_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer().running() as server:
        extra = {
            "model": ChatServer.served,
            "strings": 2,
            "fields": '{"seed": 7}',
            "price": "2",
            "currency": "USD",
        }
        conn_id = chat(monkeypatch, f"{server.url}/v1/", server.key, **extra, form="", price_out=8)
        with lend_translators(conn_id) as names:
            assert names == given_translators() == ("chat",)
            translator = ChatTranslator(style="Duze")
            asked = [TranslationRequest(text, "en", "de") for text in ("Sale", "New", "Now")]
            assert [a.text for a in translator.translate(asked)] == ["⟦Sale⟧", "⟦New⟧", "⟦Now⟧"]
            child = "from localizer.translation.access import *; print(find_translator('chat').url)"
            assert (
                subprocess.check_output([sys.executable, "-c", child], text=True).strip()
                == f"{server.url}/v1"
            )
        assert find_translator("chat") is None
        assert isinstance(server, ChatServer)
        assert [body["seed"] for body in server.bodies] == [7, 7]
        told = translator.parameters()
        assert (told["model"], told["style"]) == (ChatServer.served, "Duze")
        usage = translator.usage
        assert usage.cost["USD"] == pytest.approx((usage.tokens_in * 2 + usage.tokens_out * 8) / 1e6)


def test_what_a_brand_says_of_a_model_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    with lend_translators(chat(monkeypatch, "https://h/v1", model="a", temperature="none")):
        assert ChatTranslator().parameters()["model"] == "a"
        assert ChatTranslator().parameters()["temperature"] is None
        assert ChatTranslator("b", temperature=0.3).parameters()["model"] == "b"


def test_google_by_a_key_in_the_connection(monkeypatch: pytest.MonkeyPatch, google: GoogleServer) -> None:
    extra = {
        "keyfile_dict": json.dumps(google.service_account),
        "translate_endpoint": google.url,
        "translate_price": 20,
        "translate_currency": "USD",
    }
    # A bucket that is emulated has nothing to do with who translates.
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:1")
    conn_id = connect(monkeypatch, "gcp", "google_cloud_platform", extra=extra)
    with lend_translators(conn_id) as names:
        assert names == ("google",)
        translator = GoogleTranslator()
        (answer,) = translator.translate([TranslationRequest("Sale", "en", "de")])
        assert answer.text == "SALE"
        assert translator.usage.cost == pytest.approx({"USD": 4 * 20e-6})
    good, why = GoogleTranslateHook(conn_id).test_connection()
    assert (good, "languages" in why) == (True, True), why


def test_google_by_a_key_file_or_by_default_credentials(
    monkeypatch: pytest.MonkeyPatch, google: GoogleServer, tmp_path: Path
) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(google.service_account))
    extra = {"extra__google_cloud_platform__key_path": str(path), "translate_endpoint": google.url}
    with lend_translators(connect(monkeypatch, "gcp", "google_cloud_platform", extra=extra)):
        (answer,) = GoogleTranslator().translate([TranslationRequest("Sale", "en", "de")])
        assert answer.text == "SALE"
    plain = connect(monkeypatch, "gcp", "google_cloud_platform", extra={"project": "acme"})
    access = translator_accesses(plain)["google"]
    assert (access.url, access.project, access.credentials) == (ENDPOINT, "acme", "")
    good, why = GoogleTranslateHook(plain).test_connection()
    assert (good, "no usable Google credentials" in why) == (False, True)


def test_several_connections_serve_several_translators(monkeypatch: pytest.MonkeyPatch) -> None:
    one = chat(monkeypatch, "https://h/v1", model="m")
    two = connect(monkeypatch, "gcp", "google_cloud_platform", extra={"project": "acme"})
    assert list(translator_accesses(f"{two}, {one},")) == ["google", "chat"]
    assert translator_accesses([one]).keys() == {"chat"}
    assert translator_accesses("") == translator_accesses(None) == {}
    other = chat(monkeypatch, "https://g/v1", conn_id="other")
    with pytest.raises(ConfigurationError, match=r"'other'.*'chat' already"):
        translator_accesses([one, other])


@pytest.mark.parametrize(
    ("kind", "host", "extra"),
    [
        ("localizer_openai", "https://h/v1", {}),
        ("localizer_chat", "ftp://h", {}),
        ("localizer_chat", "https://h/v1", {"fields": "{"}),
        ("localizer_chat", "https://h/v1", {"price_out": "much"}),
        ("localizer_chat", "https://h/v1", {"concurrency": 0}),
        ("google_cloud_platform", "", {"keyfile_dict": "{not json"}),
        ("google_cloud_platform", "", {"key_path": "/nowhere/key.json"}),
        ("google_cloud_platform", "", {"translate_endpoint": "translate-eu.googleapis.com"}),
        ("google_cloud_platform", "", {"translate_price": "much"}),
    ],
)
def test_what_cannot_be_used_is_named_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch, kind: str, host: str, extra: dict[str, Any]
) -> None:
    conn_id = connect(monkeypatch, "llm", kind, host=host, password=KEY, extra=extra)
    with pytest.raises(ConfigurationError, match="'llm'") as caught:
        translator_accesses(conn_id)
    assert KEY not in str(caught.value)
    assert "not json" not in str(caught.value)


def test_the_test_button_asks_and_pays_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer().running() as server:
        conn_id = chat(monkeypatch, f"{server.url}/v1", server.key)
        assert ChatHook(conn_id).test_connection() == (True, f"{server.url}/v1 answers and takes the key")
        chat(monkeypatch, f"{server.url}/v1", KEY)
        good, why = ChatHook(conn_id).test_connection()
        assert (good, "401" in why, KEY in why) == (False, True, False)
        assert server.paid == 0


def test_every_field_of_the_form_is_read() -> None:
    declared = {d["connection-type"]: d for d in get_provider_info()["connection-types"]}["localizer_chat"]
    assert declared["hook-class-name"] == f"{ChatHook.__module__}.{ChatHook.__name__}"
    assert declared["hook-name"] == ChatHook.hook_name
    assert set(declared["conn-fields"]) == {*ChatHook.parameter_fields, *ChatHook._limits, "price_out"}
