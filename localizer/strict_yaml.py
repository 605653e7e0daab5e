"""YAML without its surprises: keys are unique text, and ``no`` is Norwegian, not false."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path as File
from typing import Any

import yaml

from localizer.errors import InputError
from localizer.places import split_places

Path = tuple[str | int, ...]
Fault = tuple[Path, str]

_LARGEST = 256 * 1024


class TextLoader(yaml.SafeLoader):
    """Safe YAML with unique text keys, no booleans and no aliases.

    A few lines of aliases of aliases would be gigabytes once they are written out.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, f"the alias *{event.anchor}: write out what it stands for", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.tag != "tag:yaml.org,2002:str":
                    # A locale, a term or a field: always text (a term such as 618 too).
                    key_node.tag = "tag:yaml.org,2002:str"
                if key_node.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key_node.value!r} is there twice", key_node.start_mark
                    )
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _without(loader: type[yaml.SafeLoader], tags: Iterable[str]) -> dict[str, Any]:
    gone = {f"tag:yaml.org,2002:{tag}" for tag in tags}
    return {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in gone]
        for first, resolvers in loader.yaml_implicit_resolvers.items()
    }


TextLoader.yaml_implicit_resolvers = _without(yaml.SafeLoader, ["bool"])


class WordsLoader(TextLoader):
    """As `TextLoader`, and every value that is not empty is text: ``2026-11-11`` and ``618`` too."""


WordsLoader.yaml_implicit_resolvers = _without(
    yaml.SafeLoader, ["bool", "int", "float", "timestamp", "merge", "value"]
)


class PlainLoader(TextLoader):
    """As `TextLoader`, with the booleans ``true`` and ``false``; a date stays text."""


PlainLoader.yaml_implicit_resolvers = _without(yaml.SafeLoader, ["bool", "timestamp"])
PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def load_with_lines(text: str) -> tuple[Any, dict[Path, int]]:
    """A document, and the line (from 1) on which each of its fields and items stands.

    Raises:
        yaml.YAMLError: not YAML, or a key is there twice; the text names line and column.
    """
    loader = PlainLoader(text)
    try:
        node = loader.get_single_node()
        lines: dict[Path, int] = {(): 1}
        if node is None:
            return None, lines
        _note_lines(node, (), lines)
        return loader.construct_document(node), lines
    finally:
        loader.dispose()


def _note_lines(node: yaml.Node, path: Path, lines: dict[Path, int]) -> None:
    children: list[tuple[str | int, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        children = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        children = [(index, item, item) for index, item in enumerate(node.value)]
    for part, marked, child in children:
        here = (*path, part)
        if here not in lines:
            lines[here] = marked.start_mark.line + 1
            _note_lines(child, here, lines)


def read_mapping(
    path: File, *, error: type[InputError], what: str, such_as: str
) -> tuple[dict[str, Any], dict[Path, int]]:
    """The fields of a file that a person wrote, and the line of each; see `load_with_lines`.

    Args:
        error: what is raised.
        what: the kind of file, for messages.
        such_as: a field that it could have, likewise.

    Raises:
        InputError: as `error`; it cannot be read, or is no such file at all.
    """
    text = _text(path, error, what)
    try:
        content, lines = load_with_lines(text)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        problem = " ".join(f"{wrong.context or ''} {wrong.problem or ''}".split())
        raise error(f"{path}, line {line}: is not valid YAML: {problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        raise error(f"{path}: is not valid YAML: {' '.join(str(wrong).split())}") from None
    if not isinstance(content, dict):
        raise error(f"{path}: must be a mapping of fields, such as `{such_as}`")
    return content, lines


def told(path: File, faults: Iterable[Fault], lines: Mapping[Path, int]) -> str:
    """A line for each fault, by line, with file and field; empty without any."""
    return "\n".join(
        f"{path}, line {_line(field, lines)}, {'.'.join(map(str, field)) or 'the file'}: {message}"
        for field, message in sorted(faults, key=lambda fault: _line(fault[0], lines))
    )


def beside(path: File, place: str) -> str:
    """A place that a file names: absolute, a URI, or starting at the file's folder."""
    return place if "://" in place else os.path.normpath(path.parent.resolve() / place)


def beside_each(path: File, places: str) -> str:
    """`beside` for a comma-separated list; a file whose name holds a comma is one place."""
    return ",".join(beside(path, place) for place in split_places(places, path.parent))


def _line(field: Path, lines: Mapping[Path, int]) -> int:
    while field not in lines:
        field = field[:-1]
    return lines[field]


def _text(path: File, error: type[InputError], what: str) -> str:
    try:
        data = path.read_bytes()
    except OSError as wrong:
        raise error(f"{path}: cannot be read ({wrong.strerror or wrong})") from None
    if len(data) > _LARGEST:
        raise error(f"{path}: has {len(data):,} bytes; a {what} has at most {_LARGEST:,}")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise error(f"{path}: is not UTF-8; save it as UTF-8") from None
