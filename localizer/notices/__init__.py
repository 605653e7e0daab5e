"""Notices: what people are told of a run, through which channels, and what they were told already."""

from localizer.notices.model import DEFAULT_CONNECTIONS, Channel, Event, channels_of, read_channels
from localizer.notices.notice import Notice
from localizer.notices.sent import SentNotices

__all__ = [
    "DEFAULT_CONNECTIONS",
    "Channel",
    "Event",
    "Notice",
    "SentNotices",
    "channels_of",
    "read_channels",
]
