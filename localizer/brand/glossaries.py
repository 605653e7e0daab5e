"""Glossary files of a brand kit: TBX and CSV, as terminology tools write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from localizer.brand.files import file_beside
from localizer.errors import BrandError, CopyDeckError

_Glossary = Mapping[str, Mapping[str, str]]


def with_files(path: Path, glossary: _Glossary, files: Sequence[str]) -> _Glossary:
    """The glossary of a kit at `path` with the terms of its files.

    Raises:
        BrandError: a file cannot be used, or contradicts the kit or another file.
        ConfigurationError: reading it needs a package that is not installed.
    """
    if not files:
        return glossary
    from localizer.copydeck import read_glossary

    merged = {locale: dict(terms) for locale, terms in glossary.items()}
    places = {(locale, term): "the kit" for locale, terms in glossary.items() for term in terms}
    for index, name in enumerate(files):
        try:
            found = read_glossary(file_beside(path.parent, name, "glossary"))
        except (BrandError, CopyDeckError) as error:
            raise BrandError(f"{path}: /glossary_files/{index}: {error}") from None
        for locale, terms in found.items():
            known = merged.setdefault(locale, {})
            for term, target in terms.items():
                if known.setdefault(term, target) != target:
                    raise BrandError(
                        f"{path}: /glossary_files/{index}: {name}: {term!r} is {target!r} in {locale} here "
                        f"but {known[term]!r} in {places[locale, term]}; keep one"
                    )
                places.setdefault((locale, term), name)
    return merged
