"""What became of the copy of a run, in short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from localizer.copy.units import CopyState
from localizer.costs import Money


@dataclass(frozen=True, slots=True)
class PreparedCopy:
    """What became of the copy of a run, in short.

    Attributes:
        counts: strings by target locale and state (``approved``, ``draft``, ``missing``).
        units, to_fill: paths or URIs; `to_fill` is empty where everything is approved.
        digest: of the units as they were prepared; an approval of other ones than were shown is refused.
        images: all of whose text was to be found; of them `read` just now, `unread` left for this is a dry
            run.
        problems: the first few that could not be read, and why; and translators that did not answer.
        asked, characters: strings and their characters that translators were asked for just now, by locale;
            in a dry run: would be.
        drafts: drafts of translators, by who made them.
        brand: name of the kit; an approval holds for that brand.
        cost: what that cost or would cost, by currency, as far as the services say.
    """

    counts: Mapping[str, Mapping[str, int]]
    units: str = ""
    to_fill: str = ""
    digest: str = ""
    images: int = 0
    read: int = 0
    unread: int = 0
    problems: tuple[str, ...] = ()
    asked: Mapping[str, int] = field(default_factory=dict)
    characters: Mapping[str, int] = field(default_factory=dict)
    drafts: Mapping[str, int] = field(default_factory=dict)
    cost: Money = field(default_factory=dict)
    dry_run: bool = False
    brand: str = ""

    def total(self, state: CopyState) -> int:
        """Strings of all locales in a state."""
        return sum(by_state.get(str(state), 0) for by_state in self.counts.values())

    def to_dict(self) -> dict[str, Any]:
        """As JSON; small whatever the run."""
        return asdict(self) | {str(state): self.total(state) for state in CopyState}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PreparedCopy:
        known = {name: data[name] for name in cls.__slots__ if name in data}
        return cls(**(known | {"problems": tuple(known.get("problems") or ())}))
