"""Moments and lengths of time as they are written."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_utc(at: datetime | None = None) -> str:
    """A moment in UTC to the second, ``2026-09-11T08:30:00+00:00``, as records keep it; default: now."""
    return (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")


def about(seconds: float) -> str:
    """A length of time that is only estimated: ``0.4 s``, ``80 s``, ``14 min``, ``2 h 5 min``."""
    if seconds < 120:
        return f"{seconds:.1f} s" if seconds < 10 else f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
