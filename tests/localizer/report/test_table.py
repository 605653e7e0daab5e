"""The table: a row for each result, and nothing in it that a spreadsheet takes for a formula."""

from __future__ import annotations

import csv
import io
import re
import sys
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from localizer.model import Action, Decision, Edit, Job, JobResult, Status, Verdict
from localizer.report.table import COLUMNS, ResultTable, cell
from localizer.spreadsheets import SIGNS, SKIPPED

CELLS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\ttext",
    '"=1',
    "'=1",
    " =1",
    "\u00a0=1",
    "\u200b=1",
    "\ufeff=1",
    "“=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM",
    "−1",
    "x;=1",
    "x\t=1",
    "x\n=1",
    'x"\n"=1',
    "=cmd|' /C calc'!A0",
    "\x00=1",
    "\u3164=1",
]


def written(*results: JobResult | Job, decision: Decision | None = None) -> str:
    file = io.StringIO(newline="")
    table = ResultTable(file)
    for result in results:
        table.add(result, decision)
    return file.getvalue()


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def looks_like_a_formula(text: str) -> bool:
    """What a careless spreadsheet does: normalise, strip all that is not a letter or a digit in front."""
    for character in unicodedata.normalize("NFKC", text):
        if character in "=+-@":
            return True
        hidden = not character.isprintable() and unicodedata.category(character) not in {"Cn", "Co"}
        if character.isspace() or hidden or character in '"`´‘’“”„‟«»‹›':
            continue
        return False
    return False


def unescaped(text: str) -> str:
    risky = rf"(?:\A'(?=[{SKIPPED}]*[{SIGNS}\t\r\n])|(?<=[;\t\r\n])'(?=[{SKIPPED}]*[{SIGNS}]))"
    return re.sub(risky, "", text)


@pytest.mark.parametrize("text", CELLS)
def test_what_owasp_warns_of_is_escaped(text: str) -> None:
    assert not any(looks_like_a_formula(part) for part in re.split(r"[;\t\r\n]", cell(text)))
    assert cell(text)[0] == "'" or ";'" in cell(text) or "\t'" in cell(text) or "\n'" in cell(text)


@pytest.mark.parametrize("text", ["", "poster-01", "50 % = half", "a;b", "新品上市", "a-b", "x@y", "3,5"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@given(st.one_of(st.text(), st.text(alphabet="=+-@＝'\" ;\t\r\n,x\u200b")))
@example("'=1")
@example("''=1")
@example(";'=1")
def test_no_text_becomes_a_formula_and_none_is_lost(text: str) -> None:
    result = JobResult("k", text, "ja", Status.FAILED, reason=text)
    page = written(result, result)
    # As it is meant to be read, as read where ";" or a tab separates, and line by line.
    for delimiter in ",;\t":
        rows = csv.reader(io.StringIO(page, newline=""), delimiter=delimiter)
        assert not any(looks_like_a_formula(found) for row in rows for found in row)
    for line in re.split(r"[\r\n]", page):
        assert not any(looks_like_a_formula(part) for part in re.split(r"[;\t]", line))
    [first, second] = read(page)
    assert first == second
    assert unescaped(first["asset_id"]) == text
    assert first["job"] == "k"


def test_every_variant_of_the_signs_and_every_blank_is_known() -> None:
    """The classes are written out; Unicode is asked whether something is missing."""
    signs, skipped = re.compile(f"[{SIGNS}]"), re.compile(f"[{SKIPPED}\t\r\n]")
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.normalize("NFKC", character)[:1] in set("=+-@"):
            assert signs.match(character), hex(code)
        if character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}:
            assert skipped.match(character), hex(code)


def test_a_long_hostile_text_takes_no_time() -> None:
    for text in ("\n" * 40_000, " " * 40_000, ";" * 40_000, '"\n;' * 20_000, "\n=" * 20_000):
        assert len(cell(text)) <= 2 * 32_000


def test_a_long_text_does_not_run_over_into_other_cells() -> None:
    assert len(cell("x" * 100_000)) == 32_000


def test_a_row_says_what_came_of_a_job() -> None:
    result = JobResult(
        "key",
        "poster",
        "ja",
        Status.NEEDS_REVIEW,
        image="gs://b/jobs/key/candidate.png",
        delivered="gs://b/jobs/key/delivered.jpg",
        edits=(
            {"action": "replace_text", "text": "新品\n上市", "replacement": "新着"},
            {"action": "remove_object", "object": "logo"},
        ),
        reason="look",
        engine="typeset",
        cached=True,
        seconds=1.5,
        rows=(4, 5),
    )
    decision = Decision("key", "poster", "ja", Verdict.APPROVED, "mei", "t")
    [row] = read(written(result, decision=decision))
    assert row == {
        "asset_id": "poster",
        "locale": "ja",
        "status": "needs_review",
        "reason": "look",
        "text": "新品\n上市\nlogo",
        "replacement": "新着",
        "image": "gs://b/jobs/key/candidate.png",
        "delivered": "gs://b/jobs/key/delivered.jpg",
        "decision": "approved",
        "decided_by": "mei",
        "engine": "typeset",
        "cached": "yes",
        "seconds": "1.500",
        "manifest_rows": "4 5",
        "job": "key",
    }
    assert tuple(row) == COLUMNS


def test_a_job_without_a_result_is_waiting() -> None:
    edit = Edit(Action.REPLACE_TEXT, text="A", replacement="B", row=7)
    [row] = read(written(Job("key", "poster", "ja", "en", "sources/s.png", "0" * 64, (edit,))))
    assert (row["status"], row["text"], row["replacement"], row["manifest_rows"], row["job"]) == (
        "waiting",
        "A",
        "B",
        "7",
        "key",
    )
