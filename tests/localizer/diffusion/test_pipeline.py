"""The production loading and editing code on a tiny model of the real classes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from localizer.diffusion.pipeline import QwenEditModel, load
from localizer.diffusion.sizes import untouched
from localizer.engines.editor import ModelCall, Tier
from localizer.errors import ConfigurationError, EditCancelled, EngineError, EngineUnavailable

PROMPT = 'Replace the text "SALE" with "OFERTA".'


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> QwenEditModel:
    return load(str(tiny_model))


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8)


def call(picture: np.ndarray, tier: Tier = Tier.FAST, seed: int = 1, prompt: str = PROMPT) -> ModelCall:
    return ModelCall(picture, prompt, tier, seed)


@pytest.mark.parametrize("tier", list(Tier))
def test_every_tier_repeats_itself_and_differs_by_seed(model, picture, tier) -> None:
    first = model.generate(call(picture, tier))
    assert first.image.shape == picture.shape
    assert first.image.dtype == np.uint8
    assert first.image.std() > 1
    assert first.steps == model.setups[tier].steps
    assert first.model == model.source.label
    assert first.facts["tier"] == tier
    assert np.array_equal(first.image, model.generate(call(picture, tier)).image)
    assert not np.array_equal(first.image, model.generate(call(picture, tier, seed=2)).image)


def test_a_model_loaded_again_gives_the_same_picture(model, picture, tiny_model) -> None:
    again = QwenEditModel(str(tiny_model))
    assert again.parameters() == model.parameters()
    answers = [m.generate(call(picture, Tier.BALANCED)).image for m in (model, again)]
    assert np.array_equal(*answers)


def test_the_tier_before_leaves_nothing_behind(model, picture) -> None:
    full = model.generate(call(picture, Tier.FULL)).image
    model.generate(call(picture, Tier.FAST))
    assert np.array_equal(full, model.generate(call(picture, Tier.FULL)).image)


def test_a_lora_and_its_schedule_change_the_picture(model, picture, tiny_model) -> None:
    same_steps = {"fast": {"steps": 2, "distilled": False}}
    plain = QwenEditModel(str(tiny_model), tiers=same_steps)
    plain.loras = {}
    without = plain.generate(call(picture)).image
    assert not np.array_equal(without, model.generate(call(picture)).image)
    schedule = model._load().schedulers[Tier.FAST].config
    assert schedule.base_shift == schedule.max_shift == pytest.approx(np.log(3))
    assert schedule.shift_terminal is None
    assert model._load().schedulers[Tier.FULL].config.shift_terminal == 0.02


def test_prompt_and_picture_decide_and_are_embedded_once_for_all_seeds(model, picture) -> None:
    other = np.random.default_rng(5).integers(0, 255, picture.shape, dtype=np.uint8)
    first = model.generate(call(other))
    second = model.generate(call(other, seed=2))
    assert (first.facts["embeddings_reused"], second.facts["embeddings_reused"]) == (0, 1)
    worded = model.generate(call(other, prompt="Remove the text."))
    assert worded.facts["embeddings_reused"] == 0
    assert not np.array_equal(first.image, worded.image)
    # What was remembered gives what was computed.
    model._load()._embeddings.clear()
    assert np.array_equal(second.image, model.generate(call(other, seed=2)).image)


def test_it_really_computes_at_the_size_of_the_region(model, picture) -> None:
    """The pipeline would resample every reference to a megapixel: 64 times the tokens."""
    seen = []
    transformer = model._load().pipe.transformer
    hook = transformer.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append((kwargs["hidden_states"].shape[1], kwargs["img_shapes"])),
        with_kwargs=True,
    )
    try:
        model.generate(call(picture))
    finally:
        hook.remove()
    tokens, shapes = seen[0]
    assert shapes == [[(1, 8, 8), (1, 8, 8)]]
    assert tokens == 2 * 8 * 8


def test_sizes_that_the_pipeline_would_resample_are_refused(model) -> None:
    with pytest.raises(EngineError, match="resample a picture of 200x100"):
        model.generate(call(np.zeros((100, 200, 3), np.uint8)))
    with pytest.raises(EngineError, match="uint8"):
        model.generate(call(np.zeros((128, 128), np.uint8)))
    width, height = model.size_for(100, 40)
    assert (width, height) in untouched(128 * 128)
    assert model.generate(call(np.zeros((height, width, 3), np.uint8))).image.shape[:2] == (height, width)


def test_an_edit_can_be_cancelled_before_it_begins_and_between_steps(model, picture) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(EditCancelled, match="before its first step"):
        model.generate(call(picture, Tier.FULL), cancelled=stop)

    class After:
        """Set once asked a number of times."""

        def __init__(self, times: int) -> None:
            self.left = times

        def is_set(self) -> bool:
            self.left -= 1
            return self.left < 0

    with pytest.raises(EditCancelled, match="after step 2 of 4"):
        model.generate(call(picture, Tier.FULL), cancelled=After(3))
    assert model.generate(call(picture)).image.std() > 1


def test_one_edit_at_a_time_and_waiting_can_be_cancelled(model, picture) -> None:
    entered, leave, inside, most = threading.Event(), threading.Event(), [0], [0]

    def watch(*_: object) -> None:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        entered.set()
        leave.wait(20)
        inside[0] -= 1

    hook = model._load().pipe.vae.decoder.register_forward_pre_hook(watch)
    try:
        first = threading.Thread(target=model.generate, args=(call(picture),))
        first.start()
        assert entered.wait(20)
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        with pytest.raises(EditCancelled, match="waited for its turn"):
            model.generate(call(picture), cancelled=stop)
        leave.set()
        first.join()
    finally:
        leave.set()
        hook.remove()
    assert most == [1]


def failing(module, times: int, error: type[Exception]):
    """A hook on a real part that raises a number of times."""
    left = [times]

    def raise_some(*_: object) -> None:
        if left[0] > 0:
            left[0] -= 1
            raise error("CUDA out of memory. Tried to allocate 2.00 GiB")

    return module.register_forward_pre_hook(raise_some)


def test_out_of_memory_once_is_tried_again_with_less(tiny_model, picture) -> None:
    import torch

    model = load(str(tiny_model))
    vae = model._load().pipe.vae
    hook = failing(model._load().pipe.transformer, 1, torch.OutOfMemoryError)
    tiled = []
    watch = vae.decoder.register_forward_pre_hook(lambda *_: tiled.append(vae.use_tiling))
    try:
        answer = model.generate(call(picture))
    finally:
        hook.remove()
        watch.remove()
    assert answer.facts["memory"] == "saving"
    assert tiled[0] is True
    assert vae.use_tiling is False
    assert model.generate(call(picture)).facts["memory"] == "plenty"


def test_out_of_memory_twice_is_said_and_the_next_edit_works(tiny_model, picture) -> None:
    import torch

    model = load(str(tiny_model))
    hook = failing(model._load().pipe.transformer, 2, torch.OutOfMemoryError)
    with pytest.raises(EngineUnavailable, match=r"out of cpu memory on 128x128.*smaller areas"):
        model.generate(call(picture))
    hook.remove()
    assert model.generate(call(picture)).image.std() > 1


def test_a_picture_of_nans_is_an_error_not_a_black_image(tiny_model, picture) -> None:
    model = load(str(tiny_model))
    model._load().pipe.vae.decoder.register_forward_hook(lambda _m, _i, out: out * float("nan"))
    with pytest.raises(EngineError, match="not a number"):
        model.generate(call(picture))


def test_warming_up_leaves_a_model_that_edits(tiny_model, picture) -> None:
    model = QwenEditModel(str(tiny_model))
    model.warm_up()
    started = time.perf_counter()
    model.generate(call(picture))
    assert time.perf_counter() - started < 30


def test_a_broken_weight_file_is_said(tiny_model, tmp_path) -> None:
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(tiny_model, broken)
    weights = broken / "transformer" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ConfigurationError, match=r"broken@.* cannot be loaded"):
        load(str(broken))
    shutil.copy(broken / "model_index.json", broken / "loras" / "fast.safetensors")
    shutil.copytree(tiny_model / "transformer", broken / "transformer", dirs_exist_ok=True)
    with pytest.raises(ConfigurationError, match="LoRA of tier fast cannot be loaded"):
        load(str(broken))
