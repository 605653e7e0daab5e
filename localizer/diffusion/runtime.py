"""Importing torch, diffusers and transformers, only when a model is really to be run."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

from localizer.errors import ConfigurationError

_OPS = ("nms", "qnms")


@lru_cache(maxsize=1)
def import_torch() -> Any:
    """torch, with what diffusers and transformers need beside it.

    Raises:
        ConfigurationError: a package is missing.
    """
    try:
        import torch

        _declare_torchvision_ops(torch)
        import accelerate  # noqa: F401 - loads large weights shard by shard
        import diffusers  # noqa: F401
        import peft  # noqa: F401 - LoRA
        import torchvision  # noqa: F401 - the picture processor of the text encoder
        import transformers  # noqa: F401
    except ImportError as exc:
        raise ConfigurationError(
            f"running the model here needs the package {exc.name or exc}: "
            "pip install 'campaign-localizer[gpu]', or use an edit server (engine openai)"
        ) from None
    return torch


def import_transformers(*packages: str) -> Any:
    """torch, with transformers beside it for models of text alone.

    Args:
        packages: that the model's tokenizer needs.

    Raises:
        ConfigurationError: a package is missing.
    """
    try:
        import torch

        _declare_torchvision_ops(torch)
        import transformers  # noqa: F401

        for package in packages:
            import_module(package)
    except ImportError as exc:
        raise ConfigurationError(
            f"translating with a model here needs the package {exc.name or exc}: "
            "pip install 'campaign-localizer[gpu,translate]', or use a chat server (translator chat)"
        ) from None
    return torch


_library: Any = None


def _declare_torchvision_ops(torch: Any) -> None:
    """PyPI's torchvision is built for CUDA; beside a CPU-only torch its compiled operators do not load, and
    its import fails on the first one that it registers a fake for. Declared by name, the pure Python part
    (transforms, all that is used here) imports; calling them still fails, as it should."""
    global _library  # noqa: PLW0603 - the declaration lasts as long as this object
    if torch.version.cuda or _library is not None or hasattr(torch.ops.torchvision, _OPS[0]):
        return
    _library = torch.library.Library("torchvision", "DEF")
    for name in _OPS:
        _library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def best_device() -> str:
    """``cuda`` where there is one, else ``cpu``."""
    return "cuda" if import_torch().cuda.is_available() else "cpu"
