"""What a plan is said to take: counts, time and money, and what is not known."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from localizer.estimates import Estimate, Estimator, Way
from localizer.estimates.estimating import SHOWN, way_of
from localizer.estimates.text import as_lines, as_markdown
from localizer.estimates.words import NOTHING_MEASURED, compared, cost_words, time_words
from localizer.model import Action, Edit, Job, JobResult, Status
from localizer.pace import Measured
from localizer.plan_files import PlanReader, PlanWriter
from localizer.remote.access import Access, use_access
from localizer.report.plan_page import render_plan

EDIT = Edit(Action.REPLACE_TEXT, text="SALE", replacement="RABATT", row=2)
LOCAL = Way("typeset", at_once=2)


def job(
    number: int, locale: str = "de", *, key: str = "", edits: int = 1, missing: tuple[str, ...] = ()
) -> Job:
    return Job(
        key or f"{number:064x}",
        f"p{number}",
        locale,
        "en",
        "sources/s.png",
        "0" * 64,
        (EDIT,) * edits,
        missing_copy=missing,
    )


def known(of: Job, engine: str = "typeset") -> JobResult:
    return JobResult(of.key, of.asset_id, of.locale, Status.PASSED, engine=engine, cached=True)


@pytest.fixture
def estimated(tmp_path: Path) -> Any:
    def make(
        jobs: Iterable[tuple[Job, JobResult | None]],
        *,
        way: Way = LOCAL,
        measured: Measured | None = None,
        rejected: int = 0,
    ) -> Estimate:
        estimator = Estimator(measured)
        with PlanWriter(tmp_path / "plan.parquet", campaign="618") as writer:
            for each, result in jobs:
                writer.add(each)
                estimator.add(each, result)
            for number in range(rejected):
                reason = f"row {number}, image: there is no such file"
                writer.reject(JobResult(f"r{number}", f"bad{number}", "de", Status.FAILED, reason=reason))
            writer.finish(out_of_scope=[("p9", "ko")], warnings=["the deck beside the manifest is used"])
        with PlanReader((tmp_path / "plan.parquet").open("rb")) as plan:
            return estimator.finish(plan, way)

    return make


def test_it_counts_by_locale_what_is_to_do_known_and_missing(estimated: Any) -> None:
    jobs = [(job(n), None) for n in range(3)]
    jobs += [(job(4, "ja"), known(job(4, "ja"))), (job(5, "ja"), known(job(5, "ja"), "qwen"))]
    jobs += [(job(6, "ja", missing=("Free Shipping", "Sale")), None)]
    jobs += [(job(7, "ja", missing=("Sale",)), None)]
    estimate = estimated(jobs, rejected=30)
    assert {tag: (p.to_edit, p.known, p.no_copy, p.jobs) for tag, p in estimate.locales.items()} == {
        "de": (3, 0, 0, 3),
        "ja": (0, 2, 2, 4),
    }
    assert estimate.known_by == {"typeset": 1, "qwen": 1}
    assert estimate.missing_copy == (("ja", "Sale", 2), ("ja", "Free Shipping", 1))
    assert (estimate.rejected, len(estimate.first_rejected)) == (30, SHOWN)
    assert estimate.actions == {"replace_text": 3}


def test_the_same_image_twice_is_counted_but_done_and_paid_once(estimated: Any) -> None:
    way = Way("openai", at_once=4, is_charged=True, price=0.5, currency="CNY")
    twins = [(job(n, key="a" * 64), None) for n in range(3)] + [(job(9), None)]
    estimate = estimated(twins, way=way, measured=Measured(10.0, 20, calls=1.0))
    assert (estimate.total.to_edit, estimate.images) == (4, 2)
    assert estimate.cost == {"CNY": pytest.approx(1.0)}
    assert "2 images the very same as another" in "\n".join(as_lines(estimate))


def test_time_comes_from_what_was_measured_and_from_how_many_go_side_by_side(estimated: Any) -> None:
    jobs = [(job(n), None) for n in range(5)]
    estimate = estimated(jobs, measured=Measured(12.0, 40))
    assert estimate.work_s == 60
    assert estimate.elapsed_s == 36  # three rounds of two
    assert "about 36 s" in time_words(estimate)
    assert "12 s an image, measured on 40 images" in time_words(estimate)
    assert estimated(jobs, way=Way("typeset", at_once=50), measured=Measured(12.0, 40)).elapsed_s == 12
    limited = Way("openai", at_once=50, is_charged=True, per_minute=6)
    assert estimated(jobs, way=limited, measured=Measured(12.0, 40, calls=2.0)).elapsed_s == 90


def test_what_is_not_known_is_said_so(estimated: Any) -> None:
    jobs = [(job(n, edits=2), None) for n in range(5)]
    nothing = estimated(jobs)
    assert (nothing.work_s, nothing.elapsed_s) == (None, None)
    assert time_words(nothing) == NOTHING_MEASURED
    no_slots = estimated(jobs, way=Way("typeset", at_once=None), measured=Measured(12.0, 40))
    assert no_slots.elapsed_s is None
    assert "60 s if done one after another" in time_words(no_slots)
    assert "LOCALIZER_EDIT_SLOTS" in time_words(no_slots)
    assert cost_words(nothing) == "no charge: typeset calls no service"
    no_price = estimated(jobs, way=Way("dify", at_once=1, is_charged=True))
    assert no_price.cost is None
    assert "says no price" in cost_words(no_price)
    first_time = estimated(jobs, way=Way("dify", is_charged=True, price=0.2, currency="USD"))
    assert cost_words(first_time).startswith("at least 2.00 USD: a call for each of 10 edits at 0.20 USD")


def test_where_all_is_known_nothing_is_to_be_waited_or_paid_for(estimated: Any) -> None:
    done = estimated([(job(n), known(job(n))) for n in range(5)], way=Way("dify", is_charged=True))
    assert (done.work_s, done.elapsed_s, done.cost) == (0, 0, {})
    assert time_words(done) == "none: nothing has to be edited"


def test_the_price_is_that_of_the_access_that_this_process_has() -> None:
    with use_access("openai", Access("http://127.0.0.1:9/v1", price=0.3, currency="CNY", per_minute=10)):
        way = way_of("openai", fallbacks=("openai", "typeset"), tasks=5, tasks_at_once=2, images_a_task=8)
    assert (way.price, way.currency, way.at_once, way.per_minute) == (0.3, "CNY", 16, 20)
    assert way.fallbacks == ("typeset",)
    assert way_of("openai").price is None
    assert way_of("typeset", tasks_at_once=None).at_once is None


def test_it_survives_json(estimated: Any) -> None:
    estimate = estimated(
        [(job(1), None), (job(2, missing=("x",)), None)],
        measured=Measured(1.5, 9, 0.5),
        rejected=2,
        way=Way("openai", ("typeset",), 3, 2, True, 0.1, "CNY", 5.0),
    )
    told = json.loads(json.dumps(estimate.to_dict()))
    assert Estimate.from_dict(told) == estimate
    assert (told["images"], told["work_s"], told["total"]["no_copy"]) == (1, 1.5, 1)


def test_other_peoples_text_moves_no_line_and_no_markup(estimated: Any) -> None:
    evil = job(1, missing=("a\x1b[2J\nINFO all is well | **x** <img src=x>",))
    estimate = replace(estimated([(evil, None)]), campaign="c|\n**d**")
    lines = list(as_lines(estimate))
    assert not any("\n" in line or "\x1b" in line for line in lines)
    assert "**d**" not in as_markdown(estimate)


def test_the_comparison_says_how_far_off_it_was(estimated: Any) -> None:
    way = Way("openai", at_once=1, is_charged=True, price=1.0, currency="CNY")
    estimate = estimated([(job(n), None) for n in range(4)], way=way, measured=Measured(10.0, 40, calls=1.0))
    ended = replace(estimate, made_at="2026-06-01T08:00:00+00:00", edited_at="2026-06-01T08:01:00+00:00")
    told = dict(compared(ended, edited=4, seconds=38.0, paid={"CNY": 6.0}))
    assert told["Images"] == "4 edited; 4 were expected"
    assert told["Work"] == "38 s; estimated 40 s (5% shorter)"
    assert told["From plan to last edit"] == "1 min 0 s; estimated 40 s (50% longer)"
    assert told["Cost"] == "6.00 CNY; estimated 4.00 CNY"
    first = estimated([(job(1), None)])
    assert "no earlier run" in dict(compared(first, edited=1, seconds=3.0, paid={}))["Work"]


def test_the_page_shows_counts_and_escapes(estimated: Any, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    jobs = [(replace(job(1), asset_id=evil), None), (job(2, missing=(evil,)), None)]
    render_plan(tmp_path / "plan.html", estimated(jobs, rejected=25), run_id=evil, dry_run=True)
    page = (tmp_path / "plan.html").read_text("utf-8")
    assert "<script" not in page
    assert "A dry run: nothing was edited" in page
    assert NOTHING_MEASURED in page
    assert "… and 5 more." in page


def test_it_stays_small_for_many_jobs(estimated: Any, tmp_path: Path) -> None:
    jobs = (
        (job(n, f"{'abcdefghij'[n % 10]}a", missing=(f"s{n}",) if n % 2 else ()), None) for n in range(20_000)
    )
    estimate = estimated(jobs, rejected=3)
    assert estimate.total.jobs == 20_000
    assert estimate.total.no_copy == 10_000
    assert sum(n for _, _, n in estimate.missing_copy) + estimate.more_missing == 10_000
    assert len(json.dumps(estimate.to_dict())) < 20_000
