"""Images that crash, hang or swallow whoever touches them, among images that do not."""

from __future__ import annotations

import csv
import io
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from benchmarks.drills.campaign import NAME, RUN, Campaign, Command
from benchmarks.drills.judge import Place, Truth, Verdict, Watch, judge

MISBEHAVIOURS = ("crash", "kill", "hang", "memory")
"""What an engine does on one image each, see `benchmarks.engines.Paced`."""

_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP")
_TIMEOUT_S = 12
_DEATHS = 2  # a worker that dies of an image is given it once more; one that takes too much is not


def poisoned_images(campaign: Campaign, number: int, rng: random.Random) -> Verdict:
    """Bombs, cut and damaged files, absurd tags; an engine that crashes, dies, hangs, eats memory."""
    folder = campaign.folder / f"poison-{number}"
    folder.mkdir()
    manifest, poisoned, victims = _manifest(campaign, folder, rng)
    place = Place(str(folder / "workspace"), RUN, str(folder / "published"), NAME)
    log = folder / "edits.jsonl"
    command = Command(
        manifest,
        place,
        log,
        parameters={"misbehave": victims},
        options=("--image-root", str(campaign.folder), "--job-timeout", str(_TIMEOUT_S)),
        module="benchmarks.drills.impatient",
    )
    watch = Watch(place)
    done = command.run()
    failed: dict[tuple[str, str], tuple[str, str | None]] = {
        (asset, "und"): ("failed", None) for asset in (*poisoned, *victims)
    }
    truth = Truth(
        {**campaign.truth.rows, **failed},
        {
            path: sha
            for path, sha in campaign.truth.images.items()
            if path.rpartition("/")[2].rpartition(".")[0] not in victims
        },
    )
    odd = [f"{row['asset_id']} does not say why" for row in place.rows() if _is_mute(row)]
    if done.code:
        odd.append(f"ended with {done.code}: {done.output.strip()[-500:]}")
    deaths = sum(what in {"crash", "kill"} for what in victims.values()) * (_DEATHS - 1)
    verdict = judge(place, truth, watch, edits=log, killed=deaths)
    said = [f"{row['asset_id']}: {row['reason'][:150]}" for row in place.rows() if _slot(row) in failed]
    return verdict + Verdict(lost=len(odd), notes=(*odd, *said))


def _slot(row: dict[str, str]) -> tuple[str, str]:
    return row["asset_id"], row["locale"]


def _is_mute(row: dict[str, str]) -> bool:
    return row["status"] == "failed" and len(row["reason"]) < 10


def _manifest(campaign: Campaign, folder: Path, rng: random.Random) -> tuple[Path, list[str], dict[str, str]]:
    """The campaign's rows with poisoned ones among them; and which good images the engine misbehaves on."""
    with campaign.manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    passing = [asset for (asset, _), (status, _) in campaign.truth.rows.items() if status == "passed"]
    victims = dict(zip(rng.sample(passing, len(MISBEHAVIOURS)), MISBEHAVIOURS, strict=True))
    for row in rows:
        row["image"] = f"{campaign.manifest.parent.name}/{row['image']}"
    poisoned = []
    for name, data in files(rng):
        asset = f"poison-{name.replace('.', '-')}"
        (folder / name).write_bytes(data)
        poisoned.append(asset)
        row = {**rows[0], "asset_id": asset, "image": f"{folder.name}/{name}"}
        rows.insert(rng.randrange(len(rows)), row)
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return manifest, poisoned, victims


def files(rng: random.Random) -> Iterator[tuple[str, bytes]]:
    """Poisoned files by name; all of them are small."""
    yield "empty.png", b""
    yield "words.jpg", b"this is not a picture\n" * 20
    yield "bomb.png", _png(60_000, 60_000, zlib.compress(bytes(60_000 * 100), 9))
    yield "wide.png", _png(2**31 - 1, 1, b"")
    yield "text-bomb.png", _png(64, 64, zlib.compress(bytes(65 * 64)), _text_bomb())
    noise = Image.effect_noise((96, 96), 80).convert("RGB")
    for fmt in _FORMATS:
        out = io.BytesIO()
        noise.save(out, fmt)
        whole = out.getvalue()
        yield f"cut.{fmt.lower()}", whole[: len(whole) // 2]
        if fmt == "PNG":  # no other has checksums: there, other bytes are just another picture
            yield "damaged.png", _damaged(whole, rng)
    yield "tags.tiff", _absurd_tiff()
    yield "loop.tiff", b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 0) + struct.pack("<I", 8)


def _png(width: int, height: int, pixels: bytes, more: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + more + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    )


def _text_bomb() -> bytes:
    return _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(512 << 20), 9))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _damaged(data: bytes, rng: random.Random) -> bytes:
    spoiled = bytearray(data)
    start = len(data) // 3
    spoiled[start : start + 64] = rng.randbytes(64)
    return bytes(spoiled)


def _absurd_tiff() -> bytes:
    """Gigapixels, a sample of 65,535 bits, and strips far outside the file."""
    tags = [
        (256, 4, 1, 2**32 - 1),
        (257, 4, 1, 2**32 - 1),
        (258, 3, 1, 65_535),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 2**30, 2**31),
        (277, 3, 1, 65_535),
        (278, 4, 1, 1),
        (279, 4, 2**30, 2**31),
    ]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0)
