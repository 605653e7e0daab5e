"""Who triggered a run is not the one who answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from localizer.errors import InputError

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.execution_time.hitl import HITLUser


def triggered_by(context: Context) -> str:
    """The name of the person who triggered the run; empty if a schedule did."""
    return getattr(context["dag_run"], "triggering_user_name", None) or ""


def without(person: str, users: list[HITLUser] | None) -> list[HITLUser] | None:
    """Users who may answer, without one, so that Airflow refuses her; None (anybody) stays None.

    Raises:
        AirflowFailException: nobody would be left.
    """
    if not users:
        return users
    others = [user for user in users if person not in user.values()]
    if not others:
        raise AirflowFailException(
            f"{person} triggered this run and is its only reviewer, but four eyes are asked for: "
            "name more reviewers, or let somebody else trigger it"
        )
    return others


def refuse_own(user: Mapping[str, Any], triggered_by: str) -> None:
    """Nothing, unless a person answers for the run that she triggered.

    Args:
        user: who answered, with `id` and `name`.
        triggered_by: name of who triggered the run; empty: nobody did.

    Raises:
        InputError: it is the same person.
    """
    if triggered_by and triggered_by in {user.get("name"), user.get("id")}:
        raise InputError(
            f"{triggered_by} triggered this run, and four eyes are asked for: somebody else has to answer. "
            "It is asked again"
        )
