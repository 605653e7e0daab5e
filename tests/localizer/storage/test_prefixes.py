"""What lies below a prefix, and what only seems to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localizer.errors import InputError
from localizer.storage.prefixes import is_bounded, is_inside, normal, only_from, outside


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/srv/acme", "/srv/acme"),
        ("/srv/acme/", "/srv/acme"),
        ("file:///srv/a%20b", "/srv/a b"),
        ("gs://acme", "gs://acme"),
        ("gs://acme/x/", "gs://acme/x"),
        ("/", "/"),
    ],
)
def test_one_way_to_write_a_place(value: str, expected: str) -> None:
    assert normal(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        "srv/acme",
        "~/acme",
        "/srv/acme/../globex",
        "/srv/./acme",
        "/srv//acme",
        "gs://acme/../globex",
        "gs:///acme",
        "gs://",
        "gs:/acme",
        "file://host/srv",
        "file:///srv/acme/%2e%2e/globex",
        "https://host/acme",
        "s3://acme",
        "/srv/acme\\..\\globex",
        "/srv/acme\x00",
    ],
)
def test_what_could_mean_another_place_is_refused(value: str) -> None:
    with pytest.raises(InputError):
        normal(value)


@pytest.mark.parametrize(
    ("value", "prefix", "expected"),
    [
        ("gs://acme/x", "gs://acme", True),
        ("gs://acme", "gs://acme/", True),
        ("gs://acme-2/x", "gs://acme", False),
        ("gs://shared/acme2", "gs://shared/acme", False),
        ("gs://shared", "gs://shared/acme", False),
        ("/srv/acme/x", "gs://srv", False),
        ("gs://srv/acme", "/srv", False),
        ("/srv/acme2", "/srv/acme", False),
        ("/anything", "/", True),
    ],
)
def test_below_counts_whole_segments(value: str, prefix: str, expected: bool) -> None:
    assert is_inside(value, prefix) is expected


def test_a_link_does_not_lead_out(tmp_path: Path) -> None:
    acme, globex = tmp_path / "acme", tmp_path / "globex"
    acme.mkdir()
    globex.mkdir()
    (globex / "secret.csv").write_text("x")
    (acme / "file.csv").symlink_to(globex / "secret.csv")
    (acme / "folder").symlink_to(globex)
    (acme / "own").mkdir()
    (acme / "own.csv").symlink_to(acme / "own")
    (globex / "back.csv").symlink_to(acme / "own")
    assert not is_inside(f"{acme}/file.csv", str(acme))
    assert not is_inside(f"{acme}/folder/secret.csv", str(acme))
    assert not is_inside(f"{acme}/folder/new.csv", str(acme))
    assert not is_inside(f"{acme}/folder/back.csv", str(acme))  # the file is ours, its folder is not
    assert is_inside(f"{acme}/own.csv", str(acme))
    assert is_inside(f"{acme}/not/there/yet.csv", str(acme))


def test_a_prefix_may_itself_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "acme").symlink_to(tmp_path / "disk")
    assert is_inside(f"{tmp_path}/acme/x", f"{tmp_path}/acme")
    assert is_inside(f"{tmp_path}/acme", f"{tmp_path}/acme")


def test_a_bounded_process_hands_its_bounds_on(tmp_path: Path) -> None:
    assert not is_bounded()
    assert outside("gs://globex/x") == ""
    with only_from([str(tmp_path), "gs://acme"]):
        assert outside(f"{tmp_path}/x") == outside("gs://acme/x") == ""
        assert "outside" in outside("gs://globex/x")
        assert "'..'" in outside(f"{tmp_path}/../x")
        ask = "from localizer.storage.prefixes import outside; print(bool(outside('gs://globex/x')))"
        done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "True"
    assert not is_bounded()
