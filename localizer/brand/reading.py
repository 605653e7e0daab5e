"""Read a brand kit; whatever is wrong is told with file and field (a JSON pointer)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from localizer.brand.files import MAX_BYTES, file_beside, font_bytes, kit_bytes, kit_file
from localizer.brand.glossaries import with_files
from localizer.brand.kit import BrandKit, ModelPolicy
from localizer.brand.translation import TranslationPolicy, TranslatorChoice
from localizer.documents import did_you_mean, pointer, schema_faults
from localizer.errors import BrandError, InputStopped
from localizer.locales import UNDETERMINED, language_of, normalise_locale
from localizer.model import Action
from localizer.sandbox.calling import bounded
from localizer.strict_yaml import TextLoader

_MAX_INLINE = 256 << 10


def load_brand(path: str | Path | None) -> BrandKit:
    """Read a ``brand.yaml``, or the one in a folder; None is the default kit.

    Raises:
        BrandError: missing, unreadable or wrong; names the file and the field (a JSON pointer).
        ConfigurationError: reading one of its glossary files needs a package that is not installed.
    """
    if path is None:
        return BrandKit()
    file = kit_file(Path(path))
    return read_brand(kit_bytes(file), file)


def read_brand(data: bytes, path: Path) -> BrandKit:
    """Like `load_brand`, of the bytes of a kit that lies at `path`."""
    content = _content(data, path)
    for place, message in schema_faults("localizer.brand", "brand.schema.json", content):
        raise BrandError(f"{path}: {pointer(place) or 'the document'}: {message}")
    for place, value in _numbers(content):
        if not math.isfinite(value):
            raise BrandError(f"{path}: {pointer(place)}: must be a finite number, not {value}")
    fonts = []
    for index, name in enumerate(content.get("fonts", [])):
        try:
            font = file_beside(path.parent, name, "font")
            font_bytes(font)
        except BrandError as error:
            raise BrandError(f"{path}: /fonts/{index}: {error}") from None
        fonts.append(str(font))
    glossary = _by_locale(path, "glossary", content.get("glossary", {}), dict)
    return BrandKit(
        name=content.get("name", "default"),
        fonts=tuple(fonts),
        glossary=with_files(path, glossary, content.get("glossary_files", ())),
        do_not_translate=tuple(content.get("do_not_translate", ())),
        forbidden=_by_locale(path, "forbidden", content.get("forbidden", {}), tuple),
        thresholds={check: float(value) for check, value in content.get("thresholds", {}).items()},
        engines=tuple(content.get("engines", ())),
        rights=content.get("rights", ""),
        forbid=tuple(_forbid(path, content.get("forbid", ()))),
        model=_model(content.get("model", {})),
        translation=_translation(path, content.get("translation", {})),
    )


def _numbers(
    content: Any, place: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], float]]:
    """Every fraction in a kit that fits the schema, and where it stands."""
    if isinstance(content, float):
        yield place, content
    elif isinstance(content, dict | list):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for part, value in items:
            yield from _numbers(value, (*place, part))


def _forbid(path: Path, content: Iterable[str]) -> Iterator[str]:
    for index, entry in enumerate(content):
        if "_" in entry and entry not in set(Action):
            hint = did_you_mean(entry, list(Action))
            raise BrandError(f"{path}: /forbid/{index}: {entry!r} is not an action{hint}")
        yield entry


def _model(content: Mapping[str, Any]) -> ModelPolicy:
    given = dict(content)
    if "whole_image" in given:  # our YAML has no booleans, see `TextLoader`
        given["whole_image"] = given["whole_image"] in {"true", "yes"}
    if "tiers" in given:
        given["tiers"] = tuple(given["tiers"])
    return ModelPolicy(**given)


def _translation(path: Path, content: Mapping[str, Any]) -> TranslationPolicy:
    given = dict(content)
    chosen: dict[str, tuple[TranslatorChoice, ...]] = {}
    for locale, entries in _by_locale(path, "translation/translators", given.get("translators", {})).items():
        chosen[locale] = tuple(
            TranslatorChoice(entry) if isinstance(entry, str) else _choice(entry) for entry in entries
        )
    _refuse_credentials(path, given.get("translators", {}))
    given["translators"] = chosen
    given["style"] = _by_locale(path, "translation/style", given.get("style", {}))
    return TranslationPolicy(**given)


def _choice(entry: Mapping[str, Any]) -> TranslatorChoice:
    parameters = {
        name: {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
        for name, value in entry.get("parameters", {}).items()
    }
    return TranslatorChoice(entry["name"], parameters)


def _refuse_credentials(path: Path, translators: Mapping[str, Any]) -> None:
    from localizer.remote.access import looks_like_credential

    for tag, entries in translators.items():
        for index, entry in enumerate(entries):
            for name in {} if isinstance(entry, str) else entry.get("parameters", {}):
                if looks_like_credential(name):
                    raise BrandError(
                        f"{path}: {pointer(('translation', 'translators', tag, index, 'parameters', name))}: "
                        "looks like a credential; a key belongs into a connection of Airflow, or into the "
                        "environment of the command line"
                    )


def _content(data: bytes, path: Path) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise BrandError(f"{path}: is larger than {MAX_BYTES >> 20} MiB; leave out what is not needed")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrandError(f"{path}: is not UTF-8; save it as UTF-8") from None
    try:
        # A small file cannot take long: no aliases, no nesting that a parser would follow far.
        content = parse_yaml(text) if len(text) <= _MAX_INLINE else bounded(parse_yaml, text)
    except InputStopped as error:
        raise BrandError(f"{path}: reading it {error}; leave out what is not needed") from None
    except BrandError as error:
        raise BrandError(f"{path}: {error}") from None
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BrandError(f"{path}: must be a mapping of fields, not {type(content).__name__}")
    return content


def parse_yaml(text: str) -> Any:
    """The content of a brand kit.

    Raises:
        BrandError: it is not the YAML that we read.
    """
    try:
        return yaml.load(text, Loader=TextLoader)  # noqa: S506 (a SafeLoader of ours)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrandError(f"is not valid YAML: {' '.join(str(error).split())}") from None


def _by_locale(
    path: Path, section: str, content: Mapping[str, Any], kind: type | None = None
) -> dict[str, Any]:
    """A section by normalised locale, its values made a `kind`."""
    out: dict[str, Any] = {}
    for tag, value in content.items():
        try:
            locale = "*" if tag == "*" and section != "glossary" else normalise_locale(tag)
        except ValueError as error:
            raise BrandError(f"{path}: /{section}/{tag}: {error}") from None
        if locale in out:
            raise BrandError(f"{path}: /{section}/{tag}: {locale} is there twice; merge them")
        if language_of(locale) == UNDETERMINED and section != "forbidden":
            raise BrandError(f"{path}: /{section}/{tag}: names no language; only words can be forbidden so")
        out[locale] = value if kind is None else kind(value)
    return out
