"""Of what people are told, and by which way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from localizer.documents import schema_faults
from localizer.errors import ConfigurationError


class Event(StrEnum):
    """What happened to a run."""

    COPY_WAITING = "copy_waiting"
    REVIEW_WAITING = "review_waiting"
    DEADLINE_CLOSE = "deadline_close"
    DEADLINE_MISSED = "deadline_missed"
    PUBLISHED = "published"
    NOTHING_PUBLISHED = "nothing_published"
    FAILED = "failed"


DEFAULT_CONNECTIONS: Mapping[str, str] = {
    "apprise": "apprise_default",
    "email": "smtp_default",
    "slack": "slack_default",
    "webhook": "localizer_webhook",
}
"""Ways to tell, and the Airflow connection that each takes where none is named."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to tell people of some events.

    Attributes:
        by: a key of `DEFAULT_CONNECTIONS`.
        connection: Airflow connection; holds all that is secret.
        to: mail addresses, a Slack channel, or Apprise tags; empty where the connection says it all.
    """

    on: tuple[Event, ...]
    by: str
    connection: str
    to: tuple[str, ...] = ()

    def addressed(self, owners: Iterable[str]) -> Channel:
        """Mail without an address goes to the owners who have one."""
        if self.by != "email" or self.to:
            return self
        return Channel(self.on, self.by, self.connection, tuple(o for o in owners if "@" in o))

    def to_dict(self) -> dict[str, Any]:
        """As a campaign file writes it."""
        return {
            "on": [str(event) for event in self.on],
            "by": self.by,
            "connection": self.connection,
            "to": list(self.to),
        }


def channels_of(content: Iterable[Mapping[str, Any]]) -> tuple[Channel, ...]:
    """Channels out of a list that the schema was checked of."""
    return tuple(
        Channel(
            on=tuple(Event(name) for name in entry["on"]),
            by=entry["by"],
            connection=entry.get("connection") or DEFAULT_CONNECTIONS[entry["by"]],
            to=_list(entry.get("to", ())),
        )
        for entry in content
    )


def read_channels(text: str, *, name: str) -> tuple[Channel, ...]:
    """Channels out of a JSON list, written as under `notify` in a campaign file; empty text has none.

    Args:
        name: of the setting that the text is of.

    Raises:
        ConfigurationError: it is no such list; names what is wrong.
    """
    if not text.strip():
        return ()
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{name}: is not JSON ({error})") from None
    faults = [
        f"{'.'.join(map(str, field)) or 'the list'}: {message}"
        for field, message in schema_faults(
            "localizer.campaigns", "campaign_file.schema.json", content, part="notify"
        )
    ]
    if faults:
        raise ConfigurationError(f"{name}: {'; '.join(faults)}")
    return channels_of(content)


def _list(value: str | Sequence[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
