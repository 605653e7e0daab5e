"""Jinja macros of DAGs whose runs take the partition of their data interval."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from localizer.errors import InputError


def require_interval(start: Any) -> str:
    """Nothing, for a template that goes on to use the interval.

    Args:
        start: ``data_interval_start``, which a run triggered without a date does not have.

    Raises:
        InputError: there is none.
    """
    if not start:
        raise InputError(
            "this run has no data interval, so it has no partition: trigger it with a logical date, "
            "or name a manifest in the parameter `manifest`"
        )
    return ""


def partition_campaign(start: Any, prefix: str = "catalog") -> str | None:
    """``catalog-2026-11-11``, with the time of day if not midnight; None without an interval."""
    if not start:
        return None
    moment: datetime = start.astimezone(UTC)
    at_midnight = (moment.hour, moment.minute) == (0, 0)
    return f"{prefix}-{moment:%Y-%m-%d}" if at_midnight else f"{prefix}-{moment:%Y-%m-%dT%H%M}"
