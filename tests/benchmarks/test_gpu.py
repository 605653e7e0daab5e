"""The GPU benchmark at tiny size on a CPU: it runs, and what it prints hangs together."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu" / "qwen_edit.py"


@pytest.mark.skipif(find_spec("diffusers") is None, reason="diffusers is not installed: pip install '.[gpu]'")
def test_every_setting_that_needs_no_compiler_runs_at_tiny_size(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--tiny", "--bf16", "--no-compile", "--repeat", "1"]
    done = subprocess.run(
        [*command, "--json", str(tmp_path / "out.json")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = {line["name"]: line for line in json.loads((tmp_path / "out.json").read_text())["lines"]}
    assert {"stock", "full region", "balanced region", "fast 1 MP", "fast region"} <= set(lines)
    assert all(f"| {name} |" in done.stdout for name in lines)
    for line in lines.values():
        assert 0 < line["denoise"] <= line["seconds"]
        assert line["tflop"] >= 0
        assert line["share"] is None
    stock, fast = lines["stock"], lines["fast region"]
    assert stock["ratio"] == 1.0
    assert stock["tflop"] >= fast["tflop"]


def test_without_a_gpu_it_says_so(tmp_path: Path) -> None:
    if find_spec("torch") is None:
        pytest.skip("torch is not installed: pip install '.[gpu]'")
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--tiny" in done.stderr
