"""What a tenant may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localizer.errors import InputError, TenantError
from localizer.storage.prefixes import is_inside

TAG = "tenant:"
"""Begins the tag by which a tenant's DAGs are known."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """A person who may answer a review.

    Attributes:
        id: the user's, as Airflow's auth manager has it: the name with the Simple auth manager, the number
            with FAB, the subject's UUID with Keycloak.
        name: for people.
    """

    id: str
    name: str

    @classmethod
    def of(cls, content: str | Mapping[str, str]) -> Reviewer:
        """A reviewer as a file names one: an id, or a mapping of `id` and `name`."""
        if isinstance(content, str):
            return cls(content, content)
        return cls(content["id"], content.get("name", content["id"]))


@dataclass(frozen=True, slots=True)
class Tenant:
    """One brand of the tenants file.

    Attributes:
        name: also the end of its DAGs' ids, and of its roles.
        workspace: path or ``gs://`` prefix below which its workspaces are.
        publish: prefix below which it publishes.
        inputs: prefixes below which its manifests, copy decks and images lie.
        brand_kits: folder of its brand kits; they may lie among the inputs too.
        google_connection: Airflow connection for ``gs://``; None: the worker's own credentials.
        engine_connections: Airflow connections that its runs may name.
        translator_connections: Airflow connections of services that may draft its copy.
        signing_connection: Airflow connection with whose key all that it publishes is signed; None: nothing
            is.
        notice_connections: Airflow connections by which its campaigns may tell people.
        team: Airflow team that its DAGs belong to, in multi-team mode.
        reviewers: who answers where a campaign names nobody; empty: whoever may edit the DAG.
        four_eyes: whether somebody else than who triggered a run has to answer for it.
    """

    name: str
    workspace: str
    publish: str
    title: str = ""
    inputs: tuple[str, ...] = ()
    brand_kits: str | None = None
    google_connection: str | None = None
    engine_connections: tuple[str, ...] = ()
    translator_connections: tuple[str, ...] = ()
    signing_connection: str | None = None
    notice_connections: tuple[str, ...] = ()
    team: str | None = None
    reviewers: tuple[Reviewer, ...] = ()
    four_eyes: bool = False

    def prefixes(self, field: str) -> tuple[str, ...] | None:
        """Below which a parameter's place must lie; None for a parameter that is no place."""
        kits = (self.brand_kits,) if self.brand_kits else ()
        return {
            "workspace": (self.workspace,),
            "publish_uri": (self.publish,),
            "manifest": self.read,
            "image_root": self.read,
            "copy_deck": self.read,
            "brand": (*kits, *self.read),
        }.get(field)

    @property
    def read(self) -> tuple[str, ...]:
        """Below which its manifests, and what they name, may lie: a form may have written one itself."""
        return (*self.inputs, self.workspace)

    def connections(self, field: str) -> tuple[str | None, ...] | None:
        """That a parameter may name; None for a parameter that names none."""
        return {
            "gcp_conn_id": (self.google_connection,),
            "engine_conn_id": (None, *self.engine_connections),
            "translator_conn_id": (None, *self.translator_connections),
            "c2pa_conn_id": (self.signing_connection,),
            "notice_conn_id": self.notice_connections,
        }.get(field)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """All its prefixes, each with its field in the tenants file."""
        kits = (("brand_kits", self.brand_kits),) if self.brand_kits else ()
        inputs = tuple(("inputs", place) for place in self.inputs)
        return (("workspace", self.workspace), ("publish", self.publish), *inputs, *kits)

    def check(self, field: str, value: Any) -> None:
        """Nothing, if a run's parameter stays within the tenant; parameters that are neither place nor
        connection do.

        Raises:
            TenantError: it leaves it; says where it may be instead.
        """
        connections = self.connections(field)
        if connections is not None and any(each not in connections for each in _named(field, value)):
            may = ", ".join(name or "none" for name in connections) or "none"
            raise TenantError(f"{field}: tenant {self.name} may not use connection {value!r}; it has: {may}")
        prefixes = self.prefixes(field)
        if prefixes is None or value is None or value == "":
            return
        if not isinstance(value, str):
            raise TenantError(f"{field}: {value!r} is not a path or gs:// URI")
        places = value.split(",") if field == "copy_deck" else [value]  # it may be a list
        try:
            inside = all(any(is_inside(place.strip(), prefix) for prefix in prefixes) for place in places)
        except InputError as error:
            raise TenantError(f"{field}: {error}") from None
        if not inside:
            may = " or ".join(prefixes) or "nowhere; the tenants file names no place for it"
            raise TenantError(f"{field}: {value!r} is not tenant {self.name}'s; it may be below {may}")


def _named(field: str, value: Any) -> list[Any]:
    """The connections that a parameter names: one or none; of translators also several, by commas."""
    if field == "translator_conn_id" and isinstance(value, str):
        return [each.strip() for each in value.split(",") if each.strip()] or [None]
    return [value or None]
