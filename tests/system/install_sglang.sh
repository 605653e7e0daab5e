#!/usr/bin/env bash
# Make a virtual environment in which a real SGLang-Diffusion server runs on a CPU; a second call is quick.
# Usage: install_sglang.sh FOLDER        (uv on the path)
#
# SGLang declares packages that only build with CUDA, so it is installed without its dependencies and with
# those that its diffusion server really imports. --backend diffusers runs the pipeline's own code.
set -euo pipefail

folder=$1
stamp="$folder/.installed-1"
[ -e "$stamp" ] && exit 0
rm -rf "$folder"
python3 -m venv "$folder"
pip() { uv pip install -q --python "$folder/bin/python" "$@"; }

pip torch==2.13.0
pip --no-deps sglang==0.5.23 torchvision==0.28.0
pip transformers==5.19.0 diffusers==0.42.1 accelerate peft safetensors pillow fastapi 'uvicorn>=0.51' \
  python-multipart orjson pyzmq psutil requests aiohttp numpy pydantic pybase64 setproctitle prometheus-client \
  einops httpx tqdm packaging msgspec imageio imageio-ffmpeg addict yunchang cloudpickle remote-pdb scikit-image \
  opencv-python-headless av moviepy trimesh xatlas ipython triton apache-tvm-ffi==0.1.11 dill sentencepiece \
  compressed-tensors gguf cache-dit python-dateutil openai partial-json-parser

# torchvision's import registers a fake for an operator that a CPU build of torch does not have; every process
# of the server needs the operator's schema declared first.
site=$("$folder/bin/python" -c 'import site; print(site.getsitepackages()[0])')
cat > "$site/sitecustomize.py" <<'PY'
import torch

if not torch.version.cuda:
    vision = torch.library.Library("torchvision", "DEF")
    for operator in ("nms", "qnms"):
        vision.define(operator + "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
PY
touch "$stamp"
