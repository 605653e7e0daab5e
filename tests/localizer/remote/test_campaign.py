"""The whole way: jobs, the model engine, the call log and a server that dies in the middle."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from localizer.cli import main
from localizer.engines.registry import engine_names, get_engine
from localizer.errors import ConfigurationError
from localizer.model import Action, Edit, Job, JobResult
from localizer.pipeline import localize_many
from localizer.planning import job_key
from localizer.remote.access import use_access
from localizer.text.fonts import stack
from localizer.workspace import Workspace
from tests.localizer.remote.conftest import access
from tests.localizer.remote.openai_contract_server import OpenAIServer, dies

EDIT = Edit(Action.REPLACE_TEXT, "SALE", "RABATT")
BRAND = "name: acme\nmodel:\n  method: model\n  tiers: [fast]\n"


class Campaign:
    def __init__(self, folder: Path, posters: int) -> None:
        self.workspace = Workspace.open(str(folder / "workspace"))
        (folder / "brand.yaml").write_text(BRAND)
        self.brand = str(folder / "brand.yaml")
        self.jobs = [self._job(n) for n in range(posters)]

    def _job(self, number: int) -> Job:
        image = Image.effect_noise((360, 240), 40).convert("RGB")
        font = ImageFont.truetype(stack("en")[0].path, 64)
        ImageDraw.Draw(image).text((70 + number, 80), "SALE", font=font, fill=(255, 240, 60))
        out = io.BytesIO()
        image.save(out, "PNG")
        name, sha256 = self.workspace.put_source(out.getvalue(), "png")
        key = job_key(
            source_sha256=sha256, source_locale="en", locale="de", edits=[EDIT], engine={}, brand_digest=""
        )
        return Job(key, f"poster-{number}", "de", "en", name, sha256, (EDIT,))

    def run(self, by: str = "mei") -> list[JobResult]:
        came: list[JobResult] = []
        localize_many(
            self.jobs,
            workspace_uri=self.workspace.uri,
            engine="openai",
            engine_parameters={"areas": [256 * 256], "pause_s": 0.01},
            brand_path=self.brand,
            requested_by=by,
            on_result=came.append,
        )
        return sorted(came, key=lambda r: r.asset_id)

    def records(self) -> list[dict]:
        return [json.loads(p.read_text()) for p in Path(self.workspace.uri).glob("calls/*/*.json")]


def test_a_server_that_dies_in_a_campaign_loses_nothing_and_is_paid_once(tmp_path: Path) -> None:
    campaign, server = Campaign(tmp_path, 2), OpenAIServer()
    with server.running(), use_access("openai", access(server, concurrency=2)):
        server.faults = [dies] * 100
        first = campaign.run()
        assert [r.retryable for r in first] == [True, True]
        assert all("did not answer" in r.reason for r in first)
        assert campaign.records()
        assert server.paid == 0

        server.faults = []
        second = campaign.run()
        assert [r.asset_id for r in second] == ["poster-0", "poster-1"]
        assert not any(r.retryable for r in second)
        asked = [call for r in second for a in r.attempt_log for call in a["facts"].get("calls", [])]
        assert asked
        paid = server.paid

        third = campaign.run("otto")
        assert [r.cached for r in third] == [True, True]
        assert server.paid == paid == len(server.made)
    records = campaign.records()
    assert {(r["state"], r["requested_by"]) for r in records} == {("answered", "mei")}
    assert len(records) == paid
    assert {r["job"]["asset_id"] for r in records} == {"poster-0", "poster-1"}
    assert {fields["user"] for fields in server.edits} == {"mei"}


def test_no_job_of_a_remote_engine_runs_without_a_name(tmp_path: Path) -> None:
    campaign, server = Campaign(tmp_path, 1), OpenAIServer()
    with server.running(), use_access("openai", access(server)):
        (result,) = campaign.run(by="")
    assert "--requested-by" in result.reason
    assert (server.requests, campaign.records()) == ([], [])
    (result,) = campaign.run()
    assert "engine_conn_id" in result.reason  # nobody said where the service is


def test_remote_engines_are_made_by_name_and_take_no_keys() -> None:
    assert {"openai", "dify", "dashscope", "qwen", "typeset"} <= set(engine_names())
    engine = get_engine("dify", workflow="edit v3", climb=["fast"])
    assert engine.parameters()["model"] == {"name": "edit v3", "api": "dify", "workflow": "edit v3"}
    assert engine.parameters()["climb"] == ["fast"]
    for name in ("access", "api_key"):
        with pytest.raises(ConfigurationError, match=f"no parameter '{name}'.*connection"):
            get_engine("openai", **{name: "sk-1"})


def test_the_command_line_lists_open_calls_and_has_one_asked_anew(tmp_path: Path, capsys) -> None:
    campaign, server = Campaign(tmp_path, 1), OpenAIServer()
    with server.running(), use_access("openai", access(server)):
        server.faults = [dies] * 9
        campaign.run()
    (record,) = campaign.records()
    assert main(["calls", "--workspace", campaign.workspace.uri]) == 0
    line = capsys.readouterr().out
    assert record["key"] in line
    assert "poster-0 · de" in line
    again = ["calls", "--workspace", campaign.workspace.uri, "--ask-again", record["key"]]
    assert main([*again, "--requested-by", "olga"]) == 0
    assert campaign.records()[0]["tries"][-1]["by"] == "olga"
    assert main(["calls", "--workspace", campaign.workspace.uri, "--ask-again", "0" * 64]) == 2
