"""The smallest honest edit: boxes filled with the colour of the ground beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.errors import EngineError
from localizer.model import Action

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from localizer.model import Job


class Instant:
    """Takes things off a plain ground at once; knows `remove_object` with a box only.

    Every check runs on the result as on any other. One thing that they share is told, not found out: reading
    a whole picture costs half a second, however small it is, and a tiny picture of the catalog has nothing
    written on it. So this engine remembers that the source has no lines, as a workspace does for a source
    that was read before. Give it no pictures with text.
    """

    name = "instant"
    version = "1"

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def edit(self, request: EditRequest) -> Candidate:
        from localizer.text.reading import remember

        remember(request.job.source_sha256, ())
        rgb, mask = filled(request.rgb, request.job, engine=self.name)
        placements = tuple(Placement(edit, source_box=edit.box, box=edit.box) for edit in request.job.edits)
        return Candidate(rgb, mask, placements)


def filled(
    rgb: npt.NDArray[np.uint8], job: Job, *, engine: str
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bool_]]:
    """The picture without the things that a job removes, and where they were.

    Raises:
        EngineError: the job asks for anything else.
    """
    import numpy as np

    out, mask = rgb.copy(), np.zeros(rgb.shape[:2], bool)
    for edit in job.edits:
        if edit.action is not Action.REMOVE_OBJECT or edit.box is None:
            raise EngineError(f"engine {engine} knows remove_object with a box only, not {edit.action}")
        x0, y0, x1, y1 = edit.box
        out[y0:y1, x0:x1] = rgb[y0, x0 - 1] if x0 else rgb[y0, min(x1, rgb.shape[1] - 1)]
        mask[y0:y1, x0:x1] = True
    return out, mask
