"""Campaign files of tenants: whose they are, and that they stay there; who answers for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.campaigns import Campaign, load_campaign, tenant_named
from localizer.errors import CampaignError
from localizer.tenants import FILE, Reviewer

TENANTS = """
tenants:
  acme:
    workspace: /srv/acme/work
    publish: gs://acme/published
    inputs: [/srv/acme/in, gs://acme/input]
    google_connection: acme_google
    engine_connections: [acme_server]
    notice_connections: [acme_slack]
  globex: {workspace: /srv/globex/work, publish: /srv/globex/published, inputs: [/srv/globex/in]}
"""
GOOD = "manifest: gs://acme/input/m.csv\nowners: [Mei]\n"


@pytest.fixture
def tenants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tenants.yaml"
    path.write_text(TENANTS)
    monkeypatch.setenv(FILE, str(path))


def load(folder: Path, text: str) -> Campaign:
    path = folder / "moon.yaml"
    path.write_text(text, "utf-8")
    return load_campaign(path)


def complaint(folder: Path, text: str) -> str:
    with pytest.raises(CampaignError) as caught:
        load(folder, text)
    return str(caught.value)


def test_a_tenant_needs_a_tenants_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE, raising=False)
    assert "line 3, tenant: this installation has no tenants" in complaint(tmp_path, GOOD + "tenant: acme\n")


def test_where_there_are_tenants_each_campaign_is_one_s(tmp_path: Path, tenants: None) -> None:
    assert load(tmp_path, GOOD + "tenant: acme\n").tenant == "acme"
    assert "tenant: acme | globex" in complaint(tmp_path, GOOD)
    assert "did you mean 'acme'" in complaint(tmp_path, GOOD + "tenant: acne\n")
    assert "use the field tenant" in complaint(tmp_path, GOOD + "tenant: acme\ntags: ['tenant:globex']\n")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("manifest: /srv/globex/in/m.csv\nowners: [Mei]\n", "manifest"),
        ("manifest: m.csv\nowners: [Mei]\n", "manifest"),
        (GOOD + "image_root: gs://acme\n", "image_root"),
        (GOOD + "copy_deck: /srv/acme/in/../../globex/in/deck.csv\n", "copy_deck"),
        (GOOD + "brand: /srv/globex/brand.yaml\n", "brand"),
        (GOOD + "publish: {to: /srv/globex/published}\n", "publish.to"),
        (GOOD + "workspace: /srv/globex/work\n", "workspace"),
        (GOOD + "google_connection: globex_google\n", "google_connection"),
        (GOOD + "provenance: {signing_connection: globex}\n", "provenance.signing_connection"),
        (GOOD + "copy: {translator_connection: globex}\n", "copy.translator_connection"),
        (GOOD + "engine: {name: openai, connection: globex_server}\n", "engine.connection"),
        (GOOD + "notify: [{on: [failed], by: slack, connection: globex_slack}]\n", "notify.0.connection"),
        (GOOD + "notify: [{on: [failed], by: webhook}]\n", "notify.0.connection"),
        (
            "manifest: gs://globex/{{ ds }}/m.csv\nowners: [Mei]\nschedule: {cron: '0 9 * * *'}\n",
            "manifest",
        ),
    ],
)
def test_a_campaign_does_not_leave_its_tenant(tmp_path: Path, tenants: None, text: str, field: str) -> None:
    said = complaint(tmp_path, text + "tenant: acme\n")
    assert f", {field}: " in said
    assert "tenant acme" in said
    assert "\n" not in said


def test_a_tenant_tells_people_by_its_own_connections(tmp_path: Path, tenants: None) -> None:
    text = GOOD + "tenant: acme\nnotify: [{on: [failed], by: slack, connection: acme_slack}]\n"
    assert load(tmp_path, text).tenant == "acme"


def test_a_template_in_a_tenant_s_folder_is_fine(tmp_path: Path, tenants: None) -> None:
    text = "manifest: gs://acme/input/{{ ds }}/m.csv\nowners: [Mei]\ntenant: acme\n"
    assert load(tmp_path, text + "schedule: {cron: '0 9 * * *'}\n").tenant == "acme"


def test_who_answers(tmp_path: Path) -> None:
    campaign = load(
        tmp_path,
        GOOD + "approval: {ask: exceptions_only, four_eyes: true}\nreviewers: [mei, {id: '7', name: Jo}]\n",
    )
    assert (campaign.approval, campaign.four_eyes) == ("exceptions_only", True)
    assert campaign.reviewers == (Reviewer("mei", "mei"), Reviewer("7", "Jo"))
    assert load(tmp_path, GOOD + "approval: {four_eyes: true}\n").approval == "always"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("approval: {ask: never, four_eyes: true}", "approval.four_eyes: goes with"),
        ("approval: sometimes", "'sometimes' is not known"),
        ("approval: {ask: sometimes}", "'sometimes' is not known"),
        ("approval: {eyes: 4}", "approval.eyes: is not known"),
        ("reviewers: []", "reviewers: [] "),
        ("reviewers: [{name: Jo}]", "'id' is a required property"),
    ],
)
def test_what_is_wrong_with_who_answers(tmp_path: Path, text: str, said: str) -> None:
    assert said in complaint(tmp_path, GOOD + text + "\n")


def test_a_broken_file_still_says_whose_it_is(tmp_path: Path) -> None:
    path = tmp_path / "moon.yaml"
    path.write_text("tenant: acme\nmanifest: 7\n")
    assert tenant_named(path) == "acme"
    path.write_text("tenant: [acme\n")
    assert tenant_named(path) is None
