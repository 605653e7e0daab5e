"""The tenants file: what it says, and what it is told when it is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localizer.cli import main
from localizer.errors import TenantError
from localizer.tenants import FILE, Reviewer, Tenant, installed_tenants, load_tenants
from localizer.tenants.roles import RELEASE, TRIGGER, access_control, fab_roles

TWO = """
tenants:
  acme:
    title: ACME
    workspace: gs://acme/work
    publish: gs://acme/published
    inputs: [gs://acme/input, in/acme]
    brand_kits: kits/acme
    google_connection: acme_google
    engine_connections: [acme_server]
    translator_connections: [acme_drafts]
    signing_connection: acme_credentials
    team: team_acme
    reviewers: [mei, {id: "7", name: Jo}]
    four_eyes: true
  globex:
    workspace: /srv/globex/work
    publish: /srv/globex/published
    inputs: [/srv/globex/in]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "tenants.yaml"
    path.write_text(text, "utf-8")
    return path


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(TenantError) as caught:
        load_tenants(write(folder, text))
    return str(caught.value)


@pytest.fixture
def acme(tmp_path: Path) -> Tenant:
    return load_tenants(write(tmp_path, TWO))["acme"]


def test_everything_that_the_file_may_say(tmp_path: Path, acme: Tenant) -> None:
    assert acme == Tenant(
        name="acme",
        title="ACME",
        workspace="gs://acme/work",
        publish="gs://acme/published",
        inputs=("gs://acme/input", f"{tmp_path}/in/acme"),
        brand_kits=f"{tmp_path}/kits/acme",
        google_connection="acme_google",
        engine_connections=("acme_server",),
        translator_connections=("acme_drafts",),
        signing_connection="acme_credentials",
        team="team_acme",
        reviewers=(Reviewer("mei", "mei"), Reviewer("7", "Jo")),
        four_eyes=True,
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tenants: {}", "line 1, tenants"),
        ("tenants:\n  Acme: {workspace: /a, publish: /b, inputs: [/c]}", "'Acme' does not match"),
        ("tenants:\n  acme: {publish: /b, inputs: [/c]}", "'workspace' is a required property"),
        ("tenants:\n  acme: {workspace: /a, publish: /b, inputs: [/c], bucket: x}", "bucket: is not known"),
        (
            "tenants:\n  acme: {workspace: s3://a, publish: /b, inputs: [/c]}",
            "line 2, tenants.acme.workspace",
        ),
        ("tenants:\n  acme: {workspace: gs://a/../b, publish: /b, inputs: [/c]}", "'..'"),
        ("tenants:\n  acme: {}\n  acme: {}", "is there twice"),
        ("- acme", "must be a mapping"),
    ],
)
def test_a_wrong_file_says_where_and_what(tmp_path: Path, text: str, said: str) -> None:
    assert said in complaint(tmp_path, text)


@pytest.mark.parametrize(
    "place", ["/srv/globex/published/x", "/srv", "/srv/globex/in", "/srv/globex/work/acme"]
)
@pytest.mark.parametrize("field", ["workspace", "publish", "inputs"])
def test_no_tenant_s_place_lies_in_another_s(tmp_path: Path, field: str, place: str) -> None:
    fields = {"workspace": "gs://acme/work", "publish": "gs://acme/published", "inputs": ["gs://acme/in"]}
    fields[field] = [place] if field == "inputs" else place
    text = TWO.partition("  globex:")
    said = complaint(tmp_path, f"tenants:\n  acme: {json.dumps(fields)}\n{text[1]}{text[2]}")
    assert "lie in one another" in said


def test_two_tenants_have_two_teams(tmp_path: Path) -> None:
    assert "is acme's team" in complaint(tmp_path, TWO + "    team: team_acme\n")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workspace", "gs://acme/work/a"),
        ("publish_uri", "gs://acme/published"),
        ("manifest", "gs://acme/input/m.csv"),
        ("image_root", None),
        ("brand", "gs://acme/input/brand.yaml"),
        ("gcp_conn_id", "acme_google"),
        ("engine_conn_id", None),
        ("engine_conn_id", "acme_server"),
        ("engine", "anything"),
    ],
)
def test_what_is_a_tenant_s_own_passes(acme: Tenant, field: str, value: str | None) -> None:
    acme.check(field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workspace", "/srv/globex/work"),
        ("workspace", "gs://acme"),
        ("workspace", "gs://acme/published"),
        ("publish_uri", "gs://acme/published/../work"),
        ("publish_uri", "gs://acme/published-2"),
        ("manifest", "/etc/passwd"),
        ("image_root", "/"),
        ("copy_deck", "file:///srv/globex/in/deck.csv"),
        ("copy_deck", "gs://acme/input/deck.csv,/srv/globex/in/deck.csv"),
        ("copy_deck", "gs://acme/input/deck.csv,deck.csv"),
        ("brand", "brand.yaml"),
        ("brand", ["gs://acme/input"]),
        ("gcp_conn_id", None),
        ("gcp_conn_id", "globex_google"),
        ("engine_conn_id", "globex_server"),
    ],
)
def test_what_is_not_is_refused_by_name(acme: Tenant, field: str, value: object) -> None:
    with pytest.raises(TenantError, match=f"^{field}: "):
        acme.check(field, value)


def test_an_installation_without_tenants_is_one_brand_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE, raising=False)
    assert installed_tenants() is None


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE, str(tmp_path / "none.yaml"))
    with pytest.raises(TenantError, match="cannot be read"):
        installed_tenants()


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE, str(write(tmp_path, TWO)))
    assert set(installed_tenants() or ()) == {"acme", "globex"}
    write(tmp_path, TWO.partition("  globex:")[0])
    assert set(installed_tenants() or ()) == {"acme"}


def test_no_role_reaches_over_to_another_tenant(acme: Tenant) -> None:
    rights = fab_roles([acme])
    assert {each["name"] for each in rights} == {"acme-view", "acme-trigger", "acme-review", "acme-release"}
    on_all = {(each["resource"], each["action"]) for each in rights if each["resource"].startswith("DAG")}
    assert {action for resource, action in on_all if resource == "DAGs"} == {"menu_access"}
    assert not [action for _, action in on_all if "edit" in action or "create" in action]
    answering = {each["name"] for each in rights if each["action"] == "can_edit"}
    assert answering == {"acme-review", "acme-release"}


def test_triggering_answering_and_releasing_are_different_rights(acme: Tenant) -> None:
    campaign, rollback = access_control(acme, by=TRIGGER), access_control(acme, by=RELEASE)
    create = {name for name, rights in campaign.items() if "can_create" in rights["DAG Runs"]}
    edit = {name for name, rights in campaign.items() if "can_edit" in rights["DAGs"]}
    assert (create, edit) == ({"acme-trigger"}, {"acme-trigger", "acme-review"})
    create = {name for name, rights in rollback.items() if "can_create" in rights["DAG Runs"]}
    edit = {name for name, rights in rollback.items() if "can_edit" in rights["DAGs"]}
    assert (create, edit) == ({"acme-release"}, {"acme-release"})


def test_the_command_checks_the_file_and_writes_for_airflow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, TWO)
    assert main(["tenants", str(path)]) == 0
    assert "gs://acme/work" in capsys.readouterr().out
    assert main(["tenants", str(path), "--bundles", "/srv/bundles"]) == 0
    bundles = json.loads(capsys.readouterr().out)
    assert [(b["name"], b["kwargs"]["path"], b["team_name"]) for b in bundles] == [
        ("acme", "/srv/bundles/acme", "team_acme"),
        ("globex", "/srv/bundles/globex", "globex"),
    ]
    assert main(["tenants", str(path), "--fab-roles"]) == 0
    assert {each["name"] for each in json.loads(capsys.readouterr().out)} >= {"globex-release"}
    write(tmp_path, "tenants: {}")
    assert main(["tenants", str(path)]) == 2
