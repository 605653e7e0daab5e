from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from localizer.calls import Calls
from localizer.engines.editor import ModelCall, Tier
from localizer.model import Action, Edit, Job
from localizer.remote.access import Access
from localizer.storage.local import LocalStorage
from tests.localizer.remote.contract_server import ContractServer

JOB = Job(
    "a" * 64, "poster", "de", "en", "sources/x.png", "0" * 64, (Edit(Action.REPLACE_TEXT, "SALE", "RABATT"),)
)


class Memory:
    """A `Pending` that outlives nothing; what it was told, in order."""

    def __init__(self, id: str = "") -> None:
        self.told: list[str] = [id]

    @property
    def id(self) -> str:
        return self.told[-1]

    def remember(self, id: str) -> None:
        self.told.append(id)


def question(seed: int = 7, tier: Tier = Tier.FAST) -> ModelCall:
    image = np.random.default_rng(seed).integers(0, 255, (48, 64, 3), dtype=np.uint8)
    return ModelCall(
        image=image,
        prompt='Replace the text "SALE" with "RABATT". Keep everything else.',
        tier=tier,
        seed=seed,
    )


def access(server: ContractServer, path: str = "/v1", **limits: float) -> Access:
    return Access(server.url + path, key=server.key, **{"timeout_s": 5.0, **limits})  # type: ignore[arg-type]


@pytest.fixture
def calls(tmp_path) -> Callable[..., Calls]:
    def make(by: str = "mei", **options: float) -> Calls:
        return Calls(LocalStorage(tmp_path / "workspace"), by, **options)

    return make
