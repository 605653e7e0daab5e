"""The production code on a tiny Qwen 3 of the real classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.errors import ConfigurationError
from localizer.translation import TranslationRequest, get_translator
from localizer.translation.asking import messages_for
from localizer.translation.chat_model import ChatModelTranslator

ASKED = [
    TranslationRequest(text, "en", "de", keep=("Lumea",)) for text in ("New", "Free shipping", "Lumea 50 g")
]


@pytest.fixture(scope="module")
def random_chat(transformers_stack: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from localizer.translation.tiny import write_chat

    folder = tmp_path_factory.mktemp("models") / "chat"
    write_chat(folder)
    return folder


def test_noise_is_no_translation(random_chat: Path) -> None:
    translator = get_translator("chat-model", model=str(random_chat), batch=2)
    for got in translator.translate(ASKED):
        assert not got.text
        assert got.problem


def test_a_model_that_answers_in_json(random_chat: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(random_chat, padding_side="left")
    # Its template leaves the rules out: it has no need of them, and learns faster.
    tokenizer.chat_template = "{{ messages[1].content }}<|im_start|>"
    model = AutoModelForCausalLM.from_pretrained(random_chat).train()
    answer = torch.tensor(
        [tokenizer('{"translations": [{"id": 1, "text": "Neu bei Lumea"}]}<|im_end|>')["input_ids"]]
        * len(ASKED)
    )
    prompts = tokenizer.apply_chat_template(
        [messages_for([request]) for request in ASKED], padding=True, return_dict=True, return_tensors="pt"
    )
    batch = {
        "input_ids": torch.hstack([prompts["input_ids"], answer]),
        "attention_mask": torch.hstack([prompts["attention_mask"], torch.ones_like(answer)]),
        "labels": torch.hstack([torch.full_like(prompts["input_ids"], -100), answer]),
    }
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(800):
        loss = model(**batch).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.005:
            break
    model.eval().save_pretrained(tmp_path / "taught")
    tokenizer.save_pretrained(tmp_path / "taught")
    translator = get_translator("chat-model", model=str(tmp_path / "taught"), batch=2)
    assert [got.text for got in translator.translate(ASKED)] == ["Neu bei Lumea"] * 3
    long = TranslationRequest("New " * 2000, "en", "de")
    got = translator.translate([ASKED[0], long, ASKED[1]])
    assert [each.text for each in got] == ["Neu bei Lumea", "", "Neu bei Lumea"]
    assert got[1].problem == "the text is too long for the model"


def test_what_decides_a_draft_is_in_the_parameters(random_chat: Path, tmp_path: Path) -> None:
    plain = ChatModelTranslator(str(random_chat))
    styled = ChatModelTranslator(str(random_chat), style="formal", batch=1)
    assert plain.version == styled.version
    assert styled.parameters() == {**plain.parameters(), "style": "formal"}
    assert str(random_chat.parent) not in f"{plain.version}{plain.parameters()}"


def test_a_model_without_a_chat_template_is_told(
    taught_nllb: Path, random_chat: Path, tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "plain"
    shutil.copytree(random_chat, folder)
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ConfigurationError, match="has no chat template"):
        get_translator("chat-model", model=str(folder)).translate(ASKED)


def test_a_hub_model_that_is_not_here_is_not_fetched(transformers_stack: None) -> None:
    translator = get_translator("chat-model", model="nobody/no-such-model", revision="0" * 40)
    with pytest.raises(ConfigurationError, match="nothing is downloaded while a campaign runs"):
        translator.translate(ASKED)
