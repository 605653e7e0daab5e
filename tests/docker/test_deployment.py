"""What is deployed holds together: compose file, Helm values and the code's names agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from operators import queues

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
HELM = yaml.safe_load((ROOT / "docker/helm/values.yaml").read_text())
PODS = yaml.safe_load((ROOT / "docker/helm/kubernetes.yaml").read_text())


def airflow_services() -> dict[str, dict[str, Any]]:
    return {
        n: s for n, s in COMPOSE["services"].items() if "AIRFLOW__CORE__EXECUTOR" in s.get("environment", {})
    }


def queues_of(command: list[str]) -> set[str]:
    return set(command[command.index("--queues") + 1].split(","))


def test_every_queue_has_a_worker() -> None:
    environment = airflow_services()["scheduler"]["environment"]
    wanted = {"default", environment["LOCALIZER_EDIT_QUEUE"], environment["LOCALIZER_GPU_QUEUE"]}
    workers = [s for n, s in airflow_services().items() if n.startswith("worker")]
    assert set().union(*(queues_of(w["command"]) for w in workers)) == wanted
    helm = {name for s in HELM["workers"]["celery"]["sets"] for name in s["queue"].split(",")}
    env = {e["name"]: e["value"] for e in HELM["env"]}
    assert helm == {"default", env["LOCALIZER_EDIT_QUEUE"], env["LOCALIZER_GPU_QUEUE"]}


def test_without_a_profile_one_machine_runs_all_that_a_campaign_needs() -> None:
    plain = {name for name, service in COMPOSE["services"].items() if "profiles" not in service}
    assert plain == {
        *("postgres", "redis", "init", "api-server", "scheduler", "dag-processor", "triggerer", "worker-cpu")
    }
    assert {s["restart"] for n, s in COMPOSE["services"].items() if n != "init"} == {"unless-stopped"}


def test_pools_are_made_and_smaller_than_the_workers() -> None:
    said = COMPOSE["services"]["init"]["command"][0]
    environment = airflow_services()["scheduler"]["environment"]

    def usually(variable: str) -> int:
        found = re.search(r":-(\d+)", environment[variable])
        assert found is not None, variable
        return int(found[1])

    # Estimates go by the same variables: a task cannot ask Airflow for the slots of a pool.
    named = re.findall(r'pools set (\S+) "\$\$(\w+)"', said)
    assert [variable for _, variable in named] == ["LOCALIZER_EDIT_SLOTS", "LOCALIZER_GPU_SLOTS"]
    pools = {pool: usually(variable) for pool, variable in named}
    assert set(pools) == {queues.POOL, environment["LOCALIZER_GPU_POOL"]}
    command = COMPOSE["services"]["worker-cpu"]["command"]
    assert int(command[command.index("--concurrency") + 1]) > pools[queues.POOL]
    assert usually("LOCALIZER_CATALOG_SHARDS") < pools[queues.POOL]


@pytest.mark.parametrize("where", ["compose", "helm"])
def test_every_setting_is_one_that_airflow_knows(where: str) -> None:
    """A misspelt one would be ignored in silence."""
    from airflow.configuration import conf

    if where == "helm":
        names = {(section, key) for section, options in HELM["config"].items() for key in options}
    else:
        environment = airflow_services()["scheduler"]["environment"]
        names = {
            tuple(name.removeprefix("AIRFLOW__").lower().split("__", 1))
            for name in environment
            if name.startswith("AIRFLOW__")
        }
    known = {(s, k) for s, section in conf.configuration_description.items() for k in section["options"]}
    unknown = {name for name in names if name not in known and not name[0].startswith("celery")}
    assert unknown == set()


def test_every_variable_of_ours_is_one_that_the_code_reads() -> None:
    code = "".join(
        p.read_text() for d in ("dags", "operators", "localizer") for p in (ROOT / d).rglob("*.py")
    )
    compose = set(airflow_services()["scheduler"]["environment"])
    helm = {e["name"] for values in (HELM, PODS) for e in values["env"]}
    for name in {n for n in compose | helm if n.startswith("LOCALIZER_")}:
        assert f'"{name}"' in code, name


def test_the_gpu_pod_is_one_that_the_executor_can_fill_in() -> None:
    env = {e["name"]: e["value"] for e in PODS["env"]}
    template = ROOT / Path(env["LOCALIZER_GPU_POD_TEMPLATE"]).relative_to("/opt/localizer")
    pod = yaml.safe_load(template.read_text())
    assert pod["kind"] == "Pod"
    [container] = pod["spec"]["containers"]
    assert container["name"] == "base"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
