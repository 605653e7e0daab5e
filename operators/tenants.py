"""Whose a DAG is, and keeping its runs to what is its tenant's, whatever a run was given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from localizer.errors import TenantError
from localizer.storage.prefixes import only_from
from localizer.tenants import FILE, TAG, Tenant, installed_tenants


def tenant_of(tags: Iterable[str]) -> Tenant | None:
    """The tenant of a DAG with these tags, which come from its author and never from a run.

    Returns:
        None where the installation has no tenants.

    Raises:
        TenantError: it has tenants, and the DAG is none's.
    """
    tenants = installed_tenants()
    if tenants is None:
        return None
    names = [tag.removeprefix(TAG) for tag in tags if tag.startswith(TAG)]
    if len(names) != 1 or names[0] not in tenants:
        raise TenantError(
            f"this installation has tenants ({FILE}), and this DAG belongs to none of them: it needs one tag "
            f"{TAG}<name>, such as operators.tenant_dags gives it; known: {', '.join(tenants)}"
        )
    return tenants[names[0]]


def keep_to_tenant(tags: Iterable[str], fields: Mapping[str, Any]) -> None:
    """Nothing, if all places and connections are those of the DAG's tenant.

    Asked before every task's work, because `conf` can be anything: forms are for people.

    Args:
        tags: of the DAG.
        fields: of the task by name, rendered; see `localizer.tenants.Tenant.check`.

    Raises:
        TenantError: one is not, or the DAG is no tenant's although there are tenants.
    """
    tenant = tenant_of(tags)
    if tenant is None:
        return
    for name, value in fields.items():
        if name == "shard" and isinstance(value, Mapping):
            tenant.check("brand", value.get("brand"))
        else:
            tenant.check(name, value)


def reading_of(tags: Iterable[str]) -> AbstractContextManager[None]:
    """A block in which what a manifest names is read from its tenant's places only."""
    tenant = tenant_of(tags)
    return only_from(tenant.read) if tenant else nullcontext()


def dag_id_of(name: str, tenant: Tenant | None) -> str:
    """The id of a tenant's own DAG of one kind, such as ``redo_image__acme``."""
    return f"{name}__{tenant.name}" if tenant else name
