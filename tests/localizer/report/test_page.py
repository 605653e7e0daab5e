"""The report: self-contained, safe against what manifests say, exceptions first."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from localizer.model import CheckResult, CheckStatus, Decision, Job, JobResult, Status, Verdict
from localizer.plan_files import Plan
from localizer.report import render_report, save_report
from localizer.report.overview import EXCEPTIONS, PASSED
from localizer.workspace import Workspace

NOW = datetime(2026, 6, 1, 8, 30, tzinfo=UTC)
EVIL = '<script>alert(1)</script>"onerror="alert(2)" {{ 7*7 }} javascript:alert(3)'
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """What a browser would see: tags with attributes, text, and whether tags nest."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: dict[str, list[str]] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {k: v or "" for k, v in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.setdefault(self.open[-1] if self.open else "", []).append(data.strip())

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path))


def picture(colour: tuple[int, int, int], size: tuple[int, int] = (1200, 800)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def save(workspace: Workspace, asset: str, locale: str, status: Status, **more: Any) -> JobResult:
    name, sha256 = workspace.put_source(picture((200, 0, 0)), "png")
    fields: dict[str, Any] = {
        "image": "candidate.png",
        "edits": (
            {
                "action": "replace_text",
                "text": "新品上市",
                "replacement": "وصل حديثًا",
                "box": [100, 100, 300, 160],
                "source_box": [100, 100, 260, 170],
                "engine": "typeset",
                "note": "set at 71 % of the source size",
            },
        ),
        "checks": (CheckResult("text_correct", CheckStatus.PASSED, 1.0, 0.97),),
        "engine": "typeset",
        "attempts": 1,
        "seconds": 2.0,
        "rows": (4, 5),
        **more,
    }
    key = hashlib.sha256(f"{asset}{locale}".encode()).hexdigest()
    result = JobResult(key, asset, locale, status, source=name, source_sha256=sha256, **fields)
    files = {"candidate.png": picture((0, 0, 200))} if result.image else {}
    return workspace.save_result(result, files)


def render(workspace: Workspace, results: Iterable[JobResult | Job], **more: Any) -> str:
    fields: dict[str, Any] = {"campaign": "618", "run_id": "run-1", "generated_at": NOW, **more}
    fields["decisions"] = {(d.job, d.asset_id, d.locale): d for d in fields.pop("decisions", [])}
    path = Path(workspace.uri) / "page.html"
    render_report(path, results=iter(results), read=workspace.storage.read, **fields)
    return path.read_text("utf-8")


def test_pictures_copy_and_checks_are_shown(workspace: Workspace) -> None:
    result = save(workspace, "poster", "ar", Status.PASSED)
    html = render(workspace, [result], release_id="r-1", seconds=75.0)
    page = Page(html)
    assert page.open == []
    before, after, crop_before, crop_after = page.all("img")
    assert all(i["alt"] for i in page.all("img"))
    assert (before["width"], before["height"]) == ("480", "320")
    assert (crop_before["width"], crop_before["height"]) == (crop_after["width"], crop_after["height"])
    assert _colour(before) == pytest.approx((200, 0, 0), abs=6)
    assert _colour(after) == pytest.approx((0, 0, 200), abs=6)
    spans = [t for t in page.tags if t[0] == "span" and t[1].get("lang") == "ar"]
    assert spans[0][1]["dir"] == "auto"
    words = " ".join(t for texts in page.text.values() for t in texts)
    for expected in (
        "وصل حديثًا",
        "新品上市",
        "set at 71 %",
        "The new text reads back as asked",
        "Arabic",
        "r-1",
    ):
        assert expected in words
    assert "Manifest rows 4, 5" in words
    assert "1 min 15 s" in words


def _colour(image: dict[str, str]) -> tuple[int, ...]:
    data = base64.b64decode(image["src"].removeprefix("data:image/jpeg;base64,"))
    return tuple(np.asarray(Image.open(io.BytesIO(data))).reshape(-1, 3).mean(axis=0))


def test_nothing_a_manifest_says_becomes_markup(workspace: Workspace) -> None:
    result = save(
        workspace,
        EVIL,
        "ja",
        Status.NEEDS_REVIEW,
        reason=EVIL,
        engine=EVIL,
        edits=({"action": "replace_text", "text": EVIL, "replacement": EVIL, "box": None, "note": EVIL},),
        checks=(CheckResult(EVIL, CheckStatus.FAILED, 0.1, 0.2, EVIL, missing=EVIL),),
        attempt_log=({"engine": EVIL, "status": EVIL, "reason": EVIL},) * 2,
    ).with_changes(locale='en" onload="alert(4)')
    decision = Decision(result.job, EVIL, result.locale, Verdict.REJECTED, EVIL, "t", EVIL)
    html = render(
        workspace,
        [result],
        campaign=EVIL,
        run_id=EVIL,
        warnings=[EVIL],
        out_of_scope=[(EVIL, EVIL)],
        decisions=[decision],
        release_id=EVIL,
        release_uri=EVIL,
    )
    page = Page(html)
    assert len(page.all("script")) == 1
    assert "alert(" not in page.text["script"][0]
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], tag
        assert not attributes.get("href", "#").startswith("javascript:")
    assert "{{ 7*7 }}" in html  # shown as it was written, not evaluated


def test_the_page_needs_nothing_else(workspace: Workspace) -> None:
    html = render(workspace, [save(workspace, "poster", "ar", Status.PASSED)])
    page = Page(html)
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        for name in ("src", "href", "srcset", "action"):
            if name in attributes:
                assert attributes[name].startswith(("data:image/jpeg;base64,", "#")) or (
                    attributes[name] == "results.csv"  # beside the page, for spreadsheets
                ), (tag, attributes[name])
    assert not re.search(r"url\(|@import|https?://", re.sub(r'src="data:[^"]*"', "", html))
    policy = next(m["content"] for m in page.all("meta") if "http-equiv" in m)
    script = html.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_exceptions_come_first_and_are_explained(workspace: Workspace) -> None:
    review = save(workspace, "b", "ja", Status.NEEDS_REVIEW, reason="the price is not certain")
    rejected = JobResult("x", "c", "fr", Status.FAILED, reason="row 7, image: no such file", rows=(7,))
    results = [save(workspace, "a", "ja", Status.PASSED), review, rejected]
    decisions = [
        Decision(results[0].job, "a", "ja", Verdict.APPROVED, "policy:passed", "t", "all checks passed"),
        Decision(review.job, "b", "ja", Verdict.REJECTED, "mei", "t"),
    ]
    html = render(workspace, results, decisions=decisions)
    page = Page(html)
    assert [a["data-status"] for a in page.all("article")] == ["failed", "needs_review", "passed"]
    assert "the price is not certain" in html
    assert "row 7, image: no such file" in html
    assert "Approved by the policy “passed”" in html
    assert "Rejected by mei" in html
    anchors = {a["id"] for a in page.all("article")}
    links = {a["href"].removeprefix("#") for a in page.all("a")} - {"images", "results.csv"}
    assert links == anchors  # the overview leads to every job


def test_the_hand_over_is_a_link_beside_the_page(workspace: Workspace) -> None:
    plain = save(workspace, "a", "ar", Status.PASSED)
    edited = replace(plain, asset_id="b", handover=f"gs://elsewhere/jobs/{plain.job}/handover.svg")
    page = Page(render(workspace, [plain, edited]))
    files = [a["href"] for a in page.all("a") if not a["href"].startswith("#")]
    assert files == ["results.csv", f"../../jobs/{plain.job}/handover.svg"]


def test_an_image_that_cannot_be_read_is_named(workspace: Workspace) -> None:
    result = save(workspace, "poster", "ar", Status.PASSED)
    workspace.storage.write(f"jobs/{result.job}/candidate.png", b"gone bad")
    html = render(workspace, [result])
    assert "No picture:" in html
    assert "candidate.png" in html


def test_a_large_run_stays_light(workspace: Workspace) -> None:
    first = save(workspace, "poster", "ja", Status.PASSED)
    bad = save(workspace, "bad", "ja", Status.NEEDS_REVIEW, reason="look")
    many = [first.with_changes(asset_id=f"poster-{n}") for n in range(PASSED + 40)]
    html = render(workspace, [*many, bad])
    page = Page(html)
    assert len(page.all("article")) == PASSED + 1
    assert {i["width"] for i in page.all("img") if "source image" in i["alt"]} == {"240"}
    with_pictures = sum("before: the source image" in i["alt"] for i in page.all("img"))
    assert with_pictures == PASSED + 1
    assert "40 “Passed” are only in" in html
    assert f"<b>{PASSED + 40}</b>Passed" in html
    assert "bad before: the source image" in html
    assert [i["alt"].split()[0] for i in page.all("img") if "close up" in i["alt"]] == ["bad", "bad"]


@pytest.mark.parametrize(
    ("failed", "review", "shown"),
    [
        (700, 700, (EXCEPTIONS // 2, EXCEPTIONS // 2)),
        (10, 700, (10, EXCEPTIONS - 10)),
        (700, 10, (EXCEPTIONS - 10, 10)),
        (100, 100, (100, 100)),
    ],
)
def test_exceptions_are_bounded_and_both_kinds_get_room(
    workspace: Workspace, failed: int, review: int, shown: tuple[int, int]
) -> None:
    results = [JobResult(f"f{n}", f"f{n}", "ja", Status.FAILED, reason="gone") for n in range(failed)]
    results += [JobResult(f"r{n}", f"r{n}", "ko", Status.NEEDS_REVIEW, reason="look") for n in range(review)]
    page = Page(render(workspace, results))
    statuses = [a["data-status"] for a in page.all("article")]
    assert (statuses.count("failed"), statuses.count("needs_review")) == shown
    assert statuses == sorted(statuses)
    cells = [t for texts in page.text.values() for t in texts]
    assert str(failed) in cells
    assert str(review) in cells


def test_reuse_is_counted(workspace: Workspace) -> None:
    results = [
        JobResult(f"k{n}", f"a{n}", "ja", Status.PASSED, engine="typeset", seconds=30) for n in range(8)
    ]
    results = [r.with_changes(cached=True) if n < 6 else r for n, r in enumerate(results)]
    wrong = JobResult("", "bad", "ko", Status.FAILED, reason="row 3, image: missing")
    html = render(workspace, [*results, wrong])
    assert "<b>6</b>Reused" in html
    assert "6 results were made by earlier runs: 75% of the jobs" in html
    assert "<b>1 min 0 s</b>Working time" in html


def test_what_has_no_result_yet_is_waiting(workspace: Workspace) -> None:
    job = Job("k", "later", "ko", "en", "sources/s.png", "0" * 64, ())
    page = Page(html := render(workspace, [save(workspace, "a", "ja", Status.PASSED), job]))
    assert "<b>1</b>Waiting" in html
    assert len(page.all("article")) == 1
    assert "Waiting" in page.text["td"]  # in the overview, and leads nowhere
    assert {a["href"] for a in page.all("a")} == {"#images", "#job-0", "results.csv"}


def test_memory_stays_flat_for_a_large_run(workspace: Workspace) -> None:
    def results(count: int) -> Iterator[JobResult]:
        for n in range(count):
            edit = {"action": "replace_text", "text": f"{n}" * 200, "replacement": "x" * 1000}
            status = Status.PASSED if n % 3 else Status.NEEDS_REVIEW
            yield JobResult(f"k{n}", f"a{n}", "ja", status, edits=(edit,), reason="look" * 100)

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            render(workspace, results(count))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(20_000) < peak(2000) + (1 << 19)


@pytest.mark.parametrize(
    "hostile", [EVIL, "a' onmouseover='x", "</title><script>x</script>", "--><b>", "]]>"]
)
def test_hostile_names_stay_text_everywhere(workspace: Workspace, hostile: str) -> None:
    """In the overview, in attributes, in the tables and in the close-ups."""
    results = [
        JobResult(hostile, hostile, locale, status, reason=hostile, engine=hostile, handover="x")
        for locale in (hostile, "ja", '"><img src=x onerror=y>')
        for status in Status
    ] + [JobResult("k", "other", "ja", Status.PASSED, image="candidate.png", source='sources/../../x"y')]
    page = Page(render(workspace, results, campaign=hostile, warnings=[hostile] * 300))
    assert page.open == []
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert page.all("b") == [{}] * page.tags.count(("b", {}))
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        href = attributes.get("href", "#")
        assert href.startswith(("#", "../../jobs/")) or href == "results.csv"


def test_the_report_of_a_run_is_saved_with_its_table(workspace: Workspace) -> None:
    run = workspace.run("r")
    done = save(workspace, "a", "ja", Status.PASSED)
    job = Job(done.job, "a", "ja", "en", done.source or "", done.source_sha256 or "", ())
    wrong = JobResult("", "=bad", "ja", Status.FAILED, reason="row 3, image: missing", rows=(3,))
    run.save_plan(Plan("c", (job,), (wrong,), (("x", "ko"),), ("odd column",)))
    run.save_shard("0", [done])
    run.merge()
    run.save_decisions([Decision(done.job, "a", "ja", Verdict.APPROVED, "mei", "t")])
    uri = save_report(workspace, run, release_id="r-1")
    html = Path(uri).read_text("utf-8")
    assert "Approved by mei" in html
    assert "odd column" in html
    assert "1 in the manifest, but not in this run" in html
    table = (Path(uri).parent / "results.csv").read_bytes()
    assert table.startswith(b'\xef\xbb\xbf"asset_id",')
    assert [line.split(",")[:3] for line in table.decode("utf-8-sig").splitlines()[1:]] == [
        ['"\'=bad"', '"ja"', '"failed"'],
        ['"a"', '"ja"', '"passed"'],
    ]


def test_an_empty_run(workspace: Workspace) -> None:
    page = Page(render(workspace, []))
    assert page.open == []
    assert page.all("article") == []
