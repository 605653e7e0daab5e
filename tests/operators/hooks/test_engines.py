"""Connections of remote engines: what becomes a parameter, what stays secret, and how Airflow finds them."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from localizer.errors import ConfigurationError, InputError
from localizer.remote.access import find_access, use_access
from operators.hooks.engines import HOOKS, engine_settings
from operators.provider import get_provider_info
from tests.localizer.remote.contract_server import ContractServer
from tests.localizer.remote.dashscope_contract_server import DashScopeServer
from tests.localizer.remote.dify_contract_server import DifyServer
from tests.localizer.remote.openai_contract_server import OpenAIServer

PROJECT = Path(__file__).resolve().parents[3]
KEY = "sk-very-secret-0123456789"


def connect(monkeypatch: pytest.MonkeyPatch, engine: str, host: str, key: str = KEY, **extra: Any) -> str:
    connection = {"conn_type": f"localizer_{engine}", "host": host, "password": key, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_EDITS", json.dumps(connection))
    return "edits"


def test_the_model_is_a_parameter_and_the_host_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    extra = {"model": "qwen", "server": "sglang", "steps": '{"fast": 4}', "concurrency": "3", "price": 0.2}
    conn_id = connect(
        monkeypatch, "openai", "https://gpu.example/v1/", **extra, currency="CNY", target_lang=""
    )
    parameters, access = engine_settings("openai", conn_id, {"server": "vllm-omni"})
    assert parameters == {"model": "qwen", "server": "vllm-omni", "steps": {"fast": 4}}
    assert access is not None
    assert (access.url, access.concurrency, access.price, access.currency) == (
        "https://gpu.example/v1",
        3,
        0.2,
        "CNY",
    )
    assert access.key == KEY
    assert KEY not in repr(access)


def test_the_old_prefix_and_a_bare_host_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {
        "conn_type": "localizer_dify",
        "host": "dify.example",
        "port": 8080,
        "schema": "http",
        "extra": {"extra__localizer_dify__workflow": "edit v3"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_EDITS", json.dumps(connection))
    parameters, access = engine_settings("dify", "edits", '{"output": "picture"}')
    assert parameters == {"workflow": "edit v3", "output": "picture"}
    assert access is not None
    assert access.url == "http://dify.example:8080"


def test_what_cannot_be_used_is_named_and_no_key_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    conn_id = connect(monkeypatch, "dify", "https://dify.example/v1")
    with pytest.raises(ConfigurationError, match=r"'localizer_dify'.*'localizer_openai'"):
        engine_settings("openai", conn_id, None)
    with pytest.raises(InputError, match="'typeset' takes no connection"):
        engine_settings("typeset", conn_id, None)
    with pytest.raises(InputError, match="not JSON"):
        engine_settings("openai", None, "{model")
    for extra, host in (
        ({"concurrency": "many"}, "https://h/v1"),
        ({}, "ftp://h"),
        ({"steps": "{"}, "https://h"),
    ):
        conn_id = connect(monkeypatch, "openai", host, **extra)
        with pytest.raises(ConfigurationError, match="'edits'") as caught:
            engine_settings("openai", conn_id, None)
        assert KEY not in str(caught.value)


def test_access_is_there_for_as_long_as_it_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    _, access = engine_settings("openai", connect(monkeypatch, "openai", "https://h/v1"), None)
    with use_access("openai", access):
        assert find_access("openai") == access
        child = "import os; print(os.environ['LOCALIZER_ACCESS_OPENAI'])"
        assert KEY in subprocess.check_output([sys.executable, "-c", child], text=True)
        assert find_access("dify") is None
    assert find_access("openai") is None


@pytest.mark.parametrize(
    ("engine", "make", "path"),
    [("openai", OpenAIServer, "/v1"), ("dify", DifyServer, "/v1"), ("dashscope", DashScopeServer, "/api/v1")],
)
def test_the_test_button_asks_and_pays_nothing(
    monkeypatch: pytest.MonkeyPatch, engine: str, make: type[ContractServer], path: str
) -> None:
    with make().running() as server:
        conn_id = connect(monkeypatch, engine, server.url + path, server.key)
        assert HOOKS[engine](conn_id).test_connection() == (
            True,
            f"{server.url}{path} answers and takes the key",
        )
        connect(monkeypatch, engine, server.url + path, KEY)
        good, why = HOOKS[engine](conn_id).test_connection()
        assert (good, "401" in why, KEY in why) == (False, True, False)
    good, why = HOOKS[engine](conn_id).test_connection()
    assert (good, "cannot be reached" in why) == (False, True)
    assert server.paid == 0


_DISCOVER = """
import json
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
hooks = {n: h.hook_class_name for n, h in manager.hooks.items() if n.startswith("localizer_") and h}
testable = all(manager.hooks[n].connection_testable for n in hooks)
fields = sorted(f for f in manager.connection_form_widgets if f.startswith("extra__localizer_"))
labels = manager.field_behaviours["localizer_openai"]["relabeling"]
print(json.dumps([hooks, testable, fields, labels]))
"""


def test_airflow_finds_the_connection_types_by_the_entry_point(tmp_path: Path) -> None:
    entry_points = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["entry-points"]
    installed = tmp_path / "campaign_localizer-0.0.0.dist-info"  # as pip writes it
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: campaign-localizer\nVersion: 0.0.0\n")
    lines = [f"{name} = {value}" for name, value in entry_points["apache_airflow_provider"].items()]
    (installed / "entry_points.txt").write_text("\n".join(["[apache_airflow_provider]", *lines]) + "\n")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(PROJECT)!r}]\n{_DISCOVER}"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    hooks, testable, fields, labels = json.loads(out.stdout.splitlines()[-1])
    assert hooks == {
        "localizer_c2pa": "operators.hooks.c2pa.C2paHook",
        "localizer_chat": "operators.hooks.translators.ChatHook",
        "localizer_dashscope": "operators.hooks.engines.DashScopeHook",
        "localizer_dify": "operators.hooks.engines.DifyHook",
        "localizer_openai": "operators.hooks.engines.OpenAIHook",
        "localizer_webhook": "operators.hooks.webhook.WebhookHook",
    }
    assert testable
    assert {"extra__localizer_openai__model", "extra__localizer_dify__output"} <= set(fields)
    assert labels == {"host": "Base URL", "password": "Key"}


def test_every_field_of_a_form_is_read_by_its_hook() -> None:
    declared_here = {
        d["connection-type"].removeprefix("localizer_"): d for d in get_provider_info()["connection-types"]
    }
    for engine, hook in HOOKS.items():
        declared = declared_here[engine]
        assert declared["hook-class-name"] == f"operators.hooks.engines.{hook.__name__}"
        assert declared["hook-name"] == hook.hook_name
        read = set(hook.parameter_fields) | set(hook._limits)
        assert set(declared["conn-fields"]) <= read
