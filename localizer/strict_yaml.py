"""YAML without its surprises: keys are unique text, and ``no`` is Norwegian, not false."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Any

import yaml

Path = tuple[str | int, ...]


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
