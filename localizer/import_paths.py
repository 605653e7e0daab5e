"""What somebody adds from outside, by import path: ``package.module:Factory``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from localizer.documents import did_you_mean
from localizer.errors import ConfigurationError

_IMPORT_PATH = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def make_by_path(path: str, parameters: Mapping[str, Any], *, kind: str, has: Sequence[str]) -> Any:
    """Import a factory and call it. Importing runs the module's code: whoever may name a path may run code.

    Args:
        parameters: that the factory takes as keywords.
        kind: what it makes, for messages: ``engine``.
        has: attributes that what it makes must have.

    Raises:
        ConfigurationError: no such module or factory, it does not take the parameters, or it makes
            something else.
    """
    if not _IMPORT_PATH.fullmatch(path):
        raise ConfigurationError(f"{kind} {path!r} is not an import path such as package.module:Factory")
    name, _, attribute = path.partition(":")
    try:
        module = import_module(name)
    except ModuleNotFoundError as exc:
        missing = exc.name or ""
        if name == missing or name.startswith(f"{missing}."):
            raise ConfigurationError(f"{kind} {path!r}: there is no module {missing!r} on the path") from exc
        raise ConfigurationError(f"{kind} {path!r} needs the module {missing!r}: install it") from exc
    except ImportError as exc:
        raise ConfigurationError(f"{kind} {path!r} cannot be imported: {exc}") from exc
    factory = getattr(module, attribute, None)
    if not callable(factory):
        hint = did_you_mean(attribute, (n for n, v in vars(module).items() if isinstance(v, type)))
        raise ConfigurationError(f"{kind} {path!r}: {name} has no {attribute!r} to call{hint}")
    try:
        inspect.signature(factory).bind(**parameters)
    except TypeError as exc:
        raise ConfigurationError(f"{kind} {path!r} does not take these parameters: {exc}") from exc
    except ValueError as exc:  # a builtin that does not say what it takes
        raise ConfigurationError(f"{kind} {path!r} is not a factory of ours: {exc}") from exc
    made = factory(**parameters)
    lacking = [part for part in has if not hasattr(made, part)]
    if lacking:
        raise ConfigurationError(f"{kind} {path!r} gave no {kind}: it lacks {', '.join(lacking)}")
    return made
