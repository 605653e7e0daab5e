"""What operators set."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from localizer.cli import main
from localizer.errors import ConfigurationError
from localizer.server.settings import ServerSettings


def test_from_a_serve_config() -> None:
    settings = ServerSettings.from_mapping({"model": "Qwen/Qwen-Image-Edit-2509", "max_seconds": 60})
    assert (settings.name, settings.max_seconds, settings.max_queued) == ("Qwen/Qwen-Image-Edit-2509", 60, 32)


def test_a_folder_is_called_by_its_own_name(tmp_path: Path) -> None:
    assert ServerSettings(str(tmp_path)).name == tmp_path.name
    assert ServerSettings(str(tmp_path), served_name="qwen").name == "qwen"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "name the model"),
        ({"model": "x", "max_queue": 3}, "no such setting: max_queue"),
        ({"model": "x", "max_queued": "3"}, "max_queued must be of type int"),
        ({"model": "x", "max_queued": 0}, "more than 0"),
        ({"model": 5}, "model must be of type str"),
    ],
)
def test_what_cannot_be_used(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ServerSettings.from_mapping(values)


@pytest.mark.parametrize(
    ("tokens", "more", "words"),
    [
        (None, [], "nobody may call this server yet"),
        (None, ["--anonymous", "--host", "10.0.0.1"], "loopback only"),
        (None, ["--anonymous", "--host", "edit-server"], "loopback only"),
        ("a-token-for-the-tests", ["--anonymous"], "contradicts the tokens"),
        ("short", [], "shorter than 16"),
    ],
)
def test_the_command_refuses_to_serve_just_anybody(
    tokens: str | None,
    more: list[str],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("LOCALIZER_SERVER_TOKENS_FILE", raising=False)
    monkeypatch.delenv("LOCALIZER_SERVER_TOKENS", raising=False)
    if tokens:
        monkeypatch.setenv("LOCALIZER_SERVER_TOKENS", tokens)
    assert main(["serve", "--model", "/nowhere", *more]) == 2
    assert words in capsys.readouterr().err


def test_a_taken_port_is_told_before_anything_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCALIZER_SERVER_TOKENS", "a-token-for-the-tests")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["serve", "--model", "/nowhere", "--port", str(port)]) == 2
    assert f"cannot listen on 127.0.0.1:{port}" in capsys.readouterr().err
