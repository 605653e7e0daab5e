"""A stand-in for a capable model: it answers with pictures that were drawn beforehand.

The real classes with random weights draw noise, so whether a good answer is used well can only be seen with
answers that are good by construction. It drifts as real models do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from localizer.diffusion.sizes import MEGAPIXEL, QUARTER, best_size
from localizer.engines.editor import ModelAnswer, ModelCall, Pending


def drift(rgb: np.ndarray, zoom: float = 1.01, shift: tuple[float, float] = (2.6, -1.8)) -> np.ndarray:
    """Zoom, shift and a colour cast."""
    import cv2

    h, w = rgb.shape[:2]
    warp = np.array(
        [[zoom, 0, shift[0] + (1 - zoom) * w / 2], [0, zoom, shift[1] + (1 - zoom) * h / 2]], np.float32
    )
    out = cv2.warpAffine(rgb, warp, (w, h), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.clip(out.astype(float) * 1.03 + 4, 0, 255).astype(np.uint8)


@dataclass
class PaintedModel:
    """Finds what it is shown in `source` and answers with the same crop of `target`, as if it had drawn it.

    Attributes:
        spoil: what to do to the answer; default: `drift`.
    """

    source: np.ndarray
    target: np.ndarray
    spoil: Callable[[np.ndarray], np.ndarray] = drift
    name: str = "painted"
    calls: list[ModelCall] = field(default_factory=list)

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def size_for(self, width: int, height: int) -> tuple[int, int]:
        return best_size(width, height, (QUARTER, MEGAPIXEL))

    def edit(self, call: ModelCall, pending: Pending) -> ModelAnswer:
        self.calls.append(call)
        x, y, w, h = self._where(call.image)
        import cv2

        size = call.image.shape[1], call.image.shape[0]
        made = cv2.resize(self.target[y : y + h, x : x + w], size, interpolation=cv2.INTER_CUBIC)
        return ModelAnswer(self.spoil(np.asarray(made, np.uint8)), "painted@1", 0.1, steps=4)

    def _where(self, crop: np.ndarray) -> tuple[int, int, int, int]:
        """Where a crop, perhaps enlarged, was cut from the source."""
        import cv2

        best = (np.inf, (0, 0, 0, 0))
        for scale in (1.0, 1.2, 1.5, 2.0, 2.5, 3.0):
            w, h = round(crop.shape[1] / scale), round(crop.shape[0] / scale)
            if w > self.source.shape[1] or h > self.source.shape[0]:
                continue
            small = cv2.resize(crop, (w, h), interpolation=cv2.INTER_AREA)
            score = cv2.matchTemplate(self.source, small, cv2.TM_SQDIFF_NORMED)
            least, _, (x, y), _ = cv2.minMaxLoc(score)
            best = min(best, (least, (x, y, w, h)))
        assert best[0] < 0.01, "it was shown something that is not in its source"
        return best[1]
