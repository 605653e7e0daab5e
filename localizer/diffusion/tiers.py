"""Tiers: how many steps, which LoRA, which schedule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from localizer.documents import did_you_mean
from localizer.engines.editor import Tier
from localizer.errors import ConfigurationError

LIGHTNING: dict[str, Any] = {
    "base_shift": math.log(3),
    "max_shift": math.log(3),
    "shift": 1.0,
    "shift_terminal": None,
}
"""What the Lightning LoRAs were distilled with, in place of the model's own schedule."""


@dataclass(frozen=True, slots=True)
class TierSetup:
    """How one tier works.

    Attributes:
        steps: denoising steps; the schedule of a single step divides by zero.
        guidance: true classifier-free guidance; above 1 every step runs the transformer twice.
        distilled: needs a LoRA that was distilled to so few steps, and its schedule.
    """

    steps: int
    guidance: float = 1.0
    distilled: bool = False

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


USUAL: Mapping[Tier, TierSetup] = {
    Tier.FAST: TierSetup(4, distilled=True),
    Tier.BALANCED: TierSetup(8, distilled=True),
    Tier.FULL: TierSetup(40, guidance=4.0),
}


def tier_setups(changes: Mapping[str, Mapping[str, Any]]) -> dict[Tier, TierSetup]:
    """The usual tiers with some settings changed: ``{"fast": {"steps": 6}}``.

    Raises:
        ConfigurationError: no such tier or setting, or a value that cannot work.
    """
    setups = dict(USUAL)
    known = [f.name for f in fields(TierSetup)]
    for name, settings in changes.items():
        tier = named_tier(name)
        for key in settings:
            if key not in known:
                raise ConfigurationError(f"tier {name}: {key!r} is not a setting{did_you_mean(key, known)}")
        setup = replace(setups[tier], **settings)
        if type(setup.steps) is not int or not 2 <= setup.steps <= 100:
            raise ConfigurationError(f"tier {name}: steps must be 2 to 100, not {setup.steps!r}")
        if type(setup.guidance) not in {int, float} or not 1 <= setup.guidance <= 20:
            raise ConfigurationError(f"tier {name}: guidance must be 1 to 20, not {setup.guidance!r}")
        if type(setup.distilled) is not bool:
            raise ConfigurationError(f"tier {name}: distilled must be true or false")
        setups[tier] = replace(setup, guidance=float(setup.guidance))
    return setups


def named_tier(name: str) -> Tier:
    """A tier by its name.

    Raises:
        ConfigurationError: there is none.
    """
    try:
        return Tier(name)
    except ValueError:
        raise ConfigurationError(f"no tier {name!r}{did_you_mean(name, list(Tier))}") from None
