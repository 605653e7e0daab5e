"""Engines by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.engines import registry
from localizer.engines.base import Engine
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


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module outside the project with an engine and what only looks like one."""
    (tmp_path / "agency_engines.py").write_text(
        """
from localizer.engines.typeset import TypesetEngine

LIMIT = 3

class Careful(TypesetEngine):
    name = "careful"

    def __init__(self, *, strength: int = 1) -> None:
        super().__init__()
        self.strength = strength

def nothing() -> None:
    pass
""",
        encoding="utf-8",
    )
    (tmp_path / "agency_broken.py").write_text("import a_package_nobody_has\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "agency_engines"


def test_an_engine_may_be_named_by_its_import_path(module: str) -> None:
    engine: Engine = get_engine(f"{module}:Careful", strength=4)
    assert (engine.name, vars(engine)["strength"]) == ("careful", 4)
    assert not any(":" in name for name in engine_names())


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("agency_engins:Careful", "no module 'agency_engins'"),
        ("agency_engines.more:Careful", "no module 'agency_engines.more'"),
        ("agency_engines:Carefull", "no 'Carefull' to call; did you mean 'Careful'?"),
        ("agency_engines:LIMIT", "no 'LIMIT' to call"),
        ("agency_engines:nothing", "gave no engine: it lacks name"),
        ("agency_broken:Engine", "needs the module 'a_package_nobody_has'"),
        ("agency engines:Careful", "not an import path"),
        ("agency_engines:Careful.edit", "not an import path"),
        (":Careful", "not an import path"),
    ],
)
def test_a_mistyped_import_path_says_what_is_wrong(module: str, path: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        get_engine(path)
    assert said in str(caught.value)


def test_parameters_that_the_engine_does_not_take_are_refused(module: str) -> None:
    with pytest.raises(ConfigurationError, match="unexpected keyword argument 'strenght'"):
        get_engine(f"{module}:Careful", strenght=4)
