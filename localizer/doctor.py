"""What this machine has and lacks, what each missing thing means, and how to get it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from localizer.errors import ConfigurationError
from localizer.report.wording import locale_name

_FEW = 20  # type families below which most sources will find none of their own


@dataclass(frozen=True, slots=True)
class Finding:
    """One component.

    Attributes:
        is_needed: without it nothing works; otherwise some results need a person.
        means: what does not work without it.
        install: how to get it.
    """

    name: str
    is_present: bool
    is_needed: bool
    detail: str = ""
    means: str = ""
    install: str = ""


def examine() -> tuple[Finding, ...]:
    """Look at everything that the pipeline uses and that may be missing. Takes a second, loads no model."""
    return (
        _ocr(),
        *_tesseract(),
        *_fonts(),
        *_families(),
        _faces(),
        _gcs(),
        _credentials(),
        _formats(),
    )


def report(findings: tuple[Finding, ...]) -> str:
    """The findings as lines for a person."""
    lines = []
    for finding in findings:
        mark = "ok     " if finding.is_present else "MISSING" if finding.is_needed else "missing"
        lines.append(f"{mark}  {finding.name}{f' ({finding.detail})' if finding.detail else ''}")
        if not finding.is_present:
            lines += [f"         {finding.means}", f"         install: {finding.install}"]
    missing = [f for f in findings if not f.is_present]
    needed = [f for f in missing if f.is_needed]
    if needed:
        lines.append(f"{len(needed)} needed components are missing: nothing can be localized")
    elif missing:
        lines.append("everything needed is here; what is missing sends some images to review")
    else:
        lines.append("everything is here")
    return "\n".join(lines) + "\n"


def _ocr() -> Finding:
    models = [] if (folder := _package_folder("rapidocr")) is None else sorted(folder.rglob("*.onnx"))
    return Finding(
        "OCR models of rapidocr",
        is_present=bool(models),
        is_needed=True,
        detail=f"{len(models)} models, version {_version('rapidocr')}" if models else "",
        means="No text can be found or read back.",
        install="pip install rapidocr==3.10.0",
    )


def _tesseract() -> Iterator[Finding]:
    from localizer.text.tesseract import LANGUAGES, is_installed, package_of

    for locale, language in LANGUAGES.items():
        name = locale_name(locale)
        yield Finding(
            f"Tesseract reader for {name}",
            is_present=is_installed(language),
            is_needed=False,
            detail=language,
            means=f"{name} text cannot be read back: such images end as needs_review.",
            install=f"apt-get install {package_of(language)}",
        )


def _fonts() -> Iterator[Finding]:
    import babel
    import langcodes

    from localizer.text.fonts import scripts, stack

    names = babel.Locale("en").scripts
    for script in scripts():
        likely = langcodes.Language.get(f"und-{script}").maximize().to_tag()
        try:
            detail, missing = Path(stack(likely)[0].path).name, ""
        except ConfigurationError as exc:
            detail, missing = "", str(exc)
        yield Finding(
            f"Font for {names.get(script, script)}",
            is_present=not missing,
            is_needed=True,
            detail=detail,
            means=f"Text in this script cannot be set: {missing}",
            install="pip install -r requirements.txt",
        )


def _families() -> Iterator[Finding]:
    from localizer.text.families import Kind, families, known_from_system

    try:
        found = families()
    except ConfigurationError:
        return  # told by the fonts above
    latin = [f.name for f in found if dict(f.regional).get("") and f.kind is not Kind.MONO]
    yield Finding(
        "Type families to match",
        is_present=len(latin) >= _FEW,
        is_needed=False,
        detail=f"{len(latin)} families",
        means="New type comes out in Noto Sans where the source has a face of its own.",
        install="pip install 'campaign-localizer[type]'",
    )
    for name, package in known_from_system().items():
        yield Finding(
            name,
            is_present=any(f.name == name for f in found),
            is_needed=False,
            means="Chinese and Japanese type of this kind is set in Noto Sans.",
            install=f"apt-get install {package}",
        )


def _faces() -> Finding:
    from localizer.checks.faces import INSTALL, model_path

    return Finding(
        "Face detection model",
        is_present=model_path() is not None,
        is_needed=False,
        means="Nobody can tell whether an edit touches a face: every image ends as needs_review.",
        install=INSTALL,
    )


def _gcs() -> Finding:
    version = _version("google-cloud-storage")
    return Finding(
        "google-cloud-storage",
        is_present=bool(version),
        is_needed=False,
        detail=f"version {version}" if version else "",
        means="gs:// addresses cannot be used for manifests, workspaces and releases.",
        install="pip install 'campaign-localizer[gcp]'",
    )


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _credentials() -> Finding:
    found = importlib.util.find_spec("c2pa") is not None
    return Finding(
        "Content credentials",
        is_present=found,
        is_needed=False,
        detail=f"c2pa-python {_version('c2pa-python')}" if found else "",
        means="No published image can be signed, and signed sources cannot be read.",
        install="pip install 'campaign-localizer[c2pa]'",
    )


def _formats() -> Finding:
    found = importlib.util.find_spec("translate") is not None
    return Finding(
        "Formats of translators",
        is_present=found,
        is_needed=False,
        detail=f"translate-toolkit {_version('translate-toolkit')}" if found else "",
        means="Copy decks cannot be XLIFF or TMX, nor glossaries TBX; tables, JSON and YAML can.",
        install="pip install 'campaign-localizer[copy]'",
    )


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
