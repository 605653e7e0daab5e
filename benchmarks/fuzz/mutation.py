"""Good bytes made bad, the same way each time for the same number."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

_NUMBERS = [
    n.to_bytes(size, order) for size in (1, 2, 4, 8) for n in (0, 1, 127) for order in ("little", "big")
] + [b"\xff" * size for size in (1, 2, 4, 8)]
_VALUES: list[Any] = [
    None,
    [],
    {},
    "",
    "x",
    0,
    -1,
    1e308,
    10**30,
    True,
    [None],
    {"a": None},
    "\x00",
    "../..",
    "é" * 300,
]


def mutated(seeds: Sequence[bytes], words: Sequence[bytes], number: int) -> bytes:
    """One of the seeds, changed in one to eight places (about one in ten JSON seeds: in its values)."""
    choose = random.Random(number)  # noqa: S311  no secret
    data = choose.choice(seeds)
    if choose.random() < 0.4 and (changed := _changed_json(data, choose)) is not None:
        return changed
    body = bytearray(data)
    for _ in range(choose.choice((1, 1, 2, 3, 8))):
        choose.choice(_WAYS)(body, choose, words, seeds)
    return bytes(body)


def _changed_json(data: bytes, choose: random.Random) -> bytes | None:
    """JSON (or JSON Lines) with some value anywhere in it exchanged."""
    lines = data.split(b"\n")
    place = choose.randrange(len(lines))
    try:
        document = json.loads(lines[place])
    except ValueError:
        return None
    holder: Any = [document]
    key: Any = 0
    while isinstance(holder[key], dict | list) and holder[key] and choose.random() < 0.8:
        holder = holder[key]
        key = choose.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if isinstance(holder, dict) and choose.random() < 0.2:
        del holder[key]
    else:
        holder[key] = choose.choice(_VALUES)
    lines[place] = json.dumps(document).encode()
    return b"\n".join(lines)


def _flip(body: bytearray, choose: random.Random, *_: object) -> None:
    if body:
        body[choose.randrange(len(body))] ^= 1 << choose.randrange(8)


def _number(body: bytearray, choose: random.Random, *_: object) -> None:
    value = choose.choice(_NUMBERS)
    at = choose.randrange(len(body) + 1)
    body[at : at + len(value)] = value


def _insert(body: bytearray, choose: random.Random, words: Sequence[bytes], _: object) -> None:
    at = choose.randrange(len(body) + 1)
    body[at:at] = (
        choose.choice(words) if words and choose.random() < 0.7 else choose.randbytes(choose.randint(1, 8))
    )


def _delete(body: bytearray, choose: random.Random, *_: object) -> None:
    at = choose.randrange(len(body) + 1)
    del body[at : at + choose.choice((1, 2, 4, 16, 200))]


def _repeat(body: bytearray, choose: random.Random, *_: object) -> None:
    at = choose.randrange(len(body) + 1)
    piece = bytes(body[at : at + choose.choice((1, 8, 64))])
    body[at:at] = piece * choose.choice((1, 2, 100))


def _cut(body: bytearray, choose: random.Random, *_: object) -> None:
    del body[choose.randrange(len(body) + 1) :]


def _splice(body: bytearray, choose: random.Random, _: object, seeds: Sequence[bytes]) -> None:
    other = choose.choice(seeds)
    at = choose.randrange(min(len(body), len(other)) + 1)
    body[at:] = other[at:]


_WAYS: tuple[Callable[[bytearray, random.Random, Sequence[bytes], Sequence[bytes]], None], ...] = (
    _flip,
    _flip,
    _number,
    _insert,
    _insert,
    _delete,
    _repeat,
    _cut,
    _splice,
)
