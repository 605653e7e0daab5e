"""The roles that each tenant has under Flask-AppBuilder, and what each may do."""

from __future__ import annotations

from collections.abc import Iterable

from localizer.tenants.model import Tenant

VIEW, TRIGGER, REVIEW, RELEASE = "view", "trigger", "review", "release"
ROLES = (VIEW, TRIGGER, REVIEW, RELEASE)
"""``acme-view`` sees the tenant's DAGs and runs, and everybody has it; ``acme-trigger`` starts runs,
``acme-review`` answers them, ``acme-release`` takes releases back, verifies and thins them out."""

_ALL = (
    ("Website", "can_read"),
    ("My Profile", "can_read,can_edit"),
    ("My Password", "can_read,can_edit"),
    ("Task Instances", "can_read"),
    ("Task Logs", "can_read"),
    ("XComs", "can_read"),
    ("DAG Versions", "can_read"),
    ("DAG Warnings", "can_read"),
    ("HITL Detail", "can_read,menu_access"),
    ("Plugins", "can_read"),
    ("DAGs", "menu_access"),
    ("DAG Runs", "can_read,menu_access"),  # of the DAGs that one may read; their tasks ask for this one
    ("Browse", "menu_access"),
)
"""Never a right on all DAGs, which would reach over to other tenants; each of these counts only together with
a right on the DAG."""

_ANSWERS = (("HITL Detail", "can_edit"),)


def role_name(tenant: Tenant, role: str) -> str:
    """Of one of `ROLES`."""
    return f"{tenant.name}-{role}"


def access_control(tenant: Tenant, *, by: str) -> dict[str, dict[str, set[str]]]:
    """Rights on a tenant's DAG by role, as a DAG's ``access_control``; other auth managers ignore it.

    All of the tenant's roles see it. Who answers requests in its runs may edit it, which answering needs:
    reviewers, or for what changes releases whoever may trigger that.

    Args:
        by: the role that may trigger it.
    """
    answers = RELEASE if by == RELEASE else REVIEW
    return {
        role_name(tenant, role): {
            "DAGs": {"can_read", "can_edit"} if role in {by, answers} else {"can_read"},
            "DAG Runs": {"can_read", "can_create"} if role == by else {"can_read"},
        }
        for role in ROLES
    }


def fab_roles(tenants: Iterable[Tenant]) -> list[dict[str, str]]:
    """What ``airflow roles import`` reads; the rights on single DAGs come with the DAGs."""
    rights = {VIEW: _ALL, TRIGGER: (("", ""),), REVIEW: _ANSWERS, RELEASE: _ANSWERS}
    return [
        {"name": role_name(tenant, role), "resource": resource, "action": action}
        for tenant in tenants
        for role in ROLES
        for resource, action in rights[role]
    ]
