from __future__ import annotations

import pytest

from localizer.errors import InputError
from localizer.model import Action, Edit, Job
from operators.manifest import as_bool, shard_descriptors, shard_size, target_locales


def jobs(count: int) -> list[Job]:
    edit = Edit(Action.REMOVE_TEXT, text="x")
    return [Job(f"k{i}", f"asset-{i}", "ja", "zh-Hans", "sources/a.png", "a", (edit,)) for i in range(count)]


@pytest.mark.parametrize("count", [0, 1, 64, 65, 500, 1000, 3200, 20_000, 51_200, 100_000])
def test_shards_hold_every_job_once_and_are_never_too_many_to_map(count: int) -> None:
    shards = shard_descriptors(jobs(count), max_shards=1024)
    assert [index for shard in shards for index in shard["jobs"]] == list(range(count))
    assert len(shards) <= 1024
    assert len({shard["shard"] for shard in shards}) == len(shards)
    assert sorted(s["shard"] for s in shards) == [s["shard"] for s in shards]


@pytest.mark.parametrize(("count", "size"), [(1, 1), (64, 1), (65, 20), (1000, 20), (2000, 32), (5000, 50)])
def test_one_task_an_image_up_to_64_then_shards_of_20_to_50(count: int, size: int) -> None:
    assert shard_size(count, max_shards=1024) == size


def test_shards_grow_only_where_they_could_not_be_mapped() -> None:
    assert shard_size(100_000, max_shards=1024) == 98
    assert shard_size(60, max_shards=10) == 20


def test_a_shard_of_one_is_named_by_its_image() -> None:
    assert shard_descriptors(jobs(2), max_shards=1024) == [
        {"shard": "0000", "label": "asset-0 · ja", "jobs": [0]},
        {"shard": "0001", "label": "asset-1 · ja", "jobs": [1]},
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["ja", " zh-CN "], ["ja", "zh-Hans"]),
        ("ja,ar, ,ja", ["ja", "ar"]),
        (None, []),
        ([], []),
        ("", []),
    ],
)
def test_target_locales_are_normalised_and_named_once(
    given: list[str] | str | None, expected: list[str]
) -> None:
    assert target_locales(given) == expected


def test_every_bad_locale_is_named() -> None:
    with pytest.raises(InputError, match=r"'klingonian-x'.*'12'"):
        target_locales(["ja", "klingonian-x", "12"])


@pytest.mark.parametrize(("given", "expected"), [(True, True), ("False", False), ("true", True), ("", False)])
def test_flags_may_come_as_text(given: bool | str, expected: bool) -> None:
    assert as_bool(given, field="dry_run") is expected


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(InputError, match="dry_run: 'maybe'"):
        as_bool("maybe", field="dry_run")


def test_jobs_that_wait_for_a_service_share_tasks() -> None:
    assert shard_size(30, max_shards=1024, together=8) == 20
    assert shard_size(30, max_shards=1024, together=32) == 32
    assert shard_size(30, max_shards=1024, together=1) == 1
    assert shard_size(100_000, max_shards=1024, together=8) == 98
