"""A manifest without a file of its own: rows pasted into a form, or images and what to change in them."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from localizer.errors import ManifestError
from localizer.manifest.values import safe_name

MOST_CHARACTERS = 200_000
"""Of pasted rows: they are kept in Airflow's database with the run."""

MOST_IMAGES, MOST_INSTRUCTIONS = 50, 50


@dataclass(frozen=True, slots=True)
class Pasted:
    """A manifest to be written.

    Attributes:
        name: of the file; its extension says the format.
        image_root: folder that its images start from; empty where nobody says.
        first: name of the first image, for naming a campaign.
    """

    name: str
    data: bytes
    image_root: str = ""
    first: str = ""


def pasted_rows(text: str, *, image_root: str = "") -> Pasted:
    """Rows as they come from a spreadsheet (tabs), a CSV file, JSON Lines, or a JSON list or document.

    What the rows say is checked when the manifest is read.

    Raises:
        ManifestError: it is empty, too long, or JSON that is neither rows nor a document.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not plain.strip():
        raise ManifestError("is empty; paste a header line and a row for each edit")
    if len(plain) > MOST_CHARACTERS:
        raise ManifestError(
            f"has {len(plain):,} characters; more than {MOST_CHARACTERS:,} belong into a file, named as the "
            "manifest of localize_campaign"
        )
    begin = plain.lstrip()[0]
    if begin == "[":
        rows = _json(plain)
        if not rows or not all(isinstance(row, dict) for row in rows):
            raise ManifestError(
                "is a JSON list, but not of rows: each must be an object of columns and values"
            )
        return Pasted("rows.jsonl", _json_lines(rows), image_root)
    if begin == "{":
        one = "\n" not in plain.strip() or _is_json(plain)
        if one and "assets" in (document := _json(plain)):
            return Pasted("rows.json", plain.encode(), image_root, str(document.get("campaign") or ""))
        return Pasted("rows.jsonl", _json_lines([_json(plain)]) if one else plain.encode(), image_root)
    header = plain.split("\n", 1)[0]
    return Pasted("rows.tsv" if "\t" in header else "rows.csv", plain.encode(), image_root)


def rows_for(
    images: Sequence[str], instructions: Sequence[str], *, locales: Sequence[str], source_locale: str = ""
) -> Pasted:
    """A row for each image, instruction and target locale.

    Args:
        images: absolute paths, ``gs://`` or ``https://``.
        instructions: sentences, see `localizer.instructions`.

    Raises:
        ManifestError: there is none of one of them, too many, or an image is named twice or relative.
    """
    images = [image.strip() for image in images if image.strip()]
    instructions = [sentence.strip() for sentence in instructions if sentence.strip()]
    lacking = [
        name
        for name, given in (("images", images), ("instructions", instructions), ("locales", locales))
        if not given
    ]
    if lacking:
        raise ManifestError(f"{' and '.join(lacking)}: empty; give at least one each, or paste rows")
    if len(images) > MOST_IMAGES or len(instructions) > MOST_INSTRUCTIONS:
        raise ManifestError(
            f"{len(images)} images and {len(instructions)} instructions; more than {MOST_IMAGES} and "
            f"{MOST_INSTRUCTIONS} belong into a manifest"
        )
    twice = [image for image, count in Counter(images).items() if count > 1]
    relative = [image for image in images if not image.startswith(("/", "gs://", "https://", "file:///"))]
    if twice or relative:
        told = [f"{image} is there twice" for image in twice]
        told += [f"{image!r} is no absolute path, gs:// or https:// address" for image in relative]
        raise ManifestError(f"images: {'; '.join(told)}")
    root, references = _below_one_root(images)
    names = list(_names(images))
    rows = [
        {
            "asset_id": name,
            "image": reference,
            "source_locale": source_locale,
            "locale": locale,
            "instruction": sentence,
        }
        for name, reference in zip(names, references, strict=True)
        for locale in locales
        for sentence in instructions
    ]
    return Pasted("rows.jsonl", _json_lines(rows), root, names[0])


def _below_one_root(images: Sequence[str]) -> tuple[str, list[str]]:
    """The folder that local images have in common, and each image as a manifest names it."""
    local = [
        unquote(urlsplit(image).path) if image.startswith("file://") else image
        for image in images
        if image.startswith(("/", "file:///"))
    ]
    root = os.path.commonpath([os.path.dirname(path) for path in local]) if local else ""
    if not root:  # buckets: the first one's counts as the run's own
        bucket = next((image for image in images if image.startswith("gs://")), "")
        root = "/".join(bucket.split("/")[:3])
    paths = iter(local)
    references = [
        os.path.relpath(next(paths), root) if image.startswith(("/", "file:///")) else image
        for image in images
    ]
    return root, references


def _names(images: Sequence[str]) -> Iterator[str]:
    """Asset ids after the files, each once."""
    seen: Counter[str] = Counter()
    for image in images:
        path = unquote(urlsplit(image).path) if "://" in image else image
        name = safe_name(PurePosixPath(path).stem)
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"is not valid JSON ({error})") from None


def _json_lines(rows: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
