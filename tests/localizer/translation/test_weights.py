from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from localizer.errors import TransientError
from localizer.translation.weights import in_batches

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PROJECT = Path(__file__).resolve().parents[3]


def test_batches_hold_items_of_like_length_and_results_keep_the_order(transformers_stack: None) -> None:
    seen: list[list[str]] = []

    def work(batch: Sequence[str]) -> list[str]:
        seen.append(list(batch))
        return [item.upper() for item in batch]

    items = ["aaaa", "b", "ccc", "dd", "eeeee"]
    assert in_batches(work, items, size=2, length=len) == [item.upper() for item in items]
    assert seen == [["eeeee", "aaaa"], ["ccc", "dd"], ["b"]]
    assert in_batches(work, [], size=2, length=len) == []


def test_what_the_memory_does_not_hold_is_done_in_halves(transformers_stack: None) -> None:
    import torch

    def work(batch: Sequence[str]) -> list[str]:
        if len(batch) > 2 or "huge" in batch:
            raise torch.OutOfMemoryError("no room")
        return [item.upper() for item in batch]

    assert in_batches(work, list("abcde"), size=5, length=len) == list("ABCDE")
    with pytest.raises(TransientError, match="does not hold the translation of one string"):
        in_batches(work, ["a", "huge"], size=5, length=len)


_SCRIPT = """
import socket, sys
def refuse(*_):
    sys.exit("it asked the network")
socket.socket.connect = socket.getaddrinfo = refuse
from localizer.translation import TranslationRequest, get_translator
translator = get_translator("nllb", model="somebody/nllb", revision=sys.argv[1])
print(translator.translate([TranslationRequest("New", "en", "de")])[0].text)
"""


def test_a_hub_model_on_this_machine_is_used_without_the_network(taught_nllb: Path, tmp_path: Path) -> None:
    shutil.copytree(taught_nllb, tmp_path / "hub" / "models--somebody--nllb" / "snapshots" / COMMIT)
    environment = {**os.environ, "HF_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, COMMIT],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout.strip() == "Neu", done.stderr


_AGAIN = """
import sys
from localizer.storage import open_storage
from localizer.translation import DraftMemory, TranslationRequest, draft, get_translator
nllb = get_translator("nllb", model=sys.argv[1])
with DraftMemory(open_storage(sys.argv[2])) as memory:
    (got,) = draft([TranslationRequest("New", "en", "de", context=tuple(sys.argv[3:]))], [nllb], memory)
print(got.text, got.remembered, "torch" in sys.modules)
"""


def test_what_was_drafted_before_needs_no_model(taught_nllb: Path, tmp_path: Path) -> None:
    said = []
    for context in ("SALE", "50 %"):
        done = subprocess.run(
            [sys.executable, "-c", _AGAIN, str(taught_nllb), str(tmp_path), context],
            check=False,
            env={**os.environ, "PYTHONPATH": str(PROJECT)},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout.split())
    assert said == [["Neu", "False", "True"], ["Neu", "True", "False"]]
