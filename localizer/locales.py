"""Locales: BCP 47 tags, reduced to what decides copy, fonts and readers."""

from __future__ import annotations

from functools import lru_cache

UNDETERMINED = "und"
NO_LANGUAGE = frozenset({UNDETERMINED, "mul", "zxx"})
"""What stands in the place of a language where there is none, or more than one."""

_DEFAULT_SCRIPT = {"zh": "Hans", "zh-TW": "Hant", "zh-HK": "Hant", "zh-MO": "Hant"}


@lru_cache(maxsize=1024)
def normalise_locale(tag: str) -> str:
    """The canonical form of a BCP 47 tag; Chinese always names its script (``zh-CN`` → ``zh-Hans``).

    The region is kept where it is given and is not what chose the script: ``pt-BR`` stays ``pt-BR``.
    An empty tag is ``und``.

    Raises:
        ValueError: not a well-formed tag, or its language is not known to CLDR.
    """
    import langcodes

    raw = tag.strip().replace("_", "-")
    if not raw:
        return UNDETERMINED
    if not raw.isascii() or not langcodes.tag_is_valid(raw):
        raise ValueError(f"{tag!r} is not a valid BCP 47 locale (examples: en, zh-Hans, pt-BR, ar)")
    canonical = langcodes.standardize_tag(raw)
    language = langcodes.Language.get(canonical)
    if language.language == "zh" and not language.script:
        script = _DEFAULT_SCRIPT.get(f"zh-{language.territory}", "Hans")
        return f"zh-{script}"
    if language.language == "zh" and language.script and language.territory in {"CN", "TW"}:
        return f"zh-{language.script}"
    return canonical


def language_of(tag: str) -> str:
    """The primary language subtag: ``pt`` of ``pt-BR``, ``zh`` of ``zh-Hant``."""
    return tag.split("-", 1)[0].lower()


def same_language(a: str, b: str) -> bool:
    """Whether two normalised locales share language and, for Chinese, script."""
    if language_of(a) != language_of(b):
        return False
    return not (
        language_of(a) == "zh" and normalise_locale(a).split("-")[:2] != normalise_locale(b).split("-")[:2]
    )


@lru_cache(maxsize=256)
def script_of(tag: str) -> str:
    """ISO 15924 script of a locale (``ar`` → ``Arab``, ``ja`` → ``Jpan``); ``Zyyy`` for und and mul."""
    import langcodes

    if language_of(tag) in NO_LANGUAGE:
        return "Zyyy"
    return langcodes.Language.get(tag).maximize().script or "Zyyy"


def wider_locales(tag: str) -> tuple[str, ...]:
    """A locale and the wider ones that it belongs to, the narrowest first: ``pt-BR``, ``pt``."""
    parts = tag.split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


@lru_cache(maxsize=256)
def region_of(tag: str) -> str:
    """ISO 3166 code of the region that a locale names, else of the one where it is spoken most (``ja`` →
    ``JP``, ``zh-Hant`` → ``TW``); empty for und and mul without a region."""
    import langcodes

    language = langcodes.Language.get(tag)
    if language.territory or language_of(tag) in NO_LANGUAGE:
        return language.territory or ""
    return language.maximize().territory or ""


def is_rtl(tag: str) -> bool:
    """Whether a locale is written right to left."""
    return script_of(tag) in {"Arab", "Hebr", "Syrc", "Thaa", "Nkoo"}
