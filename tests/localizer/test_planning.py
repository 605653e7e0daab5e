"""Planning: what is read, what is rejected and why, and what a key depends on."""

import hashlib
import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from localizer.brand import BrandKit
from localizer.errors import ManifestError
from localizer.images.validation import validate_image
from localizer.manifest import load_manifest, open_manifest
from localizer.model import Action, Edit, Status
from localizer.planning import Plan, job_key, plan_manifest, plan_to_file, shards
from localizer.scratch import Scratch
from localizer.sources import SourceReader, planned
from localizer.sources import index as source_index
from localizer.sources.planned import PlannedSources
from localizer.workspace import Workspace

HEADER = "asset_id,image,source_locale,locale,action,text,replacement,box"


class PlainEngine:
    """Enough of an engine for planning: name, version and parameters."""

    name = "plain"
    version = "1"

    def __init__(self, **parameters: object) -> None:
        self._parameters = parameters

    def parameters(self) -> dict[str, object]:
        return self._parameters

    def edit(self, request: object) -> object:
        raise AssertionError("planning edits nothing")


def picture(
    width: int = 60, height: int = 40, *, fmt: str = "PNG", seed: int = 0, **options: object
) -> bytes:
    rgb = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(rgb).save(out, fmt, **options)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path) -> Path:
    folder = tmp_path / "campaign"
    folder.mkdir()
    (folder / "a.png").write_bytes(picture())
    (folder / "b.jpg").write_bytes(picture(80, 30, fmt="JPEG", seed=1))
    return folder


def plan(folder: Path, *rows: str, deck: str = "", engine: PlainEngine | None = None, **options) -> Plan:
    (folder / "m.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    if deck:
        (folder / "copy_deck.csv").write_text(deck, encoding="utf-8")
    options.setdefault("brand", BrandKit())
    return plan_manifest(
        load_manifest(folder / "m.csv"),
        workspace=Workspace.open(str(folder.parent / "ws")),
        engine=engine or PlainEngine(),
        **options,
    )


A = "p1,a.png,zh-CN,ja,replace_text,限时,期間,1 2 30 40"
B = "p2,b.jpg,zh-CN,ko,replace_text,限时,기간,"


def test_good_rows_become_jobs_with_their_source_in_the_workspace(folder):
    made = plan(folder, A, B)
    assert made.rejected == ()
    one, two = made.jobs
    assert (one.asset_id, one.locale, one.source_locale, one.label) == ("p1", "ja", "zh-Hans", "p1 · ja")
    assert one.source == f"sources/{one.source_sha256}.png"
    assert two.source.endswith(".jpg")
    stored = Workspace.open(str(folder.parent / "ws")).read_source(one)
    assert stored == (folder / "a.png").read_bytes()
    assert hashlib.sha256(stored).hexdigest() == one.source_sha256
    assert made.campaign == "m"


def test_a_rejected_job_names_every_wrong_row_and_field_and_the_rest_runs(folder):
    made = plan(folder, A, B, "p2,b.jpg,zh-CN,ko,replace_text,,x,1 2", "../x,,zh,zz9,fly,,,")
    assert [job.asset_id for job in made.jobs] == ["p1"]
    two, odd = made.rejected
    assert (two.asset_id, two.locale, two.status, two.rows) == ("p2", "ko", Status.FAILED, (3, 4))
    assert "row 4, text: " in two.reason
    assert "row 4, box: " in two.reason
    assert (odd.asset_id, odd.locale, odd.rows) == ("../x", "zz9", (5,))
    assert two.job != odd.job
    assert len(two.job) == 64


def test_nothing_good_is_a_plan_of_rejections(folder):
    made = plan(folder, "p1,none.png,zh,ja,replace_text,A,B,")
    assert made.jobs == ()
    assert "row 2, image: 'none.png' is not there" in made.rejected[0].reason


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("cut.png", picture()[:-40], "cut"),
        ("cut.jpg", picture(fmt="JPEG")[:-200], "cut"),
        ("empty.png", b"", "empty"),
        ("text.png", b"hello", "image"),
        ("lying.png", picture(fmt="JPEG"), "JPEG"),
    ],
)
def test_truncated_and_lying_images_are_row_errors(folder, name, data, message):
    (folder / name).write_bytes(data)
    made = plan(folder, A, f"x,{name},zh,ja,remove_text,A,,")
    assert [job.asset_id for job in made.jobs] == ["p1"]
    assert made.rejected[0].reason.startswith("row 3, image: ")
    assert message in made.rejected[0].reason


def test_nothing_outside_the_image_root_is_read_not_even_through_links(folder):
    secret = folder.parent / "secret.png"
    secret.write_bytes(picture())
    (folder / "link.png").symlink_to(secret)
    (folder / "up").symlink_to(folder.parent)
    (folder / "loop.png").symlink_to("loop.png")
    (folder / "inside.png").symlink_to("a.png")
    os.mkfifo(folder / "pipe.png")
    (folder / "dir.png").mkdir()
    names = ["link.png", "up/secret.png", "../secret.png", "loop.png", "pipe.png", "dir.png", "inside.png"]
    made = plan(folder, *(f"p{n},{name},zh,ja,remove_text,A,," for n, name in enumerate(names)))
    assert [job.asset_id for job in made.jobs] == ["p6"]
    assert len(made.rejected) == 6
    assert all(", image: " in result.reason for result in made.rejected)
    assert "leaves the image root" in made.rejected[0].reason


def test_the_image_root_can_be_given(folder):
    other = folder.parent / "other"
    other.mkdir()
    (folder / "a.png").rename(other / "a.png")
    assert plan(folder, A).jobs == ()
    assert len(plan(folder, A, image_root=str(other)).jobs) == 1
    assert len(plan(folder, A, image_root=other.as_uri()).jobs) == 1


def test_a_file_over_the_limit_is_refused_unread(folder):
    with (folder / "big.png").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    assert "64 MiB" in plan(folder, "p,big.png,zh,ja,remove_text,A,,").rejected[0].reason


def test_a_box_outside_the_upright_image_is_a_row_error(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # stored 60 x 40, upright 40 x 60
    (folder / "turned.jpg").write_bytes(picture(fmt="JPEG", exif=exif))
    made = plan(
        folder,
        "p1,a.png,zh,ja,remove_text,A,,0 0 60 40",
        "p2,a.png,zh,ja,remove_text,A,,0 0 61 40",
        "p3,turned.jpg,zh,ja,remove_text,A,,0 0 40 60",
        "p4,turned.jpg,zh,ja,remove_text,A,,0 0 60 40",
        "p5,a.png,zh,ja,remove_text,A,,0 0 60 41",
    )
    assert [job.asset_id for job in made.jobs] == ["p1", "p3"]
    assert [result.asset_id for result in made.rejected] == ["p2", "p4", "p5"]
    assert made.rejected[0].reason == (
        "row 3, box: 0 0 61 40 reaches outside the image, which is 60 x 40 pixels"
    )


def test_copy_is_resolved_from_the_deck_and_missing_copy_is_named(folder):
    made = plan(
        folder,
        "p1,a.png,zh,ja,translate_text,限时\\n特惠,,",
        "p1,a.png,zh,ja,translate_text,新品,given,",
        "p2,a.png,zh,ja,translate_text,没有,,",
        "p3,a.png,zh,ja,translate_text,*,,",
        deck="source,ja\n限时特惠,期間限定\n新品,deck\n",
    )
    one, two, three = made.jobs
    assert [edit.replacement for edit in one.edits] == ["期間限定", "given"]
    assert (one.missing_copy, two.missing_copy, three.missing_copy) == ((), ("没有",), ())
    assert any("copy_deck.csv" in warning for warning in made.warnings)


def test_locales_can_be_chosen_and_the_rest_is_out_of_scope(folder):
    rows = [
        A,
        B,
        "p1,a.png,zh,ko,replace_text,限时,기간,",
        "p9,a.png,zh,zz9,remove_text,A,,",
        "p8,a.png,zh,ko,fly,A,,",
    ]
    made = plan(folder, *rows, locales=["ja"])
    assert [(job.asset_id, job.locale) for job in made.jobs] == [("p1", "ja")]
    assert made.out_of_scope == (("p2", "ko"), ("p1", "ko"), ("p8", "ko"))
    assert [result.asset_id for result in made.rejected] == ["p9"]  # nobody knows what it was meant for
    with pytest.raises(ManifestError, match=r"'de' is not in .*available: ja, ko"):
        plan(folder, *rows, locales=["de"])
    with pytest.raises(ManifestError, match="BCP 47"):
        plan(folder, *rows, locales=["??"])


def test_one_image_of_many_jobs_is_read_once(folder, monkeypatch):
    names = []

    def counting(data, name):
        names.append(name)
        return validate_image(data, name)

    monkeypatch.setattr(planned, "validate_image", counting)
    (folder / "copy.png").write_bytes((folder / "a.png").read_bytes())
    rows = [f"p,a.png,zh,{tag},remove_text,A,," for tag in ("ja", "ko", "de")]
    made = plan(folder, *rows, "q,./a.png,zh,ja,remove_text,A,,", "r,copy.png,zh,ja,remove_text,A,,")
    assert sorted(names) == ["a.png", "copy.png"]
    assert len({job.source for job in made.jobs}) == 1
    assert len(list((folder.parent / "ws/sources").glob("*.png"))) == 1
    by_id = {job.asset_id: job.key for job in made.jobs if job.locale == "ja"}
    assert by_id["p"] == by_id["q"] == by_id["r"]  # the same bytes and edits: done once


def test_the_key_changes_with_what_decides_the_pixels_and_with_nothing_else(folder):
    base = plan(folder, A).jobs[0].key
    assert plan(folder, "", B, A).jobs[-1].key == base  # another row number
    assert plan(folder, A.replace("p1", "other")).jobs[0].key == base
    changed = {
        "replacement": plan(folder, A.replace("期間", "期")).jobs[0].key,
        "text": plan(folder, A.replace("限时", "限")).jobs[0].key,
        "box": plan(folder, A.replace("30 40", "31 40")).jobs[0].key,
        "locale": plan(folder, A.replace(",ja,", ",ko,")).jobs[0].key,
        "source_locale": plan(folder, A.replace("zh-CN", "zh-TW")).jobs[0].key,
        "parameters": plan(folder, A, engine=PlainEngine(steps=8)).jobs[0].key,
        "brand": plan(folder, A, brand=BrandKit(name="Acme")).jobs[0].key,
    }
    engine = PlainEngine()
    engine.version = "2"
    changed["version"] = plan(folder, A, engine=engine).jobs[0].key
    (folder / "a.png").write_bytes(picture(seed=9))
    changed["bytes"] = plan(folder, A).jobs[0].key
    assert base not in changed.values()
    assert len(set(changed.values())) == len(changed)


def test_the_key_ignores_the_order_of_attributes_but_not_of_edits():
    def key(*edits: Edit) -> str:
        return job_key(
            source_sha256="s", source_locale="zh", locale="ja", edits=edits, engine={}, brand_digest="b"
        )

    one = Edit(Action.REMOVE_TEXT, text="A", attribute={"colour": "red", "size": "1"}, row=2)
    same = replace(one, attribute={"size": "1", "colour": "red"}, row=9)
    other = Edit(Action.REMOVE_TEXT, text="B")
    assert key(one) == key(same)
    assert key(one, other) != key(other, one)


def test_a_plan_survives_parquet_exactly(folder):
    made = plan(
        folder,
        A,
        B,
        "p3,none.png,zh,ja,remove_text,A,,",
        "p4,a.png,zh,ja,translate_text,没有,,",
        locales=["ja"],
    )
    assert made.jobs
    assert made.rejected
    assert made.out_of_scope
    run = Workspace.open(str(folder.parent / "ws")).run("r")
    run.save_plan(made)
    assert run.load_plan() == made


def test_a_workspace_run_keeps_the_plan(folder):
    made = plan(folder, A, B)
    run = Workspace.open(str(folder.parent / "ws")).run("manual__2026-11-22T00:00:00+00:00")
    run.save_plan(made)
    assert run.load_plan() == made


def test_shards_keep_order_and_size(folder):
    jobs = plan(folder, *(f"p{n},a.png,zh,ja,remove_text,A,," for n in range(7))).jobs
    assert [len(shard) for shard in shards(jobs, size=3)] == [3, 3, 1]
    assert [job for shard in shards(jobs, size=3) for job in shard] == list(jobs)
    assert shards([], size=3) == []
    with pytest.raises(ValueError, match="at least 1"):
        shards(jobs, size=0)


def test_ten_thousand_rows_plan_in_seconds(folder):
    import time

    rows = [
        f"p{n},a.png,zh,{tag},replace_text,A{n},B,1 2 3 4"
        for n in range(2000)
        for tag in ("ja", "ko", "de", "fr", "es")
    ]
    started = time.perf_counter()
    made = plan(folder, *rows)
    assert len(made.jobs) == 10_000
    assert time.perf_counter() - started < 20  # about three seconds; twenty on a machine that is busy


def test_a_plan_file_holds_the_plan_and_its_summary_counts_it(folder):
    rows = [A, B, "p3,none.png,zh,ja,remove_text,A,,", "p1,a.png,zh,ko,remove_text,A,,"]
    (folder / "m.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    workspace = Workspace.open(str(folder.parent / "ws"))
    given = {"workspace": workspace, "engine": PlainEngine(), "brand": BrandKit(), "locales": ["ja"]}
    with open_manifest(folder / "m.csv") as manifest:
        made = plan_to_file(manifest, folder / "plan.parquet", campaign="mine", **given)
        whole = plan_manifest(manifest, **given)
    run = workspace.run("r")
    run.save_plan_file(folder / "plan.parquet")
    assert run.load_plan() == replace(whole, campaign="mine")
    assert (made.campaign, made.jobs, made.rejected, made.out_of_scope) == ("mine", 1, 1, 2)
    assert (made.locales, made.warnings) == ({"ja": 1}, whole.warnings)
    assert made.first_rejected == list(whole.rejected)


def test_planning_reads_no_further_ahead_than_some_jobs(folder, monkeypatch):
    for n in range(300):
        (folder / f"{n}.png").write_bytes(picture(20, 20, seed=n))
    rows = [f"p{n},{n}.png,zh,ja,remove_text,A,," for n in range(300)]
    (folder / "m.csv").write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    seen: list[str] = []
    original = planned.validate_image
    monkeypatch.setattr(
        planned, "validate_image", lambda data, name: (seen.append(name), original(data, name))[1]
    )
    furthest = []
    with (
        open_manifest(folder / "m.csv") as manifest,
        Scratch(source_index.SCHEMA) as scratch,
    ):
        workspace = Workspace.open(str(folder.parent / "ws"))
        index = source_index.SourceIndex(scratch, workspace.storage, ["m"])
        sources = PlannedSources(SourceReader(manifest.image_root), workspace, index)
        for done, (job, _) in enumerate(sources.attach(manifest.jobs, lambda job: True)):
            assert job.asset_id == f"p{done}"
            furthest.append(len(seen) - done)
    assert len(seen) == 300
    assert max(furthest) < 80


def test_a_job_with_very_many_wrong_rows_names_some_and_counts_the_rest(folder):
    made = plan(folder, *(f"p1,a.png,zh,ja,fly,A{n},," for n in range(70)))
    (rejected,) = made.rejected
    assert len(rejected.rows) == 70
    assert rejected.reason.count("action: ") == 50
    assert rejected.reason.endswith("; and 20 more")
