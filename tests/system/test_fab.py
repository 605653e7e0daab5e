"""Two brands on one Airflow with Flask-AppBuilder: roles and DAG rights as made from the tenants file.

Needs ``apache-airflow-providers-fab``, which is no part of the requirements.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localizer.tenants import load_tenants
from localizer.tenants.roles import fab_roles
from tests.system.brands import answer, dags_of, status, two_brands, wait_for_question
from tests.system.one_machine import OneMachine
from tests.system.rest import Api

pytestmark = pytest.mark.system

ROLES = {
    "ann": ["acme-view", "acme-trigger"],
    "mei": ["acme-view", "acme-review"],
    "rel": ["acme-view", "acme-release"],
    "vic": ["acme-view"],
    "gil": ["globex-view", "globex-trigger", "globex-review", "globex-release"],
}
BODY = {"logical_date": None, "conf": {}}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OneMachine]:
    pytest.importorskip("airflow.providers.fab")
    place = tmp_path_factory.mktemp("tenants")
    tenants = two_brands(place)
    roles = place / "roles.json"
    roles.write_text(json.dumps(fab_roles(load_tenants(tenants).values())))
    root = ["--role", "Admin", "--firstname", "R", "--lastname", "R", "--email", "root@example.com"]
    environment = {
        "LOCALIZER_TENANTS": str(tenants),
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__CORE__DAGS_FOLDER": str(place / "dags"),
    }
    commands = [
        ("users", "create", "--username", "root", "--password", "toor", *root),
        ("roles", "import", str(roles)),
    ]
    with OneMachine(tmp_path_factory.mktemp("airflow"), environment, commands=commands) as machine:
        admin = machine.api("root")
        for name, has in ROLES.items():
            user = {
                "username": name,
                "password": name[::-1],
                "first_name": name,
                "last_name": name,
                "email": f"{name}@example.com",
                "roles": [{"name": role} for role in has],
            }
            admin.call("POST", "/auth/fab/v1/users", json=user)
        admin.wait_for_dag("campaign_acme_moon")
        admin.wait_for_dag("campaign_globex_moon")
        yield machine


def see(api: Api, dag_id: str) -> None:
    """Rights on a DAG are written a moment after the DAG."""
    until = time.monotonic() + 60
    while dag_id not in dags_of(api):
        assert time.monotonic() < until, dags_of(api)
        time.sleep(1)


def test_roles_of_one_brand_do_what_they_say_and_nothing_of_another(
    machine: OneMachine, tmp_path: Path
) -> None:
    people = {name: machine.api(name) for name in ROLES}
    campaign = "/api/v2/dags/campaign_acme_moon/dagRuns"
    for name in ("ann", "mei", "rel", "vic"):
        see(people[name], "campaign_acme_moon")
        assert not any("globex" in dag_id for dag_id in dags_of(people[name])), name
    see(people["gil"], "campaign_globex_moon")
    assert not any("acme" in dag_id for dag_id in dags_of(people["gil"]))

    for name in ("mei", "rel", "vic", "gil"):
        assert status(people[name], "POST", campaign, json=BODY) == 403, name
    for name in ("ann", "mei", "vic", "gil"):
        path = "/api/v2/dags/evict_results__acme/dagRuns"
        assert status(people[name], "POST", path, json=BODY) == 403, name

    run = people["ann"].trigger("campaign_acme_moon", {})
    wait_for_question(people["vic"], run)
    for path in (run.path, f"{run.path}/taskInstances", f"{run.path}/taskInstances/load_manifest/logs/1"):
        assert status(people["vic"], "GET", path) == 200, path
        assert status(people["gil"], "GET", path) == 403, path
    for name in ("ann", "rel", "vic", "gil"):
        assert answer(people[name], run) == 403, name
    assert status(people["mei"], "PATCH", run.path, json={"state": "success"}) == 403
    assert answer(people["mei"], run) == 200
    assert people["ann"].wait(run, 180) == "success"


def test_a_form_takes_the_brand_s_own_only(machine: OneMachine) -> None:
    body = BODY | {"conf": {"workspace": "/elsewhere"}}
    assert status(machine.api("ann"), "POST", "/api/v2/dags/campaign_acme_moon/dagRuns", json=body) == 400
