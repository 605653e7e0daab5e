"""The brand kit: fonts, terms, forbidden words, thresholds and engine policy of one brand."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import yaml

from localizer.documents import canonical_json, did_you_mean, pointer, schema_faults
from localizer.errors import BrandError, InputStopped
from localizer.locales import normalise_locale
from localizer.model import Action
from localizer.sandbox.calling import bounded
from localizer.strict_yaml import TextLoader

_MAX_BYTES = 8 << 20
_MAX_INLINE = 256 << 10
_MAX_FONT_BYTES = 128 << 20
_FONT_MAGIC = (b"\x00\x01\x00\x00", b"OTTO", b"ttcf", b"true")


@dataclass(frozen=True, slots=True)
class ModelPolicy:
    """How far a brand lets an image-edit model go.

    Attributes:
        method: ``model`` (it draws the letters), ``hybrid`` (it erases, we set the type), or ``auto``: see
            `localizer.engines.method`.
        longest_text: that ``auto`` leaves to the model, in Latin letters; an ideograph counts as two.
        whole_image: whether the model may be given the whole image rather than the region of an edit.
        tiers: in the order in which they are tried; see `localizer.engines.editor.Tier`.
    """

    method: str = "auto"
    longest_text: int = 24
    whole_image: bool = False
    tiers: tuple[str, ...] = ("fast", "balanced", "full")


@dataclass(frozen=True, slots=True)
class BrandKit:
    """What one brand asks for.

    Attributes:
        fonts: absolute font file paths; brand fonts come before ours.
        glossary: target locale → source term → target term.
        do_not_translate: terms that stay as they are.
        forbidden: target locale or ``*`` → words that must not be published.
        thresholds: check name → override.
        engines: engine policy, in order; empty: the run's engine.
        rights: ``own`` or ``licensed`` if the brand states that it may take out the logos and watermarks in
            its images; empty if it states nothing.
        forbid: what a model may not be asked for: actions (``add_text``) and objects (``logo``).
        model: how a model is used.
        digest: SHA-256 of the content, font bytes included but not where the fonts lie. Worked out if
            it is not given.

    Raises:
        BrandError: a font is missing or is no font.
    """

    name: str = "default"
    fonts: tuple[str, ...] = ()
    glossary: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    do_not_translate: tuple[str, ...] = ()
    forbidden: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    engines: tuple[str, ...] = ()
    digest: str = ""
    rights: str = ""
    forbid: tuple[str, ...] = ()
    model: ModelPolicy = ModelPolicy()

    def __post_init__(self) -> None:
        if not self.digest:
            object.__setattr__(self, "digest", _digest(self))


def load_brand(path: str | Path | None) -> BrandKit:
    """Read a ``brand.yaml``; None is the default kit.

    Raises:
        BrandError: missing, unreadable or wrong; names the file and the field (a JSON pointer).
    """
    return BrandKit() if path is None else read_brand(_read(Path(path)), Path(path))


def read_brand(data: bytes, path: Path) -> BrandKit:
    """Like `load_brand`, of the bytes of a kit that lies at `path`."""
    content = _content(data, path)
    for place, message in schema_faults("localizer", "brand.schema.json", content):
        raise BrandError(f"{path}: {pointer(place) or 'the document'}: {message}")
    for check, value in content.get("thresholds", {}).items():
        if not math.isfinite(value):
            raise BrandError(f"{path}: /thresholds/{check}: must be a finite number, not {value}")
    fonts = []
    for index, name in enumerate(content.get("fonts", [])):
        try:
            font = _font_beside(path.parent, name)
            _font_bytes(font)
        except BrandError as error:
            raise BrandError(f"{path}: /fonts/{index}: {error}") from None
        fonts.append(str(font))
    return BrandKit(
        name=content.get("name", "default"),
        fonts=tuple(fonts),
        glossary=_by_locale(path, "glossary", content.get("glossary", {}), dict),
        do_not_translate=tuple(content.get("do_not_translate", ())),
        forbidden=_by_locale(path, "forbidden", content.get("forbidden", {}), tuple),
        thresholds={check: float(value) for check, value in content.get("thresholds", {}).items()},
        engines=tuple(content.get("engines", ())),
        rights=content.get("rights", ""),
        forbid=tuple(_forbid(path, content.get("forbid", ()))),
        model=_model(content.get("model", {})),
    )


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


def _read(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise BrandError(f"{path}: cannot be read (it is not a file)")
        with path.open("rb") as file:
            return file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise BrandError(f"{path}: cannot be read ({error.strerror or error})") from None


def _content(data: bytes, path: Path) -> dict[str, Any]:
    if len(data) > _MAX_BYTES:
        raise BrandError(f"{path}: is larger than {_MAX_BYTES >> 20} MiB; leave out what is not needed")
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


def _by_locale(path: Path, section: str, content: Mapping[str, Any], kind: type) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for tag, value in content.items():
        try:
            locale = "*" if tag == "*" and section == "forbidden" else normalise_locale(tag)
        except ValueError as error:
            raise BrandError(f"{path}: /{section}/{tag}: {error}") from None
        if locale in out:
            raise BrandError(f"{path}: /{section}/{tag}: {locale} is there twice; merge them")
        out[locale] = kind(value)
    return out


def _font_beside(folder: Path, name: str) -> Path:
    """Where a kit's font lies: below the kit's own folder, links followed."""
    try:
        font = (folder / name).resolve()
        inside = font.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:
        raise BrandError(f"font {name!r} cannot be read ({error})") from None
    if not inside:
        raise BrandError(f"font {name!r} is outside the brand kit's folder; copy it there")
    return font


def _font_bytes(font: Path) -> bytes:
    try:
        if font.exists() and not font.is_file():
            raise BrandError(f"font {font} cannot be read (it is not a file)")
        with font.open("rb") as file:
            data = file.read(_MAX_FONT_BYTES + 1)
        if len(data) > _MAX_FONT_BYTES:
            raise BrandError(f"font {font} is larger than {_MAX_FONT_BYTES >> 20} MiB")
    except OSError as error:
        raise BrandError(f"font {font} cannot be read ({error.strerror or error})") from None
    if not data.startswith(_FONT_MAGIC):
        raise BrandError(f"{font} is not a TTF, OTF or TTC font")
    return data


def _digest(kit: BrandKit) -> str:
    content: dict[str, Any] = {
        "name": kit.name,
        "fonts": [hashlib.sha256(_font_bytes(Path(font))).hexdigest() for font in kit.fonts],
        "glossary": {locale: dict(terms) for locale, terms in kit.glossary.items()},
        "do_not_translate": list(kit.do_not_translate),
        "forbidden": {locale: list(words) for locale, words in kit.forbidden.items()},
        "thresholds": dict(kit.thresholds),
        "engines": list(kit.engines),
    }
    # Later fields count only where they say something: kits without them keep their jobs' keys.
    if kit.rights:
        content["rights"] = kit.rights
    if kit.forbid:
        content["forbid"] = list(kit.forbid)
    if kit.model != ModelPolicy():
        content["model"] = asdict(kit.model)
    return hashlib.sha256(canonical_json(content).encode("utf-8")).hexdigest()
