"""Ask a person to approve the copy of a run, before images are made with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import AirflowFailException

from localizer.copy.units import CopyState, CopyUnit
from localizer.display import markdown, markdown_code, one_line
from localizer.errors import InputError
from operators.asking import (
    CELL,
    CHOICES,
    LISTED,
    AskingOperator,
    Few,
    chosen,
    comment_field,
    hidden_field,
    list_field,
    refuse_unknown,
)
from operators.metrics import COPY_WAIT

if TYPE_CHECKING:
    from airflow.sdk import Context

APPROVE, LEAVE, STOP = "Approve", "Leave as drafts", "Stop"
REFUSE, COMMENT, SEEN = "refuse", "comment", "seen"
"""Fields of the form."""

_TEXT = 60  # characters of a string in a list to choose from


class CopyApproval(StrEnum):
    """When a person is asked about the copy.

    Attributes:
        NEVER: drafts stay drafts, and images with them need review.
        DRAFTS: where there are drafts.
        ALWAYS: wherever there is copy.
    """

    NEVER = "never"
    DRAFTS = "drafts"
    ALWAYS = "always"


class ApproveCopyOperator(AskingOperator):
    """Ask a person to approve the drafts of a run, once for all of them, before any image is made.

    The person sees counts by language, the drafts with who proposed them and what the guarantees doubt, what
    is missing, and where the deck to fill in is; and answers:

    - **Approve**: all drafts are approved, except those chosen in `refuse`, which nobody will propose again.
      What is approved counts in this run and in all later ones of the workspace.
    - **Leave as drafts**: nothing is approved. Images are made with the drafts and need review.
    - **Stop**: the run ends here, and no image is made.

    An answer on other drafts than there are now is refused and asked again. Nothing is skipped by this task:
    whoever comes after looks at the copy that is recorded. Returns ``{"approved", "refused", "by"}``.

    Who may answer, and until when, is said in `operators.asking.AskingOperator`.

    Args:
        copy_approval: see `CopyApproval`.
        subject: headline of the request.
    """

    template_fields: Sequence[str] = (*AskingOperator.template_fields, "copy_approval")
    ui_color = "#f6d5e5"
    waited = COPY_WAIT
    unseen: ClassVar[Mapping[str, Any]] = {REFUSE: [], COMMENT: "", SEEN: ""}

    def __init__(
        self,
        *,
        copy_approval: str = CopyApproval.DRAFTS,
        subject: str = "Approve the copy of {{ dag.dag_id }}, {{ run_id }}",
        **kwargs: Any,
    ) -> None:
        super().__init__(subject=subject, options=[APPROVE, LEAVE, STOP], form=_form([], seen=""), **kwargs)
        self.copy_approval = copy_approval

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.copy.saving import load_prepared

        policy = parse_approval(self.copy_approval)
        prepared = load_prepared(self.open_run())
        if prepared.dry_run or policy is CopyApproval.NEVER:
            return self._nobody()
        question = CopyQuestion()
        for unit in self._units():
            question.add(unit)
        if not question.counts.total() or (policy is CopyApproval.DRAFTS and not question.drafts):
            return self._nobody()
        return self.ask(
            context,
            form=question.form(seen=prepared.digest),
            body=question.body(to_fill=prepared.to_fill),
            seen=prepared.digest,
        )

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        from localizer.copy.approving import approve_drafts

        said = self.said(context, event)
        answer = read_answer(said.form, option=said.option, seen=said.asked)
        if not said.by:
            raise InputError("the answer lacks the name of the person; nobody has approved anything")
        if said.option == STOP:
            why = f": {one_line(answer.comment)}" if answer.comment else ""
            raise AirflowFailException(
                f"{one_line(said.by)} stopped the run before any image was made{why}. Fill in the deck, "
                "then clear the task prepare_copy with all that comes after"
            )
        if said.option != APPROVE:
            self.log.info("%s left the drafts as they are: their images need review", one_line(said.by))
            return self._outcome(by=said.by)
        done = approve_drafts(
            self.open_run(),
            self.open_workspace(),
            by=said.by,
            at=said.at,
            refuse=_ids(answer.refuse, self._units()),
            comment=answer.comment,
            shown=answer.seen,
        )
        self.log.info("%s approved %d drafts and refused %d", one_line(said.by), *done)
        return self._outcome(approved=done.approved, refused=done.refused, by=said.by)

    def _units(self) -> Iterator[CopyUnit]:
        from localizer.copy.run_copy import each_unit

        return each_unit(self.open_run())

    def _nobody(self) -> dict[str, Any]:
        self.log.info("nobody is asked about the copy")
        return self._outcome()

    def _outcome(self, *, approved: int = 0, refused: int = 0, by: str = "") -> dict[str, Any]:
        return {"approved": approved, "refused": refused, "by": by}


@dataclass(frozen=True, slots=True)
class CopyAnswer:
    """What a person said of the drafts.

    Attributes:
        refuse: drafts, as the form shows them or by their ids.
        seen: digest of the copy that was looked at; empty: not said.
    """

    refuse: tuple[str, ...] = ()
    comment: str = ""
    seen: str = ""


def parse_approval(name: str) -> CopyApproval:
    """The policy of that name.

    Raises:
        InputError: there is none.
    """
    try:
        return CopyApproval(name)
    except ValueError:
        known = ", ".join(CopyApproval)
        raise InputError(f"copy_approval: {name!r} is none of {known}") from None


def read_answer(form: Mapping[str, Any], *, option: str, seen: str) -> CopyAnswer:
    """An answer, as far as it can be checked without the run.

    Args:
        seen: digest of what was asked about, for an answer that does not say what it is on.

    Raises:
        InputError: a field is not what it should be; names it.
    """
    refuse_unknown(form, (REFUSE, COMMENT, SEEN))
    refuse = chosen(form, REFUSE, what="a draft of the list, or its number")
    if refuse and option != APPROVE:
        raise InputError(f"{REFUSE} names drafts, but {option!r} was chosen; choose one")
    return CopyAnswer(tuple(refuse), str(form.get(COMMENT) or ""), str(form.get(SEEN) or "") or seen)


class CopyQuestion:
    """What a person is asked, gathered from the units one by one.

    It goes into Airflow's metadata database, so it stays small whatever the size of the run.

    Attributes:
        counts: units by locale and state.
        drafts: how many.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, CopyState]] = Counter()
        self.drafts = 0
        self._choices = Few(CHOICES)
        self._drafts, self._missing = Few(LISTED), Few(LISTED)

    def add(self, unit: CopyUnit) -> None:
        """Take one string into account."""
        self.counts[unit.locale, unit.state] += 1
        doubts = markdown("; ".join(unit.findings), most=CELL)
        if unit.state is CopyState.DRAFT:
            self.drafts += 1
            self._choices.add(choice(unit))
            self._drafts.add(
                f"| {unit.id} | {unit.locale} | {markdown_code(unit.source, most=CELL)} "
                f"| {markdown_code(unit.target, most=CELL)} | {markdown(unit.origin, most=CELL)} | {doubts} |"
            )
        elif unit.state is CopyState.MISSING:
            self._missing.add(f"| {unit.locale} | {markdown_code(unit.source, most=CELL)} | {doubts} |")

    def body(self, *, to_fill: str) -> str:
        """What the person reads, in Markdown."""
        locales = sorted({locale for locale, _ in self.counts})
        lines = ["| language | approved | drafts | missing |", "|---|---|---|---|"]
        lines += [
            f"| {locale} | {' | '.join(str(self.counts[locale, state]) for state in CopyState)} |"
            for locale in locales
        ]
        if self._drafts.count:
            lines += [
                "",
                "What you approve is set in images without a further word on it, now and in later runs; "
                "where it equals its source, that text stays as it is. "
                f"What you leave as drafts makes images that need review; what you name in *{REFUSE}* is "
                "not used.",
                "",
                "| draft | language | source | proposed | by | doubts |",
                "|---|---|---|---|---|---|",
                *self._drafts.items,
            ]
            if self._drafts.more:
                lines += ["", f"… and {self._drafts.more} more drafts: see the deck."]
        if self._missing.count:
            lines += ["", "| language | missing | why |", "|---|---|---|", *self._missing.items]
            if self._missing.more:
                lines += ["", f"… and {self._missing.more} more strings are missing: see the deck."]
        if to_fill:
            lines += ["", f"All that is not approved, as a copy deck to fill in: `{to_fill}`"]
        return "\n".join(lines)

    def form(self, *, seen: str) -> ParamsDict:
        """The fields; drafts are chosen from a list where there are few enough.

        Args:
            seen: digest of the copy that is asked about.
        """
        return _form(None if self._choices.more else self._choices.items, seen=seen)


def choice(unit: CopyUnit) -> str:
    """A draft in a list to choose from, its id first."""
    source, target = (_cut(" ".join(text.split())) for text in (unit.source, unit.target))
    return f"{unit.id} · {unit.locale} · {source} → {target}"


def _cut(text: str) -> str:
    return one_line(text if len(text) <= _TEXT else f"{text[:_TEXT]}…")


def _ids(named: Iterable[str], units: Iterable[CopyUnit]) -> list[str]:
    """Ids of the drafts that an answer names, each as the list shows it or by its id alone.

    Raises:
        InputError: one of them is no draft of this run; names all that are not.
    """
    wanted = {name: name.partition(" · ")[0].strip() for name in named}
    if not wanted:
        return []
    ids = set(wanted.values())
    known = {unit.id for unit in units if unit.state is CopyState.DRAFT and unit.id in ids}
    unknown = [name for name, unit_id in wanted.items() if unit_id not in known]
    if unknown:
        raise InputError(f"{REFUSE}: no draft of this run: {'; '.join(map(one_line, unknown[:LISTED]))}")
    return list(dict.fromkeys(wanted.values()))


def _form(drafts: list[str] | None, *, seen: str) -> ParamsDict:
    return ParamsDict(
        {
            REFUSE: list_field(drafts, "Refuse", "Drafts that are wrong", what="draft, by its first column"),
            COMMENT: comment_field(),
            SEEN: hidden_field(seen, "Seen", "Digest of the copy that was looked at"),
        }
    )
