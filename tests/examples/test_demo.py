"""What ``make demo ENGINE=… MODEL=…`` asks the DAG for."""

from __future__ import annotations

from pathlib import Path

from examples.demo import engine_choice, progress_of


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


def test_the_progress_of_an_image_is_found_in_airflow_s_log() -> None:
    """The line is one that a DAG run wrote; its logger is the module's."""
    from operators import progress

    line = (
        f"2026-11-23T09:14:50Z [info     ] a · de: passed in 0.7 s        [{progress.log.name}] loc=x.py:46"
    )
    assert progress_of(line) == "a · de: passed in 0.7 s"
    assert progress_of(line.replace(progress.log.name, "task")) == ""
