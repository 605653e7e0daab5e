"""The publish task signs with the key of a connection, and publishes nothing where it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG

from localizer.errors import ConfigurationError
from localizer.provenance.reading import account_of
from operators.manifest import LoadManifestOperator
from operators.publish import PublishReleaseOperator
from tests.authority import Authority
from tests.localizer.provenance.conftest import Shop, picture


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(str(tmp_path))
    made.run("r", {("poster", "ja"): ("png", picture("PNG"))})
    return made


def publish(shop: Shop, **options: Any) -> dict[str, Any]:
    with DAG("d", schedule=None):
        operator = PublishReleaseOperator(
            task_id="publish",
            workspace=shop.workspace.uri,
            run_name="r",
            publish_uri=shop.publish_uri,
            outlets=[],
            **options,
        )
    return operator.execute({"ti": SimpleNamespace(dag_id="d", try_number=1)})  # type: ignore[typeddict-item]


def connect(monkeypatch: pytest.MonkeyPatch, authority: Authority, **options: Any) -> str:
    signer = authority.issue(**options)
    connection = {
        "conn_type": "localizer_c2pa",
        "password": signer.key,
        "extra": {"certificates": signer.certificates, "trust": authority.root},
    }
    monkeypatch.setenv("AIRFLOW_CONN_CREDENTIALS", json.dumps(connection))
    return "credentials"


def test_the_release_is_signed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = Authority()
    returned = publish(shop, c2pa_conn_id=connect(monkeypatch, authority))
    assert (returned["images"], returned["signed"]) == (1, 1)
    data = shop.files(returned["release_id"])["ja/poster.png"]
    said = account_of(data, name="a.png", trust=authority.root)
    assert said.credential is not None
    assert (said.credential.state, said.faults) == ("Trusted", ())


@pytest.mark.parametrize("without", [None, ""])
def test_without_a_connection_it_is_published_as_reviewed(shop: Shop, without: str | None) -> None:
    returned = publish(shop, c2pa_conn_id=without)
    assert (returned["images"], returned["signed"]) == (1, 0)


def test_with_a_key_that_cannot_sign_nothing_is_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    conn_id = connect(monkeypatch, Authority(), days=(-9, -1))
    with pytest.raises(ConfigurationError, match=r"'credentials'.*the certificate is valid"):
        publish(shop, c2pa_conn_id=conn_id)
    assert list(shop.published.names()) == []


def test_both_tasks_take_the_connection_from_the_form() -> None:
    assert "c2pa_conn_id" in PublishReleaseOperator.template_fields
    assert "c2pa_conn_id" in LoadManifestOperator.template_fields
