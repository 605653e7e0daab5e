"""Opus-MT: Marian models, each of one pair of languages or of a few."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from localizer.diffusion.folder import ModelSource
from localizer.documents import canonical_digest
from localizer.errors import ConfigurationError, EngineError
from localizer.locales import language_of, normalise_locale, script_of
from localizer.translation.flores import flores_code
from localizer.translation.seq2seq import CODE_VERSION, Direction, Pair, Seq2SeqTranslator
from localizer.translation.weights import find_weights, load_model

_CHINESE = {
    "Hans": ("cmn_Hans", "zho_Hans", "zh_cn", "zh_CN"),
    "Hant": ("cmn_Hant", "zho_Hant", "zh_tw", "zh_TW"),
}
_MODEL = re.compile(
    r"\s*(?P<source>[\w-]+)/(?P<target>[\w-]+)\s*=\s*(?P<place>\S.*?)(?:@(?P<commit>[0-9a-f]{40}))?\s*"
)
_NAMES = {"jap": "ja"}  # as the first models of the project are named


class OpusTranslator(Seq2SeqTranslator):
    """Marian models in this process. Cheap to make: weights and torch come with the first string.

    Args:
        model: folders of many pairs, as a template: ``/models/opus-mt-{source}-{target}``.
        models: single ones, which come before those: ``en/de=/models/ende``, or with a hub ID and its
            commit ``en/de=Helsinki-NLP/opus-mt-en-de@<commit>``; the model must be on this machine already
            (``hf download``).
        beams: of the search.
        batch: strings that are translated at once.

    Raises:
        ConfigurationError: no model at all, one of another kind, or a pair that cannot be read.
    """

    name = "opus-mt"

    def __init__(
        self, model: str = "", *, models: Sequence[str] = (), beams: int = 5, batch: int = 16
    ) -> None:
        super().__init__(beams=beams, batch=batch)
        places = {pair: (folder, "") for pair, folder in _by_template(model)} if model else {}
        places |= dict(map(_named, models))
        if not places:
            raise ConfigurationError(
                f"translator opus-mt: there is no model at {model!r}"
                if model
                else "translator opus-mt: give model, such as /models/opus-mt-{source}-{target}, or models"
            )
        self.sources: dict[Pair, ModelSource] = {
            pair: find_weights(
                place, commit, whose="translator opus-mt", kinds=("marian",), needs="source.spm"
            )
            for pair, (place, commit) in sorted(places.items())
        }

    @property
    def version(self) -> str:
        models = {"/".join(pair): source.revision for pair, source in self.sources.items()}
        return f"{len(models)} models@{canonical_digest(models)[:12]}+{CODE_VERSION}"

    def parameters(self) -> Mapping[str, Any]:
        """Beams, and the model of every pair."""
        models = {"/".join(pair): source.label for pair, source in self.sources.items()}
        return {"models": models, "beams": self.beams}

    def serves(self, source_locale: str, locale: str) -> bool:
        return self._pair_for(source_locale, locale) is not None

    def _pair_for(self, source_locale: str, locale: str) -> Pair | None:
        """The pair whose model translates between two locales. A language alone stands for what is written in
        its usual script; Chinese for both, see `direction`."""
        for source in dict.fromkeys((source_locale, language_of(source_locale))):
            for target in dict.fromkeys((locale, language_of(locale))):
                same_script = script_of(target) == script_of(locale)
                if (same_script or target == "zh") and (source, target) in self.sources:
                    return source, target
        return None

    def direction(self, source_locale: str, locale: str) -> Direction:
        pair = self._pair_for(source_locale, locale)
        if pair is None:
            raise EngineError(f"there is no model for {source_locale} → {locale}")
        source = self.sources[pair]
        loaded = load_model(
            source,
            family="AutoModelForSeq2SeqLM",
            packages=("sentencepiece", "sacremoses"),
        )
        known = set(getattr(loaded.tokenizer, "supported_language_codes", ()))
        code = next((code for code in _target_codes(locale) if f">>{code}<<" in known), "")
        if (known or language_of(locale) == "zh") and not code and pair[1] != locale:
            raise EngineError(f"model {source.label} cannot be told to write {locale}")
        return Direction(loaded, prefix=f">>{code}<< " if code else "")


def _target_codes(locale: str) -> Iterator[str]:
    """Names by which a model of several target languages may know a locale, the most exact first."""
    if language_of(locale) == "zh":
        yield from _CHINESE.get(script_of(locale), ())
        return
    yield locale.replace("-", "_")
    yield locale.replace("-", "_").lower()
    flores = flores_code(locale)
    if flores:
        yield flores
        yield flores.split("_")[0]
    import langcodes

    yield language_of(locale)
    try:
        yield langcodes.Language.get(language_of(locale)).to_alpha3()
    except LookupError:
        return


def _named(entry: str) -> tuple[Pair, tuple[str, str]]:
    """Pair, place and commit of a single model."""
    match = _MODEL.fullmatch(entry)
    try:
        if match:
            pair = _language(match["source"]), _language(match["target"])
            return pair, (match["place"], match["commit"] or "")
    except ValueError:
        pass
    raise ConfigurationError(
        f"translator opus-mt: {entry!r} names no model; write a pair of locales and its place: "
        "en/de=/models/ende"
    )


def _language(tag: str) -> str:
    tag = _NAMES.get(tag, tag)
    locale = normalise_locale(tag)
    return tag.lower() if tag.lower() == "zh" else locale


def _by_template(template: str) -> Iterator[tuple[Pair, str]]:
    """Pairs and folders that are there."""
    if template.count("{source}") != 1 or template.count("{target}") != 1:
        raise ConfigurationError(
            f"translator opus-mt: {template!r} must hold {{source}} and {{target}} once each; name single "
            "models in models"
        )
    path = Path(template).expanduser()
    name = re.escape(path.name).replace(r"\{source\}", "(?P<source>.+)")
    name = name.replace(r"\{target\}", "(?P<target>.+)")
    for folder in sorted(path.parent.iterdir()) if path.parent.is_dir() else ():
        match = re.fullmatch(name, folder.name)
        if match and (folder / "config.json").is_file():
            try:
                pair = _language(match["source"]), _language(match["target"])
            except ValueError:
                continue  # a model of a group of languages: name it in models
            yield pair, str(folder)
