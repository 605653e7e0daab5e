"""Opus-MT: Marian models, each of one pair of languages or of a few."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
_NAMES = {"jap": "ja"}  # as the first models of the project are named


class OpusTranslator(Seq2SeqTranslator):
    """Marian models in this process. Cheap to make: weights and torch come with the first string.

    Args:
        model: folders of many pairs, as a template: ``/models/opus-mt-{source}-{target}``. Or a hub ID of the
            same form, with `revisions`.
        models: folder or hub ID by pair, written ``en/de``; these come before those of the template.
        revisions: commit of a hub ID, by pair.
        beams: of the search.
        batch: strings that are translated at once.
        download: whether a hub ID may be fetched when it is first used; otherwise it must be here already.

    Raises:
        ConfigurationError: no model at all, one of another kind, or a pair that cannot be read.
    """

    name = "opus-mt"

    def __init__(
        self,
        model: str = "",
        *,
        models: Mapping[str, str] | None = None,
        revisions: Mapping[str, str] | None = None,
        beams: int = 5,
        batch: int = 16,
        download: bool = False,
    ) -> None:
        super().__init__(beams=beams, batch=batch)
        self.download = download
        commits = {_pair(key): commit for key, commit in (revisions or {}).items()}
        places = dict(_by_template(model, commits)) if model else {}
        places |= {_pair(key): place for key, place in (models or {}).items()}
        if not places:
            raise ConfigurationError(
                f"translator opus-mt: there is no model at {model!r}"
                if model
                else "translator opus-mt: give model, such as /models/opus-mt-{source}-{target}, or models"
            )
        self.sources: dict[Pair, ModelSource] = {
            pair: find_weights(
                place,
                commits.get(pair, ""),
                whose="translator opus-mt",
                kinds=("marian",),
                needs="source.spm",
            )
            for pair, place in sorted(places.items())
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
            download=self.download,
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


def _pair(key: str) -> Pair:
    source, slash, target = key.partition("/")
    try:
        if slash and source and target:
            # A bare zh stays one: its model may write both scripts.
            return _language(source), _language(target)
    except ValueError:
        pass
    raise ConfigurationError(f"translator opus-mt: {key!r} is not a pair of locales such as en/de")


def _language(tag: str) -> str:
    tag = _NAMES.get(tag, tag)
    locale = normalise_locale(tag)
    return tag.lower() if tag.lower() == "zh" else locale


def _by_template(template: str, commits: Mapping[Pair, str]) -> Iterator[tuple[Pair, str]]:
    """Pairs and places: of folders those that are there, of hub IDs those that have a commit."""
    if template.count("{source}") != 1 or template.count("{target}") != 1:
        raise ConfigurationError(
            f"translator opus-mt: {template!r} must hold {{source}} and {{target}} once each; name single "
            "models in models"
        )
    path = Path(template).expanduser()
    found = False
    if path.parent.is_dir():
        name = (
            re.escape(path.name)
            .replace(r"\{source\}", "(?P<source>.+)")
            .replace(r"\{target\}", "(?P<target>.+)")
        )
        for folder in sorted(path.parent.iterdir()):
            match = re.fullmatch(name, folder.name)
            if match and (folder / "config.json").is_file():
                try:
                    pair = _language(match["source"]), _language(match["target"])
                except ValueError:
                    continue  # a model of a group of languages: name it in models
                found = True
                yield pair, str(folder)
    if not found:
        for source, target in commits:
            yield (source, target), template.replace("{source}", source).replace("{target}", target)
