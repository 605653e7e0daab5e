"""``python -m localizer.translation.tiny KIND FOLDER``: a tiny translation model with random weights.

The same classes and file layout as the real models, some ten thousand weights instead of billions, made
offline: what is loaded and run by the production code in tests and on a laptop. What it says is noise, and
noise is no translation.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localizer.diffusion.runtime import import_transformers
from localizer.errors import ConfigurationError

LETTERS = "".join(map(chr, [*range(0x21, 0x7F), *range(0xA1, 0x180)])) + "„“”‘’–—…€₽₹฿₩"
"""What the tiny models of two languages can read and write."""

_CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_nllb(folder: Path, *, seed: int = 0) -> None:
    """An NLLB-200: its tokenizer with one token a letter, and its encoder-decoder.

    Raises:
        ConfigurationError: a package is missing, or the folder is not empty.
    """
    with _random(folder, seed):
        from transformers import M2M100Config, M2M100ForConditionalGeneration, NllbTokenizer

        specials = ["<s>", "<pad>", "</s>", "<unk>"]
        tokenizer = NllbTokenizer(
            vocab={token: number for number, token in enumerate([*specials, "▁", *LETTERS])}, merges=[]
        )
        config = M2M100Config(
            vocab_size=len(tokenizer),
            max_position_embeddings=128,
            scale_embedding=True,
            pad_token_id=1,
            bos_token_id=0,
            eos_token_id=2,
            decoder_start_token_id=2,
            **_SIZES,
        )
        _save(M2M100ForConditionalGeneration(config), tokenizer, folder)


def write_opus(folder: Path, *, targets: Iterable[str] = (), seed: int = 0) -> None:
    """A Marian model with SentencePiece tokenizers, one piece a letter.

    Args:
        targets: codes of the target languages, of a model that has several: ``cmn_Hans``.

    Raises:
        ConfigurationError: a package is missing, or the folder is not empty.
    """
    with _random(folder, seed, "sentencepiece", "sacremoses"):
        import sentencepiece
        from transformers import MarianConfig, MarianMTModel, MarianTokenizer

        with tempfile.TemporaryDirectory() as place:
            pieces = Path(place) / "pieces.model"
            with pieces.open("wb") as file:
                sentencepiece.SentencePieceTrainer.train(
                    sentence_iterator=iter([" ".join(LETTERS)] * 8),
                    model_writer=file,
                    model_type="char",
                    vocab_size=len(LETTERS) + 4,  # beside the letters <unk>, <s>, </s> and the space
                    character_coverage=1.0,
                    normalization_rule_name="identity",
                    minloglevel=2,
                )
            letters = sentencepiece.SentencePieceProcessor(model_file=str(pieces))
            tokens = [letters.id_to_piece(number) for number in range(3, len(letters))]
            codes = [f">>{code}<<" for code in targets]
            vocabulary = Path(place) / "vocab.json"
            numbers = {t: n for n, t in enumerate(["</s>", "<unk>", *tokens, *codes, "<pad>"])}
            vocabulary.write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
            tokenizer = MarianTokenizer(str(pieces), str(pieces), str(vocabulary), source_lang="en")
            pad = numbers["<pad>"]
            config = MarianConfig(
                vocab_size=len(numbers),
                max_position_embeddings=128,
                scale_embedding=True,
                pad_token_id=pad,
                eos_token_id=0,
                forced_eos_token_id=0,
                decoder_start_token_id=pad,
                **_SIZES,
            )
            _save(MarianMTModel(config), tokenizer, folder)


def write_chat(folder: Path, *, seed: int = 0) -> None:
    """A Qwen 3 with its byte-level tokenizer and a chat template.

    Raises:
        ConfigurationError: a package is missing, or the folder is not empty.
    """
    with _random(folder, seed):
        from tokenizers import pre_tokenizers
        from transformers import Qwen2Tokenizer, Qwen3Config, Qwen3ForCausalLM

        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        tokenizer = Qwen2Tokenizer(
            vocab={letter: number for number, letter in enumerate(alphabet)},
            merges=[],
            eos_token="<|im_end|>",  # noqa: S106 - a control token, no secret
            additional_special_tokens=["<|im_start|>", "<|im_end|>"],
            chat_template=_CHAT_TEMPLATE,
        )
        config = Qwen3Config(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=2,
            head_dim=16,
            max_position_embeddings=8192,
            eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=None,
        )
        _save(Qwen3ForCausalLM(config), tokenizer, folder)


_SIZES: dict[str, Any] = {
    "d_model": 48,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_attention_heads": 2,
    "decoder_attention_heads": 2,
    "encoder_ffn_dim": 96,
    "decoder_ffn_dim": 96,
    "dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "encoder_layerdrop": 0.0,
    "decoder_layerdrop": 0.0,
}
_KINDS: dict[str, Callable[[Path], None]] = {
    "nllb": write_nllb,
    "opus-mt": write_opus,
    "chat-model": write_chat,
}


@contextmanager
def _random(folder: Path, seed: int, *packages: str) -> Iterator[None]:
    """Weights made within are random, by the seed."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty; name a new folder")
    torch = import_transformers(*packages)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def _save(model: Any, tokenizer: Any, folder: Path) -> None:
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main(arguments: list[str]) -> int:
    """The command; returns the exit code."""
    if len(arguments) != 2 or arguments[0] not in _KINDS:
        sys.stderr.write(f"usage: python -m localizer.translation.tiny {'|'.join(_KINDS)} FOLDER\n")
        return 2
    _KINDS[arguments[0]](Path(arguments[1]))
    sys.stdout.write(f"wrote a tiny model with random weights to {arguments[1]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
