"""Read the tenants file; whatever is wrong is told with file, line and field."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

from localizer.documents import schema_faults
from localizer.errors import InputError, TenantError
from localizer.storage.prefixes import is_inside, normal
from localizer.strict_yaml import Fault, beside, read_mapping, told
from localizer.tenants.model import Reviewer, Tenant

FILE = "LOCALIZER_TENANTS"
"""Environment variable that names the tenants file; set it for every component alike."""


def installed_tenants() -> Mapping[str, Tenant] | None:
    """The tenants of this installation, by name; None where it has none, and so is one brand's.

    Raises:
        TenantError: the file cannot be read or used.
    """
    name = os.environ.get(FILE)
    if not name:
        return None
    path = Path(name)
    try:
        facts = path.stat()
    except OSError as error:
        raise TenantError(f"{FILE}: {path}: cannot be read ({error.strerror or error})") from None
    return _known(path, facts.st_mtime_ns, facts.st_size)


@lru_cache(maxsize=2)
def _known(path: Path, modified_ns: int, size: int) -> Mapping[str, Tenant]:
    return load_tenants(path)


def load_tenants(path: Path) -> Mapping[str, Tenant]:
    """Read a tenants file. Relative paths in it start at its folder.

    Raises:
        TenantError: it cannot be read or used; a line for each fault, with file, line and field.
    """
    content, lines = read_mapping(path, error=TenantError, what="tenants file", such_as="tenants: {...}")
    if faults := told(path, schema_faults("localizer.tenants", "tenants.schema.json", content), lines):
        raise TenantError(faults)
    tenants = {name: _tenant(path, name, fields) for name, fields in content["tenants"].items()}
    if faults := told(path, _faults(tenants), lines):
        raise TenantError(faults)
    return tenants


def _tenant(path: Path, name: str, content: Mapping[str, Any]) -> Tenant:
    kits = content.get("brand_kits")
    return Tenant(
        name=name,
        title=content.get("title", name),
        workspace=beside(path, content["workspace"]),
        publish=beside(path, content["publish"]),
        inputs=tuple(beside(path, place) for place in content.get("inputs", ())),
        brand_kits=None if kits is None else beside(path, kits),
        google_connection=content.get("google_connection"),
        engine_connections=tuple(content.get("engine_connections", ())),
        translator_connections=tuple(content.get("translator_connections", ())),
        signing_connection=content.get("signing_connection"),
        notice_connections=tuple(content.get("notice_connections", ())),
        team=content.get("team"),
        reviewers=tuple(map(Reviewer.of, content.get("reviewers", ()))),
        four_eyes=content.get("four_eyes", False),
    )


def _faults(tenants: Mapping[str, Tenant]) -> Iterator[Fault]:
    good = []
    for tenant in tenants.values():
        for field, place in tenant.places:
            try:
                normal(place)
            except InputError as error:
                yield ("tenants", tenant.name, field), str(error)
            else:
                good.append((tenant.name, field, place))
    for (name, field, place), (other, other_field, theirs) in combinations(good, 2):
        if name != other and (is_inside(place, theirs) or is_inside(theirs, place)):
            yield ("tenants", other, other_field), f"{theirs} and {name}'s {field} {place} lie in one another"
    by_team: dict[str, str] = {}
    for tenant in tenants.values():
        if tenant.team and (first := by_team.setdefault(tenant.team, tenant.name)) != tenant.name:
            yield ("tenants", tenant.name, "team"), f"{tenant.team!r} is {first}'s team; each has its own"
