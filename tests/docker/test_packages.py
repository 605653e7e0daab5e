"""The image and the bare machine get the same system packages."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def variable(name: str) -> list[str]:
    found = re.search(rf"^{name} := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found is not None
    return found[1].split()


def test_the_image_installs_what_make_installs() -> None:
    recipe = (ROOT / "docker/Dockerfile").read_text()
    in_image = set(re.findall(r"(?<=\s)[a-z][a-z0-9.+-]+(?=\s)", recipe))
    wanted = {*variable("FONT_PACKAGES"), *(f"tesseract-ocr-{pack}" for pack in variable("OCR_PACKS"))}
    wanted |= {word for word in variable("APT_PACKAGES") if not word.startswith("$")} - {"tesseract-ocr"}
    assert {w for w in wanted if "$" not in w and "," not in w and ")" not in w} <= in_image


def test_every_reader_has_its_pack() -> None:
    from localizer.text.tesseract import LANGUAGES

    lacking = set(LANGUAGES.values()) - set(variable("OCR_PACKS"))
    assert lacking <= {"urd", "mar", "nep"}  # told by `doctor`; texts in these ask a person
