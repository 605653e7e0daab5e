"""The edit server's image, compose service and Ray Serve config hold what the code needs."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker/compose.yaml"
BLOCKED = [
    "airflow",
    "torch",
    "ray",
    "diffusers",
    "transformers",
    "prometheus_client",
    "pandas",
    "scipy",
    "rapidocr",
    "skia",
]


def bare(requirement: str) -> str:
    return re.split(r"[\s\[<>=~!,;]", requirement, maxsplit=1)[0].lower()


def test_the_image_installs_the_extras_and_no_airflow() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    recipe = (ROOT / "docker/server.Dockerfile").read_text()
    [install] = re.findall(r"RUN uv pip install .*?-c requirements.txt((?:.*\\\n)+.*)", recipe)
    installed = {bare(word.strip('"')) for word in install.split() if word != "\\"}
    wanted = {bare(r) for extra in ("gpu", "server") for r in project["optional-dependencies"][extra]}
    assert wanted <= installed
    assert installed - wanted <= {bare(r) for r in project["dependencies"]}
    assert "apache-airflow" not in installed


def test_the_server_imports_nothing_that_its_image_lacks() -> None:
    """And an Airflow worker that imports it by accident pays nothing for torch or Ray."""
    program = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED!r}:
            raise ImportError(name + " is blocked")
sys.meta_path.insert(0, Blocker())
import localizer.cli, localizer.diffusion.pipeline
import localizer.server.app, localizer.server.deployments, localizer.server.starting
from localizer.images import decode
"""
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_compose_service_runs_what_the_image_has() -> None:
    compose = yaml.safe_load(COMPOSE.read_text())
    service = compose["services"]["edit-server"]
    assert service["profiles"] == ["gpu"]
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert "ports" not in service, "only Airflow's network reaches it"
    for name, other in compose["services"].items():
        assert name in {"edit-server", "worker-gpu"} or "profiles" not in other

    from localizer.cli import _parser

    arguments = _parser().parse_args(["serve", *service["command"]])
    assert arguments.host == "0.0.0.0"  # noqa: S104
    assert not arguments.anonymous
    assert list(service["environment"]) == ["LOCALIZER_SERVER_TOKENS_FILE"]


def compose_config(*arguments: str) -> dict[str, Any]:
    command = ["docker", "compose", "-f", str(COMPOSE), *arguments, "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    config: dict[str, Any] = json.loads(done.stdout)
    return config


def has_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return asked.returncode == 0


@pytest.mark.skipif(not has_compose(), reason="the docker client has no compose plugin here")
def test_docker_accepts_the_compose_file() -> None:
    assert "edit-server" not in compose_config()["services"]
    server = compose_config("--profile", "gpu")["services"]["edit-server"]
    [device] = server["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


def test_the_ray_serve_config_names_what_there_is() -> None:
    import importlib

    from localizer.server import deployments
    from localizer.server.settings import ServerSettings

    config = yaml.safe_load((ROOT / "docker/serve.yaml").read_text())
    [application] = config["applications"]
    module, name = application["import_path"].split(":")
    assert getattr(importlib.import_module(module), name) is deployments.build
    assert ServerSettings.from_mapping(application["args"]).name == application["args"]["served_name"]
    assert {d["name"] for d in application["deployments"]} <= {deployments.MODEL, deployments.API}


def test_ray_accepts_the_ray_serve_config() -> None:
    pytest.importorskip("ray", reason="pip install 'campaign-localizer[server]'")
    from ray.serve.schema import ServeDeploySchema

    config = yaml.safe_load((ROOT / "docker/serve.yaml").read_text())
    [deployment] = ServeDeploySchema.model_validate(config).applications[0].deployments
    assert deployment.ray_actor_options.num_gpus == 1
