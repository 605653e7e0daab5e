"""Releases of many images: read once, listed rather than asked for one by one, and flat in memory."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from localizer.errors import ReleaseError
from localizer.model import Status
from localizer.release import Published, publish, read_current, verify_release

if TYPE_CHECKING:
    from conftest import Campaign

    from localizer.runs import Run

IMAGES = {("poster", "ja"): b"one", ("poster", "ko"): b"two", ("banner", "ja"): b"three"}


def go(campaign: Campaign, run: Run, **options: Any) -> Published:
    return publish(
        run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign=campaign.name, **options
    )


class Traffic:
    """Counts what is read and asked of storage of one kind."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
        self.images_read: Counter[str] = Counter()
        self.stats = self.listings = self.writes = 0

        def count(method: str, counted: Callable[[str], None]) -> None:
            original = getattr(kind, method)

            def wrapped(storage: Any, name: str = "", *arguments: Any, **options: Any) -> Any:
                counted(f"{storage.uri}/{name}")
                return original(storage, name, *arguments, **options)

            monkeypatch.setattr(kind, method, wrapped)

        def read(name: str) -> None:
            if name.endswith(".jpg"):
                self.images_read[name] += 1

        def stat(name: str) -> None:
            self.stats += 1
            if name.endswith(".jpg"):  # a local folder reads the file for its checksum
                self.images_read[name] += 1

        count("read", read)
        count("read_with_info", lambda name: None if kind.__name__ == "GcsStorage" else read(name))
        count("open", read)
        count("stat", stat)
        count("infos", lambda name: setattr(self, "listings", self.listings + 1))
        for method in ("create", "swap", "write"):
            count(method, lambda name: setattr(self, "writes", self.writes + 1))


def test_an_image_is_read_once_and_the_second_time_not_at_all(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = {(f"asset-{n}", "ja"): b"%d" % n for n in range(40)}
    run = campaign.run("r1", images)
    traffic = Traffic(monkeypatch, type(campaign.published))
    go(campaign, run)
    assert set(traffic.images_read.values()) == {1}
    assert len(traffic.images_read) == 40
    assert traffic.listings == 2  # before the images are written, and after
    again = Traffic(monkeypatch, type(campaign.published))
    assert go(campaign, run).already_current
    assert (sum(again.images_read.values()), again.listings) == (0, 1)
    assert again.stats <= 5
    assert again.writes == 0


def test_a_release_that_was_current_before_is_compared_and_not_written_again(campaign: Campaign) -> None:
    old, new = campaign.run("r1", IMAGES), campaign.run("r2", {("poster", "ja"): b"better"})
    first = go(campaign, old)
    go(campaign, new)
    before = campaign.generations()
    again = go(campaign, old)
    assert (again.release_id, again.objects_new, again.pointer_moved) == (first.release_id, 0, True)
    after = campaign.generations()
    changed = {name for name in after if after[name] != before.get(name) and "/history/" not in name}
    assert changed == {"spring/current.json"}
    go(campaign, new)
    campaign.published.write(f"spring/releases/{first.release_id}/ko/poster.jpg", b"TWO")
    with pytest.raises(ReleaseError, match="another image"):
        go(campaign, old)
    pointer = read_current(campaign.publish_uri, "spring")
    assert pointer is not None
    assert pointer.release_id != first.release_id


def test_the_record_is_laid_out_as_ever(campaign: Campaign) -> None:
    """Streamed out, the same bytes that writing it as a whole would give."""

    def doubtful(result: Any) -> Any:
        return result.with_changes(status=Status.NEEDS_REVIEW) if result.asset_id == "banner" else result

    done = go(campaign, campaign.run("r1", IMAGES, warnings=["odd \u2028 column"], change=doubtful, by="mé"))
    written = campaign.published.read(f"spring/releases/{done.release_id}/release.json")
    release = verify_release(campaign.publish_uri, "spring", done.release_id or "")
    assert written == release.to_bytes()
    assert json.loads(written)["counts"] == {
        "objects": 3,
        "carried": 0,
        "by_status": {"needs_review": 1, "passed": 2},
    }


def test_memory_stays_flat_for_a_large_release(local_campaign: Campaign) -> None:
    def peak(count: int) -> int:
        run = local_campaign.run(f"r{count}", {(f"a{n}", "ja"): b"%03d" % n * 300 for n in range(count)})
        tracemalloc.start()
        try:
            assert go(local_campaign, run).objects_new == count
            assert go(local_campaign, run).already_current
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(1000) < peak(200) + (1 << 20)  # 800 records held would be more


def test_many_faults_are_counted_and_a_few_named(local_campaign: Campaign, tmp_path: Path) -> None:
    done = go(local_campaign, local_campaign.run("r1", {(f"a{n}", "ja"): b"x" for n in range(30)}))
    for file in (tmp_path / f"published/spring/releases/{done.release_id}/ja").iterdir():
        file.write_bytes(b"y")
    with pytest.raises(ReleaseError, match=r"ja/a0\.jpg is not the image.* and 25 more"):
        verify_release(local_campaign.publish_uri, "spring", done.release_id or "")
