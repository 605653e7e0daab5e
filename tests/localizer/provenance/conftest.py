"""Real edited images in a workspace, and a key to sign them with."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from localizer.images import candidate_png, decode, deliver
from localizer.model import CheckResult, CheckStatus, Decision, Job, JobResult, Status, Verdict
from localizer.plan_files import Plan
from localizer.provenance.keys import SigningKey, signing_key
from localizer.provenance.statements import VERSION, edit_of
from localizer.provenance.xmp import Statement
from localizer.release import Published, publish
from localizer.runs import Run
from localizer.storage import Storage, open_storage
from localizer.workspace import Workspace
from tests.authority import Authority

AUTHORITY = Authority()


def picture(fmt: str, tone: int = 0) -> bytes:
    y, x = np.mgrid[0:64, 0:96]
    planes = np.stack([120 + 90 * np.sin(x / 23), 128 + 80 * np.cos(y / 17), 60 + x + tone], axis=2)
    image, out = Image.fromarray(np.clip(planes, 0, 255).astype(np.uint8)), io.BytesIO()
    (image.quantize(64) if fmt == "GIF" else image).save(
        out, fmt, **({"dpi": (300, 300)} if fmt == "JPEG" else {})
    )
    return out.getvalue()


def edited(source: bytes, tone: int = 200, models: tuple[str, ...] = ()) -> tuple[bytes, bytes, str]:
    """The delivered file, the candidate and the source type of an edit of an image."""
    image = decode(source, name="source")
    mask = np.zeros((image.height, image.width), bool)
    mask[20:44, 16:80] = True
    rgb = image.rgb.copy()
    rgb[mask] = (tone, 40, 40)
    statement = Statement(edit_of(models), "campaign-localizer typeset/3", "replace_text 1; locale ja")
    made = deliver(image, rgb, mask, statement=statement)
    return made.data, candidate_png(image, rgb, mask), made.source_type


class Shop:
    """A workspace with runs of real images, and a place to publish them."""

    name = "spring"

    def __init__(self, root: str) -> None:
        self.workspace = Workspace.open(f"{root}/workspace")
        self.publish_uri = f"{root}/published"

    @property
    def published(self) -> Storage:
        return open_storage(self.publish_uri)

    def run(
        self,
        run_id: str,
        images: Mapping[tuple[str, str], tuple[str, bytes]],
        *,
        tone: int = 200,
        models: tuple[str, ...] = (),
        out_of_scope: tuple[tuple[str, str], ...] = (),
        stated: bool = True,
    ) -> Run:
        """A merged and approved run.

        Args:
            images: by asset and locale, the extension and the source.
        """
        jobs, results = [], []
        for number, ((asset, locale), (extension, source)) in enumerate(images.items()):
            name, sha256 = self.workspace.put_source(source, extension)
            key = f"{run_id}-{number}"
            data, candidate, source_type = edited(source, tone, models)
            file = f"delivered.{extension}"
            made = JobResult(
                key,
                asset,
                locale,
                Status.PASSED,
                image="candidate.png",
                delivered=file,
                edits=({"action": "replace_text", "text": "a", "replacement": "b"},),
                checks=(CheckResult("legible", CheckStatus.PASSED, 4.5, 3.0),),
                engine="typeset",
                engine_version="3",
                models=models,
                source=name,
                source_sha256=sha256,
                source_type=source_type,
                statement=VERSION if stated else "",
            )
            results.append(self.workspace.save_result(made, {"candidate.png": candidate, file: data}))
            jobs.append(Job(key, asset, locale, "en", name, sha256, ()))
        run = self.workspace.run(run_id)
        run.save_plan(Plan(self.name, tuple(jobs), (), out_of_scope, ()))
        run.save_shard("all", results)
        run.merge()
        run.save_decisions(
            Decision(
                r.job,
                r.asset_id,
                r.locale,
                Verdict.APPROVED,
                "ann",
                "2026-01-01T00:00:00Z",
                comment="looks right",
                delivered_sha256=r.delivered_sha256 or "",
            )
            for r in results
        )
        return run

    def publish(self, run: Run, key: SigningKey | None = None, *, dry_run: bool = False) -> Published:
        return publish(
            run,
            workspace=self.workspace,
            publish_uri=self.publish_uri,
            campaign=self.name,
            key=key,
            dry_run=dry_run,
        )

    def files(self, release_id: str | None) -> dict[str, bytes]:
        folder = f"{self.name}/releases/{release_id}/"
        return {n.removeprefix(folder): self.published.read(n) for n in self.published.names(folder)}

    def signatures(self) -> list[str]:
        """Names of all that was kept of signing."""
        return list(self.workspace.storage.names("credentials/"))


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def shop(storage_uri: str) -> Shop:
    return Shop(storage_uri)


@pytest.fixture
def local_shop(tmp_path: Path) -> Shop:
    return Shop(str(tmp_path))


@pytest.fixture(scope="session")
def authority() -> Authority:
    return AUTHORITY


@pytest.fixture(scope="session")
def key(authority: Authority) -> SigningKey:
    signer = authority.issue()
    return signing_key(signer.certificates, signer.key, trust=authority.root)
