"""A model on disk or on the hub: what it is, which revision it is, and how it wants to be run. No torch."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from localizer.errors import ConfigurationError

PIPELINE = "QwenImageEditPlusPipeline"
SETTINGS = "localizer.json"
"""Optional file in a model's folder: engine parameters that the model comes with (tiers, areas, loras)."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_ENDS = 1 << 20  # bytes at either end of a weight file that tell it from another of the same size


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model comes from.

    Attributes:
        location: absolute folder, or a hub ID.
        revision: of a folder a digest of its files, of a hub ID the commit.
        settings: what its `SETTINGS` file says.
    """

    location: str
    revision: str
    local: bool
    settings: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Name and revision for people and logs; no path of this machine."""
        name = Path(self.location).name if self.local else self.location
        return f"{name}@{self.revision[:12]}"


def find_model(model: str, revision: str = "") -> ModelSource:
    """A model by folder or hub ID; nothing is loaded or downloaded.

    Raises:
        ConfigurationError: no such folder, another kind of model, or a hub ID without a commit.
    """
    source = locate_model(model, revision, whose="engine qwen", require=_require_pipeline)
    return replace(source, settings=_settings(Path(source.location))) if source.local else source


def locate_model(
    model: str, revision: str = "", *, whose: str, require: Callable[[Path], None]
) -> ModelSource:
    """A model of any kind by folder or hub ID; its settings are not read, nothing is loaded or downloaded.

    Args:
        whose: who wants it, for messages.
        require: raises where a folder holds another kind of model.

    Raises:
        ConfigurationError: no such folder, or a hub ID without a commit.
    """
    if not model:
        raise ConfigurationError(f"{whose}: give the parameter model, a folder or a hub ID")
    folder = Path(model).expanduser().resolve()
    if folder.is_dir():
        if revision:
            raise ConfigurationError(
                f"{folder} is a folder: its revision is the digest of its files, leave `revision` out"
            )
        require(folder)
        return ModelSource(str(folder), digest_of(folder), True, {})
    if not _HUB_ID.fullmatch(model):
        raise ConfigurationError(f"there is no model folder {folder}")
    if not _COMMIT.fullmatch(revision):
        raise ConfigurationError(
            f"there is no folder {model!r}; if it is a hub ID, give `revision`, the full commit hash: "
            "a branch may move, and the same question would no longer get the same answer"
        )
    return ModelSource(model, revision, False, {})


def _require_pipeline(folder: Path) -> None:
    index = folder / "model_index.json"
    kind = _object(index).get("_class_name") if index.is_file() else None
    if kind != PIPELINE:
        raise ConfigurationError(
            f"{folder} holds no {PIPELINE} (its model_index.json "
            f"{f'says {kind!r}' if index.is_file() else 'is missing'})"
        )


def _settings(folder: Path) -> Mapping[str, Any]:
    """What the model comes with; paths of LoRAs are relative to the folder."""
    path = folder / SETTINGS
    if not path.is_file():
        return {}
    settings = _object(path)
    loras = settings.get("loras", {})
    if not isinstance(loras, dict) or not all(isinstance(v, str) for v in loras.values()):
        raise ConfigurationError(f"{path}: loras must be an object of tier names and file names")
    return {**settings, "loras": {tier: str(folder / name) for tier, name in loras.items()}}


def _object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"{path} cannot be read: {exc}") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} is not a JSON object")
    return content


def digest_of(path: Path) -> str:
    """SHA-256 that tells a model from another: names, sizes and both ends of every file.

    Reading all of a 40 GB model to plan a campaign would take minutes; its configuration and the heads of
    its weight files are small, and the ends of the tensors differ with any training.
    """
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    total = hashlib.sha256()
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        if any(part.startswith(".") for part in Path(name).parts):  # download caches
            continue
        stat = file.stat()
        total.update(f"{name}\0{stat.st_size}\0".encode())
        total.update(_ends(str(file), stat.st_size, stat.st_mtime_ns))
    return total.hexdigest()


@lru_cache(maxsize=4096)
def _ends(file: str, size: int, changed: int) -> bytes:
    with open(file, "rb") as stream:
        content = hashlib.sha256(stream.read(_ENDS))
        if size > _ENDS:
            stream.seek(max(_ENDS, size - _ENDS))
            content.update(stream.read(_ENDS))
    return content.digest()
