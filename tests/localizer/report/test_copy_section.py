"""The report's section on the words: counts, where they come from, what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from localizer.copy.run_copy import UNITS
from localizer.copy.units import CopyState, CopyUnit
from localizer.model import JobResult, Status
from localizer.plan_files import Plan
from localizer.report import save_report
from localizer.report.copy_section import COPY_DECK, copy_of, copy_section
from localizer.workspace import Workspace
from tests.localizer.report.test_page import EVIL, Page


def unit(source: str, state: CopyState, target: str = "", locale: str = "de", **facts: Any) -> CopyUnit:
    return CopyUnit(source, "en", locale, state, target, **facts)


UNITS_HERE = (
    unit("NEW", CopyState.APPROVED, "NEU", origin="deck"),
    unit("SALE", CopyState.APPROVED, "RABATT", origin="nllb 1", approved_by="Mei Lin"),
    unit("499", CopyState.APPROVED, "499", origin="rule"),
    unit("Free", CopyState.DRAFT, "Gratis", origin="similar 0.92", findings=("one word less",)),
    unit(EVIL, CopyState.MISSING, assets=("poster-01",), findings=(EVIL,)),
    unit("NEW", CopyState.MISSING, locale="ar"),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(str(tmp_path))


def report(workspace: Workspace, units: Iterable[CopyUnit] | None, **edit: Any) -> str:
    made = {"action": "translate_text", "text": "Free", "replacement": "Gratis", "box": None, **edit}
    result = JobResult("k", "poster-01", "de", Status.NEEDS_REVIEW, edits=(made,))
    run = workspace.run("r1")
    if units is not None:
        run.save_copy(UNITS, "".join(f"{json.dumps(each.to_dict())}\n" for each in units).encode())
    run.save_plan(Plan("c", (), (result,), (), ()))
    run.merge()
    return Path(save_report(workspace, run)).read_text("utf-8")


def test_it_counts_tells_where_copy_comes_from_and_leads_to_the_deck(workspace: Workspace) -> None:
    html = report(workspace, UNITS_HERE, draft="similar 0.92")
    page = Page(html)
    assert page.open == []
    assert EVIL not in html
    said = " ".join(text for texts in page.text.values() for text in texts)
    for words in (
        "approved by Mei Lin; the draft: nllb 1",
        "in the copy deck",
        "similar 0.92",
        "one word less",
        "poster-01",
    ):
        assert words in said
    assert {"href": COPY_DECK, "download": ""} in page.all("a")
    assert "): no person has approved it" in said
    section = copy_of(workspace.run("r1"))
    assert section is not None
    assert section.rows == [("ar", [0, 0, 1]), ("de", [3, 1, 1])]


def test_a_run_whose_copy_nobody_prepared_has_no_such_section(workspace: Workspace) -> None:
    assert 'id="words"' not in report(workspace, None)


def test_where_all_is_approved_there_is_nothing_to_fill_in(workspace: Workspace) -> None:
    html = report(workspace, UNITS_HERE[:3])
    assert 'id="words"' in html
    assert COPY_DECK not in html
    assert "no person has approved it" not in html


def test_it_stays_small_and_counts_what_it_does_not_show() -> None:
    section = copy_section(unit(f"text {n}", CopyState.MISSING) for n in range(1000))
    assert section is not None
    assert (len(section.missing), section.more_missing) == (200, 800)
    assert copy_section(()) is None
