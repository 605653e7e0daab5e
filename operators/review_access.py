"""Which runs the review app may open at all, and who may answer them. For the API server only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.api_fastapi.app import get_auth_manager

from localizer.errors import Forbidden, TenantError
from operators.tenants import keep_to_tenant

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.models.base_user import BaseUser


@dataclass(frozen=True, slots=True)
class Answerers:
    """Who may answer a run, beyond the right to answer requests of its DAG.

    Attributes:
        reviewers: ids; empty: anybody.
        barred: name of who triggered the run, where four eyes are asked for; empty: nobody.
    """

    reviewers: frozenset[str] = frozenset()
    barred: str = ""

    def why_not(self, user: BaseUser) -> str:
        """Why a user is none of them, for them to read; empty if they are."""
        if self.barred and self.barred in {user.get_name(), str(user.get_id())}:
            return "you triggered this run; somebody else reviews it (four eyes)"
        is_one = get_auth_manager().is_authorized_hitl_task
        if self.reviewers and not is_one(assigned_users=set(self.reviewers), user=user):
            return "you are not one of the reviewers of this run"
        return ""


def answerers(task: Any, triggered_by: str | None) -> Answerers:
    """As the review task of a run has it.

    Args:
        task: of the serialized DAG; None if there is none.
        triggered_by: name of who triggered the run.
    """
    reviewers: Iterable[Mapping[str, str]] = getattr(task, "reviewers", None) or ()
    four_eyes = bool(getattr(task, "four_eyes", False))
    return Answerers(frozenset(each["id"] for each in reviewers), (triggered_by or "") if four_eyes else "")


def refuse_other_tenants(tags: Iterable[str], fields: Mapping[str, Any]) -> None:
    """Nothing, unless a run was given what is not its DAG's tenant's.

    Its tasks refused it too, but what they were given is recorded, and would be opened here.

    Raises:
        Forbidden: it was.
    """
    try:
        keep_to_tenant(tags, {name: fields.get(name) for name in ("workspace", "gcp_conn_id")})
    except TenantError:
        raise Forbidden("this run was given a workspace that is not its tenant's") from None
