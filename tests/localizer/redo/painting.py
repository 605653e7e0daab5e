"""Engines that take no time: they fill each edit's box with a colour that follows from its copy, or, as a
model with a seed would, from the job's key. A file that the environment names has a line for each edit."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from localizer.engines.base import Candidate, EditRequest, Placement
from localizer.errors import EngineUnavailable

NAME = "tests.localizer.redo.painting:Painter"
MODEL = "tests.localizer.redo.painting:Dreamer"


class Painter:
    """By its copy.

    Args:
        shade: another one gives other images.
    """

    name, version = "painter", "1"

    def __init__(self, shade: int = 0) -> None:
        self.shade = shade

    def parameters(self) -> Mapping[str, Any]:
        return {"shade": self.shade}

    def edit(self, request: EditRequest) -> Candidate:
        job = request.job
        copy = " ".join(edit.replacement for edit in job.edits)
        if log := os.environ.get("EDITS"):
            with open(log, "a", encoding="utf-8") as file:
                file.write(f"{job.label}\t{copy}\n")
        time.sleep(float(os.environ.get("SECONDS_AN_EDIT", "0")))
        if os.environ.get("ENGINE_DOWN"):
            raise EngineUnavailable("the edit server is warming up")
        colour = list(hashlib.sha256(self.seed(request).encode()).digest()[:3])
        rgb, mask = request.rgb.copy(), np.zeros(request.rgb.shape[:2], np.bool_)
        for edit in job.edits:
            x0, y0, x1, y1 = edit.box or (0, 0, 8, 8)
            mask[y0:y1, x0:x1] = True
        rgb[mask] = colour
        placements = tuple(Placement(edit, box=edit.box or (0, 0, 8, 8)) for edit in job.edits)
        return Candidate(rgb, mask, placements)

    def seed(self, request: EditRequest) -> str:
        return f"{self.shade} {[edit.replacement for edit in request.job.edits]}"


class Dreamer(Painter):
    """By the job's key."""

    name = "dreamer"
    model = "any"

    def seed(self, request: EditRequest) -> str:
        return request.job.key
