"""The audit trail: only ever added to, also when many decide at once or one decides on very much."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from localizer.errors import StorageError, StorageUnavailable
from localizer.model import Decision, Verdict
from localizer.runs.decisions import DecisionTrail
from localizer.storage import Storage, open_storage

NAME = "runs/r/decisions.jsonl"


def decision(number: int, verdict: Verdict = Verdict.APPROVED, by: str = "ann", **more: str) -> Decision:
    return Decision(
        f"k{number}", f"a{number}", "ja", verdict, by, more.pop("at", "2026-01-01T00:00:00Z"), **more
    )


@pytest.fixture
def storage(storage_uri: str) -> Storage:
    return open_storage(storage_uri)


@pytest.fixture
def trail(storage: Storage) -> DecisionTrail:
    return DecisionTrail(storage, NAME)


def test_nothing_decided_yet(trail: DecisionTrail) -> None:
    assert list(trail.each()) == []
    assert len(trail.latest()) == 0
    assert trail.add([]) == 0


def test_the_last_decision_counts_and_all_are_kept(trail: DecisionTrail) -> None:
    first, later = decision(1), decision(1, Verdict.REJECTED, "bob", comment="line\u2028end", at="later")
    assert trail.add([first, decision(2), first]) == 3
    trail.add([later])
    trail.add([first])
    assert list(trail.each()) == [first, decision(2), later]
    with trail.latest() as latest:
        assert latest["k1", "a1", "ja"] == later
        assert dict(latest) == {("k1", "a1", "ja"): later, ("k2", "a2", "ja"): decision(2)}
        assert list(latest.approved()) == [decision(2)]
        assert latest.get(("k1", "a1", "ko")) is None


def test_what_stands_in_the_trail_stays_byte_for_byte(trail: DecisionTrail, storage: Storage) -> None:
    """Of an older version, with an unknown field and without the last line's end."""
    old = b'{"job": "k0", "asset_id": "a", "locale": "", "verdict": "approved", "by": "x", "at": "t", "n": 1}'
    storage.write(NAME, old)
    trail.add([decision(1)])
    assert storage.read(NAME).startswith(old + b"\n")
    assert [d.job for d in trail.each()] == ["k0", "k1"]


def test_a_damaged_trail_is_not_added_to(trail: DecisionTrail, storage: Storage) -> None:
    storage.write(NAME, b'{"job": "k0"}\n')
    with pytest.raises(StorageError, match=r"decisions\.jsonl, line 1"):
        trail.add([decision(1)])
    assert storage.read(NAME) == b'{"job": "k0"}\n'


def test_a_review_counts_as_a_whole(trail: DecisionTrail) -> None:
    trail.add_review([decision(n) for n in range(4)], by="ann", at="t1")
    counts = trail.add_review(
        iter([decision(1, by="bob"), decision(2, Verdict.REJECTED, "bob")]), by="bob", at="t2"
    )
    assert counts == {Verdict.APPROVED: 1, Verdict.REJECTED: 3}
    latest = {d.asset_id: (d.verdict, d.by) for d in trail.latest().values()}
    assert latest == {
        "a0": (Verdict.REJECTED, "bob"),
        "a1": (Verdict.APPROVED, "bob"),
        "a2": (Verdict.REJECTED, "bob"),
        "a3": (Verdict.REJECTED, "bob"),
    }
    # A task that runs again adds nothing.
    before = list(trail.each())
    trail.add_review(iter([decision(1, by="bob"), decision(2, Verdict.REJECTED, "bob")]), by="bob", at="t2")
    assert list(trail.each()) == before


def test_an_answer_that_turns_out_wrong_leaves_nothing_behind(trail: DecisionTrail) -> None:
    def broken() -> Iterator[Decision]:
        yield decision(1)
        raise StorageUnavailable("the results cannot be read just now")

    with pytest.raises(StorageUnavailable, match="just now"):
        trail.add_review(broken(), by="ann", at="t")
    assert list(trail.each()) == []


def test_memory_stays_flat_for_many_decisions(tmp_path: Path) -> None:
    trail = DecisionTrail(open_storage(str(tmp_path)), NAME)

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            trail.add_review((decision(n, comment="x" * 2000) for n in range(count)), by="ann", at="t")
            with trail.latest() as latest:
                assert sum(1 for _ in latest.approved()) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    # 20 MB of records; an index of some bytes for each is what may grow.
    assert peak(10_000) < 8 << 20
