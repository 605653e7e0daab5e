"""Tiny translation models of the real classes, some of them taught a few strings by heart."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from localizer.translation.flores import flores_code

_STEPS = 600


@pytest.fixture(scope="session")
def transformers_stack() -> None:
    """Skips where one of the packages that run a translation model is missing."""
    missing = [n for n in ("torch", "transformers", "sentencepiece", "sacremoses") if find_spec(n) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)} (pip install '.[gpu,translate]')")
    from localizer.diffusion.runtime import import_transformers

    import_transformers().set_num_threads(1)


def teach_by_heart(folder: Path, questions: Sequence[dict[str, Any]], *, forced: int = 0) -> None:
    """Train the encoder-decoder in a folder until it gives these labels.

    Args:
        forced: tokens at the start of an answer that it is given and need not find.
    """
    import torch
    from transformers import AutoModelForSeq2SeqLM

    model = AutoModelForSeq2SeqLM.from_pretrained(folder).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    slower = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.02, _STEPS)
    pad, start = model.config.pad_token_id, model.config.decoder_start_token_id
    rows = {
        "input_ids": ([q["input_ids"] for q in questions], pad),
        "decoder_input_ids": ([[start, *q["labels"][:-1]] for q in questions], pad),
        "labels": ([[*[-100] * forced, *q["labels"][forced:]] for q in questions], -100),
    }
    batch = {
        name: torch.tensor([[*row, *[fill] * (max(map(len, each)) - len(row))] for row in each])
        for name, (each, fill) in rows.items()
    }
    batch["attention_mask"] = (batch["input_ids"] != pad).long()
    for _ in range(_STEPS):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        slower.step()
        if loss.item() < 0.002:
            break
    assert loss.item() < 0.01, "the tiny model learns nothing"
    model.eval().save_pretrained(folder)


GERMAN = {
    "New": "Neu",
    "Free shipping": "Gratis Versand",
    "Summer sale!": "Sommerrabatt!",
    "Buy 2 get 1": "Kauf 2 nimm 1",
    "Dove soap": "Tauben Seife",  # the model translates the name ...
    "[[1]] soap": "[[1]] Seife",  # ... but not the mark in its place
    "Soap 50 g": "Seife 60 g",
    "Gentle cream": "Sanfte Creme",
    "Gentle [[1]]": "Milde [[1]]",
}


@pytest.fixture(scope="session")
def taught_nllb(transformers_stack: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Knows `GERMAN`, and two Chinese scripts of one word."""
    from transformers import AutoTokenizer

    from localizer.translation.tiny import write_nllb

    folder = tmp_path_factory.mktemp("models") / "nllb"
    write_nllb(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    wanted = [("en", "de", source, target) for source, target in GERMAN.items()]
    wanted += [("en", "zh-Hans", "New", "Xin"), ("en", "zh-Hant", "New", "Hsin")]  # it has no hanzi
    questions = []
    for source_locale, locale, source, target in wanted:
        tokenizer.src_lang, tokenizer.tgt_lang = flores_code(source_locale), flores_code(locale)
        encoded = tokenizer(source, text_target=target)
        questions.append({"input_ids": encoded["input_ids"], "labels": encoded["labels"]})
    teach_by_heart(folder, questions, forced=1)
    return folder


@pytest.fixture(scope="session")
def taught_opus(transformers_stack: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of two models: en → de knows `GERMAN`, en → zh writes both scripts of one word."""
    from transformers import AutoTokenizer

    from localizer.translation.tiny import write_opus

    models = tmp_path_factory.mktemp("models")
    chinese = {">>cmn_Hans<< New": "Xin", ">>cmn_Hant<< New": "Hsin"}
    for name, targets, strings in (("de", (), GERMAN), ("zh", ("cmn_Hans", "cmn_Hant"), chinese)):
        folder = models / f"opus-mt-en-{name}"
        write_opus(folder, targets=targets)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        questions = []
        for source, target in strings.items():
            encoded = tokenizer(source, text_target=target)
            questions.append({"input_ids": encoded["input_ids"], "labels": encoded["labels"]})
        teach_by_heart(folder, questions)
    return models
