"""Every command in the README and the examples' README is run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """Commands of the bash blocks, continued lines joined."""
    blocks = re.findall(r"```bash\n(.*?)```", text, flags=re.DOTALL)
    joined = "\n".join(blocks).replace("\\\n", " ")
    return [line.strip() for line in joined.splitlines() if line.strip() and not line.startswith("#")]


def test_the_readme_has_commands() -> None:
    assert {"make demo", "make test", "make up", "make down"} <= set(commands(README))


@pytest.mark.parametrize("command", [c for c in commands(README) if c.startswith("make ")])
def test_make_targets_exist(command: str) -> None:
    shown = subprocess.run(
        [*shlex.split(command), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert shown.returncode == 0, shown.stderr


@pytest.mark.parametrize("command", [c for c in commands(README) if " doctor" in c or " engines" in c])
def test_small_commands_run(command: str) -> None:
    words = shlex.split(command)
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "typeset" in done.stdout or "Tesseract" in done.stdout


def test_the_tiny_model_is_made(tmp_path: Path) -> None:
    pytest.importorskip("diffusers", reason="pip install 'campaign-localizer[gpu]'")
    [command] = [c for c in commands(README) if "localizer.diffusion.tiny" in c]
    words = [w.replace("out/", f"{tmp_path}/") for w in shlex.split(command)]
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tiny" / "model_index.json").is_file()


def test_the_cache_command_runs(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    [command] = [c for c in commands(README) if "localizer cache" in c]
    words = [w.replace("out/", f"{tmp_path}/") for w in shlex.split(command)]
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_copy_commands_run(tmp_path: Path) -> None:
    from examples.generate import generate

    generate(ROOT / "examples" / "campaign" / "images")
    said = ""
    for command in (c for c in commands(README) if "localizer copy" in c):
        words = [w.replace("out/", f"{tmp_path}/") for w in shlex.split(command)]
        done = subprocess.run(
            [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said += done.stdout
    assert re.search(r"^copy +\d+ approved", said, flags=re.MULTILINE)
    assert (tmp_path / "copy_deck.csv").is_file()
    assert list((tmp_path / "for-translators").glob("*.xlf"))


def test_the_festivals_command_runs() -> None:
    [command] = [c for c in commands(README) if "localizer festivals" in c]
    words = shlex.split(command)
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"\b20\d\d-\d\d-\d\d\b", done.stdout)) >= 5


def test_airflow_knows_the_backfill_command(airflow_db: None) -> None:
    from airflow.cli.cli_parser import get_parser

    [command] = [c for c in commands(README) if c.startswith("airflow ")]
    arguments = get_parser().parse_args(shlex.split(command)[1:])
    assert (arguments.dag_id, arguments.max_active_runs) == ("localize_catalog", 2)


@pytest.mark.system
def test_the_run_command_runs(tmp_path: Path) -> None:
    from examples.generate import generate

    generate(ROOT / "examples" / "campaign" / "images")
    command = next(c for c in commands(README) if " run " in c)
    words = [w.replace("out/", f"{tmp_path}/") for w in shlex.split(command)]
    done = subprocess.run([sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text("utf-8").splitlines()]
    assert len(rows) == 44
    later = [c for c in commands(README) if "localizer plan" in c or "localizer release" in c]
    assert len(later) == 3
    for command in later:  # on what the run left
        words = [w.replace("out/", f"{tmp_path}/") for w in shlex.split(command)]
        done = subprocess.run(
            [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    statuses = {row["status"] for row in rows}
    assert statuses == {"passed", "needs_review", "failed"}
    assert (tmp_path / "published" / "manifest" / "current.json").is_file()


@pytest.mark.parametrize("document", ["README.md", "examples/README.md", "CHANGELOG.md"])
def test_links_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert ((ROOT / document).parent / target).exists(), target
