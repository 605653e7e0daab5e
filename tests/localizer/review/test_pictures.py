from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from localizer.errors import NotFound, StorageError
from localizer.model import JobResult, Status
from localizer.review.app import review_app
from localizer.review.index import Filter, Row, RunIndex
from localizer.review.pictures import THUMBNAIL, Kind, Pictures
from localizer.workspace import Workspace
from tests.localizer.review.conftest import RUN
from tests.localizer.review.demo_host import DemoHost

TYPES = {
    "source": "image/png",
    "candidate": "image/png",
    "difference": "image/png",
    "thumbnail": "image/webp",
    "source-thumbnail": "image/webp",
}


@pytest.fixture
def item(client: TestClient, where: dict[str, str]) -> dict[str, Any]:
    found = client.get("/api/items", params=where | {"q": "rabatt"}).json()["items"]
    assert len(found) == 1
    return dict(found[0])


@pytest.mark.parametrize("kind", TYPES)
def test_each_kind_is_a_picture_of_that_type(
    client: TestClient, where: dict[str, str], item: dict[str, Any], kind: str
) -> None:
    answer = client.get("/api/image", params=where | {"id": item["id"], "kind": kind, "v": item["sha"]})
    assert answer.headers["Content-Type"] == TYPES[kind]
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.get_format_mimetype() == TYPES[kind]
        if "thumbnail" in kind:
            assert max(image.size) == THUMBNAIL
        else:
            assert image.size == (480, 320)
    same = client.get(
        "/api/image",
        params=where | {"id": item["id"], "kind": kind},
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert same.status_code == 304
    assert same.headers["Cache-Control"] == "private, no-cache"


def test_the_difference_shows_the_edit_and_nothing_else(
    client: TestClient, where: dict[str, str], item: dict[str, Any]
) -> None:
    answer = client.get("/api/image", params=where | {"id": item["id"], "kind": "difference"})
    with Image.open(io.BytesIO(answer.content)) as image:
        assert len(set(image.getpixel((2, 2)))) == 1  # grey: unchanged
        red = [pixel for pixel in image.get_flattened_data() if pixel[0] > pixel[1] + 40]
    assert 100 < len(red) < 480 * 320 / 2


def test_a_candidate_that_another_run_wrote_anew_is_not_shown(
    client: TestClient, workspace: Workspace, where: dict[str, str], item: dict[str, Any]
) -> None:
    job = next(r.job for r in workspace.run(RUN).each_result() if r.asset_id == item["asset_id"])
    out = io.BytesIO()
    Image.new("RGB", (480, 320), "red").save(out, "PNG")
    workspace.storage.write(f"jobs/{job}/candidate.png", out.getvalue())
    for kind in ("candidate", "thumbnail", "difference"):
        answer = client.get("/api/image", params=where | {"id": item["id"], "kind": kind})
        assert answer.status_code == 404
        assert "run it again" in answer.json()["error"]["message"]


def test_a_workspace_may_be_a_bucket(made: Path, gcs_uri: str, where: dict[str, str]) -> None:
    bucket = Workspace.open(gcs_uri)
    files = (path for path in made.rglob("*") if path.is_file() and not path.name.startswith(".localizer-"))
    for path in sorted(files, key=lambda path: path.stat().st_mtime_ns):
        bucket.storage.write(path.relative_to(made).as_posix(), path)
    client = TestClient(review_app(DemoHost(bucket)), headers={"Sec-Fetch-Site": "same-origin"})
    run = client.get("/api/run", params=where).json()
    assert run["counts"]["done"] == 4
    [item] = client.get("/api/items", params=where | {"q": "rabatt"}).json()["items"]
    assert (item["width"], item["height"]) == (480, 320)
    for kind in TYPES:
        assert client.get("/api/image", params=where | {"id": item["id"], "kind": kind}).status_code == 200
    mark = {"id": item["id"], "verdict": "rejected", "reason": "too small"}
    body = where | {"version": run["version"], "marks": [mark]}
    assert client.post("/api/marks", json=body).status_code == 200
    body = where | {"version": client.get("/api/run", params=where).json()["version"], "choice": "approve"}
    assert client.post("/api/answer", json=body).status_code == 200
    [rejected] = [d for d in bucket.run(RUN).decisions() if d.asset_id == "a"]
    assert rejected.comment == "too small"
    assert client.get("/api/report", params=where).status_code == 200


def test_what_is_gone_is_told(client: TestClient, where: dict[str, str]) -> None:
    [failed] = client.get("/api/items", params=where | {"status": "failed"}).json()["items"]
    for kind in TYPES:
        answer = client.get("/api/image", params=where | {"id": failed["id"], "kind": kind})
        assert answer.status_code == 404
        assert answer.headers["Content-Type"] == "application/json"


def test_the_report_has_an_origin_of_its_own(client: TestClient, where: dict[str, str]) -> None:
    report = client.get("/api/report", params=where)
    assert report.headers["Content-Type"] == "text/html; charset=utf-8"
    assert report.headers["Content-Security-Policy"].startswith("sandbox allow-scripts")
    assert "allow-same-origin" not in report.headers["Content-Security-Policy"]
    assert "RABATT" in report.text
    table = client.get("/api/results.csv", params=where)
    assert table.headers["Content-Disposition"].startswith("attachment")
    assert "RABATT" in table.text


def stored(workspace: Workspace, data: bytes, extension: str) -> Row:
    """An item whose source has these bytes."""
    name, sha256 = workspace.put_source(data, extension)
    result = JobResult("k", "a", "de", Status.FAILED, source=name, source_sha256=sha256)
    index = RunIndex([result], secret=b"s", run="r")
    return index.page(Filter(), offset=0, limit=1)[1][0]


def encoded(image: Image.Image, form: str) -> bytes:
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()


def test_what_browsers_do_not_show_is_sent_as_png(tmp_path: Path) -> None:
    workspace, pictures = Workspace.open(str(tmp_path)), Pictures()
    for mode, form, extension in (("CMYK", "JPEG", "jpg"), ("RGB", "TIFF", "tif"), ("RGB", "BMP", "bmp")):
        row = stored(workspace, encoded(Image.new(mode, (40, 30)), form), extension)
        shown = pictures.get(workspace, row, Kind.SOURCE)
        assert shown.content_type == "image/png"
        assert Image.open(io.BytesIO(shown.data)).size == (40, 30)


@pytest.mark.parametrize(
    "data",
    [
        b"<html><script>alert(1)</script></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n<script>",
    ],
)
def test_nothing_is_sent_that_is_no_picture(tmp_path: Path, data: bytes) -> None:
    workspace, pictures = Workspace.open(str(tmp_path)), Pictures()
    for extension in ("png", "svg", "html", "gif"):
        row = stored(workspace, data, extension)
        for kind in (Kind.SOURCE, Kind.SOURCE_THUMBNAIL):
            with pytest.raises(NotFound):
                pictures.get(workspace, row, kind)


def test_transparency_stays_in_thumbnails(tmp_path: Path) -> None:
    workspace, pictures = Workspace.open(str(tmp_path)), Pictures()
    row = stored(workspace, encoded(Image.new("RGBA", (800, 600), (255, 0, 0, 0)), "PNG"), "png")
    shown = pictures.get(workspace, row, Kind.SOURCE_THUMBNAIL)
    with Image.open(io.BytesIO(shown.data)) as image:
        assert image.mode == "RGBA"
        assert image.size == (400, 300)


def test_a_name_that_leaves_the_workspace_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(encoded(Image.new("RGB", (40, 30)), "PNG"))
    workspace, pictures = Workspace.open(str(tmp_path / "workspace")), Pictures()
    record = {"job": "../../..", "asset_id": "a", "locale": "de", "status": "passed", "image": "x.png"}
    record |= {"image_sha256": "0" * 64, "source": "sources/../../secret.png"}
    index = RunIndex([JobResult.from_dict(json.loads(json.dumps(record)))], secret=b"s", run="r")
    [row] = index.page(Filter(), offset=0, limit=1)[1]
    assert row.source == "sources/secret.png"
    for kind in Kind:
        with pytest.raises((NotFound, StorageError)):
            pictures.get(workspace, row, kind)
