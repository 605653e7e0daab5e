"""The tiny model: offline, repeatable, and true to the pipeline's rules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localizer.diffusion.folder import find_model
from localizer.diffusion.tiny import main, write_tiny
from localizer.errors import ConfigurationError


def test_two_tiny_models_are_the_same_model(tiny_model: Path, tmp_path: Path) -> None:
    write_tiny(tmp_path / "again")
    write_tiny(tmp_path / "other", seed=1)
    first = find_model(str(tiny_model)).revision
    assert find_model(str(tmp_path / "again")).revision == first
    assert find_model(str(tmp_path / "other")).revision != first
    assert sum(p.stat().st_size for p in tiny_model.rglob("*") if p.is_file()) < 4_000_000


def test_the_prompt_survives_the_cut_that_the_pipeline_makes(tiny_model: Path) -> None:
    """With a prefix of another length the pipeline would cut into the prompt, or leave its own words in."""
    from localizer.diffusion.pipeline import load

    pipe = load(str(tiny_model))._load().pipe
    text = pipe.prompt_template_encode.format("Replace it")
    kept = pipe.tokenizer(text)["input_ids"][pipe.prompt_template_encode_start_idx :]
    assert pipe.tokenizer.decode(kept).startswith("Replace it")


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigurationError, match="not empty"):
        write_tiny(tmp_path)
    assert main([]) == 2


def test_the_command(tiny_model: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "localizer.diffusion.tiny", str(tmp_path / "made")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "wrote" in done.stdout
    assert find_model(str(tmp_path / "made")).revision == find_model(str(tiny_model)).revision
