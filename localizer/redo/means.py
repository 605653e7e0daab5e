"""What an image is done again with: as the run was planned with, unless somebody asks for other means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localizer.errors import InputError

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.engines.base import Engine


@dataclass(frozen=True, slots=True)
class Means:
    """Engine and brand kit of a redo.

    Attributes:
        engine: name or import path.
        engine_parameters: keyword arguments for it.
        engine_conn_id: Airflow connection of the service that it calls; may add parameters. Empty: none.
        brand: path of the brand kit, or None.
    """

    engine: str
    engine_parameters: Mapping[str, Any]
    engine_conn_id: str = ""
    brand: str | None = None

    @classmethod
    def chosen(
        cls,
        made_with: Mapping[str, Any],
        *,
        engine: str | None = None,
        engine_parameters: Mapping[str, Any] | None = None,
        engine_conn_id: str | None = None,
        brand: str | None = None,
    ) -> Means:
        """What was asked for, and for the rest what the run was planned with. Parameters and connection of
        the run are those of its engine, so another engine does not get them.

        Args:
            made_with: of the plan, see `PlanReader.made_with`.

        Raises:
            InputError: no engine is named, and the plan does not say which it was.
        """
        planned = made_with.get("engine")
        name = engine or planned
        if not name:
            raise InputError("the plan of this run does not say which engine made it; name one")
        own = made_with if name == planned else {}
        return cls(
            engine=name,
            engine_parameters=dict(engine_parameters or own.get("engine_parameters") or {}),
            engine_conn_id=engine_conn_id or own.get("engine_conn_id") or "",
            brand=brand or made_with.get("brand") or None,
        )

    def build(self) -> tuple[Engine, BrandKit]:
        """Engine and brand kit.

        Raises:
            BrandError, ConfigurationError: one of them cannot be had.
        """
        from localizer.brand import load_brand
        from localizer.engines.registry import get_engine
        from localizer.remote.access import REMOTE_ENGINES, require_access

        if self.engine in REMOTE_ENGINES:
            require_access(self.engine)
        return get_engine(self.engine, **self.engine_parameters), load_brand(self.brand)
