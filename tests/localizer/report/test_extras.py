"""What the report says besides pictures: time, money, reuse, reasons, deciders, estimate and release."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from localizer.costs import in_words, paid
from localizer.estimates import Estimate, Part, Way
from localizer.model import CheckResult, CheckStatus, Decision, Job, JobResult, Status, Verdict, slot_of
from localizer.pace import Measured
from localizer.report.saving import take_back
from localizer.runs.amendments import Amendment
from localizer.workspace import Workspace
from tests.localizer.report.test_page import render


def call(cost: float | None, currency: str = "CNY", *, recorded: bool = False) -> dict[str, Any]:
    return {"model": "m", "cost": cost, "currency": currency, "facts": {"recorded": recorded}}


def result(asset: str, locale: str, status: Status = Status.PASSED, **more: Any) -> JobResult:
    calls = more.pop("calls", [])
    log = ({"engine": "openai", "status": "passed", "reason": "", "facts": {"calls": calls}},)
    fields: dict[str, Any] = {"engine": "openai", "attempts": 2, "seconds": 30.0, "attempt_log": log, **more}
    return JobResult(f"{asset}-{locale}", asset, locale, status, **fields)


def decision(of: JobResult, verdict: Verdict, by: str, at: str) -> Decision:
    return Decision(of.job, of.asset_id, of.locale, verdict, by, at)


def rows(html: str, heading: str) -> dict[str, list[str]]:
    """The cells of the table under a heading, by their first one."""
    table = html.split(f">{heading}</h2>", 1)[1].split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    found = {}
    for row in table.split("<tr>")[1:]:
        cells = [
            re.sub(r"<[^>]+>", "", c).strip()
            for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        found[cells[0]] = cells[1:]
    return found


def test_a_call_is_paid_once() -> None:
    calls = [call(0.5), call(0.25), call(0.5, recorded=True), call(0.01, "USD"), call(None)]
    assert paid(result("a", "de", calls=calls)) == {"CNY": 0.75, "USD": 0.01}
    assert paid(result("a", "de", calls=calls, cached=True)) == {}
    assert paid(JobResult("k", "a", "de", Status.PASSED)) == {}
    assert in_words({"CNY": 0.75, "USD": 0.0123, "": 1234.5}) == "1,234.50 and 0.75 CNY and 0.0123 USD"


def test_time_money_reuse_and_attempts_stand_by_locale_and_by_engine(tmp_path: Path) -> None:
    workspace = Workspace.open(str(tmp_path))
    html = render(
        workspace,
        [
            result("a", "de", calls=[call(0.5)]),
            result("b", "de", calls=[call(0.5)], cached=True),
            result("a", "ja", Status.FAILED, calls=[call(1.5)], engine="typeset", attempts=3, seconds=90.0),
        ],
    )
    assert rows(html, "By locale") == {
        "German de": ["2", "0", "0", "1 (50 %)", "2", "30 s", "0.50 CNY"],
        "Japanese ja": ["0", "0", "1", "0", "3", "1 min 30 s", "1.50 CNY"],
    }
    assert rows(html, "By engine") == {
        "openai": ["2", "0", "0", "1 (50 %)", "2", "30 s", "0.50 CNY"],
        "typeset": ["0", "0", "1", "0", "3", "1 min 30 s", "1.50 CNY"],
    }
    assert ">2.00 CNY</b>Paid" in html
    assert "5 on 2 images" in html
    assert "Paid" not in render(workspace, [result("a", "de")])


def test_what_held_images_up_is_counted_over_all(tmp_path: Path) -> None:
    bad = CheckResult("text_correct", CheckStatus.FAILED)
    unsure = CheckResult("faces", CheckStatus.UNDECIDED)
    results = [result(f"p{n}", "de", Status.NEEDS_REVIEW, checks=(bad, unsure)) for n in range(700)]
    results += [result("x", "de", Status.FAILED, checks=(bad,)), result("y", "de", checks=(unsure,))]
    html = render(Workspace.open(str(tmp_path)), results)
    assert rows(html, "What held images up") == {
        "The new text reads back as asked": ["701", "0"],
        "No face is touched": ["0", "700"],
    }


def test_who_decided_and_when(tmp_path: Path) -> None:
    results = [result(f"p{n}", "de") for n in range(3)]
    html = render(
        Workspace.open(str(tmp_path)),
        results,
        decisions=[
            decision(results[0], Verdict.APPROVED, "policy:exceptions_only", "2026-06-01T08:00:00+00:00"),
            decision(results[1], Verdict.APPROVED, "Mei <Lin>", "2026-06-01T09:00:00+00:00"),
            decision(results[2], Verdict.REJECTED, "Mei <Lin>", "2026-06-01T09:30:00+00:00"),
        ],
    )
    assert "Mei &lt;Lin&gt;: 1 approved, 1 rejected" in html
    assert "2026-06-01 09:30 UTC" in html
    assert "the policy “exceptions_only”: 1 approved, 0 rejected" in html
    assert "Rejected by Mei &lt;Lin&gt;, 2026-06-01 09:30 UTC" in html


def test_how_far_off_the_estimate_was(tmp_path: Path) -> None:
    estimate = Estimate(
        campaign="618",
        made_at="2026-06-01T08:00:00+00:00",
        way=Way("openai", at_once=2, is_charged=True, price=0.5, currency="CNY"),
        locales={"de": Part(to_edit=2, known=1)},
        actions={"replace_text": 2},
        measured=Measured(20.0, 50, 1.0),
        edited_at="2026-06-01T08:00:20+00:00",
    )
    results = [result("a", "de", calls=[call(0.5)]), result("b", "de", calls=[call(0.5)])]
    html = render(Workspace.open(str(tmp_path)), results, estimate=estimate)
    assert "how far off it was" in html
    assert "1 min 0 s; estimated 40 s (50% longer)" in html
    assert "20 s; estimated 20 s (as estimated)" in html
    assert "1.00 CNY; estimated 1.00 CNY" in html
    assert "how far off" not in render(Workspace.open(str(tmp_path)), results)


def test_who_had_images_done_again(tmp_path: Path) -> None:
    one = result("a", "de")
    job = Job(one.job, "a", "de", "en", "sources/s.png", "0" * 64, ())
    again = Amendment("r1", slot_of(one), one.job, job, "openai", "Ana <x>", "2026-06-01T09:00:00+00:00")
    html = render(Workspace.open(str(tmp_path)), [one], redone={slot_of(one): again})
    assert "1 image for Ana &lt;x&gt;" in html
    assert "Done again" not in render(Workspace.open(str(tmp_path)), [one])


def test_how_to_take_a_release_back_stands_beside_it(tmp_path: Path) -> None:
    workspace = Workspace.open(str(tmp_path))
    command = take_back("gs://bucket/a b/618/releases/r-1")
    assert command == "python -m localizer release rollback 'gs://bucket/a b' 618 --reason \"...\""
    assert (take_back(""), take_back("somewhere")) == ("", "")
    html = render(workspace, [result("a", "de")], release_id="r-1", release_uri="x", take_back=command)
    assert "rollback_release" in html
    assert "&#39;gs://bucket/a b&#39; 618" in html
    assert "rollback_release" not in render(workspace, [result("a", "de")])
