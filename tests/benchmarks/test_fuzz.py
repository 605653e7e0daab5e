"""A little fuzzing with every change, and what fuzzing found once."""

from __future__ import annotations

import json

import pytest

from benchmarks.fuzz.mutation import mutated
from benchmarks.fuzz.targets import RESULT, TARGETS, _release_seeds, seeds_of
from localizer.errors import LocalizerError, StorageError


@pytest.mark.parametrize("name", list(TARGETS))
def test_good_input_is_taken_and_bad_input_is_refused(name):
    target, seeds = TARGETS[name], seeds_of(name)
    for seed in seeds:
        if name != "release.json":  # its id is not that of its content
            assert target.run(seed), seed[:200]
    for number in range(40):
        target.run(mutated(seeds, target.words, number))  # whatever is no LocalizerError comes out here
    assert mutated(seeds, target.words, 7) == mutated(seeds, target.words, 7)


@pytest.mark.parametrize(
    "files", [None, 1, True, "x", [], [1], {"a": None}, {"a": 1}, {"a": {}}, {"a": {"size": 1}}]
)
def test_a_result_whose_files_are_nonsense_is_done_again(files):
    record = json.dumps(RESULT.to_dict() | {"files": files}).encode()
    assert TARGETS["result.json"].run(record)


@pytest.mark.parametrize("field", ["path", "asset_id", "locale"])
@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], {}])
def test_a_release_whose_names_are_no_text_is_damaged(field, value):
    record = json.loads(_release_seeds()[0])
    record["objects"][0][field] = value
    with pytest.raises(LocalizerError):
        TARGETS["release.json"].read(json.dumps(record).encode())


@pytest.mark.parametrize("name", ["results.jsonl", "decisions.jsonl", "current.json"])
@pytest.mark.parametrize("data", [b"[" * 100_000, b"[]", b'"x"', b"7", b"\xff"])
def test_records_that_are_something_else(name, data):
    assert not TARGETS[name].run(data)


def test_a_plan_without_its_columns_is_damaged():
    """A Parquet file whose column names were changed reads well, and lacks what is asked for."""
    [plan] = seeds_of("plan.parquet")
    for name in (b"key", b"kind", b"record", b"place", b"asset_id"):
        for change in (name.upper(), b"x" * len(name)):
            with pytest.raises(StorageError):
                TARGETS["plan.parquet"].read(plan.replace(name, change))


def test_a_result_with_numbers_out_of_range_is_damaged():
    record = json.dumps(RESULT.to_dict() | {"attempts": float("inf")}).encode()
    assert not TARGETS["results.jsonl"].run(record)


def test_a_tiff_whose_tags_are_of_the_wrong_type_is_delivered_without_them():
    assert TARGETS["image"].run(mutated(seeds_of("image"), TARGETS["image"].words, 5002012))
