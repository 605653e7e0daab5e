"""What a campaign file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from localizer.notices.model import Channel
from localizer.tenants import Reviewer


@dataclass(frozen=True, slots=True)
class Engine:
    """What makes the images.

    Attributes:
        name: of the registry, or an import path ``package.module:Factory``.
        connection: Airflow connection of the service that it calls.
        parameters: its keyword arguments; never a credential.
    """

    name: str = "typeset"
    connection: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Copy:
    """Where copy comes from that the deck does not have.

    Attributes:
        ask: ``never``, ``drafts`` or ``always``; None: as the approval of the images suggests.
        translator_connection: Airflow connection of the service that drafts.
    """

    ask: str | None = None
    translator_connection: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What vouches for published images.

    Attributes:
        signing_connection: Airflow connection with whose key content credentials are signed; None: none.
    """

    signing_connection: str | None = None


@dataclass(frozen=True, slots=True)
class Cron:
    """At the times of a cron expression, in a time zone."""

    expression: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class ToFestival:
    """Some days before each occurrence of a festival.

    Attributes:
        festival: its id; with `dates` the name of the brand's own.
        lead: ``14d`` or ``2w``.
        region: ISO 3166-1 code.
        timezone: IANA name.
        hour: of the day on which the run starts, there.
        dates: ISO days of a festival of the brand's own; None: the calendar's.
    """

    festival: str
    lead: str
    region: str
    timezone: str
    hour: int = 9
    dates: tuple[str, ...] | None = None


Schedule = Cron | ToFestival | None
"""None: by hand."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign file.

    Attributes:
        name: of the file, without its ending.
        path: of the file.
        manifest: absolute path or ``gs://``; a Jinja template where there is a schedule, if need be.
        publish_to: absolute path or ``gs://``; None: as the installation says.
        publish_as: folder to publish under; a template as `manifest` may be.
        approval: ``always``, ``exceptions_only`` or ``never``.
        four_eyes: whether somebody else than who triggered a run has to answer for it.
        reviewers: who may answer; empty: the tenant's, else whoever may edit the DAG.
        tenant: whose campaign it is; None where the installation has no tenants.
        workspace: None: as the installation says.
        owners: names or mail addresses.
        pool, queue: where edits run; None: as the engine says.
        deadline: ``3d``, or ``2d before the festival``; None: as the installation says.
        notify: whom to tell of what; None: as the installation says.
    """

    name: str
    path: Path
    manifest: str
    owners: tuple[str, ...]
    schedule: Schedule = None
    title: str = ""
    description: str = ""
    image_root: str | None = None
    copy_deck: str | None = None
    copy: Copy = Copy()
    brand: str | None = None
    locales: tuple[str, ...] = ()
    engine: Engine = Engine()
    approval: str = "always"
    four_eyes: bool = False
    reviewers: tuple[Reviewer, ...] = ()
    tenant: str | None = None
    publish_to: str | None = None
    publish_as: str = ""
    workspace: str | None = None
    google_connection: str | None = None
    provenance: Provenance = Provenance()
    tags: tuple[str, ...] = ()
    max_active_runs: int = 1
    pool: str | None = None
    queue: str | None = None
    deadline: str | None = None
    notify: tuple[Channel, ...] | None = None


def is_template(value: str) -> bool:
    """Whether a manifest or the folder to publish under is another one from run to run."""
    return "{{" in value or "{%" in value
