"""The templates of the pages."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import BaseLoader, Environment


@lru_cache(maxsize=1)
def templates() -> Environment:
    """Those of the report and of the plan."""
    from jinja2 import PackageLoader

    return environment(PackageLoader("localizer.report", "."))


def environment(loader: BaseLoader) -> Environment:
    """Escapes everything, and takes no name that is not given."""
    from jinja2 import Environment, StrictUndefined

    return Environment(
        loader=loader,
        autoescape=True,  # everything in a manifest is somebody else's text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
