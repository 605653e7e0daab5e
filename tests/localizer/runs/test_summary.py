"""A run in short: what merging keeps beside the results."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.errors import StorageError
from localizer.model import CheckResult, CheckStatus, JobResult, Status
from localizer.runs.summary import EXAMPLES, Example, fault_of
from tests.localizer.runs.test_merging import planned, result

FAILED = CheckResult("untouched", CheckStatus.FAILED)
UNDECIDED = CheckResult("text_correct", CheckStatus.UNDECIDED)


def doubtful(number: int, *checks: CheckResult) -> JobResult:
    return result(number, "x", status=Status.NEEDS_REVIEW, checks=checks)


def test_what_failed_counts_before_what_could_not_be_decided() -> None:
    assert fault_of(doubtful(0, UNDECIDED, FAILED)) == "untouched"
    assert fault_of(doubtful(0, UNDECIDED)) == "text_correct"
    assert fault_of(doubtful(0)) == ""


def test_merging_keeps_counts_reasons_and_the_first_examples(tmp_path: Path) -> None:
    run = planned(tmp_path, 9)
    assert run.summary() is None
    rows = [doubtful(n, UNDECIDED) for n in range(6)]
    run.save_shard("0000", [*rows, doubtful(6, FAILED), result(7, cached=True)])
    counts = run.merge()
    summary = run.summary()
    assert summary is not None
    assert (summary.campaign, summary.total, summary.cached) == ("c", 9, 1)
    assert (summary.passed, summary.needs_review, summary.failed) == (1, 7, 1)
    assert list(summary.faults.items()) == [("text_correct", 6), ("untouched", 1), ("", 1)]
    assert summary.examples[0] == Example("p0 · ja", Status.NEEDS_REVIEW, "text_correct")
    assert len(summary.examples) == EXAMPLES
    assert counts.groups == {("needs_review", "", "ja"): 7, ("passed", "", "ja"): 1, ("failed", "", "ja"): 1}


def test_its_digest_tells_other_results_from_the_same(tmp_path: Path) -> None:
    run = planned(tmp_path, 2)
    run.save_shard("0000", [result(0), result(1)])
    seen = []
    for rows in ([result(0), result(1)], [result(0), result(1)], [result(0), doubtful(1, FAILED)]):
        run.save_shard("0000", rows)
        run.merge()
        summary = run.summary()
        assert summary is not None
        seen.append(summary.digest)
    assert seen[0] == seen[1] != seen[2]


def test_a_damaged_one_is_told(tmp_path: Path) -> None:
    run = planned(tmp_path, 1)
    run.merge()
    Path(run.uri_of("summary.json")).write_text("{}")
    with pytest.raises(StorageError, match=r"summary\.json"):
        run.summary()
