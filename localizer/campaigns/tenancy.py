"""Whether a campaign file stays within its tenant, and who answers for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from localizer.campaigns.model import is_template
from localizer.documents import did_you_mean
from localizer.errors import TenantError
from localizer.notices.model import DEFAULT_CONNECTIONS
from localizer.strict_yaml import Fault, beside, beside_each
from localizer.strict_yaml import Path as Field
from localizer.tenants import FILE, TAG, Tenant, installed_tenants

_FIELDS: Mapping[Field, str] = {
    ("manifest",): "manifest",
    ("image_root",): "image_root",
    ("copy_deck",): "copy_deck",
    ("brand",): "brand",
    ("publish", "to"): "publish_uri",
    ("workspace",): "workspace",
    ("google_connection",): "gcp_conn_id",
    ("copy", "translator_connection"): "translator_conn_id",
    ("engine", "connection"): "engine_conn_id",
    ("provenance", "signing_connection"): "c2pa_conn_id",
}
"""Fields of the file and the parameters that they become."""


def tenancy_faults(path: Path, content: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the tenant, its places and its reviewers; the file follows its schema."""
    approval = content.get("approval", "always")
    if isinstance(approval, dict) and approval.get("four_eyes") and approval.get("ask") == "never":
        yield ("approval", "four_eyes"), "goes with ask: always or exceptions_only; here nobody is asked"
    for index, tag in enumerate(content.get("tags", ())):
        if tag.startswith(TAG):
            yield ("tags", index), f"{TAG}... says whose DAG it is; use the field tenant"
    tenants, name = installed_tenants(), content.get("tenant")
    if tenants is None:
        if name is not None:
            yield ("tenant",), f"this installation has no tenants; name their file in {FILE}"
    elif name is None:
        yield (), f"names no tenant, which this installation needs: tenant: {' | '.join(tenants)}"
    elif name not in tenants:
        yield ("tenant",), f"{name!r} is not known{did_you_mean(name, tenants)}"
    else:
        yield from _places(path, content, tenants[name])


def _places(path: Path, content: Mapping[str, Any], tenant: Tenant) -> Iterator[Fault]:
    for field, parameter in _FIELDS.items():
        value: Any = content
        for part in field:
            value = value.get(part, {})
        if not isinstance(value, str):
            continue
        if tenant.connections(parameter) is None:
            value = (beside_each if parameter == "copy_deck" else beside)(path, _fixed(value))
        yield from _fault(tenant, parameter, value, field)
    for index, channel in enumerate(content.get("notify", ())):
        connection = channel.get("connection") or DEFAULT_CONNECTIONS[channel["by"]]
        yield from _fault(tenant, "notice_conn_id", connection, ("notify", index, "connection"))


def _fault(tenant: Tenant, parameter: str, value: Any, field: Field) -> Iterator[Fault]:
    try:
        tenant.check(parameter, value)
    except TenantError as error:
        yield field, str(error).removeprefix(f"{parameter}: ")


def _fixed(value: str) -> str:
    """A place without what a template makes of it, which the run is asked about once it is known."""
    return re.split(r"\{\{|\{%", value)[0].rpartition("/")[0] if is_template(value) else value
