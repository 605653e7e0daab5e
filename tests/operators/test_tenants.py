"""Tasks are kept to the tenant of their DAG."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import BaseOperator

import operators
from localizer.errors import TenantError
from localizer.storage.prefixes import is_bounded, outside
from localizer.tenants import FILE, Tenant
from operators.base import KeptToTenant
from operators.tenants import dag_id_of, keep_to_tenant, reading_of, tenant_of

TENANTS = """
tenants:
  acme: {workspace: /srv/acme/work, publish: /srv/acme/published, inputs: [/srv/acme/in]}
  globex: {workspace: /srv/globex/work, publish: /srv/globex/published, inputs: [/srv/globex/in]}
"""
NEITHER_PLACE_NOR_CONNECTION = {
    *("item", "replacements", "comment"),
    *("release", "release_id", "leaving", "proposal", "confirmation", "reason", "keep", "keep_for", "pinned"),
    *("run_name", "campaign", "published", "shards", "shard", "subject"),
    *("engine", "engine_parameters", "workers", "job_timeout", "locales", "min_pass_rate"),
    *("images", "instructions", "source_locale", "rows"),  # of a manifest, which asks where it reads from
    *("plan_only", "missing_ok", "check_only", "approval", "reviewers", "four_eyes", "budget", "older_than"),
    "copy_approval",
}
"""Fields of tasks that no tenant need be asked about. A new one that names a place does not belong here."""


@pytest.fixture
def tenants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tenants.yaml"
    path.write_text(TENANTS)
    monkeypatch.setenv(FILE, str(path))


def our_operators() -> Iterator[type[BaseOperator]]:
    for module in pkgutil.walk_packages(operators.__path__, "operators."):
        for found in vars(importlib.import_module(module.name)).values():
            ours = isinstance(found, type) and found.__module__.startswith("operators.")
            if ours and issubclass(found, BaseOperator):
                yield found


def test_every_field_of_every_operator_is_asked_about_or_known_to_be_harmless() -> None:
    some = Tenant("acme", workspace="/w", publish="/p")
    fields = {(each.__name__, field) for each in our_operators() for field in each.template_fields}
    assert ("ReviewOperator", "workspace") in fields
    asked = {
        field
        for _, field in fields
        if some.prefixes(field) is not None or some.connections(field) is not None
    }
    assert asked >= {
        "workspace",
        "publish_uri",
        "manifest",
        "image_root",
        "copy_deck",
        "brand",
        "gcp_conn_id",
    }
    assert {each for each in fields if each[1] not in asked | NEITHER_PLACE_NOR_CONNECTION} == set()


def test_every_operator_asks_before_it_works() -> None:
    for each in our_operators():
        places = [f for f in each.template_fields if f not in NEITHER_PLACE_NOR_CONNECTION]
        if places:
            assert issubclass(each, KeptToTenant), (each, places)
            called = [base for base in each.__mro__ if "pre_execute" in vars(base)]
            assert called.index(KeptToTenant) < called.index(BaseOperator), each


def test_without_tenants_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE, raising=False)
    assert tenant_of(["anything"]) is None
    keep_to_tenant([], {"workspace": "/anywhere/../at/all"})
    with reading_of([]):
        assert not is_bounded()
    assert dag_id_of("redo_image", None) == "redo_image"


@pytest.mark.parametrize("tags", [[], ["tenant:nobody"], ["tenant:acme", "tenant:globex"]])
def test_with_tenants_a_dag_of_nobody_does_nothing(tenants: None, tags: list[str]) -> None:
    with pytest.raises(TenantError, match="belongs to none of them"):
        keep_to_tenant(tags, {})


@pytest.mark.parametrize(
    "fields",
    [
        {"workspace": "/srv/globex/work"},
        {"publish_uri": "/srv/acme/published/../../globex/published"},
        {"manifest": "/srv/globex/in/m.csv"},
        {"gcp_conn_id": "globex_google"},
        {"engine_conn_id": "globex_server"},
        {"translator_conn_id": "globex_drafts"},
        {"translator_conn_id": " ,globex_drafts"},
        {"copy_deck": "/srv/acme/in/deck.csv,/srv/globex/in/deck.csv"},
        {"shard": {"brand": "/srv/globex/in/brand.yaml"}},
    ],
)
def test_what_is_another_s_is_refused_whatever_a_run_was_given(tenants: None, fields: dict[str, Any]) -> None:
    keep_to_tenant(["localization", "tenant:acme"], {"workspace": "/srv/acme/work", "shard": {"start": 0}})
    with pytest.raises(TenantError):
        keep_to_tenant(["localization", "tenant:acme"], fields)


def test_a_manifest_reads_its_tenant_s_inputs_only(tenants: None) -> None:
    with reading_of(["tenant:acme"]):
        assert not outside("/srv/acme/in/a.png")
        assert not outside("/srv/acme/work/rush/manifest.csv")  # a form may have written it
        assert outside("/srv/acme/published/a.png")
        assert outside("gs://acme/a.png")


def test_a_tenant_s_dags_bear_its_name(tenants: None) -> None:
    assert dag_id_of("redo_image", tenant_of(["tenant:acme"])) == "redo_image__acme"
