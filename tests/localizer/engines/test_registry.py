"""Engines by name."""

from __future__ import annotations

import pytest

from localizer.engines import registry
from localizer.engines.registry import engine_names, get_engine, register
from localizer.engines.typeset import TypesetEngine
from localizer.errors import ConfigurationError
from localizer.text.families import digest


def test_the_embedded_engine_is_always_there() -> None:
    assert "typeset" in engine_names()
    engine = get_engine("typeset")
    assert isinstance(engine, TypesetEngine)
    assert (engine.name, engine.parameters()) == ("typeset", {"families": digest()})
    assert engine.version


def test_an_unknown_engine_is_refused_and_the_known_are_named() -> None:
    with pytest.raises(ConfigurationError, match=r"'paintbrush'.*typeset"):
        get_engine("paintbrush")


def test_another_engine_can_be_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_FACTORIES", {})
    made = TypesetEngine()
    register("mine", lambda **_: made)
    assert "mine" in engine_names()
    assert get_engine("mine", strength=3) is made
