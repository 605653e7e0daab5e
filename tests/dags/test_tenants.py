"""DAGs of tenants: who has which, what their forms take, and that no run leaves its tenant."""

from __future__ import annotations

import re
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from localizer.tenants import FILE

PROJECT = Path(__file__).resolve().parents[2]
RELEASING = {"evict_results", "rollback_release", "verify_release", "prune_releases"}
TRIGGERED_BY = {"redo_image": "review", **dict.fromkeys(RELEASING, "release")}
SHARED = {"localize_campaign", "localize_catalog", "rush_job", "redo_image", *RELEASING}
BRANDS = ("acme", "globex")


@pytest.fixture
def place(small_campaign: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two tenants; each has the small campaign among its inputs."""
    place = small_campaign
    lines = ["tenants:"]
    for brand in BRANDS:
        inputs = place / brand / "in"
        inputs.mkdir(parents=True)
        for name in ("a.png", "b.png", "small.csv"):
            shutil.copy(place / name, inputs)
        lines.append(
            f"  {brand}: {{workspace: {place}/{brand}/work, publish: {place}/{brand}/published, "
            f"inputs: [{inputs}], engine_connections: [{brand}_server], team: team_{brand}, "
            f"reviewers: [{brand}_mei], four_eyes: true}}"
        )
    (place / "tenants.yaml").write_text("\n".join(lines) + "\n")
    monkeypatch.setenv(FILE, str(place / "tenants.yaml"))
    return place


def parsed(folder: Path) -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags-folder")


def own_folder(place: Path, name: str = "dags") -> Path:
    """A copy of the DAG folder with a campaign file of each tenant, and no other."""
    folder = place / name
    shutil.copytree(PROJECT / "dags", folder, ignore=shutil.ignore_patterns("*.yaml", "__pycache__"))
    for brand in BRANDS:
        (folder / "campaigns" / f"{brand}_moon.yaml").write_text(
            f"tenant: {brand}\nmanifest: {place}/{brand}/in/small.csv\nowners: [Mei]\n"
            "approval: exceptions_only\n"
        )
    return folder


def kind(dag_id: str) -> str:
    return dag_id.partition("__")[0]


def test_every_dag_is_one_tenant_s_and_none_is_shared(airflow_db: None, place: Path) -> None:
    bag = parsed(own_folder(place))
    assert bag.import_errors == {}
    by_brand: dict[str, set[str]] = {brand: set() for brand in BRANDS}
    for dag_id, dag in bag.dags.items():
        [tag] = [tag for tag in dag.tags if tag.startswith("tenant:")]
        brand = tag.removeprefix("tenant:")
        by_brand[brand].add(kind(dag_id).replace(brand, "X"))
        assert dag_id.endswith(f"__{brand}") or dag_id == f"campaign_{brand}_moon"
        assert dag.access_control is None  # which only Flask-AppBuilder knows
    assert by_brand["acme"] == by_brand["globex"] >= {*SHARED, "campaign_X_moon"}


@pytest.mark.filterwarnings("ignore:The airflow.security.permissions module:UserWarning")  # Airflow's own
def test_under_flask_appbuilder_dags_say_which_role_may_what(
    airflow_db: None, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    monkeypatch.setenv("AIRFLOW__CORE__AUTH_MANAGER", manager)
    for dag_id, dag in parsed(own_folder(place)).dags.items():
        brand = "globex" if "globex" in dag_id else "acme"
        assert set(dag.access_control) == {f"{brand}-{r}" for r in ("view", "trigger", "review", "release")}
        triggers = {name for name, may in dag.access_control.items() if "can_create" in may["DAG Runs"]}
        assert triggers == {f"{brand}-{TRIGGERED_BY.get(kind(dag_id), 'trigger')}"}, dag_id


def test_a_campaign_of_nobody_has_no_dag_where_there_are_tenants(airflow_db: None, place: Path) -> None:
    bag = parsed(PROJECT / "dags")
    assert not [dag_id for dag_id in bag.dags if dag_id.startswith("campaign_")]
    [said] = bag.import_errors.values()
    assert said.count("names no tenant") == len(list((PROJECT / "dags/campaigns").glob("*.yaml")))


def test_in_multi_team_mode_a_bundle_has_one_tenant_s_dags(
    airflow_db: None, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", "True")
    folder = own_folder(place)
    (folder / "campaigns" / "broken.yaml").write_text("tenant: globex\nmanifest: 7\n")
    (place / "bundles").mkdir()
    for brand in BRANDS:
        (place / "bundles" / brand).symlink_to(folder)
    acme = parsed(place / "bundles" / "acme")
    assert {dag_id for dag_id in acme.dags if "globex" in dag_id} == set()
    assert {"localize_campaign__acme", "campaign_acme_moon"} <= set(acme.dags)
    assert acme.import_errors == {}  # what is wrong with globex's file is globex's
    globex = parsed(place / "bundles" / "globex")
    assert "broken.yaml" in str(globex.import_errors)
    nobody = parsed(folder)
    assert nobody.dags == {}
    assert "broken.yaml" in str(nobody.import_errors)


def test_a_form_takes_the_tenant_s_own_only(airflow_db: None, place: Path) -> None:
    from airflow.sdk.exceptions import ParamValidationError

    dags = parsed(own_folder(place)).dags
    params = dags["localize_campaign__acme"].params
    assert params["workspace"] == f"{place}/acme/work"
    assert params["publish_uri"] == f"{place}/acme/published"
    for name, value in {
        "manifest": f"{place}/acme/in/small.csv",
        "image_root": f"{place}/acme/in",
        "workspace": f"{place}/acme/work/mine/",
        "brand": None,
        "engine_conn_id": "acme_server",
        "gcp_conn_id": None,
    }.items():
        params[name] = value
    for name, value in {
        "manifest": f"{place}/globex/in/small.csv",
        "image_root": f"{place}/acme/in/../../globex/in",
        "workspace": f"{place}/acme/work-2",
        "publish_uri": f"{place}/acme/published/./..",
        "brand": "/etc/passwd",
        "copy_deck": f"{place}/acme/in//deck.csv",
        "engine_conn_id": "globex_server",
        "gcp_conn_id": "google_cloud_default",
        "approval": "never",
    }.items():
        with pytest.raises(ParamValidationError, match=name):
            params[name] = value
    for name in params:
        pattern = params.get_param(name).schema.get("pattern")
        assert pattern is None or re.compile(pattern)


def test_nobody_is_asked_less_than_the_campaign_says(airflow_db: None, place: Path) -> None:
    dag = parsed(own_folder(place)).dags["campaign_acme_moon"]
    assert dag.params.get_param("approval").schema["enum"] == ["always", "exceptions_only"]
    for task in (dag.get_task("review"), dag.get_task("approve_copy")):
        assert task.assigned_users == [{"id": "acme_mei", "name": "acme_mei"}]
        assert task.four_eyes is True


def test_without_tenants_nothing_is_narrower_than_before(
    airflow_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FILE, raising=False)
    dags = parsed(PROJECT / "dags").dags
    assert set(dags) >= SHARED
    dag = dags["localize_campaign"]
    assert dag.access_control is None
    assert not [tag for tag in dag.tags if tag.startswith("tenant:")]
    assert dag.params.get_param("approval").schema["enum"] == ["always", "exceptions_only", "never"]
    assert (dag.get_task("review").assigned_users, dag.get_task("review").four_eyes) == (None, False)


@pytest.fixture
def any_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forms that take anything, as `conf` could be."""
    from airflow.sdk import Param

    from operators import tenant_dags

    narrow = tenant_dags.tenant_params

    def open_form(params: Any, tenant: Any) -> dict[str, Param]:
        return {name: Param(param.value) for name, param in narrow(params, tenant).items()}

    monkeypatch.setattr(tenant_dags, "tenant_params", open_form)
    monkeypatch.setattr(tenant_dags, "_as_strict", lambda params: params)


def run(place: Path, **conf: Any) -> tuple[str, dict[str, str]]:
    """Run acme's DAG without asking anybody."""
    dag = parsed(PROJECT / "dags").dags["localize_campaign__acme"]
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
        task.retry_exponential_backoff = 0
    ran = dag.test(run_conf={"manifest": f"{place}/acme/in/small.csv", "approval": "never", **conf})
    return str(ran.state), {t.task_id: str(t.state) for t in ran.get_task_instances()}


def everything_of(place: Path, brand: str) -> set[str]:
    return {str(path.relative_to(place)) for path in (place / brand).rglob("*")}


def test_a_run_within_its_tenant_publishes(airflow_db: None, place: Path, any_form: None) -> None:
    before = everything_of(place, "globex")
    state, tasks = run(place)
    assert state == "success", tasks
    assert sorted(p.name for p in (place / "acme/published").rglob("*.png")) == ["a.png", "b.png"]
    assert everything_of(place, "globex") == before


@pytest.mark.parametrize(
    "conf",
    [
        {"manifest": "{place}/globex/in/small.csv"},
        {"manifest": "{place}/acme/in/link.csv"},
        {"manifest": "{place}/acme/in/folder/small.csv"},
        {"image_root": "{place}/acme/in/../../globex/in"},
        {"workspace": "{place}/globex/work"},
        {"copy_deck": "{place}/globex/in/deck.csv"},
        {"brand": "{place}/globex/in/brand.yaml"},
        {"engine": "openai", "engine_conn_id": "globex_server"},
        {"gcp_conn_id": "globex_google"},
    ],
    ids="-".join,
)
def test_whatever_a_run_is_given_it_stays_within_its_tenant(
    airflow_db: None, place: Path, any_form: None, conf: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    (place / "acme/in/link.csv").symlink_to(place / "globex/in/small.csv")
    (place / "acme/in/folder").symlink_to(place / "globex/in")
    before = everything_of(place, "globex")
    state, tasks = run(place, form=False, **{name: value.format(place=place) for name, value in conf.items()})
    assert (state, tasks["prepare_copy"]) == ("failed", "failed")
    assert "localizer.errors.TenantError: " in capfd.readouterr().out
    assert everything_of(place, "globex") == before
    assert not (place / "acme/published").exists()


def test_a_run_does_not_publish_where_another_does(airflow_db: None, place: Path, any_form: None) -> None:
    state, tasks = run(place, publish_uri=f"{place}/globex/published")
    assert (state, tasks["prepare_copy"]) == ("failed", "failed")
    assert not (place / "globex/published").exists()


def test_a_deck_beside_the_manifest_that_is_a_link_to_another_s_is_not_read(
    airflow_db: None, place: Path, any_form: None
) -> None:
    (place / "globex/in/copy_deck.csv").write_text("source,de\nSALE,GEHEIM\n")
    (place / "acme/in/copy_deck.csv").symlink_to(place / "globex/in/copy_deck.csv")
    state, tasks = run(place)
    assert (state, tasks["prepare_copy"]) == ("failed", "failed")
