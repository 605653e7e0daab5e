from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from localizer.errors import InputError
from operators.four_eyes import refuse_own, without

MEI, JO = {"id": "mei", "name": "mei"}, {"id": "8", "name": "jo"}


def test_who_triggered_a_run_does_not_answer_for_it() -> None:
    for user in (MEI, {"id": "7", "name": "mei"}):
        with pytest.raises(InputError, match="somebody else has to answer"):
            refuse_own(user, "mei")
    refuse_own(JO, "mei")
    refuse_own(JO, "")  # a schedule triggered it


def test_she_is_left_out_of_the_reviewers_and_somebody_must_be_left() -> None:
    assert without("mei", [MEI, JO]) == [JO]
    with pytest.raises(AirflowFailException, match="its only reviewer"):
        without("jo", [JO])
    assert without("mei", None) is None
