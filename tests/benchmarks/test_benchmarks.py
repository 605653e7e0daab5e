"""Every benchmark runs on its tiniest sample and prints the ratio that it promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
BENCHMARKS = PROJECT / "benchmarks"


def run(name: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), "--quick", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_benchmark_is_described() -> None:
    readme = (BENCHMARKS / "README.md").read_text("utf-8")
    names = [path.name for path in BENCHMARKS.glob("*.py")]
    assert names
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_copy_survives_every_format(tmp_path: Path) -> None:
    (tmp_path / "a.strings").write_text(
        '/* ja */\n"k" = "セール";\n/* zh-Hans */\n"k" = "特惠";\n', encoding="utf-8"
    )
    (tmp_path / "b.xlf").write_text(
        '<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0" version="2.0" srcLang="en" trgLang="de">'
        '<file id="f"><unit id="1"><segment state="translated"><source>Sale</source><target>Angebot</target>'
        "</segment></unit></file></xliff>",
        encoding="utf-8",
    )
    for arguments in ((), (str(tmp_path),)):
        out = run("copy_formats.py", *arguments)
        table = re.findall(r"^\.(\w+) +(\d+) +(\d+) +[\d.]+$", out, re.M)
        assert [name for name, _, _ in table] == ["csv", "tsv", "json", "yaml", "xlf", "tmx", "tbx"]
        assert all(int(held) > 0 and lost == "0" for _, held, lost in table)
    assert "1 filled in place, 0 other parts changed" in out


def test_read_back_prints_its_ratios() -> None:
    out = run("read_back.py")
    right = re.search(r"^ratio right: [\d.]+ +\((\d+) of (\d+) right lines passed", out, re.M)
    wrong = re.search(r"^ratio wrong: [\d.]+ +\((\d+) of (\d+) wrong lines passed", out, re.M)
    assert right, out
    assert wrong, out
    # The check must tell them apart: most right lines pass, few wrong ones do.
    assert int(right[1]) >= 0.75 * int(right[2])
    assert int(wrong[2]) >= 10
    assert int(wrong[1]) <= 0.2 * int(wrong[2])


@pytest.mark.system
def test_edit_cost_prints_its_ratios() -> None:
    out = run("edit_cost.py")
    for kind in ("cold", "warm", "all"):
        found = re.search(rf"^ratio {kind}: median ([\d.]+), p90 ([\d.]+)", out, re.M)
        assert found, out
        assert 0 < float(found[1]) <= float(found[2])
    stages = dict(re.findall(r"^(OCR of the source|check faces|candidate\.png) +([\d.]+)", out, re.M))
    assert len(stages) == 3
    # Faces are looked for before type is set, so that it keeps off them; the check only remembers them.
    assert all(float(stages[k]) > 0 for k in stages if k != "check faces"), stages


def test_verdict_lets_nothing_wrong_pass() -> None:
    out = run("verdict.py")
    right = re.search(r"^recall: [\d.]+ +\((\d+) of (\d+) right ones passed", out, re.M)
    wrong = re.search(r"^ratio wrong: [\d.]+ +\((\d+) of (\d+) wrong ones passed", out, re.M)
    assert right, out
    assert wrong, out
    assert int(right[1]) >= 2 / 3 * int(right[2])
    assert int(wrong[2]) >= 25
    assert int(wrong[1]) == 0, out
