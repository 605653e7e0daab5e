"""What people were told of a run, so that a task that is tried again does not tell them twice.

A record is written once a notice is sent, so a crash in between tells twice rather than never; who receives
webhooks can tell such a pair by its ID, which is the same.
"""

from __future__ import annotations

import hashlib
import json

from localizer.errors import PreconditionFailed
from localizer.notices.model import Channel
from localizer.notices.notice import Notice
from localizer.storage import Storage
from localizer.times import iso_utc


def delivery_id(notice: Notice, channel: Channel) -> str:
    """The same for the same news by the same way, whoever sends it and how often."""
    parts = (
        notice.dag_id,
        notice.run_id,
        notice.event,
        notice.key,
        channel.by,
        channel.connection,
        *channel.to,
    )
    return f"msg_{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"


class SentNotices:
    """The records below a run's folder."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self._storage, self._folder = storage, folder

    def has(self, notice: Notice, channel: Channel) -> bool:
        """Whether this was told."""
        return self._storage.stat(self._name(notice, channel)) is not None

    def add(self, notice: Notice, channel: Channel) -> None:
        """Keep that this was told."""
        record = {
            "event": str(notice.event),
            "by": channel.by,
            "connection": channel.connection,
            "at": iso_utc(),
        }
        try:
            self._storage.create(
                self._name(notice, channel), json.dumps(record).encode(), content_type="application/json"
            )
        except PreconditionFailed:  # another process told the same at the same time
            return

    def _name(self, notice: Notice, channel: Channel) -> str:
        return f"{self._folder}/{notice.event}-{delivery_id(notice, channel)[4:20]}.json"
