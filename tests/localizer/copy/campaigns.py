"""A campaign of one image, and a translator that stands in for a model."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture

from localizer.brand import BrandKit
from localizer.copy.finding import Image, name_of
from localizer.copy.preparing import PreparedCopy, prepare_copy
from localizer.copy.run_copy import Found, each_unit
from localizer.copy.units import CopyUnit
from localizer.extraction import TextBlock
from localizer.manifest import open_manifest
from localizer.model import Box
from localizer.runs import Run
from localizer.translation import Translation, TranslationRequest
from localizer.workspace import Workspace

HEADER = "asset_id,image,source_locale,locale,action,text,replacement,box"


class StandIn:
    """Stands in for a translator: answers from a table, and notes what it was asked."""

    name, version = "stand-in", "1"

    def __init__(self, answers: Mapping[str, str | Sequence[str]], locales: Sequence[str] = ("ja",)) -> None:
        self._answers = {text: [a] if isinstance(a, str) else list(a) for text, a in answers.items()}
        self._locales = locales
        self.asked: list[TranslationRequest] = []

    def parameters(self) -> Mapping[str, Any]:
        return {}

    def serves(self, source_locale: str, locale: str) -> bool:
        return locale in self._locales

    def translate(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        self.asked += requests
        return [self._answer(request.text) for request in requests]

    def _answer(self, text: str) -> Translation:
        answers = self._answers.get(text)
        if not answers:
            return Translation(problem="it has no word for that")
        return Translation(answers.pop(0) if len(answers) > 1 else answers[0])


class Campaign:
    """A folder with images, a manifest and a workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "campaign"
        self.folder.mkdir()
        self.workspace = Workspace.open(str(folder / "ws"))
        self.image("a.png")

    def image(self, name: str, *, seed: int = 0) -> None:
        rgb = np.random.default_rng(seed).integers(0, 255, (40, 60, 3), dtype=np.uint8)
        out = io.BytesIO()
        Picture.fromarray(rgb).save(out, "PNG")
        (self.folder / name).write_bytes(out.getvalue())

    def rows(self, *rows: str, deck: str = "") -> Path:
        manifest = self.folder / "m.csv"
        manifest.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
        if deck:
            (self.folder / "copy_deck.csv").write_text(deck, encoding="utf-8")
        return manifest

    def found(
        self,
        name: str,
        *blocks: TextBlock,
        source_locale: str = "en",
        brand: BrandKit | None = None,
        unread: tuple[Box, ...] = (),
    ) -> None:
        """Keep what an earlier run found in an image, in place of reading it."""
        sha256 = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
        found = Found(sha256, source_locale, blocks, unread=unread)
        where = name_of(Image(sha256, "", source_locale, ""), brand or BrandKit())
        self.workspace.storage.write(where, json.dumps(found.to_dict()).encode())

    @property
    def run(self) -> Run:
        return self.workspace.run("r1")

    def prepare(self, *translators: StandIn, run: Run | None = None, **options: Any) -> PreparedCopy:
        options.setdefault("brand", BrandKit())
        with open_manifest(self.folder / "m.csv") as manifest:
            return prepare_copy(
                manifest,
                workspace=self.workspace,
                run=run or self.run,
                translators=lambda locale: translators,
                **options,
            )

    def units(self, run: Run | None = None) -> dict[tuple[str, str], CopyUnit]:
        return {(unit.source, unit.locale): unit for unit in each_unit(run or self.run)}
