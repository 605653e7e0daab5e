"""Room around a text: up to what is really in the way."""

from __future__ import annotations

import numpy as np
import pytest

from localizer.text.space import Room, find_rooms, measure_room

H, W = 300, 600
MARGIN = 0.03 * H
OLD = (250, 130, 350, 170)  # ink of the old text


def plain() -> np.ndarray:
    return np.full((H, W, 3), (240, 236, 228), np.uint8)


def room(plate: np.ndarray, *, box=OLD, obstacles=(), neighbours=(), flat: bool = True) -> Room:
    return measure_room(plate, box, height=40.0, obstacles=obstacles, neighbours=neighbours, plain=flat)


def holds(place: Room, box) -> bool:
    return place.left <= box[0] and place.top <= box[1] and place.right >= box[2] and place.bottom >= box[3]


def test_nothing_in_the_way_but_the_frame() -> None:
    place = room(plain())
    assert place.left == pytest.approx(MARGIN, abs=2)
    assert place.right == pytest.approx(W - MARGIN, abs=2)
    assert place.top == pytest.approx(MARGIN, abs=2)
    assert place.bottom == pytest.approx(H - MARGIN, abs=2)
    assert not place.panel


def test_a_gradient_is_no_edge() -> None:
    x = np.linspace(0, 255, W, dtype=np.float32)
    plate = np.repeat(np.broadcast_to(x[None, :, None], (H, W, 1)), 3, axis=2).astype(np.uint8)
    place = room(plate)
    assert place.right == pytest.approx(W - MARGIN, abs=2)
    assert place.left == pytest.approx(MARGIN, abs=2)


def test_a_pill_stops_growth_on_all_sides() -> None:
    plate = plain()
    plate[100:200, 180:420] = (200, 30, 40)
    place = room(plate)
    assert place.panel
    assert 180 <= place.left <= 250
    assert 350 <= place.right <= 420
    assert 100 <= place.top <= 130
    assert 170 <= place.bottom <= 200
    # There is really more room than the old text took.
    assert place.right - place.left > 150


def test_a_round_pill_keeps_type_off_its_round_ends() -> None:
    plate = plain()
    yy, xx = np.mgrid[0:H, 0:W]
    pill = (np.abs(yy - 150) <= 40) & (xx >= 180) & (xx <= 420)
    ends = (np.hypot(xx - 180, yy - 150) <= 40) | (np.hypot(xx - 420, yy - 150) <= 40)
    plate[pill | ends] = (200, 30, 40)
    place = room(plate)
    assert place.panel
    for x in (place.left, place.right - 1):
        for y in (OLD[1], OLD[3] - 1):
            assert (plate[y, round(x)] == (200, 30, 40)).all()


def test_a_photo_goes_to_the_margin() -> None:
    plate = np.random.default_rng(3).integers(0, 256, (H, W, 3), dtype=np.uint8)
    place = room(plate, flat=False)
    assert place.left == pytest.approx(MARGIN, abs=2)
    assert place.right == pytest.approx(W - MARGIN, abs=2)
    assert not place.panel


@pytest.mark.parametrize(
    ("obstacle", "side", "limit"),
    [
        ((450, 120, 500, 180), "right", 450),
        ((100, 120, 150, 180), "left", 150),
        ((240, 230, 360, 270), "bottom", 230),
        ((240, 40, 360, 80), "top", 80),
    ],
)
def test_obstacles_are_kept_clear_of(obstacle, side: str, limit: int) -> None:
    got = getattr(room(plain(), obstacles=[obstacle]), side)
    clear = 0.3 * 40
    if side in {"right", "bottom"}:
        assert limit - clear - 1 <= got < limit
    else:
        assert limit < got <= limit + clear + 1


def test_what_stands_cornerwise_costs_the_side_that_is_worth_less() -> None:
    free, place = room(plain()), room(plain(), obstacles=[(500, 250, 560, 290)])
    assert (place.left, place.top, place.right) == (free.left, free.top, free.right)
    assert 230 < place.bottom < 250


def test_neighbours_share_the_gap() -> None:
    other = (450, 130, 550, 170)
    mine = room(plain(), neighbours=[other])
    theirs = room(plain(), box=other, neighbours=[OLD])
    middle = (OLD[2] + other[0]) / 2
    assert OLD[2] < mine.right <= middle
    assert middle <= theirs.left < other[0]


def test_neighbours_above_and_below_share_the_gap() -> None:
    other = (250, 220, 350, 260)
    mine, theirs = room(plain(), neighbours=[other]), room(plain(), box=other, neighbours=[OLD])
    assert OLD[3] <= mine.bottom <= 195 <= theirs.top <= other[1]


@pytest.mark.parametrize("box", [(2, 2, 100, 40), (500, 260, 598, 298), (0, 0, W, H), (250, 130, 252, 132)])
def test_the_old_place_is_always_inside(box) -> None:
    """At the frame, too: whatever else is in the way, the old text's own place may be used."""
    place = room(plain(), box=box, obstacles=[(box[0] - 5, box[1] - 5, box[0] + 1, box[1] + 1)])
    assert holds(place, box)


def on_a_picture(pill: bool) -> np.ndarray:
    """Noise like a starry sky, with a graded pill in its middle or without."""
    rng = np.random.default_rng(3)
    plate = rng.normal(60, 22, (300, 700, 3)).clip(0, 255).astype(np.uint8)
    if pill:
        grade = np.linspace(0, 1, 340)[None, :, None]
        colours = np.array([220, 40, 130]) * (1 - grade) + np.array([230, 90, 40]) * grade
        plate[120:190, 180:520] = colours.astype(np.uint8)
    return plate


def test_text_of_a_label_upon_a_picture_stays_in_the_label() -> None:
    box, hole = (240, 140, 460, 170), np.zeros((300, 700), np.bool_)
    rooms = find_rooms(on_a_picture(True), hole, box, height=30, obstacles=())
    assert len(rooms) == 1
    assert rooms[0].panel
    assert rooms[0].left >= 180
    assert rooms[0].right <= 520
    without = find_rooms(on_a_picture(False), hole, box, height=30, obstacles=())
    assert without[-1].right - without[-1].left > 500
