"""A chat model in this process (Qwen and its like): asked for JSON, and read strictly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from localizer.errors import ConfigurationError
from localizer.translation.asking import PROMPT_VERSION, messages_for, read_answer
from localizer.translation.model import Translation, TranslationRequest
from localizer.translation.parameters import whole_number
from localizer.translation.weights import LoadedModel, computing, find_weights, in_batches, load_model

CODE_VERSION = "1"
"""Another one may give another draft."""

_FRAME = 64  # tokens of the JSON around a translation


class ChatModelTranslator:
    """A causal language model with a chat template, in this process. Cheap to make: weights and torch come
    with the first string. It is asked for one string at a time, several beside each other; glossary, context
    and length are in the question. It always gives the likeliest answer: the same question, the same draft.

    Args:
        model: a local folder, or a hub ID with `revision`.
        revision: commit of a hub ID; the model must be on this machine already (``hf download``).
        batch: strings that are translated at once.
        brief: what the campaign is about, for the prompt.
        style: how the brand speaks in the target locale, for the prompt.

    Raises:
        ConfigurationError: no such model.
    """

    name = "chat-model"
    at_once = 64  # enough of them to be sorted by length

    def __init__(
        self,
        model: str,
        *,
        revision: str = "",
        batch: int = 8,
        brief: str = "",
        style: str = "",
    ) -> None:
        self.batch = whole_number(batch, whose="translator chat-model: batch")
        self.source = find_weights(model, revision, whose="translator chat-model")
        self.brief, self.style = brief, style

    @property
    def version(self) -> str:
        return f"{self.source.label}+{CODE_VERSION}.{PROMPT_VERSION}"

    def parameters(self) -> Mapping[str, Any]:
        """Model revision, brief and style."""
        return {"revision": self.source.revision, "brief": self.brief, "style": self.style}

    def serves(self, source_locale: str, locale: str) -> bool:
        """Any pair: what it knows of a language, nobody can say beforehand."""
        return True

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        """One answer per request, in order.

        Raises:
            ConfigurationError: packages are missing, or the model is not on this machine.
            TransientError: the device has no memory left.
        """
        with computing() as torch:
            loaded = load_model(self.source, family="AutoModelForCausalLM")
            if not loaded.tokenizer.chat_template:
                raise ConfigurationError(
                    f"translator chat-model: model {self.source.label} has no chat template"
                )

            def work(batch: Sequence[TranslationRequest]) -> list[Translation]:
                return self._answers(torch, loaded, batch)

            prompts = (len(self._prompt(loaded, [request])["input_ids"][0]) for request in requests)
            short = [
                request
                for request, length in zip(requests, prompts, strict=True)
                if length + _room_for(request) <= loaded.longest
            ]
            answers = iter(in_batches(work, short, size=self.batch, length=lambda request: len(request.text)))
            fits = set(map(id, short))
            return [
                next(answers)
                if id(request) in fits
                else Translation(problem="the text is too long for the model")
                for request in requests
            ]

    def _prompt(self, loaded: LoadedModel, requests: Sequence[TranslationRequest], **options: Any) -> Any:
        return loaded.tokenizer.apply_chat_template(
            [messages_for([request], brief=self.brief, style=self.style) for request in requests],
            add_generation_prompt=True,
            tokenize=True,
            return_dict=True,
            # What looks like a control token in an image is text.
            sanitize_control_tokens=True,
            enable_thinking=False,
            **options,
        )

    def _answers(
        self, torch: Any, loaded: LoadedModel, requests: Sequence[TranslationRequest]
    ) -> list[Translation]:
        tokenizer = loaded.tokenizer
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        # In a batch each row must end where the answer begins.
        tokenizer.padding_side = "left"
        encoded = self._prompt(loaded, requests, return_tensors="pt", padding=True).to(loaded.device)
        length = int(encoded["input_ids"].shape[1])
        rows = loaded.model.generate(
            **encoded,
            max_new_tokens=min(loaded.longest - length, max(map(_room_for, requests))),
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            pad_token_id=tokenizer.pad_token_id,
        )[:, length:]
        ends = torch.tensor(_ends(loaded), device=rows.device)
        answers: list[Translation] = []
        for row, request in zip(rows, requests, strict=True):
            stops = torch.isin(row, ends).nonzero()
            if not len(stops):
                answers.append(Translation(problem="the model came to no end"))
                continue
            text = tokenizer.decode(row[: int(stops[0])], skip_special_tokens=True)
            answers += read_answer(text, [request])
        return answers


def _room_for(request: TranslationRequest) -> int:
    """Tokens that an answer may take: six a letter are many, in any script."""
    return _FRAME + 6 * len(request.text)


def _ends(loaded: LoadedModel) -> list[int]:
    """Tokens with which the model ends an answer."""
    said = loaded.model.generation_config.eos_token_id
    ends = said if isinstance(said, list) else [said]
    return sorted({end for end in (*ends, loaded.tokenizer.eos_token_id) if end is not None})
