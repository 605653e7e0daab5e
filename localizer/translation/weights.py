"""Models of text: where their weights are, and loading them once a process. Importing it loads no torch."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from localizer.diffusion.folder import ModelSource, locate_model
from localizer.diffusion.runtime import import_transformers
from localizer.errors import ConfigurationError, TransientError

ONE_AT_A_TIME = threading.Lock()
"""A device translates one batch at a time, and a tokenizer keeps its source language between calls."""

_KEPT = 4  # models in memory: those of a few pairs of languages

_Item = TypeVar("_Item")
_Out = TypeVar("_Out")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model with its tokenizer, where it computes.

    Attributes:
        longest: tokens that the model has positions for.
    """

    tokenizer: Any
    model: Any
    device: str
    longest: int


def find_weights(
    model: str, revision: str = "", *, whose: str, kinds: Sequence[str] = (), needs: str = ""
) -> ModelSource:
    """A model by folder or hub ID; nothing is loaded or downloaded.

    Args:
        whose: ``translator nllb``, for messages.
        kinds: that its ``config.json`` may name as its ``model_type``; empty: any.
        needs: a file that the folder must hold beside it.

    Raises:
        ConfigurationError: no such folder, another kind of model, or a hub ID without a commit.
    """

    def require(folder: Path) -> None:
        config = folder / "config.json"
        try:
            said = json.loads(config.read_text(encoding="utf-8"))
            kind = said.get("model_type")
        except (OSError, ValueError, AttributeError):
            raise ConfigurationError(
                f"{whose}: {folder} is no folder of a transformers model (its config.json cannot be read)"
            ) from None
        if kinds and kind not in kinds:
            raise ConfigurationError(
                f"{whose}: {folder} holds a model of type {kind!r}, not {' or '.join(kinds)}"
            )
        if needs and not (folder / needs).is_file():
            raise ConfigurationError(f"{whose}: {folder} lacks the file {needs}")

    return locate_model(model, revision, whose=whose, require=require)


def load_model(source: ModelSource, *, family: str, packages: tuple[str, ...] = ()) -> LoadedModel:
    """The model of a source, loaded once a process: bf16 on a GPU, float32 on a CPU.

    Args:
        family: class of transformers that loads it: ``AutoModelForSeq2SeqLM``.
        packages: that its tokenizer needs.

    Raises:
        ConfigurationError: packages are missing, or there is no such model on this machine: nothing is
            downloaded while a campaign runs.
    """
    return _load(source.location, source.revision, source.local, source.label, family, packages)


@lru_cache(maxsize=_KEPT)
def _load(
    location: str,
    revision: str,
    local: bool,
    label: str,
    family: str,
    packages: tuple[str, ...],
) -> LoadedModel:
    torch = import_transformers(*packages)
    import transformers
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if device == "cuda" else torch.float32
    try:
        # The snapshot's folder: given a hub ID, the loaders ask the hub even where they are told not to.
        place = location if local else snapshot_download(location, revision=revision, local_files_only=True)
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, **own)
        model = getattr(transformers, family).from_pretrained(place, dtype=dtype, **own)
        model = model.eval().to(device)
    except LocalEntryNotFoundError:
        raise ConfigurationError(
            f"model {label} is not on this machine, and nothing is downloaded while a campaign runs: fetch "
            f"it before, by `hf download {location} --revision {revision}`"
        ) from None
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as exc:
        raise ConfigurationError(f"model {label} cannot be loaded: {exc}") from exc
    longest = int(getattr(model.config, "max_position_embeddings", 0) or 512)
    return LoadedModel(tokenizer, model, device, longest)


def in_batches(
    work: Callable[[Sequence[_Item]], Sequence[_Out]],
    items: Sequence[_Item],
    *,
    size: int,
    length: Callable[[_Item], int],
) -> list[_Out]:
    """Results in the order of the items, worked out in batches of items of like length; where the memory of
    the device does not hold a batch, in halves of it.

    Raises:
        TransientError: it does not hold a single item; another process may be using it.
    """
    order = sorted(range(len(items)), key=lambda index: length(items[index]), reverse=True)
    results: dict[int, _Out] = {}
    for start in range(0, len(order), size):
        places = order[start : start + size]
        made = _in_halves(work, [items[index] for index in places])
        results.update(zip(places, made, strict=True))
    return [results[index] for index in range(len(items))]


def _in_halves(work: Callable[[Sequence[_Item]], Sequence[_Out]], items: Sequence[_Item]) -> list[_Out]:
    import torch

    try:
        return list(work(items))
    except torch.OutOfMemoryError:
        pass  # out here the tensors that filled the memory are gone
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if len(items) == 1:
        raise TransientError(
            "the memory of the device does not hold the translation of one string; leave the model more, or "
            "take a smaller one"
        )
    middle = len(items) // 2
    return _in_halves(work, items[:middle]) + _in_halves(work, items[middle:])


@contextmanager
def computing() -> Iterator[Any]:
    """The one thread that may use the models now; torch, keeping no gradients."""
    torch = import_transformers()
    with ONE_AT_A_TIME, torch.inference_mode():
        yield torch
