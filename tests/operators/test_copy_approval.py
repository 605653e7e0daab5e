"""The request for copy: what a person reads, what an answer may say, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException

from localizer.copy.prepared import PreparedCopy
from localizer.copy.run_copy import each_unit
from localizer.copy.saving import load_prepared, save_prepared, save_units
from localizer.copy.units import CopyState, CopyUnit
from localizer.errors import InputError
from localizer.workspace import Workspace
from operators.asking import CHOICES
from operators.copy_approval import (
    APPROVE,
    LEAVE,
    REFUSE,
    STOP,
    ApproveCopyOperator,
    CopyQuestion,
    choice,
    parse_approval,
    read_answer,
)


def unit(source: str, state: CopyState, target: str = "", **facts: Any) -> CopyUnit:
    return CopyUnit(source, "en", "de", state, target, **facts)


APPROVED = unit("NEW", CopyState.APPROVED, "NEU", origin="deck")
SALE = unit("SALE", CopyState.DRAFT, "RABATT", origin="nllb 1")
FREE = unit("Free | shipping", CopyState.DRAFT, "Gratis", origin="nllb 1", findings=("shorter | than asked",))
GONE = unit("50% OFF", CopyState.MISSING, findings=("[x](http://y) 50% is not in “-40 %”",))
UNITS_HERE = (APPROVED, SALE, FREE, GONE)


def question(units: Iterable[CopyUnit] = UNITS_HERE) -> CopyQuestion:
    asked = CopyQuestion()
    for each in units:
        asked.add(each)
    return asked


def test_the_person_reads_counts_drafts_and_what_is_missing_and_no_string_breaks_the_tables() -> None:
    body = question().body(to_fill="/w/runs/r/copy/to_fill.csv")
    rows = body.splitlines()
    assert "| de | 1 | 2 | 1 |" in rows
    assert f"| {SALE.id} | de | `SALE` | `RABATT` | nllb 1 |  |" in rows
    assert any("`Free \\| shipping`" in row and "shorter \\| than asked" in row for row in rows)
    [missing] = [row for row in rows if row.startswith("| de | `50% OFF`")]
    assert "\\[x\\](http:\u2060" in missing
    assert "`/w/runs/r/copy/to_fill.csv`" in body


def test_the_question_stays_small_with_many_strings() -> None:
    many = [unit(f"text {n} " * 100, CopyState.DRAFT, f"Text {n} " * 100) for n in range(CHOICES)]
    asked = question(many)
    assert len(asked.form(seen="").get_param(REFUSE).schema["examples"]) == CHOICES
    more = question([*many, SALE])
    schema = more.form(seen="").get_param(REFUSE).schema
    assert "examples" not in schema
    assert len(more.body(to_fill="")) < 60_000
    assert f"{CHOICES + 1 - 50} more drafts" in more.body(to_fill="")


@pytest.mark.parametrize(
    ("form", "option", "message"),
    [
        ({"refuse": ["x"]}, LEAVE, "choose one"),
        ({"refuse": "x"}, APPROVE, "refuse: 'x' is not a list"),
        ({"approve_all": True}, APPROVE, "unknown fields in the answer: approve_all"),
    ],
)
def test_an_answer_that_means_nothing_is_refused(form: dict[str, Any], option: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_answer(form, option=option, seen="")


def test_only_three_policies_exist() -> None:
    assert parse_approval("drafts") == "drafts"
    with pytest.raises(InputError, match="copy_approval: 'sometimes' is none of never, drafts, always"):
        parse_approval("sometimes")


class Task:
    """Stand-in for Airflow's task instance: keeps what is pushed."""

    def __init__(self, seen: str = "") -> None:
        self.seen = seen

    def xcom_pull(self, *, task_ids: str, key: str) -> str:
        return self.seen


@pytest.fixture
def operator(tmp_path: Path) -> ApproveCopyOperator:
    save(tmp_path, UNITS_HERE)
    with DAG("d", schedule=None):
        return ApproveCopyOperator(task_id="approve_copy", workspace=str(tmp_path), run_name="r1")


@pytest.fixture
def strict(tmp_path: Path) -> ApproveCopyOperator:
    """Asks for four eyes."""
    save(tmp_path, UNITS_HERE)
    with DAG("d", schedule=None):
        return ApproveCopyOperator(
            task_id="approve_copy", workspace=str(tmp_path), run_name="r1", four_eyes=True
        )


def save(folder: Path, units: Iterable[CopyUnit]) -> None:
    run = Workspace.open(str(folder)).run("r1")
    saved = save_units(run, units)
    save_prepared(run, PreparedCopy(saved.counts, saved.units, saved.to_fill, saved.digest))


def digest(folder: Path) -> str:
    return load_prepared(Workspace.open(str(folder)).run("r1")).digest


def answer(
    operator: ApproveCopyOperator,
    option: str = APPROVE,
    *,
    asked: str = "",
    triggered_by: str | None = None,
    person: str = "mei",
    **form: Any,
) -> Any:
    event = {
        "chosen_options": [option],
        "params_input": form,
        "responded_at": datetime(2026, 6, 18, 8, tzinfo=UTC),
        "responded_by_user": {"id": "7", "name": person} if person else None,
    }
    context = {"ti": Task(asked), "dag_run": SimpleNamespace(triggering_user_name=triggered_by)}
    return operator.execute_complete(context, event)  # type: ignore[arg-type]


def states(operator: ApproveCopyOperator) -> Mapping[str, tuple[str, str]]:
    return {each.source: (str(each.state), each.approved_by) for each in each_unit(operator.open_run())}


def test_what_is_approved_stands_in_the_name_of_the_person_and_what_is_refused_is_missing(
    operator: ApproveCopyOperator, tmp_path: Path
) -> None:
    done = answer(operator, asked=digest(tmp_path), refuse=[choice(FREE)], comment="as agreed")
    assert done == {"approved": 1, "refused": 1, "by": "mei"}
    assert states(operator) == {
        "NEW": ("approved", ""),
        "SALE": ("approved", "mei"),
        "Free | shipping": ("missing", ""),
        "50% OFF": ("missing", ""),
    }


def test_drafts_that_are_left_stay_drafts(operator: ApproveCopyOperator) -> None:
    before = states(operator)
    assert answer(operator, LEAVE) == {"approved": 0, "refused": 0, "by": "mei"}
    assert states(operator) == before


def test_who_stops_the_run_ends_it_and_nothing_is_approved(operator: ApproveCopyOperator) -> None:
    before = states(operator)
    with pytest.raises(AirflowFailException, match=r"mei stopped the run .*: prices first.*clear the task"):
        answer(operator, STOP, comment="prices first")
    assert states(operator) == before


def test_an_unknown_draft_leaves_all_as_it_was(operator: ApproveCopyOperator) -> None:
    before = states(operator)
    with pytest.raises(InputError, match="refuse: no draft of this run: nothing · de; "):
        answer(operator, refuse=["nothing · de", choice(APPROVED)])
    assert states(operator) == before


def test_an_answer_on_other_drafts_than_there_are_is_refused(
    operator: ApproveCopyOperator, tmp_path: Path
) -> None:
    seen = digest(tmp_path)
    save(tmp_path, (APPROVED, replace(SALE, target="AKTION"), FREE, GONE))
    with pytest.raises(InputError, match="prepared anew"):
        answer(operator, asked=seen)  # it does not say what it is on
    with pytest.raises(InputError, match="prepared anew"):
        answer(operator, asked="", seen=seen)
    assert states(operator)["SALE"] == ("draft", "")


def test_with_four_eyes_whoever_triggered_the_run_approves_no_copy_of_it(strict: ApproveCopyOperator) -> None:
    before = states(strict)
    with pytest.raises(InputError, match="four eyes are asked for"):
        answer(strict, triggered_by="mei")
    assert states(strict) == before
    assert answer(strict, triggered_by="jo") == {"approved": 2, "refused": 0, "by": "mei"}


def test_where_nobody_answers_nothing_is_approved(operator: ApproveCopyOperator) -> None:
    before = states(operator)
    with pytest.raises(AirflowFailException, match="nobody answered in time"):
        operator.execute_complete({}, {"error": "timeout", "error_type": "timeout"})
    assert states(operator) == before


def test_an_answer_without_a_person_approves_nothing(operator: ApproveCopyOperator) -> None:
    before = states(operator)
    with pytest.raises(InputError, match="name of the person"):
        answer(operator, person="")
    assert states(operator) == before
