"""The drills at a small size, and whether their judge sees what it is there to see."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.drills import disk_full, races
from benchmarks.drills.campaign import NAME, RUN, Campaign, campaign
from benchmarks.drills.clocks import NoCompiler
from benchmarks.drills.drills import DRILLS
from benchmarks.drills.judge import Place, Verdict, Watch, judge

IMAGES = 12


def seeded() -> random.Random:
    return random.Random(7)  # noqa: S311


@pytest.fixture(scope="module")
def drawn() -> Iterator[Campaign]:
    with campaign(IMAGES) as made:
        yield made


@pytest.fixture
def copy(drawn: Campaign, tmp_path: Path) -> Place:
    """The undisturbed run, to be spoiled."""
    shutil.copytree(drawn.folder / "truth", tmp_path / "workspace", copy_function=shutil.copy2)
    shutil.copytree(drawn.folder / "truth-published", tmp_path / "published", copy_function=shutil.copy2)
    return Place(str(tmp_path / "workspace"), RUN, str(tmp_path / "published"), NAME)


def counts(verdict: Verdict) -> tuple[int, int, int]:
    return verdict.lost, verdict.duplicates, verdict.wrong


def test_the_campaign_has_images_of_every_fate(drawn: Campaign) -> None:
    states = [status for status, _ in drawn.truth.rows.values()]
    assert len(states) == IMAGES
    assert len(drawn.truth.images) == states.count("passed") < IMAGES


def test_nothing_is_found_where_nothing_is_wrong(drawn: Campaign, copy: Place) -> None:
    verdict = judge(copy, drawn.truth, Watch(copy))
    assert (verdict.jobs, counts(verdict)) == (IMAGES, (0, 0, 0))
    assert verdict.is_good


def test_rows_that_are_missing_twice_or_other_are_found(drawn: Campaign, copy: Place) -> None:
    path = Path(copy.workspace) / "runs" / RUN / "results.jsonl"
    first, second, *rest = path.read_text().splitlines(keepends=True)
    path.write_text("".join([second, second, *rest]))
    assert counts(judge(copy, drawn.truth)) == (1, 1, 0)
    other = json.dumps(json.loads(first) | {"status": "failed"}) + "\n"
    path.write_text("".join([other, second, *rest]))
    assert counts(judge(copy, drawn.truth)) == (1, 0, 0)
    path.unlink()
    assert counts(judge(copy, drawn.truth)) == (IMAGES, 0, 0)


def test_an_image_that_was_written_again_is_a_duplicate(drawn: Campaign, copy: Place) -> None:
    watch = Watch(copy)
    watch.look()
    name = next(n for n in copy.published.names() if n.endswith(".png"))
    copy.published.write(name, copy.published.read(name))
    assert counts(judge(copy, drawn.truth, watch)) == (0, 1, 0)
    assert counts(judge(copy, drawn.truth, creates={name: 2})) == (0, 1, 0)


def test_a_wrong_or_missing_image_and_a_broken_pointer_are_found(drawn: Campaign, copy: Place) -> None:
    storage = copy.published
    name = next(n for n in storage.names() if n.endswith(".png"))
    storage.write(name, b"another picture")
    verdict = judge(copy, drawn.truth)
    assert verdict.wrong > len(drawn.truth.images)  # the release is not whole, so none of it counts
    assert "not whole" in verdict.notes[0]
    pointer = f"{NAME}/current.json"
    storage.write(pointer, b"{}")
    assert judge(copy, drawn.truth).wrong > len(drawn.truth.images)
    Path(storage.uri_of(pointer)).unlink()
    assert judge(copy, drawn.truth).wrong == len(drawn.truth.images)


def test_work_done_again_is_good_only_for_what_was_killed(
    drawn: Campaign, copy: Place, tmp_path: Path
) -> None:
    log = tmp_path / "edits.jsonl"
    lines = [{"event": "begun", "job": job, "attempt": 0} for job in ("a", "b", "a")]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert judge(copy, drawn.truth, edits=log, killed=1).is_good
    assert not judge(copy, drawn.truth, edits=log).is_good


def _good(verdict: Verdict) -> None:
    assert verdict.is_good, verdict
    assert counts(verdict) == (0, 0, 0)


def test_a_command_that_is_killed_again_and_again_loses_nothing(drawn: Campaign) -> None:
    verdict = DRILLS["kill-cli"](drawn, 0, seeded())
    _good(verdict)
    assert verdict.killed


def test_the_same_command_twice_at_once_does_the_work_once(drawn: Campaign) -> None:
    verdict = races.triggered_twice(drawn, "twice", "folder", (RUN, "other"))
    _good(verdict)
    assert verdict.redone == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_a_full_disk_is_told_and_nothing_of_it_remains(drawn: Campaign) -> None:
    try:
        _good(disk_full.disk_full(drawn, 0, seeded()))
    except disk_full.CannotMount as error:
        pytest.skip(str(error))


def test_clocks_that_jump_change_nothing(drawn: Campaign) -> None:
    try:
        _good(DRILLS["clock-skew"](drawn, 0, seeded()))
    except NoCompiler as error:
        pytest.skip(str(error))


@pytest.mark.system
@pytest.mark.parametrize("name", sorted(set(DRILLS) - {"kill-cli", "disk-full", "clock-skew"}))
def test_drill(name: str) -> None:
    with campaign(24) as larger:
        _good(DRILLS[name](larger, 0, seeded()))
