"""Campaign files: what they say, and what they are told when they are wrong."""

from __future__ import annotations

import dataclasses
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from localizer.campaigns import Campaign, Cron, Engine, Provenance, ToFestival, campaign_files, load_campaign
from localizer.errors import CampaignError
from localizer.festivals import FESTIVALS, REGIONS

PROJECT = Path(__file__).resolve().parents[3]
SAMPLES = campaign_files(PROJECT / "dags" / "campaigns")
SCHEMA = json.loads(
    resources.files("localizer.campaigns").joinpath("campaign_file.schema.json").read_text("utf-8")
)

MINIMAL = "manifest: manifest.csv\nowners: [Mei]\n"


def write(folder: Path, text: str, name: str = "moon.yaml") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def complaint(folder: Path, text: str, name: str = "moon.yaml") -> str:
    with pytest.raises(CampaignError) as caught:
        load_campaign(write(folder, text, name))
    return str(caught.value)


def test_the_least_that_a_file_needs(tmp_path: Path) -> None:
    campaign = load_campaign(write(tmp_path, MINIMAL))
    assert campaign == Campaign(
        name="moon",
        path=tmp_path / "moon.yaml",
        manifest=str(tmp_path / "manifest.csv"),
        owners=("Mei",),
        publish_as="moon",
    )
    assert campaign.schedule is None
    assert campaign.approval == "always"


def test_everything_that_a_file_may_say(tmp_path: Path) -> None:
    text = """
title: Moon
description: for *people*
manifest: gs://bucket/{{ festival_date(dag_run) }}/manifest.csv
image_root: images
copy_deck: ../deck.csv
brand: brand.yaml
locales: [zh-TW, no, pt-BR]
engine: {name: openai, connection: edit_server, parameters: {model: qwen, steps: 4, fast: true}}
approval: never
publish: {to: /srv/published, as: moon-2027}
workspace: gs://bucket/work
google_connection: google
provenance: {signing_connection: credentials}
owners: [Mei, jo@example.com]
tags: [moon]
schedule: {festival: Mooncake Festival, lead: 2w, region: hk, timezone: Asia/Tokyo, hour: 6}
max_active_runs: 2
pool: gpu
queue: gpu
"""
    assert load_campaign(write(tmp_path, text)) == Campaign(
        name="moon",
        path=tmp_path / "moon.yaml",
        manifest="gs://bucket/{{ festival_date(dag_run) }}/manifest.csv",
        owners=("Mei", "jo@example.com"),
        schedule=ToFestival("mid-autumn", "2w", "HK", "Asia/Tokyo", 6),
        title="Moon",
        description="for *people*",
        image_root=str(tmp_path / "images"),
        copy_deck=str(tmp_path.parent / "deck.csv"),
        brand=str(tmp_path / "brand.yaml"),
        locales=("zh-Hant", "no", "pt-BR"),
        engine=Engine("openai", "edit_server", {"model": "qwen", "steps": 4, "fast": True}),
        approval="never",
        publish_to="/srv/published",
        publish_as="moon-2027",
        workspace="gs://bucket/work",
        google_connection="google",
        provenance=Provenance("credentials"),
        tags=("moon",),
        max_active_runs=2,
        pool="gpu",
        queue="gpu",
    )


def test_several_copy_decks(tmp_path: Path) -> None:
    more = "manifest: m.csv\nowners: [Mei]\ncopy_deck: decks, ../shared.tmx,gs://bucket/de.xlf\n"
    campaign = load_campaign(write(tmp_path, more))
    assert campaign.copy_deck == f"{tmp_path}/decks,{tmp_path.parent}/shared.tmx,gs://bucket/de.xlf"
    (tmp_path / "decks, old.csv").write_text("source,ja\n")
    named = load_campaign(
        write(tmp_path, more.replace("decks, ../shared.tmx,gs://bucket/de.xlf", "'decks, old.csv'"))
    )
    assert named.copy_deck == f"{tmp_path}/decks, old.csv"


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("manual", None),
        ("{cron: '0 9 * * 1'}", Cron("0 9 * * 1", "UTC")),
        ("{cron: '@weekly', timezone: Asia/Tokyo}", Cron("@weekly", "Asia/Tokyo")),
        ("{festival: 618, lead: 3w, region: CN}", ToFestival("618", "3w", "CN", "Asia/Shanghai")),
        ("{festival: 11.11, lead: 3w, region: CN}", ToFestival("double-11", "3w", "CN", "Asia/Shanghai")),
        (
            "{dates: [2027-09-09, 2028-09-09], name: Birthday, lead: 7d, region: DE}",
            ToFestival("Birthday", "7d", "DE", "Europe/Berlin", dates=("2027-09-09", "2028-09-09")),
        ),
    ],
)
def test_schedules(tmp_path: Path, text: str, schedule: Any) -> None:
    assert load_campaign(write(tmp_path, MINIMAL + f"schedule: {text}\n")).schedule == schedule


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("{festival: mid-autum, lead: 14d, region: CN}", 4, "schedule.festival", "did you mean 'mid-autumn'"),
        ("{festival: mid-autumn, lead: fortnight, region: CN}", 4, "schedule.lead", "such as 14d or 2w"),
        ("{festival: mid-autumn, lead: 14d, region: UK}", 4, "schedule.region", "did you mean 'GB'"),
        ("{festival: tet, lead: 14d, region: CN}", 4, "schedule.region", "it is in VN"),
        ("{festival: mid-autumn, region: CN}", 3, "schedule", "needs lead too, such as 14d"),
        ("{festival: mid-autumn, lead: 14d, region: CN, hour: 25}", 4, "schedule.hour", "25"),
        ("{festival: mid-autumn, lead: 14d, region: CN, timezone: Peking}", 4, "schedule.timezone", "IANA"),
        ("{festival: mid-autumn, lead: 14d, region: CN, name: x}", 4, "schedule.name", "dates only"),
        ("{cron: 0 9 * *}", 4, "schedule.cron", "five fields"),
        ("{cron: 0 9 * * 1, lead: 3d}", 4, "schedule.lead", "remove it"),
        ("{cron: 0 9 * * 1, festival: qixi}", 3, "schedule", "this has cron and festival"),
        ("{lead: 3d}", 3, "schedule", "none of them"),
        ("{dates: [2027-02-30], name: B, lead: 7d, region: CN}", 4, "schedule.dates", "not a date"),
        ("{dates: [tomorrow], name: B, lead: 7d, region: CN}", 4, "schedule.dates", "tomorrow"),
        ("{festval: qixi}", 3, "schedule", "one of cron, festival or dates"),
        ("sometimes", 3, "schedule", "sometimes"),
    ],
)
def test_wrong_schedules(tmp_path: Path, text: str, line: int, field: str, says: str) -> None:
    said = complaint(tmp_path, MINIMAL + f"schedule:\n  {text}\n")
    assert f"moon.yaml, line {line}, {field}" in said
    assert says in said


@pytest.mark.parametrize(
    ("text", "line", "field", "says"),
    [
        ("owners: [Mei]\n", 1, "the file", "'manifest' is a required property"),
        (MINIMAL + "locale: [en]\n", 3, "locale", "did you mean 'locales'"),
        (MINIMAL + "locales: [en, klingonese]\n", 3, "locales.1", "BCP 47"),
        (MINIMAL + "approval: sometimes\n", 3, "approval", "known: always, exceptions_only, never"),
        (MINIMAL + "engine:\n  name: typset\n", 4, "engine.name", "did you mean 'typeset'"),
        (
            MINIMAL + "engine:\n  name: openai\n  parameters:\n    api_key: abc\n",
            6,
            "engine.parameters.api_key",
            "Airflow connection",
        ),
        (MINIMAL + "owners: [Jo]\n", 3, "", "is there twice"),
        (MINIMAL + "tags: [a\n", 4, "", "not valid YAML"),
        (MINIMAL + "max_active_runs: 0\n", 3, "max_active_runs", "0"),
        ("manifest: m-{{ ds }}.csv\nowners: [Mei]\n", 1, "manifest", "without schedule"),
        (MINIMAL + "publish:\n  as: a/b\n", 4, "publish.as", "a/b"),
        (MINIMAL + "publish:\n  as: x-{{ ds }}\n", 4, "publish.as", "without schedule"),
        (MINIMAL + "publish:\n  to: s3://bucket\n", 4, "publish.to", "s3:// is not supported"),
    ],
)
def test_wrong_fields(tmp_path: Path, text: str, line: int, field: str, says: str) -> None:
    said = complaint(tmp_path, text)
    assert f"moon.yaml, line {line}" in said
    assert field in said
    assert says in said
    assert "abc" not in said  # a credential by mistake is not repeated


def test_every_fault_is_told_at_once_in_order(tmp_path: Path) -> None:
    said = complaint(
        tmp_path, MINIMAL + "approval: x\nlocale: [en]\nschedule: {festival: qixy, lead: 1d, region: CN}\n"
    )
    assert [line.split(", ")[1] for line in said.splitlines()] == ["line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    "name", ["Moon Festival.yaml", "月.yaml", "-x.yaml", "spring__eu.yaml", "spring_.yaml"]
)
def test_a_name_that_cannot_name_a_dag(tmp_path: Path, name: str) -> None:
    assert "names the DAG" in complaint(tmp_path, MINIMAL, name)


def test_a_file_that_is_no_text_no_mapping_not_there_or_too_large(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    for path, says in (
        (tmp_path / "b.yaml", "UTF-8"),
        (write(tmp_path, "- a\n", "c.yaml"), "mapping of fields"),
        (write(tmp_path, "", "d.yaml"), "mapping of fields"),
        (tmp_path / "e.yaml", "cannot be read"),
        (write(tmp_path, "#" * 300_000, "f.yaml"), "at most"),
    ):
        with pytest.raises(CampaignError, match=says):
            load_campaign(path)


def test_samples_are_good_and_point_an_editor_at_the_schema() -> None:
    assert len(SAMPLES) == 3
    kinds = {type(load_campaign(path).schedule) for path in SAMPLES}
    assert kinds == {ToFestival, Cron, type(None)}
    for path in SAMPLES:
        first = path.read_text("utf-8").splitlines()[0]
        prefix, target = first.split("$schema=")
        assert prefix == "# yaml-language-server: "
        assert json.loads((path.parent / target).read_text("utf-8")) == SCHEMA
        assert Path(load_campaign(path).manifest).exists()
        assert Path(load_campaign(path).brand or "").exists()


def test_the_schema_says_what_the_model_does() -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(SCHEMA)
    fields = SCHEMA["properties"]
    named = {f.name for f in dataclasses.fields(Campaign)} - {"name", "path"}
    within = {"publish_to", "publish_as", "four_eyes"}  # of publish, and of approval
    assert set(fields) - {"publish"} | within == named
    assert set(SCHEMA["required"]) == {
        f.name for f in dataclasses.fields(Campaign) if f.default is dataclasses.MISSING
    } - {"name", "path"}
    assert set(fields["engine"]["properties"]) == {f.name for f in dataclasses.fields(Engine)}
    schedule = fields["schedule"]["properties"]
    assert set(schedule) == {f.name for f in dataclasses.fields(ToFestival)} | {"cron", "name"}
    assert schedule["festival"]["enum"] == list(FESTIVALS)
    assert schedule["region"]["examples"] == list(REGIONS)
    assert all(field.get("description") for name, field in fields.items() if name != "publish")
    for name, field in fields.items():
        if "default" in field and name != "schedule":
            assert getattr(Campaign("x", Path(), "m", ("o",)), name) == field["default"], name


def test_the_schema_is_valid_yaml_completion_for_the_samples() -> None:
    from jsonschema import Draft202012Validator

    for path in SAMPLES:
        Draft202012Validator(SCHEMA).validate(yaml.safe_load(path.read_text("utf-8")))
