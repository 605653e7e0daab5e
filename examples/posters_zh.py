"""The posters with Chinese copy."""

from __future__ import annotations

import numpy as np

from examples import products
from examples.drawing import Canvas, Pixels, Shadow, grain, linear, load_photo, radial, tint

BRAND = products.BRAND


def _brand(canvas: Canvas, x: float, y: float, ink: str, size: float = 34) -> None:
    canvas.text(BRAND, x, y, size, ink, family="sans", weight=600, tracking=0.22)


def espresso() -> Pixels:
    """Photo above, flat cream panel below with a left-aligned column and a pill button."""
    c = Canvas(1080, 1350, "#f5ede2")
    c.photo(load_photo("coffee.png"), (0, 0, 1080, 800), focus=(0.42, 0.35))
    c.rect((0, 0, 1080, 240), linear(0, 0, 0, 240, "#1c0d07c0", "#1c0d0700"))
    _brand(c, 84, 116, "#fff7ec")
    c.text("新品上市", 80, 990, 132, "#2d1910", weight=900, tracking=0.02)
    c.text("每日现烘咖啡豆", 84, 1080, 52, "#8a4a2c", weight=500, tracking=0.04)
    c.rect((84, 1148, 384, 1240), "#b4431f", radius=46)
    c.text("立即抢购", 234, 1210, 44, "#ffffff", weight=700, align="centre", tracking=0.06)
    c.text("图片仅供参考", 996, 1236, 26, "#836d5c", weight=400, align="right")
    return c.array()


def six18() -> Pixels:
    """Wide red banner: headline and two offer tags on the left, products on a stage on the right."""
    c = Canvas(1600, 800, "#d3122f")
    c.rect((0, 0, 1600, 800), linear(0, 0, 1600, 800, "#e01b3c", "#b3062b"))
    c.circle(1190, 420, 470, "#ff4a4a3d")
    c.circle(1190, 420, 350, "#ff6b5540")
    c.circle(1190, 400, 238, "#ffd9a8")
    c.oval((800, 640, 1580, 800), linear(0, 640, 0, 800, "#ff8a66", "#c51a37"))
    c.oval((800, 622, 1580, 770), linear(0, 622, 0, 770, "#fff0dc", "#ffcf9e"))
    with c.moved(1010, 706, scale=0.92):
        products.gift_box(
            c, box="#ff6a4d", box_dark="#d8432f", lid="#ff7d5d", ribbon="#ffe9c4", ribbon_dark="#f0bd7c"
        )
    with c.moved(1232, 724, scale=0.8):
        products.pump(c, "#e9dccb", "#fffaf2", "#ffffff", ink="#7b2431", name=("BODY LOTION", "300 ml"))
    with c.moved(1432, 712, scale=0.72):
        products.serum(c, "#c9546a", "#e98c98", "#f6b9bf", ink="#5b1322", name=("ROSE SERUM", "30 ml"))
    _brand(c, 100, 124, "#ffe7cf")
    c.text("618狂欢购", 92, 350, 148, "#ffffff", weight=900, shadow=Shadow(6, 8, "#5e001455"))
    c.text("第2件半价", 96, 462, 72, "#ffe2a8", weight=700, tracking=0.03)
    c.rect((96, 540, 470, 640), "#ffffff", radius=50)
    c.text("满199减50", 283, 610, 50, "#c50d2e", weight=800, align="centre")
    c.text("图片仅供参考", 98, 716, 26, "#ffd3cb", weight=400)
    return c.array()


def double11() -> Pixels:
    """Star field under a violet overlay, everything centred."""
    stars = load_photo("hubble_deep_field.jpg")
    c = Canvas(1200, 1200, "#10061f")
    c.photo(stars, (0, 0, 1200, 1200), focus=(0.5, 0.4))
    c.rect((0, 0, 1200, 1200), linear(0, 0, 0, 1200, "#150726b0", "#4a0d5ec8"))
    c.circle(600, 560, 640, radial(600, 560, 640, "#8a1fb0b0", "#8a1fb000"))
    c.circle(600, 560, 372, "#f6c9ff26", stroke=2.5)
    c.circle(600, 560, 402, "#f6c9ff18", stroke=2.5)
    c.circle(600, 560, 356, radial(600, 470, 420, "#4b1468f0", "#1d0833f0"))
    c.text(BRAND, 600, 122, 40, "#f3e3ff", family="sans", weight=600, align="centre", tracking=0.3)
    c.text("双十一", 600, 612, 186, "#ffdf9e", weight=900, align="centre", tracking=0.03)
    c.text("全球购物节", 600, 720, 60, "#ffffff", weight=500, align="centre", tracking=0.16)
    c.rect((310, 1000, 890, 1096), linear(310, 0, 890, 0, "#d92c84", "#e2552b"), radius=48)
    c.text("LUMÉA会员提前购", 600, 1066, 50, "#ffffff", weight=700, align="centre", tracking=0.03)
    return grain(c.array(), 1.0, 11)


def mid_autumn() -> Pixels:
    """Night gradient with a drawn moon and hills; quiet centred type with wide tracking."""
    c = Canvas(1080, 1440, "#0d1c40")
    c.rect((0, 0, 1080, 1440), linear(0, 0, 0, 1440, "#0b1738", "#1e3566", "#4a5a86", stops=(0, 0.62, 1)))
    rng = np.random.default_rng(815)
    for x, y, radius in zip(
        rng.uniform(20, 1060, 80), rng.uniform(20, 620, 80), rng.uniform(0.8, 2.2, 80), strict=True
    ):
        c.circle(x, y, radius, "#fdf3d5a0")
    c.circle(540, 430, 430, radial(540, 430, 430, "#ffe9b470", "#ffe9b400", stops=(0.4, 1)))
    c.circle(540, 430, 252, radial(480, 360, 360, "#fff9e6", "#ffe6ae", "#f3c985"))
    for x, y, radius in (
        (460, 350, 46),
        (610, 330, 28),
        (640, 470, 60),
        (500, 520, 38),
        (420, 450, 22),
        (560, 420, 18),
    ):
        c.circle(x, y, radius, "#d9a95a30", blur=7)
    for y, dx, tone in ((560, -190, "#ffffff4a"), (632, 170, "#ffffff38"), (290, 330, "#ffffff24")):
        c.path(Canvas.cloud_path(540 + dx, y), tone, blur=2.5)
    c.sketch(
        "M 0 1230 C 220 1120 380 1180 560 1240 C 760 1300 900 1180 1080 1150 L 1080 1440 L 0 1440 Z",
        "#16284fe8",
    )
    c.sketch(
        "M 0 1340 C 260 1240 420 1320 620 1350 C 820 1380 960 1310 1080 1290 L 1080 1440 L 0 1440 Z",
        "#0b1838",
    )
    c.text(BRAND, 540, 108, 34, "#f4dfae", family="sans", weight=500, align="centre", tracking=0.34)
    c.text("中秋礼遇", 540, 880, 148, "#fbe6b4", weight=600, align="centre", tracking=0.12)
    c.rect((500, 936, 580, 940), "#e5bf74")
    c.text("月圆人团圆", 540, 1024, 54, "#f3ead2", weight=400, align="centre", tracking=0.2)
    return grain(c.array(), 1.2, 815)


def pet() -> Pixels:
    """Mint panel with dark type on the left, photo with a curved edge on the right, a turned sticker."""
    c = Canvas(1280, 960, "#dcefe4")
    c.circle(80, 960, 250, "#c9e5d5")
    c.circle(942, 496, 436, "#bfe0cf")
    with c.clipped(Canvas.circle_path(974, 480, 426)):
        c.photo(load_photo("chelsea.png"), (548, 54, 1400, 906), focus=(0.74, 0.5))
    _brand(c, 84, 122, "#1b4a37")
    c.text("免运费", 78, 420, 142, "#12382a", weight=900)
    c.text("猫咪零食满99元", 84, 516, 50, "#2f6b52", weight=500, tracking=0.02)
    c.rect((84, 592, 344, 678), "#12382a", radius=43)
    c.text("立即抢购", 214, 650, 42, "#ffffff", weight=700, align="centre", tracking=0.06)
    with c.moved(716, 800, angle=-8):
        c.rect((-178, -62, 178, 62), "#ee5a24", radius=24, shadow=Shadow(8, 14, "#00000050"))
        c.text("限时特惠", 0, 23, 66, "#ffffff", weight=800, align="centre", tracking=0.04)
    return c.array()


def rocket() -> Pixels:
    """Copy set straight on a photo's evening sky, with a soft shadow and a shaded foot."""
    c = Canvas(1280, 940, "#040a1c")
    c.photo(load_photo("rocket.jpg"), (0, 0, 1280, 854))
    c.rect((0, 0, 1280, 420), linear(0, 0, 0, 420, "#040a1ccc", "#040a1c00"))
    c.rect((0, 620, 1280, 856), linear(0, 640, 0, 850, "#040a1c00", "#040a1cff"))
    shade = Shadow(4, 10, "#000000a0")
    c.text("年中大促", 640, 206, 118, "#ffffff", weight=900, align="centre", tracking=0.06, shadow=shade)
    c.text(
        "新品首发，限量发售", 640, 866, 46, "#ffe7bd", weight=500, align="centre", tracking=0.06, shadow=shade
    )
    c.text(BRAND, 640, 78, 28, "#e9efff", family="sans", weight=600, align="centre", tracking=0.26)
    return c.array()


def gift() -> Pixels:
    """Deep green square with a gold frame, a gift box and a ribbon that carries the offer."""
    c = Canvas(1080, 1080, "#0f3b30")
    c.rect((0, 0, 1080, 1080), radial(540, 430, 760, "#1d5a49", "#0b2f26"))
    c.rect((44, 44, 1036, 1036), "#d9b877", radius=6, stroke=2.5)
    rng = np.random.default_rng(7)
    for _ in range(70):
        x, y = rng.uniform(70, 1010), rng.uniform(70, 700)
        if abs(x - 540) > 250 or y < 90:
            c.circle(x, y, rng.uniform(1.5, 4.5), "#e8cc8f" + f"{int(rng.uniform(60, 170)):02x}")
    c.text(BRAND, 540, 142, 36, "#ecd9ae", family="sans", weight=600, align="centre", tracking=0.3)
    with c.moved(540, 712, scale=1.1):
        products.gift_box(
            c, box="#f2e6cf", box_dark="#cdb88f", lid="#f8efdd", ribbon="#c0392f", ribbon_dark="#8f221d"
        )
    c.polygon([(112, 792), (240, 792), (240, 900), (112, 900), (152, 846)], "#8f221d")
    c.polygon([(968, 792), (840, 792), (840, 900), (968, 900), (928, 846)], "#8f221d")
    c.rect((186, 760, 894, 884), "#c0392f", radius=6, shadow=Shadow(8, 14, "#00000060"))
    c.text("满199减50", 540, 850, 82, "#fff6e2", weight=800, align="centre", tracking=0.03)
    c.text("第2件半价", 540, 970, 48, "#ecd9ae", weight=500, align="centre", tracking=0.1)
    return c.array()


def camera() -> Pixels:
    """Editorial split: yellow panel with black type, black-and-white photo to the edge."""
    c = Canvas(1500, 750, "#f4bd17")
    c.photo(tint(load_photo("camera.png"), "#0d0d0f", "#f4f2ee"), (750, 0, 1500, 750))
    c.rect((90, 190, 174, 199), "#141414")
    c.text("限时特惠", 84, 356, 136, "#141414", weight=900)
    c.text("精选相机特价", 90, 456, 54, "#141414", weight=500, tracking=0.02)
    c.text(BRAND, 90, 656, 34, "#141414", family="sans", weight=600, tracking=0.22)
    c.text("图片仅供参考", 660, 652, 26, "#5a4504", weight=400, align="right")
    return c.array()


def serum_card() -> Pixels:
    """Product card with transparent corners; the label on the bottle is part of the product."""
    c = Canvas(1100, 1100, None)
    card = (20, 16, 1080, 1076)
    c.rect(card, "#e6e3f4", radius=56, shadow=Shadow(6, 7, "#2b235030"))
    c.rect(card, linear(0, 16, 0, 1076, "#f1effa", "#d6d0ee"), radius=56)
    c.circle(550, 470, 330, "#ffffffb0")
    with c.moved(550, 850, scale=1.1):
        products.serum(c, "#6d5bb0", "#a596de", "#cfc6f3", ink="#2d2259", name=("HYDRATING", "SERUM 30 ml"))
    c.text(BRAND, 84, 122, 36, "#43357f", family="sans", weight=600, tracking=0.22)
    c.circle(890, 236, 118, "#e4405f")
    c.text("买2送1", 890, 256, 58, "#ffffff", weight=800, align="centre")
    bar = Canvas.rounded_path((20, 934, 1080, 1076), 0)
    with c.clipped(Canvas.rounded_path(card, 56)), c.clipped(bar):
        c.rect((20, 934, 1080, 1076), "#43357f")
    c.text("限时特惠", 84, 1030, 64, "#ffffff", weight=700, tracking=0.04)
    c.text("¥89", 1016, 1034, 84, "#ffd873", family="sans", weight=800, align="right")
    return c.array()
