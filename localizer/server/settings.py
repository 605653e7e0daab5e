"""What an operator can set, whether on the command line or in a Ray Serve config file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from localizer.errors import ConfigurationError
from localizer.images import Limits


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Of one edit server.

    Attributes:
        model: folder of a diffusers pipeline, or a hub id.
        revision: commit of a hub id; a folder needs none.
        compiled: compile the transformer; loading takes minutes longer, each edit less.
        served_name: what callers must put into `model`; default: the folder's own name, or the hub id.
        max_queued: edits that may wait for a GPU; one more is refused with 429.
        max_seconds: that one request may take, waiting included.
        max_body_bytes: of one request.
        max_pixels: of one image, as its header claims them.
        memory_bytes: how much of recent answers is kept for callers that lost theirs.
        memory_seconds: how long.
    """

    model: str
    revision: str = ""
    compiled: bool = False
    served_name: str = ""
    max_queued: int = 32
    max_seconds: float = 900.0
    max_body_bytes: int = 32 * 1024 * 1024
    max_pixels: int = 4_500_000
    memory_bytes: int = 256 * 1024 * 1024
    memory_seconds: float = 900.0

    def __post_init__(self) -> None:
        if not self.model:
            raise ConfigurationError("name the model: a folder of a diffusers pipeline, or a hub id")
        for name in ("max_queued", "max_seconds", "max_body_bytes", "max_pixels"):
            if getattr(self, name) <= 0:
                raise ConfigurationError(f"{name} must be more than 0, not {getattr(self, name)}")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> ServerSettings:
        """From the `args` of a Serve config.

        Raises:
            ConfigurationError: a name that is not a setting, or a wrong value.
        """
        known = [f.name for f in fields(cls)]
        if strange := sorted(set(values) - set(known)):
            raise ConfigurationError(f"no such setting: {', '.join(strange)}; there are {', '.join(known)}")
        for field in fields(cls):
            value, wanted = (
                values.get(field.name, ""),
                str if field.default is MISSING else type(field.default),
            )
            if field.name in values and not (type(value) is wanted or (wanted, type(value)) == (float, int)):
                raise ConfigurationError(f"{field.name} must be of type {wanted.__name__}, not {value!r}")
        return cls(**{"model": "", **values})

    @property
    def name(self) -> str:
        """What the model is called here."""
        folder = Path(self.model)
        return self.served_name or (folder.resolve().name if folder.is_dir() else self.model)

    @property
    def limits(self) -> Limits:
        """For decoding."""
        return Limits(max_bytes=self.max_body_bytes, max_pixels=self.max_pixels)
