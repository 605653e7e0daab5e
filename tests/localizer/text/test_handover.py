"""The hand-over: well-formed whatever the copy says, and rendered by a browser where the candidate has it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from localizer.text.columns import shape_column
from localizer.text.effects import PLAIN, Effects, Gradient, Outline, Rule, Shadow
from localizer.text.fonts import stack
from localizer.text.handover import PLATE, LiveText, _family, handover_svg
from localizer.text.render import PlacedLine, draw
from localizer.text.shaping import shape_line
from localizer.text.typesetting import SetText

SVG = "{http://www.w3.org/2000/svg}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
WIDTH, HEIGHT = 560, 150
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
EVIL = "</text><script>alert(1)</script>&\"' ]]> \x00\x0b\ud800 <b>"
ALL = Effects(
    Gradient(((0.0, (255, 220, 60)), (1.0, (220, 30, 90))), 90.0),
    Outline((255, 255, 255), 0.05),
    Shadow((0, 0, 0), 0.06, 0.08, 0.04, 0.7),
    Rule((0, 0, 0), -0.15, 0.04),
)


def live(text: str, locale: str, align: str = "center", effects: Effects = PLAIN, **placing) -> LiveText:
    tracking = placing.pop("tracking", 0.0)
    faces = stack(locale, weight=placing.pop("weight", 700), slant=placing.pop("slant", 0))
    line = PlacedLine(shape_line(text, faces, locale, tracking), 50.3, 100.7, 44, **placing)
    return LiveText(EVIL, SetText((line,), (250, 250, 250), 1.0, True, faces), effects, align, EVIL)


def column(text: str, locale: str) -> LiveText:
    faces = stack(locale, weight=700)
    placed = PlacedLine(shape_column(text, faces, locale, 0.1), 300.0, 10.0, 30)
    return LiveText("", SetText((placed,), (250, 250, 250), 1.0, True, faces, vertical=True))


def tree(text: LiveText, locale: str) -> ET.Element:
    return ET.fromstring(handover_svg((WIDTH, HEIGHT), [text], locale=locale, title=EVIL))  # noqa: S314


def test_copy_cannot_become_markup() -> None:
    root = tree(live(EVIL.replace("\ud800", ""), "en"), "en")
    assert not root.findall(f".//{SVG}script")
    assert not root.findall(f".//{SVG}b")
    (element,) = root.findall(f".//{SVG}text")
    assert element.text is not None
    assert element.text.startswith("</text><script>alert(1)</script>&\"' ]]> ")
    (group,) = (g for g in root.iter(f"{SVG}g") if g.get("id") == "edit-1")
    assert str(group.get("data-source")).endswith("<b>")


def test_the_text_is_live_and_says_how_it_is_set() -> None:
    root = tree(live("خصم 新", "ar", "right", stretch=0.8, angle=5.0), "ar")
    (element,) = root.findall(f".//{SVG}text")
    assert element.text == "خصم 新"
    assert element.get(LANG) == "ar"
    assert element.get("direction") == "rtl"
    assert element.get("text-anchor") == "start"  # of right-to-left text: its right end
    assert str(element.get("font-family")).startswith("'Noto Sans Arabic'")
    assert "'Noto Sans SC'" in str(element.get("font-family"))  # for what the first lacks
    assert element.get("font-weight") == "700"
    assert "rotate(-5) scale(0.8 1)" in str(element.get("transform"))
    (image,) = root.findall(f".//{SVG}image")
    assert image.get("{http://www.w3.org/1999/xlink}href") == PLATE


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_shows_what_was_drawn(tmp_path: Path) -> None:
    """One page with every case, one start of the browser; ink boxes within 2 pixels."""
    cases = [
        ("Große Sälê AVA", "de", live("Große Sälê AVA", "de", "left")),
        ("限时特价 ¥199", "zh-Hans", live("限时特价 ¥199", "zh-Hans")),
        ("خصم 20% على Nike", "ar", live("خصم 20% على Nike", "ar", "right")),
        ("ลดราคา 50%", "th", live("ลดราคา 50%", "th", stretch=0.8)),
        ("आज ही खरीदें", "hi", live("आज ही खरीदें", "hi", "right")),
        ("Khuyến mãi", "vi", live("Khuyến mãi", "vi", tracking=0.08, slant=12)),
        ("New Arrival", "en", live("New Arrival", "en", angle=7.0, stretch=1.2)),
        ("限时特价", "zh-Hans", column("限时特价", "zh-Hans")),
        ("Everything", "en", live("Everything", "en", effects=ALL, stretch=1.3)),
    ]
    plate = np.full((HEIGHT, WIDTH, 3), (60, 110, 150), np.uint8)
    Image.fromarray(plate).save(tmp_path / PLATE)
    fonts: dict[str, str] = {}
    bodies, wanted = [], []
    for _, locale, text in cases:
        svg = handover_svg((WIDTH, HEIGHT), [text], locale=locale, title="").decode()
        bodies.append(svg.split("?>", 1)[1])
        fonts |= {_family(g.face): g.face.path for p in text.made.lines for g in p.line.glyphs}
        wanted.append(draw(plate, text.made.lines, text.made.colour, text.effects)[0])
    rules = "".join(
        f"@font-face{{font-family:'{name}';src:url('{Path(path).as_uri()}');font-weight:100 900}}"
        for name, path in fonts.items()
    )
    page = tmp_path / "page.html"
    style = f"<style>{rules}body{{margin:0}}svg{{display:block}}</style>"
    page.write_text(f"<!doctype html><meta charset=utf-8>{style}{''.join(bodies)}", "utf-8")
    flags = (
        "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
        "--disable-background-networking --disable-component-update --disable-sync "
        "--allow-file-access-from-files --virtual-time-budget=4000"
    )
    shot = tmp_path / "shot.png"
    size = f"--window-size={WIDTH},{HEIGHT * len(cases)}"
    subprocess.run(
        [
            str(CHROMIUM),
            *flags.split(),
            f"--user-data-dir={tmp_path / 'profile'}",
            size,
            f"--screenshot={shot}",
            page.as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    shown = np.asarray(Image.open(shot).convert("RGB"))
    for i, (name, _, _) in enumerate(cases):
        seen = shown[i * HEIGHT : (i + 1) * HEIGHT]
        boxes = []
        for picture in (wanted[i], seen):
            ys, xs = np.nonzero(np.abs(picture.astype(int) - plate).max(2) > 60)
            assert len(xs), name
            boxes.append((xs.min(), ys.min(), xs.max(), ys.max()))
        assert np.abs(np.subtract(*boxes)).max() <= 2, (name, boxes)
        error = np.abs(wanted[i].astype(int) - seen).max(2)
        assert error.mean() < 3.0, name
