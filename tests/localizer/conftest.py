"""A tiny model of the real classes, made once a test run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

PACKAGES = ("torch", "torchvision", "diffusers", "transformers", "accelerate", "peft")


@pytest.fixture(scope="session")
def torch_stack() -> None:
    """Skips where one of the packages that run a model is missing."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (pip install '.[gpu]')")
    from localizer.diffusion.runtime import import_torch

    import_torch()


@pytest.fixture(scope="session")
def tiny_model(torch_stack: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny Qwen-Image-Edit with random weights."""
    from localizer.diffusion.tiny import write_tiny

    folder = tmp_path_factory.mktemp("model") / "tiny"
    write_tiny(folder)
    return folder
