"""Until when a run's images must be published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from localizer.errors import CampaignError

DEADLINE_PATTERN = r"^[0-9]{1,4} ?[hdw]( before the festival)?$"
"""Of a deadline as text, for forms."""

_HOURS = {"h": 1, "d": 24, "w": 168}
_BEFORE = " before the festival"
_LONGEST = timedelta(days=730)

CLOSE = 0.75
"""Share of the time after which a deadline is said to be close."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """So long after a run's date, or before the festival that the run is for.

    Attributes:
        span: positive.
    """

    span: timedelta
    before_festival: bool = False

    def at(self, start: datetime, festival: datetime | None) -> datetime | None:
        """The moment; None for a run without a festival, where the deadline counts from one.

        Args:
            start: the run's date.
            festival: its first midnight.
        """
        if not self.before_festival:
            return start + self.span
        return None if festival is None else festival - self.span


def parse_deadline(text: str) -> Deadline:
    """A deadline such as ``36h``, ``3d``, ``1w`` or ``2d before the festival``.

    Raises:
        CampaignError: it is none, or is not between an hour and two years.
    """
    plain = text.strip()
    found = re.fullmatch(r"(\d{1,4}) ?([hdw])", plain.removesuffix(_BEFORE))
    if found is None:
        raise CampaignError(
            f"{text!r} is not a deadline; write hours, days or weeks after the run's date, such as 36h, "
            "or: 2d before the festival"
        )
    span = timedelta(hours=int(found[1]) * _HOURS[found[2]])
    if not timedelta(0) < span <= _LONGEST:
        raise CampaignError(f"a deadline of {text} is not between 1h and {_LONGEST.days}d")
    return Deadline(span, before_festival=plain.endswith(_BEFORE))


def close_at(start: datetime, deadline: datetime) -> datetime | None:
    """When a deadline is close; None where it was over before the run began."""
    return start + CLOSE * (deadline - start) if deadline > start else None
