# The edit server: Ray Serve, torch and the model's code; no Airflow. The model's weights are mounted.
# Build from the project root:  docker build -f docker/server.Dockerfile -t campaign-localizer-server .
# The NVIDIA driver comes from the host (nvidia-container-toolkit), CUDA with torch's own packages.
FROM python:3.11-slim-bookworm

RUN useradd --create-home --uid 50000 server && mkdir -p /opt/localizer && chown server /opt/localizer
WORKDIR /opt/localizer
RUN pip install --no-cache-dir uv==0.13.9

# The extras `gpu` and `server`, and what reading a picture needs of the rest.
COPY requirements.txt ./
RUN uv pip install --system --no-cache --compile-bytecode -c requirements.txt \
      accelerate diffusers peft torch torchvision transformers \
      prometheus-client python-multipart "ray[serve]" \
      jsonschema numpy opencv-python-headless pillow rapidfuzz
COPY pyproject.toml README.md ./
COPY localizer localizer
COPY operators/__init__.py operators/
RUN uv pip install --system --no-cache --no-deps -e .

USER server
# A model is never downloaded while it serves: put its folder under /models.
ENV PYTHONPATH=/opt/localizer \
    HF_HUB_OFFLINE=1 \
    RAY_USAGE_STATS_ENABLED=0
EXPOSE 8000
ENTRYPOINT ["python", "-m", "localizer", "serve"]
CMD ["--help"]
