"""The connection with the signing key: in the connection itself or in files, checked by the test button."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from localizer.errors import ConfigurationError
from operators.hooks.c2pa import C2paHook
from operators.provider import get_provider_info
from tests.authority import Authority, Signed


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def signer(authority: Authority) -> Signed:
    return authority.issue()


def hook(monkeypatch: pytest.MonkeyPatch, password: str = "", **extra: Any) -> C2paHook:
    connection = {"conn_type": "localizer_c2pa", "password": password, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_CREDENTIALS", json.dumps(connection))
    return C2paHook("credentials")


def test_key_and_certificates_in_the_connection(
    monkeypatch: pytest.MonkeyPatch, signer: Signed, authority: Authority
) -> None:
    flat = signer.key.replace("\n", "")  # as a form's single line leaves it
    found = hook(
        monkeypatch,
        flat,
        certificates=signer.certificates,
        trust=authority.root,
        timestamp_url="https://tsa.example",
    )
    key = found.signing_key
    assert (key.signer, key.timestamp_url, key.trust) == (
        "Acme Campaigns",
        "https://tsa.example",
        authority.root,
    )
    assert found.test_connection() == (True, "Signs as Acme Campaigns (es256)")


def test_key_and_certificates_in_files(
    monkeypatch: pytest.MonkeyPatch, signer: Signed, tmp_path: Path
) -> None:
    (tmp_path / "c.pem").write_text(signer.certificates)
    (tmp_path / "k.pem").write_text(signer.key)
    named = {"certificates_path": str(tmp_path / "c.pem"), "key_path": str(tmp_path / "k.pem")}
    assert hook(
        monkeypatch, **{f"extra__localizer_c2pa__{k}": v for k, v in named.items()}
    ).signing_key.signer


def test_what_is_lacking_is_named_and_no_key_shown(monkeypatch: pytest.MonkeyPatch, signer: Signed) -> None:
    with pytest.raises(ConfigurationError, match="'credentials' holds no private key"):
        _ = hook(monkeypatch, certificates=signer.certificates).signing_key
    with pytest.raises(ConfigurationError, match="'credentials' holds no certificates"):
        _ = hook(monkeypatch, signer.key).signing_key
    fine, why = hook(monkeypatch, signer.key[:-40], certificates=signer.certificates).test_connection()
    assert not fine
    assert "private key cannot be read" in why
    assert signer.key.splitlines()[1] not in why
    monkeypatch.setenv("AIRFLOW_CONN_CREDENTIALS", json.dumps({"conn_type": "http"}))
    with pytest.raises(ConfigurationError, match="of type 'http'"):
        _ = C2paHook("credentials").signing_key


def test_the_form_has_the_fields_that_the_hook_reads() -> None:
    (declared,) = (
        d for d in get_provider_info()["connection-types"] if d["connection-type"] == C2paHook.conn_type
    )
    assert set(declared["conn-fields"]) == set(C2paHook.fields)
    assert (declared["hook-name"], declared["hook-class-name"]) == (
        C2paHook.hook_name,
        "operators.hooks.c2pa.C2paHook",
    )
