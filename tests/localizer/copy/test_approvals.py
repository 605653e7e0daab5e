"""What people said of drafts: kept by content, in a folder and in a bucket, by several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from localizer.copy.approvals import CopyDecision, CopyDecisions, keep_decisions
from localizer.copy.approving import approve_drafts
from localizer.copy.units import CopyState
from localizer.errors import StorageError
from localizer.storage import open_storage
from localizer.workspace import Workspace
from tests.localizer.copy.campaigns import Campaign, StandIn

AT = "2026-11-23T10:00:00Z"
SAID = CopyDecision("Big Sale", "en", "ja", "大セール", True, "nllb 1", "mia", AT)


def test_the_last_word_counts(storage_uri: str) -> None:
    storage = open_storage(storage_uri)
    keep_decisions(storage, [SAID, SAID])
    keep_decisions(storage, [SAID])
    name = "copy/decisions/en/ja.jsonl"
    assert storage.read(name).count(b"\n") == 1
    keep_decisions(storage, [replace(SAID, target="ビッグセール", by="ken")])
    with CopyDecisions(storage, [("en", "ja"), ("en", "ko")]) as known:
        found = known.approved("Big\nSale", "en", "ja")  # layout tells no two strings apart
        assert found is not None
        assert (found.target, found.by) == ("ビッグセール", "ken")
        assert known.approved("Big Sale", "en", "ko") is None
        assert known.approved("big sale", "en", "ja") is None
    keep_decisions(storage, [replace(SAID, target="ビッグセール", by="ken", approved=False, comment="no")])
    with CopyDecisions(storage, [("en", "ja")]) as known:
        assert known.approved("Big Sale", "en", "ja") == SAID
        refused = known.refused("Big Sale", "en", "ja", "ビッグセール")
        assert refused is not None
        assert refused.comment == "no"


def test_nobody_s_word_is_lost_where_many_speak_at_once(storage_uri: str) -> None:
    storage = open_storage(storage_uri)
    words = [[replace(SAID, source=f"s{n}-{i}") for i in range(5)] for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda said: keep_decisions(storage, said), words))
    with CopyDecisions(storage, [("en", "ja")]) as known:
        assert all(known.approved(word.source, "en", "ja") == word for said in words for word in said)


def test_a_damaged_record_is_told(storage_uri: str) -> None:
    storage = open_storage(storage_uri)
    storage.write("copy/decisions/en/ja.jsonl", b'{"source": 1}\n')
    with pytest.raises(StorageError, match=r"ja\.jsonl, line 1"):
        CopyDecisions(storage, [("en", "ja")])


def test_a_run_in_a_bucket_is_prepared_and_approved(campaign: Campaign, storage_uri: str) -> None:
    campaign.workspace = Workspace.open(storage_uri)
    campaign.rows("p1,a.png,en,ja,translate_text,SALE,,")
    prepared = campaign.prepare(StandIn({"SALE": "セール"}))
    assert prepared.units == campaign.run.uri_of("copy/units.jsonl")
    assert prepared.to_fill == campaign.run.uri_of("copy/to_fill.csv")
    approve_drafts(campaign.run, campaign.workspace, by="mia", at=AT, shown=prepared.digest)
    later = campaign.workspace.run("r2")
    assert campaign.prepare(run=later).to_fill == ""
    unit = campaign.units(later)["SALE", "ja"]
    assert (unit.state, unit.approved_by, unit.origin) == (CopyState.APPROVED, "mia", "stand-in 1")
