from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from localizer.errors import ConfigurationError
from operators.base import open_workspace
from operators.hooks.gcs import GcsHook, application_default_credentials

ADC = "GOOGLE_APPLICATION_CREDENTIALS"


@pytest.fixture(scope="module")
def key() -> dict[str, str]:
    """A service account key of nobody's, with a real RSA key in it."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": pem.decode(),
        "client_email": "publisher@acme.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither an emulator nor the credentials of whoever runs the tests."""
    for name in (ADC, "STORAGE_EMULATOR_HOST", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


def connect(monkeypatch: pytest.MonkeyPatch, **extra: Any) -> str:
    connection = {"conn_type": "google_cloud_platform", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_BUCKET", json.dumps(connection))
    return "bucket"


@pytest.mark.parametrize("prefix", ["", "extra__google_cloud_platform__"])
@pytest.mark.parametrize("as_text", [True, False])
def test_keyfile_dict(
    monkeypatch: pytest.MonkeyPatch, key: dict[str, str], prefix: str, as_text: bool
) -> None:
    content = json.dumps(key) if as_text else key
    client = GcsHook(connect(monkeypatch, **{f"{prefix}keyfile_dict": content})).client
    assert client.project == "acme"
    assert client._credentials.service_account_email == key["client_email"]


def test_key_path_and_project(monkeypatch: pytest.MonkeyPatch, key: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    client = GcsHook(connect(monkeypatch, key_path=str(path), project="other")).client
    assert client.project == "other"
    assert client._credentials.service_account_email == key["client_email"]


@pytest.mark.parametrize(
    ("extra", "field"),
    [({"keyfile_dict": "{not json"}, "keyfile_dict"), ({"key_path": "/nowhere/key.json"}, "key_path")],
)
def test_a_broken_key_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, str], field: str
) -> None:
    hook = GcsHook(connect(monkeypatch, **extra))
    with pytest.raises(ConfigurationError, match=f"'bucket', extra '{field}'") as caught:
        _ = hook.client
    assert "not json" not in str(caught.value)
    assert hook.test_connection()[0] is False


def test_without_any_credentials_the_message_says_what_to_set() -> None:
    with pytest.raises(ConfigurationError, match="gcp_conn_id"):
        _ = GcsHook().client


def test_the_emulator_wins_over_a_key(gcs_uri: str, monkeypatch: pytest.MonkeyPatch, gcs_server: str) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_server)
    conn_id = connect(monkeypatch, keyfile_dict="{broken, and not looked at")
    workspace = open_workspace(gcs_uri, conn_id)
    name, _ = workspace.put_source(b"pixels", "png")
    assert open_workspace(gcs_uri).storage.read(name) == b"pixels"


def test_a_key_becomes_the_default_of_child_processes_and_is_gone_afterwards(
    monkeypatch: pytest.MonkeyPatch, key: dict[str, str]
) -> None:
    with application_default_credentials(connect(monkeypatch, keyfile_dict=key)):
        path = Path(os.environ[ADC])
        assert json.loads(path.read_text()) == key
        assert path.stat().st_mode & 0o077 == 0
    assert ADC not in os.environ
    assert not path.exists()


def test_credentials_that_were_set_are_set_again(
    monkeypatch: pytest.MonkeyPatch, key: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    monkeypatch.setenv(ADC, "/mine.json")
    with application_default_credentials(None):
        assert os.environ[ADC] == "/mine.json"
    with application_default_credentials(connect(monkeypatch, key_path=str(path))):
        assert os.environ[ADC] == str(path)
    assert os.environ[ADC] == "/mine.json"
