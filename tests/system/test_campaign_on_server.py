"""A campaign on our real edit server, which is killed in the middle of it and started again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="pip install 'campaign-localizer[server,gpu]'")
pytest.importorskip("diffusers", reason="pip install 'campaign-localizer[server,gpu]'")

from localizer.model import JobResult
from localizer.pipeline import localize_many
from localizer.remote.access import Access, use_access
from localizer.workers.running import OnResult
from tests.localizer.remote.test_campaign import Campaign
from tests.system.test_server import TOKEN, Server, start, tiny

pytestmark = pytest.mark.system
__all__ = ["tiny"]  # a fixture

POSTERS = 8


def run(campaign: Campaign, server: Server, on_result: OnResult | None = None) -> list[JobResult]:
    # One retry after another costs half a minute here while the server is down; so it is short.
    access = Access(f"{server.url}/v1", key=TOKEN, concurrency=3, timeout_s=60)
    with use_access("openai", access):
        came: list[JobResult] = []

        def done(result: JobResult) -> None:
            came.append(result)
            if on_result is not None:
                on_result(result)

        localize_many(
            campaign.jobs,
            workspace_uri=campaign.workspace.uri,
            engine="openai",
            engine_parameters={"model": "tiny", "areas": [128 * 128, 256 * 256], "pause_s": 0.1},
            brand_path=campaign.brand,
            requested_by="mei",
            on_result=done,
        )
        return sorted(came, key=lambda r: r.asset_id)


def test_a_killed_server_loses_nothing_and_no_edit_is_made_twice(tiny: Path, tmp_path: Path) -> None:
    campaign, server = Campaign(tmp_path, POSTERS), start(tiny, tmp_path / "first.log")

    done: list[JobResult] = []

    def kill_in_the_middle(result: JobResult) -> None:
        done.append(result)
        if len(done) == 3:
            server.process.kill()

    try:
        server.until(server.is_ready)
        first = run(campaign, server, kill_in_the_middle)
    finally:
        server.process.kill()
    assert len(first) == POSTERS
    lost = [r for r in first if r.retryable]
    assert lost
    assert len(lost) < POSTERS
    before = {r["key"]: r["answer"]["image_sha256"] for r in campaign.records() if r["state"] == "answered"}
    assert len(before) >= 3

    again = start(tiny, tmp_path / "second.log")
    try:
        again.until(again.is_ready)
        second = run(campaign, again)
        made = again.metric('edits_total{tier="fast"}')
    finally:
        again.process.terminate()
        again.process.wait(200)
    assert [r.asset_id for r in second] == [f"poster-{n}" for n in range(POSTERS)]
    assert not any(r.retryable for r in second)
    assert sum(r.cached for r in second) >= POSTERS - len(lost)
    records = {r["key"]: r for r in campaign.records()}
    assert {r["state"] for r in records.values()} == {"answered"}
    # What was paid before the kill is what it was, and the second server made the rest and no more.
    assert {key: records[key]["answer"]["image_sha256"] for key in before} == before
    assert made == len(records) - len(before)
    assert TOKEN not in json.dumps(list(records.values()))
