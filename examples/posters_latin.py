"""The posters with English copy."""

from __future__ import annotations

import numpy as np

from examples import products
from examples.drawing import Canvas, Pixels, Shadow, cover, grain, linear, load_photo, radial, tint

BRAND = products.BRAND


def summer() -> Pixels:
    """Warm gradient with a low sun and palms; a huge two-line headline, left aligned."""
    c = Canvas(1080, 1350, "#ff7a59")
    c.rect((0, 0, 1080, 1350), linear(0, 0, 0, 1350, "#e2304c", "#f0663a", "#ffc06a", stops=(0, 0.5, 1)))
    c.circle(800, 880, 560, radial(800, 880, 560, "#fff3c470", "#fff3c400", stops=(0.3, 1)))
    c.circle(800, 880, 250, linear(0, 630, 0, 1130, "#fff6d6", "#ffc65c"))
    c.rect((0, 1010, 1080, 1350), linear(0, 1010, 0, 1350, "#13808f", "#0b5566"))
    rng = np.random.default_rng(21)
    for i in range(25):
        y = 1024 + 7 * i
        reach = 235 - 6 * i
        x = 800 + float(rng.uniform(-30, 30))
        half = max(16.0, reach * float(rng.uniform(0.25, 0.9)))
        c.rect((x - half, y, x + half, y + 4), "#ffe6a0" + f"{150 - 3 * i:02x}", radius=2)
    c.text(BRAND, 84, 128, 38, "#ffffff", family="sans", weight=600, tracking=0.24)
    c.text("SUMMER", 76, 400, 196, "#ffffff", family="sans", weight=900, tracking=-0.01)
    c.text("SALE", 76, 590, 196, "#ffffff", family="sans", weight=900, tracking=-0.01)
    c.rect((84, 668, 540, 772), "#ffffff", radius=52)
    c.text("UP TO 50% OFF", 312, 738, 49, "#e8443f", family="sans", weight=800, align="centre")
    c.text("Free shipping on every order", 84, 1260, 44, "#ffffff", family="sans", weight=500)
    return grain(c.array(), 1.0, 21)


def arrivals() -> Pixels:
    """Pale studio with three products; serif headline, outlined button, dark on light."""
    c = Canvas(1500, 900, "#ece6de")
    c.rect((0, 0, 1500, 900), linear(0, 0, 1500, 0, "#f3eee7", "#e2d8cb"))
    c.rect((0, 760, 1500, 900), linear(0, 760, 0, 900, "#d9cdbd", "#e6dccf"))
    c.rect((860, 150, 1400, 1100), "#dccbb6", radius=270)
    c.rect((0, 760, 1500, 900), linear(0, 760, 0, 900, "#d0c1ae", "#e4d9cb"))
    with c.moved(1000, 800, scale=0.86):
        products.pump(c, "#b9c3b2", "#dbe2d4", "#eef2ea", ink="#33402f", name=("HAND WASH", "500 ml"))
    with c.moved(1326, 806, scale=0.82):
        products.serum(c, "#a8683f", "#cf8f5c", "#e9b988", ink="#3c2010", name=("FACE OIL", "30 ml"))
    with c.moved(1164, 846, scale=0.8):
        products.jar(c, "#d8cbbb", "#f5eee4", "#ffffff", ink="#4a3a28", name=("DAY CREAM",))
    c.text(BRAND, 104, 132, 34, "#3a322a", family="sans", weight=600, tracking=0.24)
    c.text("NEW", 98, 340, 130, "#26201b", family="serif", weight=500, tracking=0.01)
    c.text("ARRIVALS", 98, 474, 130, "#26201b", family="serif", weight=500, tracking=0.01)
    c.text("Clean skincare for every day", 104, 562, 44, "#6a5b4c", family="sans", weight=400)
    c.rect((104, 634, 376, 716), "#26201b", radius=41, stroke=3)
    c.text("SHOP NOW", 240, 688, 36, "#26201b", family="sans", weight=600, align="centre", tracking=0.08)
    return c.array()


def shipping() -> Pixels:
    """White type on a tinted brick wall beside a parcel."""
    wall = np.ascontiguousarray(np.rot90(load_photo("brick.png")))
    c = Canvas(1280, 800, "#15324a")
    c.pixels(cover(tint(wall, "#12304a", "#4f93bb", gamma=1.0), 1280, 800, (0.5, 0.5)), 0, 0)
    c.rect((0, 0, 1280, 800), radial(900, 380, 980, "#08182600", "#081826b8"))
    c.rect((0, 0, 900, 800), linear(0, 0, 900, 0, "#0818268c", "#08182600"))
    c.rect((0, 664, 1280, 800), linear(0, 664, 0, 800, "#0a1a28", "#13293b"))
    with c.moved(1010, 742, scale=1.12):
        products.parcel(c)
    shade = Shadow(4, 8, "#00000080")
    c.text("FREE", 80, 300, 132, "#ffffff", family="sans", weight=900, shadow=shade)
    c.text("SHIPPING", 80, 430, 132, "#ffffff", family="sans", weight=900, shadow=shade)
    c.text("On all orders over $50", 86, 524, 48, "#ffd166", family="sans", weight=600, shadow=shade)
    c.text(BRAND, 86, 118, 32, "#e8f1f8", family="sans", weight=600, tracking=0.24)
    return c.array()
