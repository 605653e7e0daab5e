"""What was read before is not read again, and never taken for what is there now."""

import hashlib
import io
import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from localizer.brand import BrandKit
from localizer.errors import StorageUnavailable
from localizer.images.validation import ValidImage
from localizer.manifest import open_manifest
from localizer.planning import Plan, plan_manifest
from localizer.sources import SourceReader, identity, planned
from localizer.storage import open_storage
from localizer.workspace import Workspace
from tests.localizer.test_planning import PlainEngine

COUNT = 4


def picture(seed: int, width: int = 40) -> bytes:
    """Different pixels and the same size in bytes for every seed."""
    rgb = np.random.default_rng(seed).integers(0, 255, (30, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, "BMP")
    return out.getvalue()


@pytest.fixture
def rested(monkeypatch):
    """As if a minute had passed since the files of the test were written."""
    later = SimpleNamespace(time_ns=lambda: time.time_ns() + 60 * 10**9)
    monkeypatch.setattr(identity, "time", later)


class Campaign:
    """Images and a manifest in one place, a folder or a bucket; the workspace in another."""

    def __init__(self, root: str, workspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.images, self.workspace = open_storage(root), Workspace.open(workspace)
        self.read: list[str] = []
        monkeypatch.setattr(planned, "validate_image", self._counting)
        for n in range(COUNT):
            self.images.write(f"img/{n}.bmp", picture(n))
        self.write_manifest()

    def _counting(self, data: bytes, name: str) -> ValidImage:
        self.read.append(name)
        image = Image.open(io.BytesIO(data))
        return ValidImage(image.format or "", *image.size)

    def write_manifest(self, count: int = COUNT, name: str = "m.csv") -> None:
        rows = [f"p{n},img/{n}.bmp,{tag},remove_text,A" for n in range(count) for tag in ("ja", "ko")]
        self.images.write(name, "\n".join(["asset_id,image,locale,action,text", *rows]).encode())

    def plan(self, name: str = "m.csv", **options: object) -> tuple[Plan, list[str]]:
        """The plan, and which images were read for it."""
        self.read.clear()
        with open_manifest(self.images.uri_of(name)) as manifest:
            made = plan_manifest(
                manifest,
                workspace=self.workspace,
                engine=PlainEngine(),
                brand=BrandKit(),
                **options,  # type: ignore[arg-type]
            )
        for job in made.jobs:  # whatever was read or not: these are the bytes that are there now
            assert (
                job.source_sha256
                == hashlib.sha256(self.images.read(f"img/{job.asset_id[1:]}.bmp")).hexdigest()
            )
            self.workspace.read_source(job)
        return made, sorted(self.read)

    def path(self, n: int) -> Path:
        return Path(self.images.uri_of(f"img/{n}.bmp"))


@pytest.fixture
def campaign(storage_uri, monkeypatch) -> Campaign:
    return Campaign(f"{storage_uri}/campaign", f"{storage_uri}/ws", monkeypatch)


@pytest.fixture
def local(tmp_path, monkeypatch) -> Campaign:
    return Campaign(str(tmp_path / "campaign"), str(tmp_path / "ws"), monkeypatch)


@pytest.mark.usefixtures("rested")
def test_a_second_plan_is_the_same_and_reads_nothing(campaign):
    first, read = campaign.plan()
    assert len(read) == COUNT
    again, read = campaign.plan()
    assert (again, read) == (first, [])


@pytest.mark.usefixtures("rested")
def test_only_what_changed_is_read(campaign):
    first, _ = campaign.plan()
    campaign.images.write("img/2.bmp", picture(77))
    second, read = campaign.plan()
    assert read == ["img/2.bmp"]
    changed = [a.label for a, b in zip(first.jobs, second.jobs, strict=True) if a.key != b.key]
    assert changed == ["p2 · ja", "p2 · ko"]
    assert campaign.plan()[1] == []


@pytest.mark.usefixtures("rested")
def test_a_bucket_is_asked_by_one_listing(gcs_uri, monkeypatch):
    campaign = Campaign(f"{gcs_uri}/campaign", f"{gcs_uri}/ws", monkeypatch)
    campaign.plan()
    monkeypatch.setattr(SourceReader, "fetch", lambda *_: pytest.fail("asked for one image"))
    assert campaign.plan()[1] == []


@pytest.mark.usefixtures("rested")
def test_an_image_that_is_gone_is_gone(campaign):
    campaign.plan()
    campaign.images.delete("img/1.bmp")
    made, read = campaign.plan()
    assert read == []
    assert {result.asset_id for result in made.rejected} == {"p1"}
    assert "not there" in made.rejected[0].reason


@pytest.mark.usefixtures("rested")
def test_the_same_size_and_date_deceive_nobody(local):
    local.plan()
    facts = local.path(0).stat()
    local.path(0).write_bytes(picture(50))  # in place: the same inode
    other = local.path(1).with_name("other")
    other.write_bytes(picture(51))
    other.replace(local.path(1))
    for n in (0, 1):
        os.utime(local.path(n), ns=(facts.st_atime_ns, facts.st_mtime_ns))
        assert local.path(n).stat().st_size == facts.st_size
    assert local.plan()[1] == ["img/0.bmp", "img/1.bmp"]


def test_a_file_that_was_just_written_is_read_again(local):
    _, read = local.plan()
    assert len(read) == COUNT
    # Within one grain of the clock even the times could be the same.
    assert len(local.plan()[1]) == COUNT


def test_a_file_dated_in_the_future_is_read_again(local, rested):
    later = time.time_ns() + 3600 * 10**9
    os.utime(local.path(3), ns=(later, later))
    local.plan()
    assert local.plan()[1] == ["img/3.bmp"]


@pytest.mark.usefixtures("rested")
def test_a_file_system_that_makes_times_up_is_not_believed(local, tmp_path, monkeypatch):
    mounts = tmp_path / "mountinfo"
    folder = str(local.path(0).parent).replace(" ", "\\040")
    mounts.write_text(
        "21 1 254:0 / / rw - ext4 /dev/vda rw\n"
        f"22 21 0:44 / {folder} rw - fuse.gcsfuse bucket rw\n"
        f"23 21 0:45 / {folder[:-1]} rw - fuse.other bucket rw\n"
    )
    monkeypatch.setattr(identity, "_MOUNTS", mounts)
    local.plan()
    assert len(local.plan()[1]) == COUNT
    mounts.write_text(f"{mounts.read_text()}24 22 0:46 / {folder} rw - xfs /dev/vdb rw\n")
    local.plan()
    assert local.plan()[1] == []
    monkeypatch.setattr(identity, "_MOUNTS", tmp_path / "none")
    assert len(local.plan()[1]) == COUNT


@pytest.mark.usefixtures("rested")
def test_a_link_that_leaves_the_root_by_now_is_refused(local, tmp_path):
    local.plan()
    outside = tmp_path / "outside.bmp"
    local.path(0).rename(outside)
    local.path(0).symlink_to(outside)
    with open_manifest(local.images.uri_of("m.csv")) as manifest:
        made = plan_manifest(manifest, workspace=local.workspace, engine=PlainEngine(), brand=BrandKit())
    assert "leaves the image root" in made.rejected[0].reason


@pytest.mark.usefixtures("rested")
@pytest.mark.parametrize("many", [False, True])
def test_a_stored_copy_that_is_gone_or_another_is_made_anew(campaign, monkeypatch, many):
    if many:  # as if there were more than are asked for one by one
        monkeypatch.setattr("localizer.sources.index._FEW", 1)
    first, _ = campaign.plan()
    assert campaign.plan()[1] == []
    one, other = first.jobs[0].source, first.jobs[2].source
    campaign.workspace.storage.delete(one)
    campaign.workspace.storage.write(other, campaign.workspace.storage.read(other)[::-1])
    again, read = campaign.plan()
    assert read == ["img/0.bmp", "img/1.bmp"]
    assert again == first


@pytest.mark.usefixtures("rested")
@pytest.mark.parametrize("damage", ["cut", "bytes", "version", "text", "empty", "lost"])
def test_an_index_that_is_damaged_costs_no_more_than_reading(local, damage):
    first, _ = local.plan()
    (index,) = (Path(local.workspace.uri) / "indexes/sources").glob("*.jsonl")
    lines = index.read_bytes().splitlines(keepends=True)
    sha = first.jobs[0].source_sha256.encode()
    damaged = {
        "cut": b"".join(lines[:-1]),
        "bytes": b"".join(lines).replace(sha, sha[::-1]),
        "version": lines[0].replace(b'"pillow": "', b'"pillow": "0') + b"".join(lines[1:]),
        "text": b"hello\n",
        "empty": b"",
    }
    if damage == "lost":
        index.unlink()
    else:
        index.write_bytes(damaged[damage])
    again, read = local.plan()
    assert (again, len(read)) == (first, COUNT)
    assert local.plan()[1] == []


@pytest.mark.usefixtures("rested")
def test_a_run_for_some_locales_forgets_none_of_the_others(local):
    local.images.write(
        "m.csv",
        b"asset_id,image,locale,action,text\n"
        b"p0,img/0.bmp,ja,remove_text,A\np1,img/1.bmp,ko,remove_text,A\np2,img/2.bmp,ko,fly,A\n",
    )
    local.plan()
    local.images.write("img/0.bmp", picture(60))
    assert local.plan(locales=["ja"])[1] == ["img/0.bmp"]
    assert local.plan()[1] == []


@pytest.mark.usefixtures("rested")
def test_what_the_manifest_no_longer_has_is_forgotten(local):
    local.plan()
    local.write_manifest(1)
    local.images.write("img/0.bmp", picture(61))
    local.plan()
    (index,) = (Path(local.workspace.uri) / "indexes/sources").glob("*.jsonl")
    assert b"img/3.bmp" not in index.read_bytes()


@pytest.mark.usefixtures("rested")
def test_manifests_have_an_index_each(local):
    local.plan()
    local.write_manifest(name="other.csv")
    assert len(local.plan("other.csv")[1]) == COUNT
    assert local.plan()[1] == []


@pytest.mark.usefixtures("rested")
def test_what_was_read_before_planning_failed_is_not_read_again(local, monkeypatch):
    fetch = SourceReader.fetch

    def failing(self: SourceReader, reference: str, known: str = ""):
        if reference == "img/3.bmp":
            raise StorageUnavailable("the disk is away")
        return fetch(self, reference, known)

    with monkeypatch.context() as patch:
        patch.setattr(SourceReader, "fetch", failing)
        with pytest.raises(StorageUnavailable):
            local.plan()
    assert local.plan()[1] == ["img/3.bmp"]


def test_whatever_happens_to_the_files_the_plan_has_what_is_there(local, monkeypatch):
    # Twenty milliseconds: longer than a grain of this clock, and short enough to be met.
    monkeypatch.setattr(identity, "_REST_NS", 20_000_000)
    chance = np.random.default_rng(5)
    spared = 0
    for step in range(60):
        path = local.path(int(chance.integers(COUNT)))
        facts = path.stat()
        match int(chance.integers(5)):
            case 0:
                path.write_bytes(picture(100 + step))
            case 1:
                path.write_bytes(picture(100 + step))
                os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            case 2:
                new = path.with_name("new")
                new.write_bytes(picture(100 + step))
                os.utime(new, ns=(facts.st_atime_ns, facts.st_mtime_ns))
                new.replace(path)
            case 3:
                other = local.path(int(chance.integers(COUNT)))
                both = path.read_bytes(), other.read_bytes()
                path.write_bytes(both[1])
                other.write_bytes(both[0])
        time.sleep(float(chance.choice([0, 0, 0.01, 0.03])))
        spared += COUNT - len(local.plan()[1])  # compares what was planned to the files
    assert spared > 20


@pytest.mark.usefixtures("rested")
def test_a_bucket_that_is_no_longer_allowed_is_not_read_from_memory_either(gcs_uri, tmp_path, monkeypatch):
    campaign = Campaign(f"{gcs_uri}/campaign", f"{gcs_uri}/ws", monkeypatch)
    manifest = tmp_path / "m.csv"
    uri = campaign.images.uri_of("img/0.bmp")
    manifest.write_text(f"asset_id,image,locale,action,text\np0,{uri},ja,remove_text,A\n")

    def outcome() -> tuple[int, str]:
        with open_manifest(manifest) as opened:
            made = plan_manifest(opened, workspace=campaign.workspace, engine=PlainEngine(), brand=BrandKit())
        return len(made.jobs), "; ".join(result.reason for result in made.rejected)

    monkeypatch.setenv("LOCALIZER_ALLOWED_BUCKETS", "*")
    assert outcome() == (1, "")
    campaign.read.clear()
    assert outcome() == (1, "")
    assert campaign.read == []
    monkeypatch.setenv("LOCALIZER_ALLOWED_BUCKETS", "")
    jobs, reason = outcome()
    assert jobs == 0
    assert "LOCALIZER_ALLOWED_BUCKETS" in reason


_KILLED = """
import os, signal, sys
import pytest
from localizer.sources import planned
from localizer.sources import identity
from tests.localizer.sources.test_index import Campaign

planned._FIRST_SAVED = planned._AHEAD = planned._MAX_READERS = 1
identity._REST_NS = -(10**18)
campaign = Campaign(sys.argv[1], sys.argv[2], pytest.MonkeyPatch())
validate = planned.validate_image


def fourth_kills(data, name):
    if len(campaign.read) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return validate(data, name)


planned.validate_image = fourth_kills
campaign.plan()
"""


@pytest.mark.usefixtures("rested")
def test_what_was_read_before_the_process_died_is_not_all_read_again(local):
    done = subprocess.run([sys.executable, "-c", _KILLED, local.images.uri, local.workspace.uri], check=False)
    assert done.returncode == -9
    read = local.plan()[1]
    assert "img/3.bmp" in read
    assert "img/0.bmp" not in read
