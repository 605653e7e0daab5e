"""Reading text in images with rapidocr and its bundled PP-OCRv6 models. Nothing is downloaded.

Loaded once per process. rapidocr keeps call-time flags between calls, so the two uses (whole image,
crop) have an instance each.
"""

from __future__ import annotations

import json
import math
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from localizer.errors import ConfigurationError
from localizer.model import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Point = tuple[float, float]
Quad = tuple[Point, Point, Point, Point]

# rapidocr drops lines scored under 0.5 without a word; a line we cannot see is a line we set type over.
MIN_SCORE = 0.3
MAX_SIDE = 2000
_READING_HEIGHT = 80.0  # pixels; of type in crops
_FAINT = 10  # levels that type differs from its ground by, within two pixels; 1.1:1 on grey
READER_VERSION = f"rapidocr 3.10.0, score {MIN_SCORE}, side {MAX_SIDE}, columns"


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line as read.

    Attributes:
        quad: corners in pixels: top left, top right, bottom right, bottom left in reading direction.
        score: the reader's confidence, 0 to 1.
        characters: box of each character of `text`, in the same order, where the reader gave them.
        vertical: the characters stand upright below one another, as Chinese and Japanese are set in
            columns; the quad's top is then the column's top.
    """

    text: str
    quad: Quad
    score: float
    characters: tuple[Quad, ...] = ()
    vertical: bool = False

    @property
    def box(self) -> Box:
        """Upright bounding box."""
        xs, ys = [p[0] for p in self.quad], [p[1] for p in self.quad]
        return math.floor(min(xs)), math.floor(min(ys)), math.ceil(max(xs)), math.ceil(max(ys))

    @property
    def angle(self) -> float:
        """Degrees, counter-clockwise, of the baseline (of a column: of its characters)."""
        (x0, y0), (x1, y1) = self.quad[0], self.quad[1]
        (x3, y3), (x2, y2) = self.quad[3], self.quad[2]
        return math.degrees(math.atan2(-(y1 - y0 + y2 - y3), x1 - x0 + x2 - x3))

    @property
    def height(self) -> float:
        """Across the reading direction, in pixels."""
        down, along = self._sides
        return along if self.vertical else down

    @property
    def width(self) -> float:
        """Along the reading direction, in pixels."""
        down, along = self._sides
        return down if self.vertical else along

    @property
    def _sides(self) -> tuple[float, float]:
        """Mean length of the left and right, and of the top and bottom side."""
        (x0, y0), (x1, y1), (x2, y2), (x3, y3) = self.quad
        return (
            (math.hypot(x3 - x0, y3 - y0) + math.hypot(x2 - x1, y2 - y1)) / 2,
            (math.hypot(x1 - x0, y1 - y0) + math.hypot(x2 - x3, y2 - y3)) / 2,
        )


def threads() -> int:
    """Threads per reader: ``LOCALIZER_OCR_THREADS``, by default one (images run in parallel instead)."""
    return max(1, int(os.environ.get("LOCALIZER_OCR_THREADS", "1")))


@cache
def _reader(use: str) -> Any:
    try:
        from rapidocr import RapidOCR
    except ImportError as exc:  # pragma: no cover - the package is a core dependency
        raise ConfigurationError("rapidocr is not installed: pip install rapidocr==3.10.0") from exc
    params: dict[str, Any] = {
        "Global.log_level": "error",
        "Global.text_score": MIN_SCORE,
        "Global.max_side_len": MAX_SIDE,
        "EngineConfig.onnxruntime.intra_op_num_threads": threads(),
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    if use in {"crop", "area"}:  # the default blows a flat crop up until its short side has 736 px
        params |= {"Det.limit_type": "max", "Det.limit_side_len": 960}
    return _noting(RapidOCR)(params=params) if use == "page" else RapidOCR(params=params)


def _noting(base: Any) -> Any:
    """rapidocr that notes in `seen` where it saw lines: what it cannot read it drops without a word."""
    from rapidocr.utils.process_img import map_boxes_to_original

    class Noting(base):  # type: ignore[misc]
        seen: Any = ()

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            self.seen = ()
            return super().__call__(*args, **kwargs)

        def build_final_output(self, ori_img: Any, det_res: Any, *rest: Any) -> Any:
            if det_res.boxes is not None:
                self.seen = map_boxes_to_original(det_res.boxes.copy(), rest[-1], *ori_img.shape[:2])
            return super().build_final_output(ori_img, det_res, *rest)

    return Noting


def _quad(points: Any, dx: float = 0.0, dy: float = 0.0, scale: float = 1.0) -> Quad:
    a, b, c, d = ((float(x) / scale + dx, float(y) / scale + dy) for x, y in points)
    return a, b, c, d


def read_lines(rgb: npt.NDArray[np.uint8]) -> tuple[TextLine, ...]:
    """All text lines of an image, with character boxes, in the order the detector gives them.

    Args:
        rgb: H x W x 3 uint8.
    """
    return read_page(rgb)[0]


def read_page(rgb: npt.NDArray[np.uint8]) -> tuple[tuple[TextLine, ...], tuple[Quad, ...]]:
    """`read_lines`, and all places where the reader saw a line, those too where it could read none.

    Args:
        rgb: H x W x 3 uint8.
    """
    read = _read_with_characters("page", rgb)
    return _lines_of(read, 1.0, 0, 0), tuple(_quad(quad) for quad in _reader("page").seen)


def read_area(
    rgb: npt.NDArray[np.uint8], box: Box, scale: float, *, border: int = 0, as_page: bool = False
) -> tuple[TextLine, ...]:
    """All text lines in a part of an image, read at another size. Coordinates are the image's.

    Args:
        rgb: H x W x 3 uint8.
        scale: above 1 the part is enlarged first, which shows small print to the reader; below 1 it is
            shrunk, which shows it very large type.
        border: replicated pixels added around the part, which helps text that touches its edge.
        as_page: read it as a picture of its own would be, with the usual settings: stricter and slower.
    """
    import cv2
    import numpy as np

    h, w = rgb.shape[:2]
    x0, y0, x1, y1 = max(0, box[0]), max(0, box[1]), min(w, box[2]), min(h, box[3])
    if min(x1 - x0, y1 - y0) * scale < 8:
        return ()
    crop = rgb[y0:y1, x0:x1]
    if scale != 1.0:
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        crop = np.asarray(cv2.resize(crop, None, fx=scale, fy=scale, interpolation=interpolation), np.uint8)
    if border:
        crop = np.asarray(cv2.copyMakeBorder(crop, *(border,) * 4, cv2.BORDER_REPLICATE), np.uint8)
    read = _read_with_characters("page" if as_page else "area", crop)
    return _lines_of(read, scale, x0 - border / scale, y0 - border / scale)


def _read_with_characters(use: str, rgb: npt.NDArray[np.uint8]) -> Any:
    import numpy as np

    return _reader(use)(
        np.ascontiguousarray(rgb[:, :, ::-1]), return_word_box=True, return_single_char_box=True
    )


def _lines_of(result: Any, scale: float, dx: float, dy: float) -> tuple[TextLine, ...]:
    if result.boxes is None:
        return ()
    words = result.word_results or ((),) * len(result.boxes)
    lines = []
    for quad, text, score, chars in zip(result.boxes, result.txts, result.scores, words, strict=False):
        boxes = tuple(_quad(c[2], dx, dy, scale) for c in chars if c[2] is not None)
        plain = "".join(str(c[0]) for c in chars)
        # Character boxes leave spaces out; keep them only if they line up with the letters.
        characters = boxes if plain == text.replace(" ", "") and len(boxes) == len(plain) else ()
        lines.append(TextLine(text, _quad(quad, dx, dy, scale), float(score), characters))
    return tuple(lines)


def detect_lines(rgb: npt.NDArray[np.uint8]) -> tuple[Quad, ...]:
    """Where lines are, whatever their script, without reading them."""
    import numpy as np

    result = _reader("detect")(
        np.ascontiguousarray(rgb[:, :, ::-1]), use_det=True, use_cls=False, use_rec=False
    )
    return () if result.boxes is None else tuple(_quad(q) for q in result.boxes)


_remembered: OrderedDict[str, tuple[TextLine, ...]] = OrderedDict()
_REMEMBER = 8


def read_source(sha256: str, rgb: npt.NDArray[np.uint8]) -> tuple[TextLine, ...]:
    """`read_lines` of a source, remembered: its locales are usually worked on one after another."""
    lines = _remembered.get(sha256)
    if lines is None:
        lines = read_lines(rgb)
        remember(sha256, lines)
    return lines


def remember(sha256: str, lines: tuple[TextLine, ...]) -> None:
    """Make `read_source` give these lines for a source."""
    _remembered[sha256] = lines
    _remembered.move_to_end(sha256)
    while len(_remembered) > _REMEMBER:
        _remembered.popitem(last=False)


def remembered(sha256: str) -> tuple[TextLine, ...] | None:
    """What is remembered of a source, if anything."""
    return _remembered.get(sha256)


def forget() -> None:
    """Remember nothing any more."""
    _remembered.clear()


def lines_to_json(lines: Sequence[TextLine]) -> bytes:
    """Lines as JSON, with the version of the reader that read them."""
    rows = [[line.text, line.quad, line.score, line.characters, line.vertical] for line in lines]
    return json.dumps({"reader": READER_VERSION, "lines": rows}, ensure_ascii=False).encode()


def lines_from_json(data: bytes) -> tuple[TextLine, ...] | None:
    """The lines, to the last bit as they were read; None if another version of the reader read them."""
    content = json.loads(data)
    if content["reader"] != READER_VERSION:
        return None
    return tuple(
        TextLine(text, _points(quad), score, tuple(_points(c) for c in characters), vertical)
        for text, quad, score, characters, vertical in content["lines"]
    )


def _points(quad: Any) -> Quad:
    a, b, c, d = ((x, y) for x, y in quad)
    return a, b, c, d


def read_crop(
    rgb: npt.NDArray[np.uint8],
    box: Box,
    *,
    pad: float = 0.15,
    border: int = 0,
    line_height: float | None = None,
) -> tuple[TextLine, ...]:
    """Lines in a part of an image; far cheaper than reading all of it. Coordinates are the image's.

    Args:
        pad: margin around the box, as a share of its shorter side (4 px more are added).
        border: replicated pixels added around the crop, which helps text that touches its edge.
        line_height: of the smallest type that is looked for, in pixels, where that is known.
    """
    import cv2
    import numpy as np

    h, w = rgb.shape[:2]
    p = pad * min(box[2] - box[0], box[3] - box[1]) + 4
    x0, y0 = max(0, int(box[0] - p)), max(0, int(box[1] - p))
    x1, y1 = min(w, math.ceil(box[2] + p)), min(h, math.ceil(box[3] + p))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return ()
    crop: Any = np.ascontiguousarray(rgb[y0:y1, x0:x1, ::-1])
    if _is_blank(crop):
        return ()
    # Tall type is read no better than type of 80 px, only slower.
    scale = min(1.0, 960 / max(crop.shape[:2]), _READING_HEIGHT / (line_height or _READING_HEIGHT))
    if min(crop.shape[:2]) < 40:
        scale = 2.0
    if scale != 1.0:
        interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=interpolation)
    if border:
        crop = cv2.copyMakeBorder(crop, border, border, border, border, cv2.BORDER_REPLICATE)
    result = _reader("crop")(crop)
    if result.boxes is None:
        return ()
    off = border / scale
    return tuple(
        TextLine(text, _quad(quad, x0 - off, y0 - off, scale), float(score))
        for quad, text, score in zip(result.boxes, result.txts, result.scores, strict=False)
    )


def _is_blank(crop: npt.NDArray[np.uint8]) -> bool:
    """Whether nothing in a crop is as sharp as the faintest type is: an erased place on a plain ground."""
    import cv2
    import numpy as np

    kernel = np.ones((5, 5), np.uint8)
    step = cv2.dilate(crop, kernel).astype(np.int16) - cv2.erode(crop, kernel)
    return float(np.percentile(step.max(2), 99.8)) < _FAINT


def read_line(rgb: npt.NDArray[np.uint8]) -> tuple[str, float]:
    """One line that fills its image, without looking for it first: text and confidence.

    Args:
        rgb: H x W x 3 uint8, upright, the line with a small margin.
    """
    import numpy as np

    if min(rgb.shape[:2]) < 4:
        return "", 0.0
    result = _reader("line")(
        np.ascontiguousarray(rgb[:, :, ::-1]), use_det=False, use_cls=False, use_rec=True
    )
    if not result.txts:
        return "", 0.0
    return str(result.txts[0]), float(result.scores[0])
