"""The embedded engine: find the text by reading, erase it, set the replacement. CPU only, no download."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.checks.faces import remembered_faces
from localizer.engines.arranging import Arranged, Arranger, Occurrence, with_what_stayed
from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.engines.doubts import doubts_about, is_lively
from localizer.engines.surfaces import arrange_on_surface
from localizer.model import Action, Box, CheckResult, CheckStatus, Edit, share_inside
from localizer.text.added import Adder
from localizer.text.effects import PLAIN, Effects
from localizer.text.erase import Eraser, blended
from localizer.text.families import digest
from localizer.text.ground import STAIN, leaves_ground, smear
from localizer.text.handover import HANDOVER, LiveText, handover_svg
from localizer.text.locate import WHOLE, Found, nearest
from localizer.text.narrowing import changed_number, narrowed
from localizer.text.objects import take_off
from localizer.text.plate import Erased, erase_text
from localizer.text.reading import read_source
from localizer.text.render import draw
from localizer.text.search import Claims, Search, claim
from localizer.text.space import Room
from localizer.text.typesetting import SetText
from localizer.text.wishes import wished_effects, wishes

if TYPE_CHECKING:
    import numpy.typing as npt

ALL_TEXT = "*"


@dataclass(slots=True)
class _Work:
    """One job in the making."""

    request: EditRequest
    search: Search
    plate: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    findings: list[CheckResult] = field(default_factory=list)
    placements: dict[int, list[Placement]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    claims: Claims = field(default_factory=Claims)
    texts: list[LiveText] = field(default_factory=list)
    erased: npt.NDArray[np.bool_] = field(init=False)
    eraser: Eraser | None = None
    leave: Collection[int] = ()
    alpha: npt.NDArray[np.uint8] | None = None

    def doubt(self, name: str, detail: str) -> None:
        self.findings.append(CheckResult(name, CheckStatus.UNDECIDED, detail=detail))


class TypesetEngine:
    """Finds, erases and typesets."""

    name = "typeset"
    version = "3"

    def parameters(self) -> Mapping[str, Any]:
        """The installed type families: another set may match the source with another face."""
        return {"families": digest()}

    def edit(
        self, request: EditRequest, *, eraser: Eraser | None = None, leave: Collection[int] = ()
    ) -> Candidate:
        """Make a candidate; what cannot be done is a finding, and the rest is done all the same.

        Args:
            eraser: makes up what stood behind a text where its surroundings do not tell.
            leave: indices of edits that somebody else does; they get no placement, and their texts stay.
        """
        lines = read_source(request.job.source_sha256, request.rgb)
        search = Search(request.rgb, lines, locale=request.job.source_locale)
        work = _Work(request, search, request.rgb.copy(), np.zeros(request.rgb.shape[:2], np.bool_))
        work.eraser, work.leave = eraser, leave
        occurrences = _erase_all(work)
        work.erased = work.mask.copy()
        rgb = work.plate.copy()
        if request.job.edits:
            rgb = _set_all(work, occurrences)
        placements = tuple(p for i in sorted(work.placements) for p in work.placements[i])
        files = {}
        if work.texts:
            job, (height, width) = request.job, work.mask.shape
            title = f"{job.asset_id} · {job.locale}"
            files[HANDOVER] = handover_svg((width, height), work.texts, locale=job.locale, title=title)
        return Candidate(
            rgb,
            work.mask,
            placements,
            tuple(work.findings),
            facts=work.facts,
            files=files,
            plate=work.plate,
            alpha=work.alpha,
        )


def _erase_all(work: _Work) -> list[Occurrence]:
    """Claim lines for the edits, the longest texts first, and take them off the plate."""
    edits, claims = work.request.job.edits, work.claims
    named = []
    for i, edit in enumerate(edits):
        if edit.action is Action.ADD_TEXT or (i in work.leave and not edit.text):
            continue
        if edit.action is Action.REMOVE_OBJECT or (edit.action is Action.REMOVE_TEXT and not edit.text):
            _erase_box(work, i, edit)
        elif edit.text != ALL_TEXT:
            named.append((i, edit))
    claim(work.search, named, claims)
    mine = [(i, e) for i, e in enumerate(edits) if i not in work.leave]
    for i, edit in mine:
        if edit.text == ALL_TEXT:
            claims.found[i] = _all_text(work, edit)
        if not claims.found.get(i) and ((i, edit) in named or edit.text == ALL_TEXT):
            _report_missing(work, i, edit)
    for detail in claims.doubts:
        work.doubt("text_found", detail)
    places = [(i, f) for i, _ in mine for f in claims.found.get(i, ())]
    matched = [(i, *_what_changes(work, edits[i], f), f) for i, f in places]
    staying = work.search.staying(f for _, f, _, _, _ in matched)
    occurrences = []
    for i, f, text, replacement, whole in sorted(matched, key=lambda m: (m[0], m[1].box[1])):
        near = [line for _, other, *_ in matched if other is not f for line in other.lines]
        erased = erase_text(
            work.request.rgb,
            work.plate,
            work.mask,
            f,
            locale=work.request.job.source_locale,
            others=staying,
            neighbours=near,
            wanted=text,
            eraser=work.eraser,
        )
        if erased.remains:
            work.doubt(
                "source_text_gone", f"the erased plate still reads “{erased.remains}” where “{f.text}” stood"
            )
        if f.similarity < 1.0:
            work.doubt("text_found", f"“{f.text}” was read where “{edits[i].text}” was asked for")
        for name, detail in doubts_about(edits[i], f, erased, work.search.lines):
            work.doubt(name, detail)
        occurrences.append(Occurrence(i, edits[i], f, erased, text, replacement, whole))
    return occurrences


def _what_changes(work: _Work, edit: Edit, found: Found) -> tuple[Found, str, str]:
    """The place, text and replacement that an edit comes down to: one number, where all else stays."""
    change = changed_number(edit.text, edit.replacement) if edit.replacement else None
    part = narrowed(work.request.rgb, found, change[0]) if change and not edit.attribute else None
    return (part, *change) if part and change else (found, edit.text, edit.replacement)


def _all_text(work: _Work, edit: Edit) -> tuple[Found, ...]:
    """Every line that no other edit has claimed, where all text is to go."""
    if edit.action is not Action.REMOVE_TEXT:
        return ()
    lines = work.search.lines
    free = work.search.unclaimed(work.claims.spans)
    inside = [n for n in free if edit.box is None or share_inside(lines[n].box, edit.box) >= 0.5]
    if edit.box is None and inside:
        work.doubt("text_found", "all text was removed: a person must see that none of it is the product's")
    return tuple(Found((lines[n],), 1.0, False, ((n, 0, WHOLE),)) for n in inside)


def _report_missing(work: _Work, index: int, edit: Edit) -> None:
    lines = work.search.lines
    if edit.text == ALL_TEXT:
        read = ", ".join(f"“{line.text}”" for line in lines[:12]) or "nothing"
        more = f" and {len(lines) - 12} more" if len(lines) > 12 else ""
    else:
        close = nearest(edit.text, lines)
        read = ", ".join(f"“{text}” ({score:.0%} alike)" for text, score in close) or "nothing"
        others = len({line.text for line in lines}) - len(close)
        more = f" and {others} more" if others > 0 else ""
    if edit.text == ALL_TEXT:
        what = "all text is to be translated; give each of these an edit or a deck entry"
    else:
        what = f"“{edit.text}” was not found in the image"
    work.doubt("text_found", f"{what}; read: {read}{more}")
    work.placements.setdefault(index, []).append(Placement(edit, note="not found"))


def _erase_box(work: _Work, index: int, edit: Edit) -> None:
    """Fill a whole box from its surroundings; beside anything but a calm ground a person must look."""
    if edit.box is None:
        work.doubt("text_found", f"{edit.action}: a box is needed to know where")
        work.placements.setdefault(index, []).append(Placement(edit, note="no box"))
        return
    taken = take_off(work.plate, edit.box)
    x0, y0, x1, y1 = taken.box
    thing = "" if edit.action is Action.REMOVE_TEXT else edit.object or "object"
    area = np.zeros(work.mask.shape, np.bool_)
    area[y0:y1, x0:x1] = True
    made = None if taken.clean or work.eraser is None else work.eraser(area, thing=thing)
    work.plate[:] = taken.rgb if made is None else blended(taken.rgb, made, area)
    work.mask |= area
    note = "box filled from its rim" if made is None else "box filled by the model"
    work.placements.setdefault(index, []).append(
        Placement(edit, source_box=taken.box, box=taken.box, note=note)
    )
    if taken.clean:
        return
    work.doubt(
        "removed",
        f"the {thing or 'text'} in the box was painted over; a person must see whether it is gone cleanly",
    )


def _set_all(work: _Work, occurrences: Sequence[Occurrence]) -> npt.NDArray[np.uint8]:
    job, brand = work.request.job, work.request.brand
    staying = [x.box for x in work.search.staying(o.found for o in occurrences) if x.score >= 0.5]
    measured, tilted = [], []
    for o in occurrences:
        if o.edit.action is Action.REMOVE_TEXT:
            placement = Placement(
                o.edit, source_box=o.found.box, box=o.erased.box, background=o.erased.ground
            )
            work.placements.setdefault(o.index, []).append(placement)
            _doubt_stain(work, o.edit, o.erased, np.zeros(work.mask.shape, np.bool_))
            continue
        if not o.erased.styles:
            work.doubt(
                "text_found", f"the type of “{o.found.text}” could not be measured; it was erased and not set"
            )
            work.placements.setdefault(o.index, []).append(Placement(o.edit, source_box=o.found.box))
            continue
        on_surface, doubt = arrange_on_surface(
            work.request, work.plate, work.erased, o, work.search.staying([o.found])
        )
        if doubt:
            work.doubt("style_kept", doubt)
        if on_surface is None:
            measured.append(o)
        else:
            tilted.append(on_surface)
    faces = [box for box, _ in remembered_faces(work.request.rgb, job.source_sha256)]
    arranger = Arranger(
        work.plate,
        work.erased,
        work.mask,
        [*staying, *(x.made.box for x in tilted)],
        faces,
        job.locale,
        job.source_locale,
        brand.fonts,
        work.request.alpha,
        brand.do_not_translate,
    )
    arranged = [*arranger.arrange(measured), *tilted]
    work.alpha = arranger.alpha
    rgb = work.plate.copy()
    for x in arranged:
        o = x.occurrence
        rgb = _draw(
            work,
            rgb,
            o.index,
            o.edit,
            x.made,
            source_box=o.found.box,
            room=x.room,
            ground=o.erased.ground,
            erased=o.erased,
            note=x.note,
        )
        work.placements[o.index][-1] = with_what_stayed(work.placements[o.index][-1], o)
    return _add_all(work, rgb, measured, arranged, [*staying], faces)


def _add_all(
    work: _Work,
    rgb: npt.NDArray[np.uint8],
    measured: Sequence[Occurrence],
    arranged: Sequence[Arranged],
    staying: Sequence[Box],
    faces: Sequence[Box],
) -> npt.NDArray[np.uint8]:
    """Add the texts that the image did not have, those with a box first."""
    job = work.request.job
    leave = work.leave
    edits = [(i, e) for i, e in enumerate(job.edits) if e.action is Action.ADD_TEXT and i not in leave]
    texts = [*staying, *(x.made.box for x in arranged), *(e.box for _, e in edits if e.box is not None)]
    styles = [s for o in measured for s in o.erased.styles]
    for i, edit in sorted(edits, key=lambda x: x[1].box is None):
        adder = Adder(rgb, texts, faces, styles, job.locale, work.request.brand.fonts)
        added = adder.add(edit.replacement, edit.box, edit.attribute)
        if added is None:
            where = " ".join(edit.attribute.get("place", "").split())
            what = f"at the {where} " if where else ""
            work.doubt("fits", f"no area {what}is calm and large enough for “{edit.replacement}”: give a box")
            work.placements.setdefault(i, []).append(Placement(edit, note="no free area"))
            continue
        room = Room(*added.box)
        rgb = _draw(
            work,
            rgb,
            i,
            edit,
            added.made,
            source_box=None,
            room=room,
            ground=added.ground,
            erased=None,
            note=added.note,
        )
        texts.append(added.made.box)
    return rgb


def _draw(
    work: _Work,
    rgb: npt.NDArray[np.uint8],
    index: int,
    edit: Edit,
    made: SetText,
    *,
    source_box: Box | None,
    room: Room,
    ground: tuple[int, int, int],
    erased: Erased | None,
    note: str = "",
) -> npt.NDArray[np.uint8]:
    effects = _effects(edit, erased, made)
    rgb, covered = draw(rgb, made.lines, made.colour, effects)
    if erased is not None and source_box is not None:
        letters = draw(work.plate, made.lines, made.colour)[1] if effects else covered
        height = made.lines[0].size
        if leaves_ground(work.plate, work.erased, letters, source_box, height=height, plain=erased.plain):
            words = " ".join(p.line.text for p in made.lines)
            work.doubt("fits", f"“{words}” runs onto something else than the ground that the old text had")
    place = (int(room.left), int(room.top), int(room.right), int(room.bottom))
    if erased is None and is_lively(work.plate, covered, place):
        work.doubt("fits", f"“{edit.replacement}” was added on a ground that changes under it")
    if made.split:
        broken = " / ".join(p.line.text for p in made.lines)
        work.doubt("fits", f"a phrase had to be broken: “{broken}”")
    work.mask |= covered
    if erased is not None:
        _doubt_stain(work, edit, erased, covered)
    shrunk = made.scale <= 0.97 and edit.action is not Action.ADD_TEXT
    size = f"set at {made.scale:.0%} of the source size" if shrunk else ""
    note = "; ".join(n for n in (work.claims.notes.get(index, ""), note, size) if n)
    work.texts.append(LiveText(edit.text, made, effects, made.side, note))
    work.placements.setdefault(index, []).append(
        Placement(
            edit,
            source_box=source_box,
            box=made.box,
            lines=tuple(p.line.text for p in made.lines),
            line_boxes=tuple(p.box for p in made.lines),
            angle=made.lines[0].angle,
            colour=made.colour,
            background=ground,
            cap_height=made.cap_height,
            missing_glyphs=made.missing,
            scale=made.scale,
            usual=made.usual,
            room=(room.left, room.top, room.right, room.bottom),
            corners=tuple(tuple(p.corners()) for p in made.lines),
            vertical=made.vertical,
            note=note,
            outline=effects.outline.colour if effects.outline else None,
            shadow=effects.shadow.colour if effects.shadow else None,
        )
    )
    return rgb


def _effects(edit: Edit, erased: Erased | None, made: SetText) -> Effects:
    """The source type's effects, with what the edit asks for in their place."""
    effects = erased.effects if erased is not None else PLAIN
    if made.vertical:  # rules run below level lines
        effects = replace(effects, underline=None, strike=None)
    return wished_effects(effects, wishes(edit.attribute), made.lines[0].size)


def _doubt_stain(work: _Work, edit: Edit, erased: Erased, covered: npt.NDArray[np.bool_]) -> None:
    """Ask a person where the filled place may show; nothing covers it where text is only removed."""
    if erased.patched is None:
        return
    stain = smear(work.plate, erased.patched, covered)
    if stain > STAIN:
        work.doubt(
            "erased_cleanly",
            f"“{edit.text}” stood on a lively ground; the filled place may show ({stain:.0f})",
        )
