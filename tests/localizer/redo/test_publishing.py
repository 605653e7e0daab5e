"""What was approved before an image was done again says nothing of the new one."""

from __future__ import annotations

import hashlib
import itertools
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from localizer.approval import Answer, apply_answer
from localizer.cache.eviction import Cache
from localizer.cache.uses import REVIEW
from localizer.errors import InputError
from localizer.model import Verdict
from localizer.release import Published, publish, read_current, verify_release
from localizer.storage import open_storage
from tests.localizer.redo.conftest import ASSETS, Campaign

LABELS = tuple(f"{asset} · de" for asset in ASSETS)


def review(campaign: Campaign, *labels: str, by: str = "ann", at: str = "2026-01-01T00:00:00Z") -> None:
    """A person looks at what there is, and approves that by name."""
    answer = Answer(True, by, at, also_approve=labels)
    campaign.run.trail().add_review(
        apply_answer(campaign.run.each_result, answer, policy="always"), by=by, at=at
    )


def release(campaign: Campaign) -> tuple[Published, dict[str, str]]:
    """Publish; which images the release that is current then has, by asset."""
    done = publish(
        campaign.run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring"
    )
    return done, current(campaign)


def current(campaign: Campaign) -> dict[str, str]:
    storage = open_storage(campaign.publish_uri)
    if storage.stat("spring/current.json") is None:
        return {}
    release_id = json.loads(storage.read("spring/current.json"))["release_id"]
    folder = f"spring/releases/{release_id}"
    objects: list[dict[str, Any]] = json.loads(storage.read(f"{folder}/release.json"))["objects"]
    return {o["asset_id"]: hashlib.sha256(storage.read(f"{folder}/{o['path']}")).hexdigest() for o in objects}


def chain(campaign: Campaign) -> dict[str, Any]:
    """What the current release says of who had its images done again."""
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    release = verify_release(campaign.publish_uri, "spring", pointer.release_id)
    return {each.asset_id: each.redone for each in release.objects}


def test_an_old_approval_never_publishes_the_new_image(stored_campaign: Campaign) -> None:
    campaign = stored_campaign
    review(campaign, *LABELS)
    first, images = release(campaign)
    redone = campaign.redo(campaign.wish("b", "Frisch"))
    assert redone.was_reviewed
    assert redone.release_id == first.release_id
    assert "needs a review of its own" in redone.message

    second, after = release(campaign)
    assert after == {name: sha for name, sha in images.items() if name != "b"}
    assert any("b · de was approved, but this run has no such result" in w for w in second.warnings)

    review(campaign, *LABELS)
    third, after = release(campaign)
    assert after == images | {"b": redone.result.delivered_sha256}
    [amendment] = campaign.run.amendments()
    said = {"by": "mei", "at": amendment.at, "why": "a typo"}
    assert chain(campaign) == {"a": None, "b": said, "c": None}
    assert third.release_id not in {first.release_id, second.release_id}


def test_an_approval_of_what_is_done_again_meanwhile_is_of_the_old_image(campaign: Campaign) -> None:
    answer = Answer(True, "ann", "2026-01-01T00:00:00Z", also_approve=LABELS)
    decisions = list(apply_answer(campaign.run.each_result, answer, policy="always"))  # what ann looked at
    campaign.redo(campaign.wish("b", "Frisch"))
    campaign.run.save_decisions(decisions)
    assert sorted(release(campaign)[1]) == ["a", "c"]


steps = st.lists(
    st.one_of(
        st.tuples(st.just("redo"), st.sampled_from("bc"), st.sampled_from(["Neu", "Frisch", "Jung"])),
        st.tuples(st.just("review"), st.sets(st.sampled_from(LABELS)), st.sampled_from(["ann", "otto"])),
        st.tuples(st.just("publish"), st.none(), st.none()),
    ),
    min_size=3,
    max_size=10,
)
numbers = itertools.count()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_a_release_never_has_an_image_that_nobody_approved(tmp_path: Path, steps: list[Any]) -> None:
    root = tmp_path / str(next(numbers))
    root.mkdir()
    campaign = Campaign(root).plan(root).edit()
    # What a person who looked has approved last, of each place: a record of its own.
    approved: dict[str, set[str]] = {asset: set() for asset in ASSETS}
    for number, (step, what, how) in enumerate(steps):
        there = {name: each.delivered_sha256 or "" for name, each in campaign.results().items()}
        if step == "redo":
            with suppress(InputError):  # nothing would change
                campaign.redo(campaign.wish(what, how))
        elif step == "review":
            review(campaign, *what, by=how, at=f"2026-01-01T00:00:{number:02d}Z")
            for asset in ASSETS:
                approved[asset].discard(there[asset])
                if f"{asset} · de" in what:
                    approved[asset].add(there[asset])
        else:
            done, images = release(campaign)
            if done.release_id:
                assert images == {asset: there[asset] for asset in ASSETS if there[asset] in approved[asset]}


def test_what_was_done_again_is_not_evicted(campaign: Campaign) -> None:
    review(campaign, *LABELS)
    release(campaign)
    old = campaign.results()["b"].job
    redone = campaign.redo(campaign.wish("b", "Frisch"))

    def kept(*keys: str) -> list[bool]:
        with Cache(campaign.workspace) as cache:
            cache.choose(budget=0)
            cache.evict()
        return [campaign.workspace.load_result(key) is not None for key in keys]

    with Cache(campaign.workspace) as cache:
        assert cache.state().needed[REVIEW].results == 3
    assert kept(redone.job.key, old) == [True, False]


def test_what_is_being_done_again_is_not_evicted(campaign: Campaign) -> None:
    """Asked for, its known result not looked up yet; and done, but not gathered."""
    review(campaign, *LABELS)
    first = campaign.redo(campaign.wish("b", "Frisch"))
    back = campaign.redo(campaign.wish("b", "Neu"))
    review(campaign, *LABELS, at="2026-01-02T00:00:00Z")
    release(campaign)
    assert {d.verdict for d in campaign.run.latest_decisions().values()} == {Verdict.APPROVED}
    with Cache(campaign.workspace) as cache:  # looked at before anybody asks
        assert cache.choose(budget=0).results == 4
        asked = campaign.run.amend(replace(campaign.run.amendments()[0], id="y", replaces=back.job.key))
        cache.evict()
    assert campaign.workspace.load_result(asked.job.key) is not None
    assert campaign.workspace.load_result(first.job.key) is not None
    with Cache(campaign.workspace) as cache:
        cache.choose(budget=0)
        cache.evict()
    assert campaign.workspace.load_result(asked.job.key) is not None
