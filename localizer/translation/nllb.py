"""NLLB-200: one model for 202 languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from localizer.errors import ConfigurationError
from localizer.translation.flores import flores_code
from localizer.translation.seq2seq import CODE_VERSION, Direction, Seq2SeqTranslator
from localizer.translation.weights import find_weights, load_model


class NllbTranslator(Seq2SeqTranslator):
    """NLLB-200 in this process. Cheap to make: weights and torch come with the first string.

    It knows nothing of context. Where space is short it gives the best of its beam that fits. The published
    weights are for non-commercial use (CC BY-NC 4.0): whoever names a model answers for its licence.

    Args:
        model: a local folder, or a hub ID with `revision`.
        revision: commit of a hub ID; the model must be on this machine already (``hf download``).
        beams: of the search.
        batch: strings that are translated at once.

    Raises:
        ConfigurationError: no such model, or one of another kind.
    """

    name = "nllb"

    def __init__(self, model: str, *, revision: str = "", beams: int = 5, batch: int = 16) -> None:
        super().__init__(beams=beams, batch=batch)
        self.source = find_weights(model, revision, whose="translator nllb", kinds=("m2m_100", "nllb-moe"))

    @property
    def version(self) -> str:
        return f"{self.source.label}+{CODE_VERSION}"

    def parameters(self) -> Mapping[str, Any]:
        """Model revision and beams."""
        return {"revision": self.source.revision, "beams": self.beams}

    def serves(self, source_locale: str, locale: str) -> bool:
        return flores_code(source_locale) is not None and flores_code(locale) is not None

    def direction(self, source_locale: str, locale: str) -> Direction:
        loaded = load_model(self.source, family="AutoModelForSeq2SeqLM")
        tokenizer = loaded.tokenizer
        codes = [flores_code(source_locale), flores_code(locale)]
        source, target = tokenizer.convert_tokens_to_ids(codes)
        if tokenizer.unk_token_id in (source, target) or not hasattr(tokenizer, "src_lang"):
            raise ConfigurationError(
                f"translator nllb: model {self.source.label} does not know the languages of NLLB-200"
            )
        return Direction(
            loaded,
            ready=partial(setattr, tokenizer, "src_lang", codes[0]),
            options={"forced_bos_token_id": target},
        )
