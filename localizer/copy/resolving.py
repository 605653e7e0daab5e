"""Where the copy of a string comes from, before any translator is asked.

In this order, the first that has any: the deck (approved), a draft that a person approved earlier, a rule (a
bare number or a brand name stays as it is), the deck's rows that nobody approved, a bare price or date as the
locale writes it, the deck's most similar string. A person's word comes before a rule: a deck may say that a
bare price becomes another one.

Whatever is not approved is held against the guarantees of `check_copy`; what breaks one for certain
is not used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from localizer.checks.copy_policy import TOO_LONG, check_copy
from localizer.copy.approvals import refusal
from localizer.copy.formats import reformatted, stays_as_is
from localizer.copy.units import CopyState, CopyUnit
from localizer.model import CheckStatus
from localizer.origin import Origin

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.copy.approvals import CopyDecisions
    from localizer.copy.gathering import Wanted
    from localizer.copydeck import CopyDeck

DECK, RULE = "deck", "rule"
_UNAPPROVED = "deck, not approved"
_CLDR = "rule: as the locale writes it"


class Judged(NamedTuple):
    """A draft that was held against the guarantees."""

    unit: CopyUnit
    too_long: bool = False

    @property
    def is_right(self) -> bool:
        """Whether a better one need not be asked for."""
        return self.unit.state is CopyState.DRAFT and not self.too_long


class Resolver:
    """Settles strings by what is known."""

    def __init__(self, deck: CopyDeck, decisions: CopyDecisions, brand: BrandKit) -> None:
        self._deck, self._decisions, self._brand = deck, decisions, brand
        self._least = brand.translation.least_similar

    def settled(self, wanted: Wanted) -> CopyUnit | None:
        """The unit of a string, or None if translators may be asked for it."""
        source, origin, locale = wanted.source, wanted.source_locale, wanted.locale
        if (target := self._deck.lookup(source, origin, locale)) is not None:
            return unit_of(wanted, CopyState.APPROVED, target, DECK)
        if (said := self._decisions.approved(source, origin, locale)) is not None:
            return unit_of(wanted, CopyState.APPROVED, said.target, said.origin, approved_by=said.by)
        if stays_as_is(source, origin, locale, self._brand):
            return unit_of(wanted, CopyState.APPROVED, source, RULE)
        proposed = self._best_proposed(wanted)
        if proposed is not None and proposed.state is CopyState.DRAFT:
            return proposed
        if wanted.printed is Origin.PRODUCT:
            return unit_of(wanted, CopyState.DRAFT, source, f"printed on the product: {wanted.why}")
        if wanted.printed is Origin.UNSURE:
            note = f"may be printed on the product: {wanted.why}"
            return unit_of(wanted, CopyState.MISSING, "", "", findings=(note,))
        return None

    def unanswered(self, wanted: Wanted) -> CopyUnit:
        """The unit of a string that nobody is asked for: missing, with what the deck proposed in vain."""
        return self._best_proposed(wanted) or unit_of(wanted, CopyState.MISSING, "", "")

    def _best_proposed(self, wanted: Wanted) -> CopyUnit | None:
        units = [self.judged(wanted, target, how).unit for target, how in self._proposed(wanted)]
        drafts = (unit for unit in units if unit.state is CopyState.DRAFT)
        return next(drafts, units[0] if units else None)

    def _proposed(self, wanted: Wanted) -> list[tuple[str, str]]:
        found = []
        given = self._deck.draft(wanted.source, wanted.source_locale, wanted.locale)
        if given is not None:
            found.append((given.target, _UNAPPROVED))
        if wanted.printed is Origin.MARKETING:
            written = reformatted(wanted.source, wanted.source_locale, wanted.locale, self._brand)
            found += [] if written is None else [(written, _CLDR)]
        if wanted.printed is Origin.MARKETING and self._least < 1:
            near = self._deck.similar(wanted.source, wanted.source_locale, wanted.locale, self._least)
            if near is not None:
                found.append((near.target, f"similar {near.score:.2f}"))
        return found

    def judged(self, wanted: Wanted, target: str, how: str) -> Judged:
        """A draft, or what is missing because this one breaks a guarantee or was refused by a person."""
        said = self._decisions.refused(wanted.source, wanted.source_locale, wanted.locale, target)
        if said is not None:
            why = refusal(said.by, said.comment)
            return Judged(unit_of(wanted, CopyState.MISSING, target, how, findings=(why,)))
        findings = check_copy(
            wanted.source,
            wanted.source_locale,
            target,
            wanted.locale,
            self._brand,
            most_characters=wanted.most_characters,
        )
        broken = any(f.status is CheckStatus.FAILED for f in findings)
        messages = tuple(dict.fromkeys(f.message for f in findings))
        state = CopyState.MISSING if broken else CopyState.DRAFT
        too_long = any(f.guarantee == TOO_LONG for f in findings)
        return Judged(unit_of(wanted, state, target, how, findings=messages), too_long)


def unit_of(
    wanted: Wanted,
    state: CopyState,
    target: str,
    how: str,
    *,
    findings: Sequence[str] = (),
    approved_by: str = "",
) -> CopyUnit:
    """A unit of a string that was gathered."""
    return CopyUnit(
        source=wanted.source,
        source_locale=wanted.source_locale,
        locale=wanted.locale,
        state=state,
        target=target,
        origin=how,
        findings=tuple(findings),
        approved_by=approved_by,
        most_characters=wanted.most_characters,
        assets=wanted.assets,
        images=wanted.images,
        context=wanted.context,
        printed=wanted.printed,
    )
