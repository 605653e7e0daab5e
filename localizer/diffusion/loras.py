"""LoRAs by tier: a file, or a file of a hub repository at a commit. No torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localizer.diffusion.folder import digest_of
from localizer.diffusion.tiers import named_tier
from localizer.engines.editor import Tier
from localizer.errors import ConfigurationError

_ON_HUB = re.compile(r"([\w.-]+/[\w.-]+)/([\w./-]+\.safetensors)@([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Lora:
    """One LoRA.

    Attributes:
        location: absolute path of the file, or a hub ID.
        weight_name: file in the hub repository; empty for a local file.
        commit: of the hub repository; empty for a local file.
        revision: what it is, for job keys.
    """

    location: str
    weight_name: str
    commit: str
    revision: str


def find_loras(loras: Mapping[str, str]) -> dict[Tier, Lora]:
    """LoRAs by tier; nothing is loaded or downloaded.

    Raises:
        ConfigurationError: no such tier or file.
    """
    return {named_tier(tier): _find(tier, where) for tier, where in loras.items()}


def _find(tier: str, where: str) -> Lora:
    path = Path(where).expanduser().resolve()
    if path.is_file() and path.suffix == ".safetensors":
        return Lora(str(path), "", "", digest_of(path))
    on_hub = _ON_HUB.fullmatch(where)
    if on_hub:
        return Lora(on_hub[1], on_hub[2], on_hub[3], where)
    raise ConfigurationError(
        f"LoRA of tier {tier}: there is no .safetensors file {path}; one on the hub is written "
        "owner/name/file.safetensors@<full commit hash>"
    )
