"""What an engine is: a job goes in, a candidate comes out. Engines know nothing of storage or Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from localizer.model import Box, CheckResult, Edit, Job

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localizer.brand import BrandKit
    from localizer.engines.editor import CallLog
    from localizer.text.reading import TextLine


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one edit ended up, and the facts that the checks need about it.

    Attributes:
        edit: the edit as asked.
        source_box: where the source text stood, or None (`add_text`).
        box: ink box of what was set, or the erased area; None if the edit was not done.
        lines: the text as set, line by line in reading order.
        line_boxes: ink box of each line (upright bounding box).
        angle: degrees, counter-clockwise, of the baseline.
        colour: fill colour of the type, sRGB.
        outline: colour of the outline around the type, if it has one.
        shadow: colour of its shadow or glow, if it has one.
        background: median colour behind the type, sRGB.
        cap_height: of the type as set, in pixels.
        missing_glyphs: characters for which no font had a glyph (must be empty).
        scale: size over the size of the source type; below `usual` it had to shrink.
        usual: scale at which nothing had to be shrunk: letters that replace ideographs are set smaller.
        room: ``x0, y0, x1, y1`` that the ink had to stay in, where it was measured.
        corners: the ink box of each line as four image points, for slanted text.
        vertical: the lines are columns of upright characters; `corners` start at a column's top left.
        stayed: what stays, on purpose, of the lines that the source text stood in.
        typeset: glyphs come from a font and are right by construction; reading back then looks for what
            covers or blurs them. False for pixels that a model made.
        note: anything a reviewer should know ("set at 71 % of the source size").
    """

    edit: Edit
    source_box: Box | None = None
    box: Box | None = None
    lines: tuple[str, ...] = ()
    line_boxes: tuple[Box, ...] = ()
    angle: float = 0.0
    colour: tuple[int, int, int] | None = None
    background: tuple[int, int, int] | None = None
    cap_height: float | None = None
    missing_glyphs: str = ""
    scale: float = 1.0
    usual: float = 1.0
    room: tuple[float, float, float, float] | None = None
    corners: tuple[tuple[tuple[float, float], ...], ...] = ()
    vertical: bool = False
    stayed: tuple[TextLine, ...] = ()
    typeset: bool = True
    note: str = ""
    outline: tuple[int, int, int] | None = None
    shadow: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class EditRequest:
    """What an engine gets.

    Attributes:
        rgb: H x W x 3 uint8, the upright source. Not to be written to.
        attempt: 0 for the first try; each retry may enlarge masks or change the seed.
        alpha: H x W uint8, the upright source's transparency, if it has one. Not to be written to.
        calls: where calls to a model are recorded and looked up; None where nothing outlives this call.
    """

    job: Job
    rgb: npt.NDArray[np.uint8]
    brand: BrandKit
    attempt: int = 0
    alpha: npt.NDArray[np.uint8] | None = None
    calls: CallLog | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """What an engine gives back.

    Attributes:
        rgb: H x W x 3 uint8, same size as the source, bit-identical to it wherever `mask` is False.
        mask: H x W bool, the edit area.
        placements: at least one per edit, in the job's order; several where a text stood several times.
        findings: check results that only the engine can know (text not found, plate not clean).
        can_retry: whether another attempt could do better.
        facts: what may help to understand the attempt (timings, fonts); goes into the result's log.
        alpha: the source's alpha with the shapes (panels) that were drawn; None if there are none.
        files: further files to keep beside the candidate, by bare name (``plate.png``).
        plate: H x W x 3 uint8, the candidate before type was set, where the engine has one; tells the checks
            type from ground.
        models: generative models whose pixels are in it, as they name themselves. Whoever asks one must say
            so: the delivered file states it.
    """

    rgb: npt.NDArray[np.uint8]
    mask: npt.NDArray[np.bool_]
    placements: tuple[Placement, ...]
    findings: tuple[CheckResult, ...] = ()
    can_retry: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    alpha: npt.NDArray[np.uint8] | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    plate: npt.NDArray[np.uint8] | None = None
    models: tuple[str, ...] = ()


class Engine(Protocol):
    """An image editor. `name`, `version` and `parameters` are part of the job key.

    One that mostly waits for a model may say how many jobs may do so at once: see `concurrency_of`.
    """

    name: str
    version: str

    def parameters(self) -> Mapping[str, Any]:
        """Everything configured that decides the pixels; JSON-safe, no secrets."""
        ...

    def edit(self, request: EditRequest) -> Candidate:
        """Make a candidate.

        Raises:
            EngineError: it cannot be made and a retry would not help.
            EngineUnavailable: worth a retry.
        """
        ...


def concurrency_of(engine: Engine) -> int:
    """How many of an engine's jobs may be under way at once in one process, as it or its model declares.

    0: it computes, so a process does one job at a time, and there is a process for each worker.
    """
    own = getattr(engine, "concurrency", 0)
    return int(own or getattr(getattr(engine, "model", None), "concurrency", 0))


def draws_by_seed(engine: Engine) -> bool:
    """Whether the same wish under another job key may give another image: a model draws it, by a seed that
    follows from the key."""
    return getattr(engine, "model", None) is not None
