"""What a brand kit holds, and the digest that stands for it in a job's key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from localizer.brand.files import font_bytes
from localizer.brand.translation import TranslationPolicy
from localizer.documents import canonical_json
from localizer.locales import UNDETERMINED, region_of, wider_locales


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


_NO_POLICY = TranslationPolicy()


@dataclass(frozen=True, slots=True)
class BrandKit:
    """What one brand asks for.

    Attributes:
        fonts: absolute font file paths; brand fonts come before ours.
        glossary: target locale → source term → target term; those of the glossary files are among them.
        do_not_translate: terms that stay as they are.
        forbidden: target locale, ``*`` or a market (``und-CN``) → words that must not be published; asked by
            `forbidden_in`.
        thresholds: check name → override.
        engines: engine policy, in order; empty: the run's engine.
        rights: ``own`` or ``licensed`` if the brand states that it may take out the logos and watermarks in
            its images; empty if it states nothing.
        forbid: what a model may not be asked for: actions (``add_text``) and objects (``logo``).
        model: how a model is used.
        translation: who drafts copy, and how.
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
    translation: TranslationPolicy = _NO_POLICY

    def __post_init__(self) -> None:
        if not self.digest:
            object.__setattr__(self, "digest", _digest(self))

    def glossary_for(self, locale: str) -> Mapping[str, str]:
        """The terms of a locale; what holds for ``pt`` holds for ``pt-BR``, which may have its own."""
        terms: Mapping[str, str] = {}
        for tag in reversed(wider_locales(locale)):
            own = self.glossary.get(tag, {})
            terms = {**terms, **own} if terms else own
        return terms

    def forbidden_in(self, locale: str) -> tuple[str, ...]:
        """The words that copy of a locale may not have.

        Its own, those of a wider one (``pt`` for ``pt-BR``), those of every locale, and those of its market
        whatever the language: ``und-CN`` holds for ``en-CN``, and for ``zh-Hans`` too, because a locale that
        names no region is published in the one where it is spoken most.
        """
        tags = [*wider_locales(locale), "*"]
        if region := region_of(locale):
            tags.append(f"{UNDETERMINED}-{region}")
        return tuple(dict.fromkeys(word for tag in tags for word in self.forbidden.get(tag, ())))


def _digest(kit: BrandKit) -> str:
    content: dict[str, Any] = {
        "name": kit.name,
        "fonts": [hashlib.sha256(font_bytes(Path(font))).hexdigest() for font in kit.fonts],
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
    # Not `translation`: a job's edits have the words themselves, and who drafted them. Another translator for
    # Japanese leaves every image done that needs none.
    return hashlib.sha256(canonical_json(content).encode("utf-8")).hexdigest()
