"""`ModelEngine`: an engine over any image-edit model.

Every edit goes one of two ways. The model draws the new text itself, and the checks read back what it drew;
or our typesetter sets exact glyphs, and the model only makes up the ground behind the old text where the
surroundings do not tell what it is. A ground that is plain or evenly graded is continued without any call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from localizer.checks.faces import remembered_faces
from localizer.checks.ghosts import ghost_of, ghost_words
from localizer.engines.asking import Asking, ModelEraser
from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.engines.drawn import Drawn, area_of_text, find_drawn
from localizer.engines.editor import EditModel, Tier
from localizer.engines.method import Method, choose_method
from localizer.engines.permission import permit_job
from localizer.engines.prompts import edit_prompt
from localizer.engines.region import Fitted, composite
from localizer.engines.typeset import ALL_TEXT, TypesetEngine
from localizer.errors import ConfigurationError
from localizer.model import Action, Box, CheckResult, CheckStatus, Edit
from localizer.text.locate import Found
from localizer.text.reading import read_source
from localizer.text.regions import bounds
from localizer.text.search import Claims, Search, claim
from localizer.text.wishes import wishes

if TYPE_CHECKING:
    import numpy.typing as npt

    from localizer.brand import BrandKit

_MOST_CHANGED = 0.2  # share of an image beyond which an edit without a place is another picture
_LETTER = 0.75  # height of capitals, as a share of a line's
_INK = 0.4  # share of the largest difference from its plate that new type makes
_CHANGES = frozenset({Action.REPLACE_TEXT, Action.TRANSLATE_TEXT})


class ModelEngine:
    """Edits by a model, region by region.

    Args:
        model: wherever it runs.
        name: of the engine, as registered.
        climb: tiers of the first try, the second and so on; the last counts for all that follow. Empty:
            as the brand says.
    """

    version = "1"
    """Raised with any change of prompts, regions or placement too."""

    def __init__(self, model: EditModel, *, name: str, climb: Sequence[str] = ()) -> None:
        """Take a model.

        Raises:
            ConfigurationError: `climb` names no tier.
        """
        try:
            self.climb = tuple(Tier(tier) for tier in climb)
        except ValueError as exc:
            raise ConfigurationError(
                f"engine {name}, climb: {exc}; there are {', '.join(Tier)}, cheapest first"
            ) from None
        self.model, self.name = model, name
        self._typesetter = TypesetEngine()

    def parameters(self) -> Mapping[str, Any]:
        """The model with all that decides its pixels, the tiers that are climbed, and the typesetter."""
        return {
            "model": {"name": self.model.name, **self.model.parameters()},
            "climb": [str(tier) for tier in self.climb],
            "typeset": {"version": self._typesetter.version, **self._typesetter.parameters()},
        }

    def edit(self, request: EditRequest) -> Candidate:
        """Make a candidate; each further attempt climbs a tier and takes another seed.

        Raises:
            EngineError: a model may not touch this job or one of its regions, or refuses it.
            TransientError: the model cannot be had now.
            ConfigurationError: something is not set up.
        """
        job, brand = request.job, request.brand
        permit_job(job, brand)  # before anything costs time, and again with what stands in the image
        climb = self.climb or tuple(Tier(tier) for tier in brand.model.tiers)
        asking = Asking(self.model, request, climb[min(request.attempt, len(climb) - 1)])
        search, claims = _find(request)
        permit_job(job, brand, read_source(job.source_sha256, request.rgb))
        heights = {i: _height(places) for i, places in claims.found.items()}
        by_model = [
            i
            for i, edit in enumerate(job.edits)
            if _is_anywhere(edit, brand)
            or (
                can_be_drawn(edit)
                and choose_method(edit, job.locale, brand, height=heights.get(i)) is Method.MODEL
            )
        ]
        base = self._typesetter.edit(request, eraser=ModelEraser(asking), leave=by_model)
        drawing = _Drawing(asking, search, base)
        for i in by_model:
            drawing.draw(i, claims.found.get(i, ()))
        drawing.findings += [_doubt("text_found", detail) for detail in claims.doubts]
        return replace(
            drawing.candidate(),
            can_retry=bool(asking.calls),
            facts={**base.facts, "calls": asking.calls, "drawn_by_model": by_model},
            # Answers that could not be laid over the image left no pixel in it.
            models=tuple(dict.fromkeys(str(c["model"]) for c in asking.calls if not c["misfit"])),
        )


def _is_anywhere(edit: Edit, brand: BrandKit) -> bool:
    """Whether a thing is to go that nobody gave a box for, and the model may look for it."""
    return edit.action is Action.REMOVE_OBJECT and edit.box is None and brand.model.whole_image


def _find(request: EditRequest) -> tuple[Search, Claims]:
    """Where the texts of a job stand."""
    job, claims = request.job, Claims()
    lines = read_source(job.source_sha256, request.rgb)
    search = Search(request.rgb, lines, locale=job.source_locale)
    named = [(i, e) for i, e in enumerate(job.edits) if e.text not in {"", ALL_TEXT}]
    claim(search, [(i, e) for i, e in named if e.action is not Action.ADD_TEXT], claims)
    return search, claims


def _height(places: Sequence[Found]) -> float | None:
    """Of the smallest line, in pixels."""
    return min((line.height for found in places for line in found.lines), default=None)


def can_be_drawn(edit: Edit) -> bool:
    """Whether an edit is a new text in a known place. All else is erased, or set by our typesetter."""
    if edit.action is Action.ADD_TEXT:
        return edit.box is not None
    return edit.action in _CHANGES and edit.text not in {"", ALL_TEXT} and bool(edit.replacement)


@dataclass(slots=True)
class _Drawing:
    """The edits of one job that the model draws, one after the other, on what the typesetter made."""

    asking: Asking
    search: Search
    base: Candidate
    rgb: npt.NDArray[np.uint8] = field(init=False)
    plate: npt.NDArray[np.uint8] | None = field(init=False)
    mask: npt.NDArray[np.bool_] = field(init=False)
    placements: dict[int, list[Placement]] = field(init=False)
    findings: list[CheckResult] = field(init=False)

    def __post_init__(self) -> None:
        self.rgb, self.plate, self.mask = self.base.rgb, self.base.plate, self.base.mask.copy()
        edits = self.asking.request.job.edits
        self.placements = {i: [p for p in self.base.placements if p.edit is e] for i, e in enumerate(edits)}
        self.findings = list(self.base.findings)

    def candidate(self) -> Candidate:
        """The base with all that was drawn."""
        return replace(
            self.base,
            rgb=self.rgb,
            mask=self.mask,
            plate=self.plate,
            placements=tuple(p for i in sorted(self.placements) for p in self.placements[i]),
            findings=(*self.findings, *self.asking.findings),
        )

    def draw(self, index: int, places: Sequence[Found]) -> None:
        """Have the text of an edit drawn, once for every place where it stands."""
        request = self.asking.request
        edit = request.job.edits[index]
        faces = [box for box, _ in remembered_faces(request.rgb, request.job.source_sha256)]
        keep_off = [*faces, *(b for p in self.base.placements for b in p.line_boxes)]
        if edit.action is Action.ADD_TEXT:
            self._add(index, edit, keep_off)
        elif not places and request.brand.model.whole_image:
            self._look_for(index, edit)
        elif not places:
            self.findings.append(_doubt("text_found", f"“{edit.text}” was not found in the image"))
            self.placements[index].append(Placement(edit, note="not found"))
        for found in places:
            area = area_of_text(
                request.rgb,
                found,
                edit.replacement,
                staying=self.search.staying([found]),
                faces=[box for box in keep_off if not _overlap(box, found.box)],
            )
            height = min(line.height for line in found.lines)
            self._ask(index, edit, area, height=height, found=found)

    def _look_for(self, index: int, edit: Edit) -> None:
        """Show the model the whole image; what it changed is taken over, and a person must see it."""
        rgb, what = self.rgb, edit.replacement or edit.object or edit.text
        wish = wishes(edit.attribute)
        within = _part((rgb.shape[1], rgb.shape[0]), wish.place)
        prompt = edit_prompt(edit, whole_image=True)
        fitted, area = self.asking.ask_anywhere(rgb, prompt, within=within)
        share = float(area.mean())
        if fitted.misfit or not 0 < share <= _MOST_CHANGED:
            then = "nothing was changed"
            why = fitted.misfit or (f"it differs in {share:.0%} of the image" if share else "it is the same")
            self.asking.refused(replace(fitted, misfit=why), f"“{what}”", then, CheckStatus.FAILED)
            self.placements[index].append(Placement(edit, note=then))
            return
        self.findings.append(_doubt("removed", f"the model was shown the whole image to find “{what}”"))
        box = bounds(area)
        if edit.action is not Action.REMOVE_OBJECT:
            self._take(index, edit, fitted, area, height=float(box[3] - box[1]), found=None)
            return
        self.rgb = composite(rgb, fitted, area)
        self.mask |= area
        if self.plate is not None:
            self.plate = composite(self.plate, fitted, area)
        self.placements[index].append(
            Placement(edit, source_box=box, box=box, note="found and taken out by the model")
        )

    def _add(self, index: int, edit: Edit, keep_off: Sequence[Box]) -> None:
        area = np.zeros(self.mask.shape, np.bool_)
        x0, y0, x1, y1 = edit.box or (0, 0, 0, 0)
        area[max(0, y0) : max(0, y1), max(0, x0) : max(0, x1)] = True
        for a, b, c, d in keep_off:
            area[max(0, b) : max(0, d), max(0, a) : max(0, c)] = False
        if not area.any():
            self.findings.append(_doubt("fits", f"the box for “{edit.replacement}” lies on something else"))
            self.placements[index].append(Placement(edit, note="no free area"))
            return
        self._ask(index, edit, area, height=float(y1 - y0), found=None)

    def _ask(
        self,
        index: int,
        edit: Edit,
        area: npt.NDArray[np.bool_],
        *,
        height: float,
        found: Found | None,
    ) -> None:
        fitted = self.asking.ask(self.rgb, area, edit_prompt(edit), height=height)
        if not fitted.misfit:
            self._take(index, edit, fitted, area, height=height, found=found)
            return
        then = "the text was not changed"
        self.asking.refused(fitted, f"“{edit.replacement}”", then, CheckStatus.FAILED)
        self.placements[index].append(Placement(edit, source_box=found.box if found else None, note=then))

    def _take(
        self,
        index: int,
        edit: Edit,
        fitted: Fitted,
        area: npt.NDArray[np.bool_],
        *,
        height: float,
        found: Found | None,
    ) -> None:
        """Take over what was drawn in an area, and find out what that is."""
        self.rgb = composite(self.rgb, fitted, area)
        self.mask |= area
        drawn = find_drawn(
            self.rgb,
            area,
            edit,
            locale=self.asking.request.job.locale,
            source_box=found.box if found else None,
            height=height,
            stayed=found.rest if found else (),
        )
        self._keep(index, drawn, area)
        if found is not None:
            self._look_for_ghost(found, drawn)

    def _look_for_ghost(self, found: Found, drawn: Drawn) -> None:
        """On the drawn picture: from its plate new type was taken off, and what showed beside it as well."""
        apart = np.abs(self.rgb.astype(np.int16) - drawn.plate).max(2)
        tall = _LETTER * min(line.height for line in found.lines)
        source = self.asking.request.rgb
        covered = apart > max(1.0, _INK * float(apart.max()))
        share = ghost_of(source, self.rgb, found.box, tall=tall, covered=covered)
        if share:
            self.findings.append(_doubt("source_text_gone", ghost_words(found.text, share)))

    def _keep(self, index: int, drawn: Drawn, area: npt.NDArray[np.bool_]) -> None:
        self.placements[index].append(drawn.placement)
        self.findings += drawn.findings
        if self.plate is None:
            self.plate = drawn.plate
        else:
            plate = self.plate.copy()
            plate[area] = drawn.plate[area]
            self.plate = plate


def _part(size: tuple[int, int], place: tuple[str, ...]) -> Box:
    """The half of an image on the side, or the quarter in the corner, that is named; else all of it."""
    width, height = size
    return (
        width // 2 if "right" in place else 0,
        height // 2 if "bottom" in place else 0,
        width // 2 if "left" in place else width,
        height // 2 if "top" in place else height,
    )


def _doubt(name: str, detail: str) -> CheckResult:
    return CheckResult(name, CheckStatus.UNDECIDED, detail=detail)


def _overlap(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])
