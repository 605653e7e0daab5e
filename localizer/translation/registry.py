"""Translators by name, or by import path: ``package.module:Factory``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any, cast

from localizer.documents import did_you_mean
from localizer.errors import ConfigurationError
from localizer.import_paths import make_by_path
from localizer.translation.model import Translator

_FACTORIES: dict[str, Callable[..., Translator]] = {}

_BUILT_IN = {
    "chat": "localizer.translation.chat:ChatTranslator",
    "chat-model": "localizer.translation.chat_model:ChatModelTranslator",
    "google": "localizer.translation.google:GoogleTranslator",
    "nllb": "localizer.translation.nllb:NllbTranslator",
    "opus-mt": "localizer.translation.opus:OpusTranslator",
}
"""Imported only when asked for."""

_TRANSLATOR_HAS = ("name", "version", "parameters", "serves", "translate")


def register(name: str, factory: Callable[..., Translator]) -> None:
    """Make a translator known; the last registration of a name counts."""
    _FACTORIES[name] = factory


def translator_names() -> tuple[str, ...]:
    """Names that `get_translator` takes beside import paths."""
    return tuple(sorted({*_BUILT_IN, *_FACTORIES}))


def get_translator(name: str, **parameters: Any) -> Translator:
    """Make a translator; weights are loaded and services asked with the first string, not here.

    Args:
        name: one of `translator_names`, or the import path ``package.module:Factory`` of what takes the
            parameters as keywords and gives a `Translator`. Importing runs the module's code: whoever may
            name a translator by path may run code, so forms and brand kits take names only.

    Raises:
        ConfigurationError: no such translator or parameter, or it lacks something on this machine.
    """
    if name not in _FACTORIES and ":" in name:
        return cast(Translator, make_by_path(name, parameters, kind="translator", has=_TRANSLATOR_HAS))
    factory = _factory(name)
    known = inspect.signature(factory).parameters
    if not any(each.kind is each.VAR_KEYWORD for each in known.values()):
        for parameter in parameters:
            if parameter not in known:
                hint = did_you_mean(parameter, known)
                raise ConfigurationError(f"translator {name!r} has no parameter {parameter!r}{hint}")
    try:
        inspect.signature(factory).bind(**parameters)
    except TypeError as exc:
        raise ConfigurationError(f"translator {name!r}: {exc}") from None
    return factory(**parameters)


def parameters_of(name: str) -> frozenset[str]:
    """Names of the parameters that a translator takes; empty for one by import path.

    Raises:
        ConfigurationError: no such translator.
    """
    if name not in _FACTORIES and ":" in name:
        return frozenset()
    return frozenset(inspect.signature(_factory(name)).parameters)


def _factory(name: str) -> Callable[..., Translator]:
    if name in _FACTORIES:
        return _FACTORIES[name]
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        return cast(Callable[..., Translator], getattr(import_module(module), attribute))
    raise ConfigurationError(
        f"no translator {name!r}; there are {', '.join(translator_names())}, and any other by "
        "package.module:Factory"
    )
