"""The embedded engine: find the text by reading, erase it, set the replacement. CPU only, no download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.engines.doubts import doubts_about, is_lively
from localizer.model import Action, Box, CheckResult, CheckStatus, Edit, share_inside
from localizer.text.locate import Found, find_text
from localizer.text.objects import take_off
from localizer.text.plate import Erased, erase_text
from localizer.text.reading import TextLine, read_lines, read_source
from localizer.text.render import draw
from localizer.text.space import STAIN, STRANGE, Room, measure_room, smear, strange_share
from localizer.text.typesetting import SetText, alignment, set_in_box, set_text

if TYPE_CHECKING:
    import numpy.typing as npt

ALL_TEXT = "*"


@dataclass(slots=True)
class _Work:
    """One job in the making."""

    request: EditRequest
    lines: tuple[TextLine, ...]
    plate: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    findings: list[CheckResult] = field(default_factory=list)
    placements: dict[int, list[Placement]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    erased: npt.NDArray[np.bool_] = field(init=False)

    def doubt(self, name: str, detail: str) -> None:
        self.findings.append(CheckResult(name, CheckStatus.UNDECIDED, detail=detail))


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """One place where one edit applies."""

    index: int
    edit: Edit
    found: Found
    erased: Erased


class TypesetEngine:
    """Finds, erases and typesets."""

    name = "typeset"
    version = "1"

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def edit(self, request: EditRequest) -> Candidate:
        """Make a candidate; what cannot be done is a finding, and the rest is done all the same."""
        lines = read_source(request.job.source_sha256, request.rgb)
        work = _Work(request, lines, request.rgb.copy(), np.zeros(request.rgb.shape[:2], np.bool_))
        occurrences = _erase_all(work)
        work.erased = work.mask.copy()
        rgb = work.plate.copy()
        if request.job.edits:
            rgb = _set_all(work, occurrences, rgb)
        placements = tuple(p for i in sorted(work.placements) for p in work.placements[i])
        return Candidate(rgb, work.mask, placements, tuple(work.findings), facts=work.facts)


def _erase_all(work: _Work) -> list[_Occurrence]:
    """Claim lines for the edits, the longest texts first, and take them off the plate."""
    edits = work.request.job.edits
    order = sorted(range(len(edits)), key=lambda i: -len(edits[i].text))
    claimed: dict[int, int] = {}
    matched: list[tuple[int, Found]] = []
    for i in order:
        edit = edits[i]
        if edit.action is Action.ADD_TEXT:
            continue
        if edit.action is Action.REMOVE_OBJECT or (edit.action is Action.REMOVE_TEXT and not edit.text):
            _erase_box(work, i, edit)
            continue
        found = _locate(work, edit, frozenset(claimed))
        if not found:
            _report_missing(work, i, edit)
        for f in found:
            if not f.partial:
                claimed.update(dict.fromkeys(f.used, i))
            matched.append((i, f))
    used = {n for _, f in matched for n in f.used}
    staying = [line for n, line in enumerate(work.lines) if n not in used]
    occurrences = []
    for i, f in sorted(matched, key=lambda m: (m[0], m[1].box[1])):
        rest = [*staying, *_rest_of_line(work.lines, f)]
        near = [line for _, other in matched if other is not f for line in other.lines]
        erased = erase_text(
            work.request.rgb,
            work.plate,
            work.mask,
            f,
            locale=work.request.job.source_locale,
            others=rest,
            neighbours=near,
        )
        if erased.remains:
            work.doubt(
                "source_text_gone", f"the erased plate still reads “{erased.remains}” where “{f.text}” stood"
            )
        if f.similarity < 1.0:
            work.doubt("text_found", f"“{f.text}” was read where “{edits[i].text}” was asked for")
        for name, detail in doubts_about(edits[i], f, erased, work.lines):
            work.doubt(name, detail)
        occurrences.append(_Occurrence(i, edits[i], f, erased))
    return occurrences


def _rest_of_line(lines: Sequence[TextLine], found: Found) -> list[TextLine]:
    """What stays of a line of which only a part is edited: its other characters."""
    if not found.partial:
        return []
    whole = lines[found.used[0]]
    mine = set(found.lines[0].characters)
    visible = [c for c in whole.text if c != " "]
    return [
        TextLine(c, quad, whole.score)
        for c, quad in zip(visible, whole.characters, strict=True)
        if quad not in mine
    ]


def _locate(work: _Work, edit: Edit, claimed: frozenset[int]) -> tuple[Found, ...]:
    if edit.text == ALL_TEXT:
        if edit.action is not Action.REMOVE_TEXT:
            return ()
        inside = [
            n
            for n, line in enumerate(work.lines)
            if n not in claimed and (edit.box is None or share_inside(line.box, edit.box) >= 0.5)
        ]
        if edit.box is None and inside:
            work.doubt(
                "text_found", "all text was removed: a person must see that none of it is the product's"
            )
        return tuple(Found((work.lines[n],), 1.0, False, (n,)) for n in inside)
    found = find_text(edit.text, work.lines, box=edit.box, taken=claimed)
    if not found and not work.facts.get("read_again"):
        work.facts["read_again"] = True
        work.lines = (*work.lines, *_read_again(work))
        found = find_text(edit.text, work.lines, box=edit.box, taken=claimed)
    return found


def _read_again(work: _Work) -> list[TextLine]:
    """Read the source once more at half size, where the reader finds large type that it missed."""
    import cv2

    half = cv2.resize(work.request.rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    out = []
    for line in read_lines(np.asarray(half, np.uint8)):
        a, b, c, d = ((2 * x, 2 * y) for x, y in line.quad)
        chars = tuple(_double(q) for q in line.characters)
        doubled = TextLine(line.text, (a, b, c, d), line.score, chars)
        if all(share_inside(doubled.box, known.box) < 0.3 for known in work.lines):
            out.append(doubled)
    return out


def _double(quad: Any) -> Any:
    return tuple((2 * x, 2 * y) for x, y in quad)


def _report_missing(work: _Work, index: int, edit: Edit) -> None:
    read = ", ".join(f"“{line.text}”" for line in work.lines[:12]) or "nothing"
    more = f" and {len(work.lines) - 12} more" if len(work.lines) > 12 else ""
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
    work.plate[:] = taken.rgb
    work.mask[y0:y1, x0:x1] = True
    work.placements.setdefault(index, []).append(
        Placement(edit, source_box=taken.box, box=taken.box, note="box filled from its rim")
    )
    if taken.clean:
        return
    what = edit.object or ("text" if edit.action is Action.REMOVE_TEXT else "object")
    work.doubt(
        "removed", f"the {what} in the box was painted over; a person must see whether it is gone cleanly"
    )


def _set_all(
    work: _Work, occurrences: Sequence[_Occurrence], rgb: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    job, brand = work.request.job, work.request.brand
    used = {n for o in occurrences for n in o.found.used if not o.found.partial}
    staying = [line.box for n, line in enumerate(work.lines) if n not in used and line.score >= 0.5]
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
        ink = _ink_box(o.erased)
        height = float(np.median([s.ink[3] - s.ink[1] for s in o.erased.styles]))
        others = [x.erased.box for x in occurrences if x is not o and x.edit.replacement]
        mine = o.found.box
        blockers = [b for b in staying if share_inside(b, mine) < 0.6]
        rest = [line.box for line in _rest_of_line(work.lines, o.found)]
        room = measure_room(
            work.plate,
            ink,
            height=height,
            obstacles=[*blockers, *rest],
            neighbours=others,
            plain=o.erased.plain,
        )
        align = alignment(o.erased.styles, room, rgb.shape[1], [*staying, *others])
        if rest:
            align = "center"
        made = set_text(
            o.edit.replacement,
            o.erased.styles,
            room,
            locale=job.locale,
            source_locale=job.source_locale,
            align=align,
            brand_fonts=brand.fonts,
            attribute=o.edit.attribute,
        )
        rgb = _draw(
            work,
            rgb,
            o.index,
            o.edit,
            made,
            source_box=o.found.box,
            room=room,
            ground=o.erased.ground,
            erased=o.erased,
        )
    for i, edit in enumerate(job.edits):
        if edit.action is Action.ADD_TEXT and edit.box is not None:
            made = set_in_box(
                edit.replacement,
                edit.box,
                work.plate,
                locale=job.locale,
                brand_fonts=brand.fonts,
                attribute=edit.attribute,
            )
            x0, y0, x1, y1 = edit.box
            r, g, b = (int(c) for c in np.median(work.plate[y0:y1, x0:x1].reshape(-1, 3), axis=0))
            room = Room(x0, y0, x1, y1)
            rgb = _draw(work, rgb, i, edit, made, source_box=None, room=room, ground=(r, g, b), erased=None)
    return rgb


def _ink_box(erased: Erased) -> Box:
    """Ink of the text as an upright box (of slanted text: the erased area)."""
    if erased.styles[0].angle != 0:
        return erased.box
    inks = [s.ink for s in erased.styles]
    return (
        int(min(i[0] for i in inks)),
        int(min(i[1] for i in inks)),
        int(np.ceil(max(i[2] for i in inks))),
        int(np.ceil(max(i[3] for i in inks))),
    )


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
) -> npt.NDArray[np.uint8]:
    rgb, covered = draw(rgb, made.lines, made.colour)
    if erased is not None and source_box is not None:
        share = strange_share(work.plate, covered & ~work.erased, source_box, plain=erased.plain)
        if share > STRANGE:
            words = " ".join(p.line.text for p in made.lines)
            work.doubt("fits", f"“{words}” runs onto something else than the ground that the old text had")
    if erased is None and edit.box is not None and is_lively(work.plate, covered, edit.box):
        work.doubt("fits", f"“{edit.replacement}” was added on a ground that changes under it")
    if made.split:
        broken = " / ".join(p.line.text for p in made.lines)
        work.doubt("fits", f"a phrase had to be broken: “{broken}”")
    work.mask |= covered
    if erased is not None:
        _doubt_stain(work, edit, erased, covered)
    note = (
        ""
        if made.scale > 0.97 or edit.action is Action.ADD_TEXT
        else f"set at {made.scale:.0%} of the source size"
    )
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
            room=(room.left, room.top, room.right, room.bottom),
            corners=tuple(tuple(p.corners()) for p in made.lines),
            note=note,
        )
    )
    return rgb


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
