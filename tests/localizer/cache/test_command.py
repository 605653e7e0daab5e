from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from localizer.cache.command import BUDGET_VARIABLE, parse_age, parse_size, size
from localizer.cli import main
from localizer.errors import InputError
from localizer.model import JobResult, Status
from localizer.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [("1000", 1000), ("200GB", 200 * 10**9), ("1.5 TiB", 3 << 39), ("10k", 10_000), ("3 MiB", 3 << 20)],
)
def test_sizes(text: str, bytes_: int) -> None:
    assert parse_size(text) == bytes_


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1 PB", "ten", "1e9"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(InputError, match="200GB"):
        parse_size(text)


def test_ages() -> None:
    assert parse_age("30d") == timedelta(days=30)
    assert parse_age("12h") == timedelta(hours=12)
    assert parse_age("2W") == timedelta(weeks=2)
    for text in ("", "30", "d", "-1d", "1m"):
        with pytest.raises(InputError, match="30d"):
            parse_age(text)


def test_sizes_for_a_person() -> None:
    said = [size(n) for n in (0, 999, 1500, 2_500_000, 10**13)]
    assert said == ["0 B", "999 B", "1.5 kB", "2.5 MB", "10.0 TB"]


@pytest.fixture
def folder(tmp_path: Path) -> str:
    workspace = Workspace.open(str(tmp_path))
    for key in ("a", "b"):
        made = JobResult(key, key, "ja", Status.PASSED, image="candidate.png", engine="typeset")
        workspace.save_result(made, {"candidate.png": b"x" * 5000})
    return str(tmp_path)


def test_it_shows_and_removes_only_when_told_to(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "--workspace", folder]) == 0
    said = capsys.readouterr().out
    assert "results     2 (" in said
    assert "would go" not in said
    assert main(["cache", "--workspace", folder, "--budget", "7kB"]) == 0
    assert "would go    1 (" in capsys.readouterr().out
    assert len(list(Workspace.open(folder).storage.names("jobs/"))) == 4
    assert main(["cache", "--workspace", folder, "--budget", "7kB", "--evict"]) == 0
    assert "evicted     1 (" in capsys.readouterr().out
    assert len(list(Workspace.open(folder).storage.names("jobs/"))) == 2


def test_the_budget_may_come_from_the_environment(
    folder: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(BUDGET_VARIABLE, "1kB")
    assert main(["cache", "--workspace", folder, "--older-than", "1d", "--evict"]) == 0
    said = capsys.readouterr().out
    assert "evicted     0" in said
    assert "over budget" in said
    assert "too recently" in said


def test_it_does_not_guess(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cache", "--workspace", folder, "--evict"]) == 2
    assert "--budget" in capsys.readouterr().err
    assert main(["cache", "--workspace", folder, "--budget", "lots"]) == 2
