"""``python -m localizer.diffusion.tiny FOLDER``: a tiny Qwen-Image-Edit with random weights, made offline.

The same classes, file layout and rules as the real model, a few hundred thousand weights instead of
twenty-eight billion: what is loaded and run by the production code in tests, demos and on a laptop. Its
pictures are noise.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localizer.diffusion.folder import SETTINGS
from localizer.diffusion.runtime import import_torch
from localizer.engines.editor import Tier
from localizer.errors import ConfigurationError

AREAS = (128 * 128, 256 * 256)
STEPS = {Tier.FAST: 2, Tier.BALANCED: 3, Tier.FULL: 4}
_SPECIALS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]


@dataclass(frozen=True, slots=True)
class Shape:
    """What the parts of a pipeline are made of; named as in their configurations.

    Attributes:
        vocabulary: rows of the text encoder's embedding; 0 means as many as the tokenizer has.
    """

    layers: int = 2
    heads: int = 2
    head_dim: int = 16
    rope: tuple[int, int, int] = (8, 4, 4)
    latent: int = 4
    vae_base: int = 4
    vae_blocks: int = 1
    hidden: int = 16
    intermediate: int = 16
    text_layers: int = 2
    text_heads: int = 2
    text_kv_heads: int = 2
    mrope: tuple[int, int, int] = (1, 1, 2)
    vocabulary: int = 0
    vision_layers: int = 2
    vision_hidden: int = 16
    vision_intermediate: int = 16
    vision_heads: int = 2
    vision_full: tuple[int, ...] = (1,)


TINY = Shape()


def write_tiny(folder: Path, *, seed: int = 0) -> None:
    """Write the pipeline, two LoRAs and the settings that let it run fast.

    Raises:
        ConfigurationError: torch or diffusers is missing, or the folder holds something else.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / SETTINGS).exists():
        raise ConfigurationError(f"{folder} is not empty; name a new folder")
    torch = import_torch()
    state = torch.random.get_rng_state()
    try:
        torch.manual_seed(seed)
        pipe = random_pipeline(TINY)
        pipe.save_pretrained(folder, safe_serialization=True)
        for tier in (Tier.FAST, Tier.BALANCED):
            _write_lora(pipe, folder / "loras" / f"{tier}.safetensors")
    finally:
        torch.random.set_rng_state(state)
    settings = {
        "areas": AREAS,
        "tiers": {tier: {"steps": steps} for tier, steps in STEPS.items()},
        "loras": {tier: f"loras/{tier}.safetensors" for tier in (Tier.FAST, Tier.BALANCED)},
    }
    (folder / SETTINGS).write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


def random_pipeline(shape: Shape) -> Any:
    """The real pipeline around real parts with random weights, by torch's global seed, device and type."""
    import_torch()
    from diffusers import (
        AutoencoderKLQwenImage,
        FlowMatchEulerDiscreteScheduler,
        QwenImageEditPlusPipeline,
        QwenImageTransformer2DModel,
    )

    tokenizer = _tokenizer()
    transformer = QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=4 * shape.latent,
        out_channels=shape.latent,
        num_layers=shape.layers,
        attention_head_dim=shape.head_dim,
        num_attention_heads=shape.heads,
        joint_attention_dim=shape.hidden,
        axes_dims_rope=shape.rope,
    )
    vae = AutoencoderKLQwenImage(  # 8 times smaller each way
        base_dim=shape.vae_base,
        z_dim=shape.latent,
        dim_mult=[1, 2, 4, 4],
        temperal_downsample=[False, True, True],
        num_res_blocks=shape.vae_blocks,
        latents_mean=[0.0] * shape.latent,
        latents_std=[1.0] * shape.latent,
    )
    scheduler = FlowMatchEulerDiscreteScheduler(  # the real model's schedule
        use_dynamic_shifting=True,
        base_shift=0.5,
        max_shift=0.9,
        base_image_seq_len=256,
        max_image_seq_len=8192,
        shift_terminal=0.02,
        time_shift_type="exponential",
    )
    pipe = QwenImageEditPlusPipeline(
        scheduler=scheduler,
        vae=vae.eval(),
        text_encoder=_text_encoder(tokenizer, shape),
        tokenizer=tokenizer,
        processor=_processor(tokenizer),
        transformer=transformer.eval(),
    )
    _require_prefix(pipe)
    return pipe


def _template() -> list[str]:
    """What the pipeline puts around a prompt, cut at its special tokens."""
    from diffusers import QwenImageEditPlusPipeline

    bare = QwenImageEditPlusPipeline.__new__(QwenImageEditPlusPipeline)
    # Only `__init__` knows the template; it works with no parts at all.
    QwenImageEditPlusPipeline.__init__(bare, None, None, None, None, None, None)
    return re.split("|".join(map(re.escape, _SPECIALS)), bare.prompt_template_encode.replace("{}", ""))


def _tokenizer() -> Any:
    """A byte-level BPE trained on the pipeline's own template.

    Every word of the template becomes one token, as with the real vocabulary: the pipeline cuts off a
    fixed number of tokens, and another tokenizer would cut into the prompt.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import Qwen2Tokenizer
    from transformers.models.qwen2.tokenization_qwen2 import PRETOKENIZE_REGEX

    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRETOKENIZE_REGEX), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=4096,
        min_frequency=2,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*_template(), "Picture 1: "] * 2, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    made = Qwen2Tokenizer(
        vocab=model["vocab"],
        merges=[
            tuple(pair) if isinstance(pair, list) else tuple(pair.split(" ")) for pair in model["merges"]
        ],
        model_max_length=131072,
        additional_special_tokens=_SPECIALS[1:],
    )
    made.padding_side = "left"
    return made


def _require_prefix(pipe: Any) -> None:
    prefix = pipe.prompt_template_encode.split("{}")[0]
    count = len(pipe.tokenizer(prefix)["input_ids"])
    if count != pipe.prompt_template_encode_start_idx:
        raise ConfigurationError(
            f"this diffusers cuts {pipe.prompt_template_encode_start_idx} tokens off a prompt, but its "
            f"template has {count}: the tiny tokenizer does not fit it"
        )


def _processor(tokenizer: Any) -> Any:
    from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor, Qwen2VLVideoProcessor

    patches = {"patch_size": 14, "merge_size": 2, "temporal_patch_size": 2}
    pictures = Qwen2VLImageProcessor(
        size={"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 1280}, **patches
    )
    return Qwen2VLProcessor(
        image_processor=pictures, tokenizer=tokenizer, video_processor=Qwen2VLVideoProcessor(**patches)
    )


def _text_encoder(tokenizer: Any, shape: Shape) -> Any:
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    number = tokenizer.convert_tokens_to_ids
    config = Qwen2_5_VLConfig(
        text_config={
            "hidden_size": shape.hidden,
            "intermediate_size": shape.intermediate,
            "num_hidden_layers": shape.text_layers,
            "num_attention_heads": shape.text_heads,
            "num_key_value_heads": shape.text_kv_heads,
            "vocab_size": shape.vocabulary or len(tokenizer),
            "max_position_embeddings": 32768,
            "rope_scaling": {"mrope_section": list(shape.mrope), "rope_type": "default", "type": "default"},
            "rope_theta": 1e6,
            "bos_token_id": number("<|endoftext|>"),
            "eos_token_id": number("<|im_end|>"),
        },
        vision_config={
            "depth": shape.vision_layers,
            "hidden_size": shape.vision_hidden,
            "intermediate_size": shape.vision_intermediate,
            "num_heads": shape.vision_heads,
            "out_hidden_size": shape.hidden,
            "fullatt_block_indexes": list(shape.vision_full),
        },
        image_token_id=number("<|image_pad|>"),
        video_token_id=number("<|video_pad|>"),
        vision_start_token_id=number("<|vision_start|>"),
        vision_end_token_id=number("<|vision_end|>"),
        vision_token_id=number("<|vision_pad|>"),
    )
    return Qwen2_5_VLForConditionalGeneration(config).eval()


def _write_lora(pipe: Any, path: Path) -> None:
    """A random LoRA on the attention of the transformer, in the form that diffusers saves and loads."""
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    name = path.stem
    pipe.transformer.add_adapter(
        LoraConfig(r=2, lora_alpha=2, init_lora_weights=False, target_modules=["to_q", "to_k", "to_v"]),
        adapter_name=name,
    )
    layers = get_peft_model_state_dict(pipe.transformer, adapter_name=name)
    pipe.transformer.delete_adapters(name)
    pipe.save_lora_weights(path.parent, layers, weight_name=path.name)


def main(arguments: list[str]) -> int:
    """The command; returns the exit code."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m localizer.diffusion.tiny FOLDER\n")
        return 2
    write_tiny(Path(arguments[0]))
    sys.stdout.write(f"wrote a tiny Qwen-Image-Edit with random weights to {arguments[0]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
