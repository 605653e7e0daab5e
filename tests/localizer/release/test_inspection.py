"""Reading what is published, and telling what is missing, altered, or does not belong."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from localizer.errors import InputError, ReleaseError
from localizer.release import publish
from localizer.release.inspection import ALL, inspect, inspect_release, table

if TYPE_CHECKING:
    from conftest import Campaign

IMAGES = {(f"asset-{n}", locale): f"{n} {locale}".encode() for n in range(3) for locale in ("ja", "ko")}


def put(campaign: Campaign, run_id: str, images: dict[tuple[str, str], bytes] = IMAGES) -> str:
    run = campaign.run(run_id, images)
    done = publish(run, workspace=campaign.workspace, publish_uri=campaign.publish_uri, campaign="spring")
    assert done.release_id
    return done.release_id


def test_a_whole_release_is_whole(campaign: Campaign) -> None:
    release_id = put(campaign, "r1")
    before = campaign.generations()
    [found] = inspect(campaign.published)
    assert found.is_whole
    assert (found.release_id, found.current, found.objects) == (release_id, True, 6)
    assert found.size == sum(map(len, IMAGES.values()))
    assert campaign.generations() == before
    assert "whole" in table([found])


def test_missing_altered_and_extra_are_told_apart(campaign: Campaign) -> None:
    release_id = put(campaign, "r1")
    storage, folder = campaign.published, f"spring/releases/{release_id}"
    storage.delete(f"{folder}/ja/asset-0.jpg")
    storage.write(f"{folder}/ja/asset-1.jpg", b"9 ja")  # of the same size
    storage.write(f"{folder}/ko/asset-1.jpg", b"longer than it was")
    storage.write(f"{folder}/ko/asset-9.jpg", b"mine")
    storage.write(f"{folder}/zz.txt", b"mine")
    found = inspect_release(storage, "spring", release_id)
    assert dict(found.counts) == {"missing": 1, "altered": 2, "extra": 2}
    assert [(fault.kind, fault.path) for fault in found.shown] == [
        ("missing", "ja/asset-0.jpg"),
        ("altered", "ja/asset-1.jpg"),
        ("altered", "ko/asset-1.jpg"),
        ("extra", "ko/asset-9.jpg"),
        ("extra", "zz.txt"),
    ]
    shown = table([found]).splitlines()
    assert shown[1].split() == ["spring", release_id, "6", "1", "2", "2", "DIFFERS"]
    assert f"{release_id}  missing ja/asset-0.jpg" in shown


def test_bytes_are_read_even_where_size_and_checksum_agree(
    local_campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A CRC32C is no proof: it can be met on purpose."""
    from localizer.storage import local

    release_id = put(local_campaign, "r1")
    path = f"spring/releases/{release_id}/ja/asset-0.jpg"
    recorded = local_campaign.published.stat(path)
    assert recorded is not None
    local_campaign.published.write(path, b"9 ja")
    monkeypatch.setattr(local, "crc32c", lambda data: recorded.crc32c)
    found = inspect_release(local_campaign.published, "spring", release_id)
    shown = {fault.path: fault.detail for fault in found.shown}
    assert shown["ja/asset-0.jpg"] == "has another SHA-256"


def test_a_release_without_a_readable_record_is_broken_and_the_rest_is_still_looked_at(
    campaign: Campaign,
) -> None:
    storage = campaign.published
    one, two = put(campaign, "r1"), put(campaign, "r2", {("poster", "ja"): b"x"})
    storage.write(f"spring/releases/{two}/release.json", b"{")
    storage.write("autumn/current.json", b"{")
    found = {(each.campaign, each.release_id): each for each in inspect(storage)}
    assert set(found) == {("autumn", ""), ("spring", two)}
    assert "damaged" in found["spring", two].broken
    assert "current.json is damaged" in found["autumn", ""].broken
    storage.delete(f"spring/releases/{two}/release.json")
    every = {each.release_id: each for each in inspect(storage, "spring", ALL)}
    assert every[one].is_whole
    assert every[two].current
    assert "no release" in every[two].broken
    [named] = inspect(storage, "spring", one)
    assert named.is_whole
    assert not named.current


def test_nothing_to_look_at_is_not_a_success(campaign: Campaign) -> None:
    with pytest.raises(InputError, match="nothing of any campaign is published"):
        list(inspect(campaign.published))
    with pytest.raises(InputError, match="nothing of spring"):
        list(inspect(campaign.published, "spring"))
    with pytest.raises(ReleaseError, match="not a release id"):
        list(inspect(campaign.published, "spring", "../x"))
    with pytest.raises(InputError, match="which campaign"):
        list(inspect(campaign.published, "", "r-0123456789abcdef"))


def test_many_faults_are_counted_and_held_flat(local_campaign: Campaign, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        images = {(f"a{n:05d}", "ja"): b"%d" % n * 50 for n in range(count)}
        release_id = put(local_campaign, f"r{count}", images)
        for file in (tmp_path / f"published/spring/releases/{release_id}/ja").iterdir():
            file.write_bytes(b"y")
        tracemalloc.start()
        try:
            found = inspect_release(local_campaign.published, "spring", release_id)
            assert (found.counts["altered"], len(found.shown)) == (count, min(count, 20))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(600) < peak(100) + (1 << 20)
