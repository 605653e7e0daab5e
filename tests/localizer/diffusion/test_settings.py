"""What a model is told before torch is needed: folder, revision, tiers, LoRAs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from localizer.diffusion.folder import digest_of, find_model
from localizer.diffusion.loras import find_loras
from localizer.diffusion.pipeline import QwenEditModel
from localizer.diffusion.tiers import USUAL, tier_setups
from localizer.engines.editor import Tier
from localizer.errors import ConfigurationError

COMMIT = "0123456789" * 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that looks like a model as long as nobody loads it."""
    made = tmp_path / "qwen"
    (made / "transformer").mkdir(parents=True)
    (made / "model_index.json").write_text('{"_class_name": "QwenImageEditPlusPipeline"}')
    (made / "transformer" / "weights.safetensors").write_bytes(bytes(range(256)) * 20_000)
    return made


def test_the_usual_tiers() -> None:
    assert [(USUAL[t].steps, USUAL[t].guidance, USUAL[t].distilled) for t in Tier] == [
        (4, 1.0, True),
        (8, 1.0, True),
        (40, 4.0, False),
    ]
    assert tier_setups({"fast": {"steps": 6}})[Tier.FAST].steps == 6
    assert tier_setups({"fast": {"steps": 6}})[Tier.FAST].distilled


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"quick": {}}, "no tier 'quick'"),
        ({"fast": {"step": 3}}, "did you mean 'steps'"),
        ({"fast": {"steps": 1}}, "2 to 100"),
        ({"fast": {"steps": "4"}}, "2 to 100"),
        ({"full": {"guidance": 0.5}}, "1 to 20"),
        ({"full": {"distilled": "no"}}, "true or false"),
    ],
)
def test_wrong_tiers_are_refused(changes, message) -> None:
    with pytest.raises(ConfigurationError, match=message):
        tier_setups(changes)


def test_a_tier_without_its_lora_says_so_and_never_becomes_another(folder: Path) -> None:
    model = QwenEditModel(str(folder))
    assert model.ready_tiers() == (Tier.FULL,)
    assert model.setup_of(Tier.FULL).steps == 40
    with pytest.raises(ConfigurationError, match=r"tier fast .*loras\.fast.*ready: full"):
        model.setup_of(Tier.FAST)


def test_the_revision_of_a_folder_changes_with_its_content_not_with_its_place(folder: Path) -> None:
    before = find_model(str(folder)).revision
    moved = folder.rename(folder.with_name("qwen-2"))
    assert find_model(str(moved)).revision == before
    weights = moved / "transformer" / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1  # one bit of the last weight
    weights.write_bytes(content)
    assert find_model(str(moved)).revision != before


def test_parameters_name_what_decides_the_pixels(folder: Path, tmp_path: Path) -> None:
    lora = tmp_path / "four.safetensors"
    lora.write_bytes(b"weights")
    model = QwenEditModel(str(folder), loras={"fast": str(lora)}, tiers={"full": {"steps": 30}})
    parameters = model.parameters()
    assert json.loads(json.dumps(parameters)) == parameters
    assert parameters["revision"] == find_model(str(folder)).revision
    assert parameters["loras"] == {"fast": digest_of(lora)}
    assert parameters["tiers"]["full"]["steps"] == 30
    assert str(tmp_path) not in json.dumps(parameters)


def test_a_model_may_bring_its_own_settings_and_what_is_given_comes_first(folder: Path) -> None:
    (folder / "fast.safetensors").write_bytes(b"weights")
    settings = {"loras": {"fast": "fast.safetensors"}, "areas": [65536], "tiers": {"fast": {"steps": 3}}}
    (folder / "localizer.json").write_text(json.dumps(settings))
    model = QwenEditModel(str(folder))
    assert model.ready_tiers() == (Tier.FAST, Tier.FULL)
    assert (model.setup_of(Tier.FAST).steps, model.areas) == (3, (65536,))
    assert QwenEditModel(str(folder), areas=[262144]).areas == (262144,)
    (folder / "localizer.json").write_text('{"area": [65536]}')
    with pytest.raises(ConfigurationError, match="did you mean 'areas'"):
        QwenEditModel(str(folder))


@pytest.mark.parametrize(
    ("model", "revision", "message"),
    [
        ("", "", "parameter model"),
        ("/nowhere/at/all", "", "no model folder"),
        ("Qwen/Qwen-Image-Edit-2509", "", "full commit hash"),
        ("Qwen/Qwen-Image-Edit-2509", "main", "full commit hash"),
    ],
)
def test_a_model_that_is_not_there_or_not_pinned_is_refused(model, revision, message) -> None:
    with pytest.raises(ConfigurationError, match=message):
        find_model(model, revision)


def test_a_pinned_hub_id_is_not_looked_up(folder: Path) -> None:
    source = find_model("Qwen/Qwen-Image-Edit-2509", COMMIT)
    assert (source.local, source.revision) == (False, COMMIT)
    assert source.label == "Qwen/Qwen-Image-Edit-2509@012345678901"
    with pytest.raises(ConfigurationError, match="leave `revision` out"):
        find_model(str(folder), COMMIT)


def test_another_kind_of_model_is_refused(folder: Path) -> None:
    (folder / "model_index.json").write_text('{"_class_name": "StableDiffusionPipeline"}')
    with pytest.raises(ConfigurationError, match="StableDiffusionPipeline"):
        find_model(str(folder))


def test_loras_are_files_or_pinned_files_of_the_hub(tmp_path: Path) -> None:
    found = find_loras({"fast": f"lightx2v/Qwen-Image-Lightning/a/4steps.safetensors@{COMMIT}"})
    lora = found[Tier.FAST]
    assert (lora.location, lora.weight_name, lora.commit) == (
        "lightx2v/Qwen-Image-Lightning",
        "a/4steps.safetensors",
        COMMIT,
    )
    with pytest.raises(ConfigurationError, match="LoRA of tier fast"):
        find_loras({"fast": str(tmp_path / "missing.safetensors")})


def test_planning_with_a_model_imports_no_torch(folder: Path) -> None:
    code = (
        "import sys; from localizer.diffusion.pipeline import QwenEditModel; "
        f"QwenEditModel({str(folder)!r}).parameters(); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'diffusers', 'cv2')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
