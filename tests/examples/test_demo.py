"""What ``make demo ENGINE=… MODEL=…`` asks the DAG for."""

from __future__ import annotations

from pathlib import Path

from examples.demo import engine_choice


def test_an_engine_is_chosen_by_make_variables(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny").mkdir()
    assert engine_choice({"ENGINE": "", "MODEL": "", "CONN": ""}) == {}
    assert engine_choice({"ENGINE": "qwen", "MODEL": "tiny"}) == {
        "engine": "qwen",
        "engine_parameters": {"model": str(tmp_path / "tiny")},
    }
    assert engine_choice({"ENGINE": "openai", "MODEL": "Qwen/Qwen-Image-Edit-2509", "CONN": "edits"}) == {
        "engine": "openai",
        "engine_parameters": {"model": "Qwen/Qwen-Image-Edit-2509"},
        "engine_conn_id": "edits",
    }
