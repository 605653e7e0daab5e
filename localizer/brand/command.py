"""``python -m localizer brand``: whether a kit can be used, and what it amounts to."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from localizer.brand.files import kit_file
from localizer.brand.kit import BrandKit
from localizer.brand.reading import load_brand
from localizer.brand.translation import TranslatorChoice
from localizer.display import one_line
from localizer.errors import BrandError
from localizer.locales import normalise_locale, script_of

_PROBES = {
    "Latn": "Ag", "Cyrl": "Жи", "Grek": "Σω", "Hans": "简体", "Hant": "繁體", "Jpan": "あ漢", "Kore": "한글",
    "Arab": "عربي", "Hebr": "אב", "Deva": "अक", "Thai": "กข",
}  # fmt: skip


def add_brand(commands: Any, common: argparse.ArgumentParser) -> None:
    """The command's arguments."""
    brand = commands.add_parser("brand", parents=[common], help="check a brand kit, or show what it says")
    what = brand.add_subparsers(required=True, metavar="WHAT")
    check = what.add_parser(
        "check",
        parents=[common],
        help="whether a kit can be used, and what is odd in it",
        description="Exit code 2 if it cannot be used, or has names that nobody knows or rules that "
        "contradict each other; each is told with its field.",
    )
    check.set_defaults(command=_check)
    show = what.add_parser("show", parents=[common], help="what a kit says, for all locales or for one")
    show.add_argument("--locale", metavar="L", help="what it amounts to in this target locale")
    show.add_argument("--json", action="store_true", help="one JSON object")
    show.set_defaults(command=_show)
    for one in (check, show):
        one.add_argument("file", metavar="FILE", help="a brand.yaml, or the folder that it lies in")


def _check(arguments: argparse.Namespace) -> int:
    from localizer.brand.examining import examine

    file = kit_file(Path(arguments.file))
    kit = load_brand(file)
    doubts = examine(kit)
    for doubt in doubts:
        _say(f"{file}: {doubt.field}: {doubt.message}")
    if not doubts:
        _say(f"{file}: can be used ({kit.name}, {kit.digest[:12]})")
    return 2 if doubts else 0


def _show(arguments: argparse.Namespace) -> int:
    kit = load_brand(arguments.file)
    locale = _target(arguments.locale) if arguments.locale else ""
    said = _in_locale(kit, locale) if locale else _everywhere(kit)
    if arguments.json:
        sys.stdout.write(json.dumps(said, ensure_ascii=False, indent=1) + "\n")
        return 0
    for name, value in said.items():
        label = name.replace("_", " ")
        for line in _lines(value):
            _say(f"{label:17s} {line}")
            label = ""
    return 0


def _say(text: str) -> None:
    sys.stdout.write(one_line(text) + "\n")


def _target(tag: str) -> str:
    try:
        return normalise_locale(tag)
    except ValueError as error:
        raise BrandError(f"--locale: {error}") from None


def _everywhere(kit: BrandKit) -> dict[str, Any]:
    return {
        "name": kit.name,
        "digest": kit.digest,
        "fonts": {Path(font).name: _scripts(font) for font in kit.fonts},
        "do_not_translate": list(kit.do_not_translate),
        "glossary": {locale: dict(terms) for locale, terms in kit.glossary.items()},
        "forbidden": {locale: list(words) for locale, words in kit.forbidden.items()},
        "thresholds": _thresholds(kit),
        "engines": list(kit.engines),
        "rights": kit.rights,
        "forbid": list(kit.forbid),
        "model": asdict(kit.model),
        "translators": {
            locale: [_named(choice) for choice in choices]
            for locale, choices in kit.translation.translators.items()
        },
        "least_similar": kit.translation.least_similar,
        "style": dict(kit.translation.style),
        "brief": kit.translation.brief,
    }


def _in_locale(kit: BrandKit, locale: str) -> dict[str, Any]:
    return {
        "name": kit.name,
        "locale": locale,
        "fonts": [Path(font).name for font in kit.fonts if script_of(locale) in _scripts(font)],
        "do_not_translate": list(kit.do_not_translate),
        "glossary": dict(kit.glossary_for(locale)),
        "forbidden": list(kit.forbidden_in(locale)),
        "translators": [_named(choice) for choice in kit.translation.translators_for(locale)],
        "least_similar": kit.translation.least_similar,
        "style": kit.translation.style_for(locale),
        "brief": kit.translation.brief,
    }


def _thresholds(kit: BrandKit) -> dict[str, float]:
    from localizer.checks.suite import THRESHOLDS

    return {**THRESHOLDS, **kit.thresholds}


def _scripts(font: str) -> list[str]:
    """The scripts that a font can set, as far as a few letters tell."""
    from localizer.text.faces import Face

    face = Face(font)
    return [script for script, letters in _PROBES.items() if face.has(letters)]


def _named(choice: TranslatorChoice) -> dict[str, Any]:
    return {"name": choice.name, "parameters": dict(choice.parameters)}


def _lines(value: Any) -> Iterator[str]:
    """A value for people, a line for each thing in it."""
    if isinstance(value, dict) and "name" in value and "parameters" in value:
        yield " ".join([value["name"], *(f"{name}={given}" for name, given in value["parameters"].items())])
    elif isinstance(value, dict):
        for name, inner in value.items():
            for line in _lines(inner):
                yield f"{name}: {line}"
    elif isinstance(value, list):
        if value and isinstance(value[0], dict):
            for inner in value:
                yield from _lines(inner)
        else:
            yield ", ".join(map(str, value)) or "-"
    else:
        yield str(value) if value != "" else "-"
    if value == {}:
        yield "-"
