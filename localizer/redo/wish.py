"""What shall be done again, and the job that it makes: by the rules of a manifest row."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, takewhile
from typing import TYPE_CHECKING

from localizer.engines.base import draws_by_seed
from localizer.errors import InputError
from localizer.folding import fold_source
from localizer.locales import normalise_locale
from localizer.manifest.records import RawRow
from localizer.manifest.rows import ALL_TEXT, parse_row
from localizer.model import Action, Edit, Job
from localizer.planning import engine_part, job_key, missing_copy
from localizer.tables import MAX_FIELD, Fault, clean_values

if TYPE_CHECKING:
    from localizer.brand import BrandKit
    from localizer.engines.base import Engine
    from localizer.plan_files import PlanReader

SETS_TEXT = frozenset({Action.REPLACE_TEXT, Action.TRANSLATE_TEXT, Action.ADD_TEXT})


@dataclass(frozen=True, slots=True)
class Wish:
    """That somebody wants one image of a run done again in another way.

    Attributes:
        id: tells one redo from another; a retry has the same.
        by: the person who asks.
        seen: key of the job whose image that person looked at; empty: whatever is there.
        replacements: for each edit of the job what it shall set; None, or nothing for an edit that sets no
            text, leaves it as it is. Empty: all copy stays.
        why: for the record.
    """

    id: str
    asset_id: str
    locale: str
    by: str
    seen: str = ""
    replacements: Sequence[str | None] = ()
    why: str = ""

    @property
    def label(self) -> str:
        return f"{self.asset_id} · {self.locale}"


def parse_item(item: str) -> tuple[str, str]:
    """Asset and locale out of ``poster-01 · ja``.

    Raises:
        InputError: it is not of that form.
    """
    asset_id, _, tag = item.rpartition("·")
    if not asset_id.strip():
        raise InputError(f"{item!r} names no image; write it as 'asset · locale'")
    try:
        return asset_id.strip(), normalise_locale(tag)
    except ValueError as error:
        raise InputError(f"{item!r}: {error}") from None


def find_planned(plan: PlanReader, asset_id: str, locale: str) -> Job:
    """The job of the plan for an asset and locale.

    Raises:
        InputError: there is none, or none that could be done.
    """
    for index, slot in enumerate(plan.slots()):
        if slot[1:] == (asset_id, locale):
            return next(plan.jobs(index, index + 1))
    for rejected in plan.rejected():
        if (rejected.asset_id, rejected.locale) == (asset_id, locale):
            raise InputError(
                f"{asset_id} · {locale} is wrong in the manifest ({rejected.reason}); correct it there and "
                "run the manifest again"
            )
    raise InputError(f"there is no item '{asset_id} · {locale}' in this run")


def with_copy(job: Job, replacements: Sequence[str | None]) -> tuple[Edit, ...]:
    """The edits of a job with other copy.

    Args:
        replacements: see `Wish.replacements`.

    Raises:
        InputError: a manifest row could not say that either; names the edit, and all that is wrong.
    """
    if not replacements:
        return job.edits
    if len(replacements) != len(job.edits):
        raise InputError(
            f"{len(replacements)} replacements for the {len(job.edits)} edits of {job.label}; "
            "give one for each, or null where the copy stays"
        )
    edits, wrong = [], []
    for number, (edit, copy) in enumerate(zip(job.edits, replacements, strict=True), start=1):
        if copy is None or (not copy and edit.action not in SETS_TEXT):
            edits.append(edit)
            continue
        parsed, faults = _parsed(job, edit, copy)
        edits += parsed
        wrong += [f"edit {number} ({_name(edit)}), {fault}" for fault in faults]
    if wrong:
        raise InputError("; ".join(wrong))
    return tuple(edits)


def _parsed(job: Job, edit: Edit, copy: str) -> tuple[list[Edit], list[str]]:
    """The edit as a manifest row with that replacement makes it, or what is wrong with the row."""
    if len(copy) > MAX_FIELD:
        return [], [f"replacement: is longer than {MAX_FIELD} characters"]
    values, faults = clean_values({"replacement": copy})
    if edit.action is Action.TRANSLATE_TEXT and edit.text != ALL_TEXT and not copy.strip():
        faults = (*faults, Fault("replacement", "is empty; give the text to set"))
    row = {
        "asset_id": job.asset_id,
        "image": job.source,
        "source_locale": job.source_locale,
        "locale": job.locale,
        "action": str(edit.action),
        "text": edit.text,
        "box": " ".join(map(str, edit.box or ())),
        "object": edit.object,
        "attribute": f"place={edit.attribute['place']}" if "place" in edit.attribute else "",
        "rights": edit.rights,
    }
    parsed = parse_row(RawRow(row=edit.row or 1, values=row | values, faults=faults))
    found = [f"{error.field}: {error.message}" for error in parsed.errors]
    return [_said_by_person(edit, new.replacement) for new in parsed.edits], found


def _said_by_person(edit: Edit, copy: str) -> Edit:
    """An edit with copy that a person wrote; what only repeats a draft approves nothing."""
    return replace(edit, replacement=copy, draft=edit.draft if copy == edit.replacement else "")


def amended_job(
    job: Job,
    edits: tuple[Edit, ...],
    *,
    engine: Engine,
    brand: BrandKit,
    earlier: Collection[str] = (),
    is_done: bool = True,
) -> Job:
    """The job that is done instead, its key made as in planning.

    What was wished for before has the key that it had last, and so costs nothing. Where it is what is there
    already, an engine that draws by a seed draws another one.

    Args:
        job: what is there now.
        edits: see `with_copy`.
        earlier: keys of all that was there before, `job`'s included.
        is_done: whether the result of `job` is kept; one that is not is worth another try.

    Raises:
        InputError: copy is missing, or nothing would change.
    """
    if missing := missing_copy(edits):
        texts = "; ".join(f"“{text}”" for text in missing)
        raise InputError(f"{job.label} has no approved copy for {texts}; give the replacement")
    part = engine_part(engine)

    def key(variant: int) -> str:
        return job_key(
            source_sha256=job.source_sha256,
            source_locale=job.source_locale,
            locale=job.locale,
            edits=edits,
            engine=part,
            brand_digest=brand.digest,
            variant=variant,
            unsettled=(*job.left_text, *job.doubted_text),
        )

    made = list(takewhile(earlier.__contains__, map(key, count())))
    if job.key not in made:
        chosen = made[-1] if made else key(0)
    elif not is_done:
        chosen = job.key
    elif draws_by_seed(engine):
        chosen = key(len(made))
    else:
        raise InputError(
            f"nothing would change: {job.label} was made by {engine.name} with this copy, and it would make "
            "the same image again. Give other copy or another engine"
        )
    return replace(job, key=chosen, edits=edits, missing_copy=(), seed="")


def copy_to_keep(before: Job, after: Job) -> Iterator[str]:
    """Where the new copy belongs so that the next run has it too, one line for each: a redo speaks of one
    image of one run, and writes neither copy decks nor manifests."""
    for old, new in zip(before.edits, after.edits, strict=True):
        if old.replacement == new.replacement:
            continue
        if new.action is Action.TRANSLATE_TEXT:
            cells = (before.source_locale, fold_source(new.text), before.locale, new.replacement)
            yield f"row for the copy deck (source_locale, source, locale, target): {_csv_line(cells)}"
        elif new.row is not None:
            yield f"for row {new.row} of the manifest: the replacement {_csv_line((new.replacement,))}"


def _csv_line(cells: Sequence[str]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="").writerow(cell.replace("\n", "\\n") for cell in cells)
    return file.getvalue()


def _name(edit: Edit) -> str:
    what = edit.text or edit.object or edit.replacement
    return f"{edit.action} “{what}”" if what else str(edit.action)
