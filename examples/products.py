"""Vector products for the sample posters. Each stands with its foot on the canvas origin."""

from __future__ import annotations

from examples.drawing import Canvas, Shadow, linear

BRAND = "LUMÉA"


def floor_shadow(canvas: Canvas, half_width: float, strength: str = "55") -> None:
    """A contact shadow under a product: a tight dark one in a wide soft one."""
    canvas.oval((-half_width * 1.25, -18, half_width * 1.25, 26), f"#000000{strength}", blur=22)
    canvas.oval((-half_width, -7, half_width, 9), f"#000000{strength}", blur=6)


def _glass(canvas: Canvas, half: float, top: float, bottom: float, radius: float, *tones: str) -> None:
    """A cylinder: edge, body and edge tone across, then two highlights."""
    canvas.rect(
        (-half, top, half, bottom),
        linear(
            -half, 0, half, 0, tones[0], tones[1], tones[2], tones[1], tones[0], stops=(0, 0.16, 0.42, 0.8, 1)
        ),
        radius=radius,
    )
    canvas.rect((-half * 0.8, top + 18, -half * 0.66, bottom - 22), "#ffffff70", radius=8, blur=4)
    canvas.rect((half * 0.78, top + 26, half * 0.84, bottom - 30), "#ffffff40", radius=6, blur=3)


def _label(canvas: Canvas, half: float, top: float, ink: str, lines: tuple[str, ...]) -> None:
    """Brand, rule and product name: text that belongs to the product and stays in every locale."""
    canvas.text(BRAND, 0, top, half * 0.3, ink, family="sans", weight=600, align="centre", tracking=0.16)
    canvas.rect((-half * 0.22, top + half * 0.2, half * 0.22, top + half * 0.2 + 2.4), ink)
    for i, line in enumerate(lines):
        y = top + half * (0.5 + 0.25 * i)
        canvas.text(line, 0, y, half * 0.158, ink, family="sans", weight=500, align="centre", tracking=0.1)


def serum(canvas: Canvas, *tones: str, ink: str, name: tuple[str, ...], cap: str = "#2b2b2e") -> None:
    """A dropper bottle, 230 wide and 600 high."""
    floor_shadow(canvas, 118)
    canvas.rect(
        (-42, -606, 42, -440), linear(-42, 0, 42, 0, cap, "#77777c", cap, stops=(0, 0.35, 1)), radius=34
    )
    metal = linear(-58, 0, 58, 0, "#8d7a5c", "#f4e6c8", "#b59a6b", "#efe0bd", "#8d7a5c")
    canvas.rect((-58, -470, 58, -398), metal, radius=9)
    canvas.rect((-58, -436, 58, -433), "#6d5c4066")
    _glass(canvas, 50, -404, -360, 6, *tones)
    _glass(canvas, 115, -376, 0, 40, *tones)
    _label(canvas, 115, -226, ink, name)


def pump(canvas: Canvas, *tones: str, ink: str, name: tuple[str, ...], cap: str = "#f7f5f1") -> None:
    """A pump bottle, 260 wide and 700 high."""
    floor_shadow(canvas, 132)
    shade = linear(-40, 0, 40, 0, "#bdb8ae", cap, "#ffffff", "#cfcac0", stops=(0, 0.3, 0.5, 1))
    canvas.sketch(
        "M -36 -700 L 60 -700 C 100 -700 122 -682 122 -650 L 96 -650 C 94 -664 84 -668 66 -668 L -36 -668 Z",
        shade,
    )
    canvas.rect((-14, -670, 14, -600), shade)
    canvas.rect((-46, -610, 46, -520), shade, radius=12)
    _glass(canvas, 130, -530, 0, 46, *tones)
    _label(canvas, 130, -320, ink, name)


def jar(canvas: Canvas, *tones: str, ink: str, name: tuple[str, ...], lid: str = "#d9c6a5") -> None:
    """A cream jar, 300 wide and 230 high."""
    floor_shadow(canvas, 150)
    _glass(canvas, 150, -166, 0, 34, *tones)
    canvas.rect(
        (-152, -236, 152, -158), linear(-152, 0, 152, 0, "#a08a63", lid, "#fbf1dd", lid, "#a08a63"), radius=16
    )
    canvas.rect((-152, -164, 152, -160), "#6d5c4055")
    canvas.text(BRAND, 0, -84, 40, ink, family="sans", weight=600, align="centre", tracking=0.16)
    for i, line in enumerate(name):
        canvas.text(line, 0, -46 + 24 * i, 17, ink, family="sans", weight=500, align="centre", tracking=0.1)


def gift_box(canvas: Canvas, *, box: str, box_dark: str, lid: str, ribbon: str, ribbon_dark: str) -> None:
    """A gift box with a bow, 420 wide and 440 high."""
    floor_shadow(canvas, 205)
    canvas.rect(
        (-190, -270, 190, 0),
        linear(-190, 0, 190, 0, box_dark, box, box, box_dark, stops=(0, 0.2, 0.7, 1)),
        radius=8,
    )
    canvas.rect((-38, -270, 38, 0), linear(-38, 0, 38, 0, ribbon_dark, ribbon, ribbon_dark))
    canvas.rect((-190, -270, 190, -248), "#00000030")
    canvas.rect(
        (-210, -338, 210, -262),
        linear(-210, 0, 210, 0, box_dark, lid, lid, box_dark, stops=(0, 0.2, 0.7, 1)),
        radius=10,
    )
    canvas.rect((-42, -338, 42, -262), linear(-42, 0, 42, 0, ribbon_dark, ribbon, ribbon_dark))
    for side in (-1, 1):
        loop = (
            f"M 0 -342 C {side * 40} -430 {side * 130} -470 {side * 168} -428 "
            f"C {side * 196} -392 {side * 120} -342 0 -338 Z"
        )
        canvas.sketch(loop, linear(0, -450, side * 120, -340, ribbon, ribbon_dark))
        hole = (
            f"M {side * 26} -352 C {side * 60} -404 {side * 112} -426 {side * 134} -408 "
            f"C {side * 142} -384 {side * 90} -358 {side * 26} -352 Z"
        )
        canvas.sketch(hole, ribbon_dark)
    canvas.rect((-30, -366, 30, -322), linear(0, -366, 0, -322, ribbon, ribbon_dark), radius=14)


def parcel(canvas: Canvas) -> None:
    """A cardboard parcel in light perspective, 420 wide and 330 high."""
    floor_shadow(canvas, 215, "88")
    canvas.polygon(
        [(-210, -240), (60, -210), (60, 0), (-210, -22)], linear(-210, 0, 60, 0, "#b98a55", "#cf9f67")
    )
    canvas.polygon(
        [(60, -210), (210, -246), (210, -34), (60, 0)], linear(60, 0, 210, 0, "#a87845", "#8f6437")
    )
    canvas.polygon(
        [(-210, -240), (-62, -280), (210, -246), (60, -210)], linear(0, -280, 0, -205, "#e0b680", "#d4a66e")
    )
    canvas.polygon([(-96, -227), (50, -263), (86, -259), (-58, -223)], "#f1e2c6cc")
    canvas.polygon([(-96, -227), (-58, -223), (-58, -168), (-96, -172)], "#e7d5b4cc")
    canvas.rect((92, -112, 180, -60), "#f6ecd9", radius=4, shadow=Shadow(2, 3, "#00000033"))
    for i, width in enumerate((64, 48, 56)):
        canvas.rect((102, -102 + 13 * i, 102 + width, -97 + 13 * i), "#8f6437", radius=2)
