"""The engine `qwen`: Qwen-Image-Edit in this process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from localizer.diffusion.pipeline import QwenEditModel
from localizer.diffusion.tiers import named_tier
from localizer.documents import canonical_json, did_you_mean
from localizer.errors import ConfigurationError

if TYPE_CHECKING:
    from localizer.engines.model_engine import ModelEngine

PARAMETERS = ("model", "revision", "loras", "tiers", "areas", "compiled")


def qwen_engine(*, climb: Sequence[str] = (), **parameters: Any) -> ModelEngine:
    """Make it; the weights come with the first edit.

    Args:
        climb: tiers of the first try, the second and so on; empty: as the brand says.
        parameters: as `QwenEditModel` takes them; JSON.

    Raises:
        ConfigurationError: a parameter is wrong, or a tier to be climbed lacks its LoRA.
    """
    from localizer.engines.model_engine import ModelEngine

    for name in parameters:
        if name not in PARAMETERS:
            raise ConfigurationError(
                f"engine qwen has no parameter {name!r}{did_you_mean(name, [*PARAMETERS, 'climb'])}"
            )
    if "model" not in parameters:
        raise ConfigurationError("engine qwen needs the parameter model: a folder, or a hub ID with revision")
    model = _shared(canonical_json(parameters))
    for tier in climb:
        model.setup_of(named_tier(tier))
    return ModelEngine(model, name="qwen", climb=climb)


@lru_cache(maxsize=1)
def _shared(parameters: str) -> QwenEditModel:
    """One model a process: engines are made anew for every job that falls back on them, weights are not."""
    return QwenEditModel(**json.loads(parameters))
