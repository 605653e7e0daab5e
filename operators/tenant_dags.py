"""DAGs for each tenant: what they may be given, and who may trigger them.

Where an installation has tenants, every DAG is one tenant's: ``localize_campaign`` gives way to
``localize_campaign__acme``, and so on. None is shared, so none can reach over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param
from airflow.sdk.configuration import conf
from airflow.sdk.definitions._internal.types import NOTSET

from localizer.errors import ConfigurationError, TenantError
from localizer.notices import Event
from localizer.tenants import TAG, Reviewer, Tenant, installed_tenants
from localizer.tenants.roles import TRIGGER, access_control
from operators.deadlines import DeadlineDag, deadline_alerts
from operators.form import PUBLISH, WORKSPACE
from operators.notices import RunNotices

_OWN = {
    "workspace": "workspace",
    "publish_uri": "publish",
    "gcp_conn_id": "google_connection",
    "c2pa_conn_id": "signing_connection",
}
_STRICT = ("always", "exceptions_only", "never")
_SPECIAL = re.compile(r"[\\^$.*+?()\[\]{}|]")


def tenants_here(file: str) -> list[Tenant | None]:
    """Whose DAGs a DAG file makes: each tenant's, or one for all (None) where there are no tenants.

    In Airflow's multi-team mode a DAG belongs to the team of its bundle, so there a bundle has the DAGs of
    one tenant: the one that its folder is named after, which may be a link to the DAG folder.

    Args:
        file: ``__file__`` of the DAG file.
    """
    tenants = installed_tenants()
    if tenants is None:
        return [None]
    if not conf.getboolean("core", "multi_team", fallback=False):
        return list(tenants.values())
    return [tenant for tenant in tenants.values() if tenant.name == Path(file).parent.name]


def tenant_dag(
    tenant: Tenant | None,
    dag_id: str,
    *,
    by: str = TRIGGER,
    params: Mapping[str, Param],
    default_args: Mapping[str, Any],
    tags: Iterable[str] = (),
    reviewers: Sequence[Reviewer] = (),
    four_eyes: bool = False,
    notices: RunNotices | None = None,
    **arguments: Any,
) -> DAG:
    """A tenant's own DAG, or without tenants the DAG as it always was.

    Args:
        dag_id: see `operators.tenants.dag_id_of`.
        by: the role that may trigger it, one of `localizer.tenants.roles.ROLES`.
        params: the form, for any tenant. Where it is said who answers, whoever triggers a run cannot choose
            an `approval` that asks them less than the form's default does.
        reviewers, four_eyes: for its `ReviewOperator`; default: the tenant's.
        notices: who is told of its runs, which then may have a deadline.
        arguments: of `DAG`.

    Raises:
        ConfigurationError: a default of the form is not the tenant's.
    """
    if tenant is not None:
        params = tenant_params(params, tenant)
        reviewers, four_eyes = reviewers or tenant.reviewers, four_eyes or tenant.four_eyes
        tags = [*tags, TAG + tenant.name]
        if "FabAuthManager" in conf.get("core", "auth_manager", fallback=""):  # no other knows of it
            arguments["access_control"] = access_control(tenant, by=by)
    if reviewers or four_eyes:
        who = [{"id": reviewer.id, "name": reviewer.name} for reviewer in reviewers]
        default_args = {**default_args, "reviewers": who, "four_eyes": four_eyes}
        params = _as_strict(params)
    arguments |= {"params": dict(params), "default_args": dict(default_args), "tags": [*tags]}
    if notices is None:
        return DAG(dag_id, **arguments)
    return DeadlineDag(
        dag_id,
        on_failure_callback=notices.notifiers(Event.FAILED) or None,
        deadline=deadline_alerts(notices, params, arguments["tags"]),
        **arguments,
    )


def required(param: Param) -> Param:
    """The same field without a default, so that a run has to be given it."""
    return Param(description=param.description, **param.schema)


def tenant_params(params: Mapping[str, Param], tenant: Tenant) -> dict[str, Param]:
    """A form that takes a tenant's own places and connections only.

    Raises:
        ConfigurationError: a default of the form is not the tenant's.
    """
    return {name: _narrowed(name, param, tenant) for name, param in params.items()}


def _as_strict(params: Mapping[str, Param]) -> dict[str, Param]:
    """A form that takes no approval which asks people less than its default does."""
    old = params.get("approval")
    if old is None:
        return dict(params)
    return {**params, "approval": _changed(old, old.value, enum=[*_STRICT[: _STRICT.index(old.value) + 1]])}


def _narrowed(name: str, param: Param, tenant: Tenant) -> Param:
    connections, prefixes = tenant.connections(name), tenant.prefixes(name)
    if connections is None and prefixes is None:
        return param
    default = param.value
    own = getattr(tenant, _OWN[name]) if name in _OWN else None
    if own is not None and default in {None, NOTSET, _installation_default(name)}:
        default = own
    if default is not NOTSET:
        try:
            tenant.check(name, default)
        except TenantError as error:
            raise ConfigurationError(f"the default of the form does not do: {error}") from None
    if connections is not None:
        return _changed(param, default, enum=list(connections), examples=None)
    return _changed(param, default, pattern=_pattern(prefixes or ()), examples=[*(prefixes or ())])


def _installation_default(name: str) -> str | None:
    return {"workspace": WORKSPACE, "publish_uri": PUBLISH}.get(name)


def _changed(param: Param, value: Any, **schema: Any) -> Param:
    """The same field with another default and further limits; None takes one away."""
    merged = {key: what for key, what in {**param.schema, **schema}.items() if what is not None}
    return Param(value, description=param.description, **merged)


def _pattern(prefixes: Iterable[str]) -> str:
    """For places below prefixes, in words that browsers and Python read alike."""
    either = "|".join(_SPECIAL.sub(r"\\\g<0>", prefix.rstrip("/")) for prefix in prefixes)
    return rf"^({either})(/(?!\.{{1,2}}(/|$))[^/]+)*/?$"
