"""An editable hand-over: an SVG with live text over the erased plate.

What was set is set again as `<text>` with the same fonts, sizes and effects, one layer an edit, so that a
designer finishes an image in Inkscape, Illustrator or a browser instead of starting over. The plate is a file
beside it. SVG 1.1 with the few parts of SVG 2 that viewers agree on (`paint-order`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from localizer.locales import is_rtl
from localizer.text.columns import shape_column
from localizer.text.effects import PLAIN, Effects, Gradient, Rgb, Rule, Shadow
from localizer.text.faces import Face
from localizer.text.render import PlacedLine
from localizer.text.shaping import clusters, shape_line

if TYPE_CHECKING:
    from localizer.text.typesetting import SetText

HANDOVER = "handover.svg"
PLATE = "plate.png"

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_INKSCAPE = "http://www.inkscape.org/namespaces/inkscape"
_SODIPODI = "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd"
_XML = "http://www.w3.org/XML/1998/namespace"
# What XML 1.0 cannot hold, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_NAMES = re.compile(r"[^\w .+&-]")
_FAMILY_NAME, _TYPOGRAPHIC_FAMILY = 1, 16  # OpenType `name` table


@dataclass(frozen=True, slots=True)
class LiveText:
    """One text as it was set.

    Attributes:
        source: what stood there before, empty for added text.
        align: ``left``, ``center`` or ``right``.
        note: what a person should know.
    """

    source: str
    made: SetText
    effects: Effects = PLAIN
    align: str = "left"
    note: str = ""


def handover_svg(size: tuple[int, int], texts: Sequence[LiveText], *, locale: str, title: str) -> bytes:
    """The hand-over, UTF-8. It shows `PLATE` from its own folder.

    Args:
        size: width and height of the image, pixels.
        locale: of the texts.
    """
    for prefix, uri in (("", _SVG), ("xlink", _XLINK), ("inkscape", _INKSCAPE), ("sodipodi", _SODIPODI)):
        ET.register_namespace(prefix, uri)
    width, height = size
    root = ET.Element(
        _in(_SVG, "svg"),
        {"version": "1.1", "width": f"{width}", "height": f"{height}", "viewBox": f"0 0 {width} {height}"},
    )
    _add(root, "title").text = _clean(title)
    defs = _add(root, "defs")
    plate = _layer(root, "plate", "Plate")
    plate.set(_in(_SODIPODI, "insensitive"), "true")
    _add(
        plate,
        "image",
        **{_in(_XLINK, "href"): PLATE, "x": "0", "y": "0", "width": f"{width}", "height": f"{height}"},
    )
    for number, text in enumerate(texts, 1):
        words = " ".join(p.line.text for p in text.made.lines)
        group = _layer(root, f"edit-{number}", words)
        group.set("data-source", _clean(text.source))
        if text.note:
            group.set("data-note", _clean(text.note))
        said = f"{text.source} → {words}" if text.source else words
        _add(group, "title").text = _clean(said)
        shown = group
        if text.effects.shadow is not None and text.made.lines:
            _filter(defs, f"shadow-{number}", text.effects.shadow, text.made.lines[0].size, size)
            shown = _add(group, "g", filter=f"url(#shadow-{number})")
        for row, placed in enumerate(text.made.lines, 1):
            _line(shown, defs, placed, text, f"{number}-{row}", locale)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _line(
    parent: ET.Element, defs: ET.Element, placed: PlacedLine, text: LiveText, key: str, locale: str
) -> None:
    """One line: outline, fill and rules."""
    effects, k = text.effects, placed.size
    lean = text.made.faces[0].slant if text.made.faces else 0
    move = _transform(placed)
    tracking = _tracking(placed, text.made, locale)
    # A renderer adds the tracking after the last character too; the line's end is before it.
    end = placed.line.advance + tracking
    at, anchor = {"left": (0.0, "start"), "right": (end, "end")}.get(text.align, (end / 2, "middle"))
    if is_rtl(locale):
        anchor = {"start": "end", "end": "start"}.get(anchor, anchor)
    if text.made.vertical:  # the column's top middle is its origin, in SVG as here
        at, anchor = 0.0, "start"
    fill = _rgb(text.made.colour)
    if effects.gradient is not None:
        _gradient(defs, f"fill-{key}", effects.gradient, placed)
        fill = f"url(#fill-{key})"
    attributes = {
        "x": _n(at * k),
        "y": "0",
        "transform": move + (f" skewX({-lean})" if lean else ""),
        "fill": fill,
        "font-family": _families(placed, text.made.faces),
        "font-size": _n(k),
        "font-weight": f"{_weight(text.made.faces)}",
        "text-anchor": anchor,
        "text-rendering": "geometricPrecision",
        _in(_XML, "lang"): locale,
        _in(_XML, "space"): "preserve",
    }
    if text.made.vertical:
        attributes |= {
            "x": "0",
            "text-anchor": "start",
            "writing-mode": "vertical-rl",
            "text-orientation": "mixed",
        }
    if is_rtl(locale):
        attributes |= {"direction": "rtl", "unicode-bidi": "embed"}
    if tracking:
        attributes["letter-spacing"] = _n(tracking * k)
    if effects.outline is not None:
        attributes |= {
            "stroke": _rgb(effects.outline.colour),
            "stroke-width": _n(2 * effects.outline.width * k / ((1 + placed.stretch) / 2)),
            "stroke-linejoin": "round",
            "paint-order": "stroke",
        }
    element = _add(parent, "text", **attributes)
    element.text = _clean(placed.line.text)
    for rule in () if text.made.vertical else effects.rules:
        _rule(parent, rule, placed, move)


def _transform(placed: PlacedLine) -> str:
    """From the line's pixels, y down from its left end on the baseline, to the image.

    SVG knows no perspective: a line in it gets the affine map that is right in its middle.
    """
    if placed.warp is not None:
        x, y = (placed.line.ink[0] + placed.line.ink[2]) / 2, (placed.line.ink[1] + placed.line.ink[3]) / 2
        (ox, oy), k = placed.at(x, y), placed.size
        (rx, ry), (dx, dy) = placed.at(x + 0.01, y), placed.at(x, y - 0.01)
        a, b, c, d = ((v / (0.01 * k)) for v in (rx - ox, ry - oy, dx - ox, dy - oy))
        e, f = ox - a * x * k + c * y * k, oy - b * x * k + d * y * k
        return f"matrix({' '.join(_n(v) for v in (a, b, c, d, e, f))})"
    move = f"translate({_n(placed.x)} {_n(placed.y)})"
    if placed.angle:
        move += f" rotate({_n(-placed.angle)})"
    if placed.stretch != 1:
        move += f" scale({_n(placed.stretch)} 1)"
    return move


def _rule(parent: ET.Element, rule: Rule, placed: PlacedLine, move: str) -> None:
    x0, y0, x1, y1 = (v * placed.size for v in rule.span(placed.line.ink, placed.line.text))
    _add(
        parent,
        "rect",
        x=_n(x0),
        y=_n(-y1),
        width=_n(x1 - x0),
        height=_n(y1 - y0),
        fill=_rgb(rule.colour),
        transform=move,
    )


def _gradient(defs: ET.Element, key: str, gradient: Gradient, placed: PlacedLine) -> None:
    """The gradient's end points in the line's coordinates (before it is stretched)."""
    k = placed.size
    x0, y0, x1, y1 = placed.line.ink
    box = (x0 * k * placed.stretch, -y1 * k, x1 * k * placed.stretch, -y0 * k)
    a = math.radians(gradient.angle)
    dx, dy = math.cos(a), math.sin(a)
    half = (abs(dx) * (box[2] - box[0]) + abs(dy) * (box[3] - box[1])) / 2
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    element = _add(
        defs,
        "linearGradient",
        id=key,
        gradientUnits="userSpaceOnUse",
        x1=_n(cx - half * dx),
        y1=_n(cy - half * dy),
        x2=_n(cx + half * dx),
        y2=_n(cy + half * dy),
    )
    if placed.stretch != 1:
        element.set("gradientTransform", f"scale({_n(1 / placed.stretch)} 1)")
    for position, colour in gradient.stops:
        _add(element, "stop", offset=_n(position), **{"stop-color": _rgb(colour)})


def _filter(defs: ET.Element, key: str, shadow: Shadow, k: float, size: tuple[int, int]) -> None:
    """A drop shadow under what it is put on, over the whole image so that nothing is cut off."""
    element = _add(
        defs,
        "filter",
        id=key,
        filterUnits="userSpaceOnUse",
        x="0",
        y="0",
        width=f"{size[0]}",
        height=f"{size[1]}",
        **{"color-interpolation-filters": "sRGB"},
    )
    blur = {"in": "SourceAlpha", "stdDeviation": _n(shadow.blur * k), "result": "blurred"}
    _add(element, "feGaussianBlur", **blur)
    offset = {"in": "blurred", "dx": _n(shadow.dx * k), "dy": _n(shadow.dy * k), "result": "cast"}
    _add(element, "feOffset", **offset)
    flood = {"flood-color": _rgb(shadow.colour), "flood-opacity": _n(shadow.opacity), "result": "tint"}
    _add(element, "feFlood", **flood)
    _add(element, "feComposite", **{"in": "tint", "in2": "cast", "operator": "in", "result": "shadow"})
    merge = _add(element, "feMerge")
    _add(merge, "feMergeNode", **{"in": "shadow"})
    _add(merge, "feMergeNode", **{"in": "SourceGraphic"})


def _tracking(placed: PlacedLine, made: SetText, locale: str) -> float:
    """Extra space per character, em: what a line is longer than the same text set plain."""
    # A column has its tracking below every character, a line between them.
    gaps = len(clusters(placed.line.text)) - (0 if made.vertical else 1)
    if gaps < 1 or not made.faces:
        return 0.0
    shape = shape_column if made.vertical else shape_line
    extra = (placed.line.advance - shape(placed.line.text, made.faces, locale).advance) / gaps
    return extra if abs(extra) > 0.002 else 0.0


def _families(placed: PlacedLine, faces: Sequence[Face]) -> str:
    """CSS families: the main one, those that lines fell back on, and whatever is there."""
    used = [*faces[:1], *(g.face for g in placed.line.glyphs)]
    names = [f"'{_family(face)}'" for face in dict.fromkeys(used)]
    return ", ".join([*dict.fromkeys(names), "sans-serif"])


def _family(face: Face) -> str:
    """Family name as font menus and CSS know it."""
    of = face.font.face
    name = of.get_name(_TYPOGRAPHIC_FAMILY) or of.get_name(_FAMILY_NAME) or face.name
    return _NOT_IN_NAMES.sub("", name)


def _weight(faces: Sequence[Face]) -> int:
    """CSS weight: as varied, or what the file of one weight says."""
    import uharfbuzz as hb

    if not faces:
        return 400
    font = faces[0].font
    if any(axis.tag == "wght" for axis in font.face.axis_infos):
        return faces[0].weight
    return int(min(1000, max(1, round(font.get_style_value(hb.StyleTag.WEIGHT)))))


def _layer(parent: ET.Element, key: str, label: str) -> ET.Element:
    group = _add(parent, "g", id=key)
    group.set(_in(_INKSCAPE, "groupmode"), "layer")
    group.set(_in(_INKSCAPE, "label"), _clean(label))
    return group


def _add(parent: ET.Element, tag: str, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, _in(_SVG, tag), attributes)


def _in(namespace: str, name: str) -> str:
    return f"{{{namespace}}}{name}"


def _clean(text: str) -> str:
    """Text without what XML cannot hold; the rest is escaped as it is written."""
    return _NOT_XML.sub("", text)


def _rgb(colour: Rgb) -> str:
    return "#" + "".join(f"{c:02x}" for c in colour)


def _n(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".") or "0"
