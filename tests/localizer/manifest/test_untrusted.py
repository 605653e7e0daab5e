"""Manifests that somebody made to hurt: they cost one clear error, neither the process nor its secrets."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localizer.errors import ManifestError
from localizer.manifest import load_manifest, loading
from localizer.sandbox.calling import bounded_stream
from tests.localizer import parsers

HEADER = "asset_id,image,locale,action,text,replacement\n"


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def document(**changes: Any) -> str:
    edits = [{"action": "replace_text", "text": "A", "replacement": "B"}]
    assets = [{"asset_id": "p", "image": "p.png", "edits": edits}]
    return json.dumps({"campaign": "c", "source_locale": "en", "locales": ["ja"], "assets": assets} | changes)


@pytest.fixture
def bounds(monkeypatch):
    def set_to(**limits: Any) -> None:
        monkeypatch.setattr(loading, "bounded_stream", lambda *args: bounded_stream(*args, **limits))

    return set_to


def test_a_parser_that_never_ends(tmp_path, bounds, monkeypatch):
    bounds(seconds=0.5)
    monkeypatch.setattr(loading, "parsed_rows", slow_rows)
    with pytest.raises(ManifestError, match=r"^m\.csv: reading it took longer than 0\.5 s"):
        load_manifest(write(tmp_path / "m.csv", HEADER))


def test_a_parser_that_crashes(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "parsed_rows", crashing_rows)
    with pytest.raises(ManifestError, match=r"^m\.csv: reading it crashed the parser \(signal 11\)"):
        load_manifest(write(tmp_path / "m.csv", HEADER))


def slow_rows(path: str, name: str) -> Iterator[object]:
    return parsers.slow_at(0)


def crashing_rows(path: str, name: str) -> Iterator[object]:
    parsers.crash()
    yield


def test_parquet_that_unpacks_to_gigabytes(tmp_path, bounds):
    """A hundred kilobytes on disk, two hundred megabytes a row group."""
    table = pa.table({name: ["x"] for name in HEADER.strip().split(",")[:-1]})
    out = io.BytesIO()
    with pq.ParquetWriter(
        out, table.schema.append(pa.field("replacement", pa.string())), compression="zstd"
    ) as w:
        column = pa.array(["\u00e9" * 200_000] * 500)
        w.write_table(
            pa.table({n: pa.array(["x"] * 500) for n in table.column_names} | {"replacement": column})
        )
    assert len(out.getvalue()) < 200_000
    bounds(memory_bytes=64 << 20)
    with pytest.raises(ManifestError, match=r"64 MiB|not a readable Parquet file"):
        load_manifest(write(tmp_path / "m.parquet", out.getvalue()))


def test_parquet_whose_footer_lies(tmp_path):
    good = io.BytesIO()
    pq.write_table(pa.table({"asset_id": ["a"], "image": ["a.png"], "locale": ["ja"], "action": ["x"]}), good)
    data = bytearray(good.getvalue())
    for length in (0, 2**31 - 1, 2**32 - 1, len(data)):
        data[-8:-4] = struct.pack("<I", length)
        with pytest.raises(ManifestError, match="Parquet"):
            load_manifest(write(tmp_path / "m.parquet", bytes(data)))


@pytest.mark.parametrize("name", ["m.json", "m.jsonl"])
@pytest.mark.parametrize("bomb", ["[" * 500_000, '{"a":' * 500_000, "[" * 500_000 + "]" * 500_000])
def test_bottomless_json(tmp_path, name, bomb):
    path = write(tmp_path / name, bomb)
    if name == "m.json":
        with pytest.raises(ManifestError, match=r"nested too deeply|not valid JSON"):
            load_manifest(path)
    else:
        assert load_manifest(path).errors


def test_numbers_without_end(tmp_path):
    with pytest.raises(ManifestError):
        load_manifest(write(tmp_path / "m.json", document(campaign=7).replace("7", "9" * 100_000)))
    line = document().replace('"p.png"', "1" * 100_000)
    assert load_manifest(write(tmp_path / "m.jsonl", line)).errors


@pytest.mark.parametrize("data", ['a,"' + "x" * 200_000, "x" * (5 << 20), "a" * 10 + "," * 2000])
def test_fields_lines_and_columns_without_end(tmp_path, data):
    with pytest.raises(ManifestError):
        load_manifest(write(tmp_path / "m.csv", data + "\n"))


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/stdin", "/proc/self/mem", "/"])
def test_a_manifest_that_is_no_file(tmp_path, place):
    (tmp_path / "m.csv").symlink_to(place)
    with pytest.raises(ManifestError):
        load_manifest(tmp_path / "m.csv")


@pytest.mark.parametrize("field", ["image_root", "copy_deck", "brand"])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("../x", "leaves the image root"),
        ("/etc/passwd", "is absolute"),
        ("a/../../x", "leaves the image root"),
        ("a\\..\\..\\x", "backslash"),
        ("C:\\x", "is absolute"),
        ("~root/x", "is absolute"),
        ("file:///etc/passwd", "is not allowed"),
        ("http://169.254.169.254/latest", "is not allowed"),
        ("https://cdn.example.com/x", "for images only"),
        ("gs://somebody-elses/x", "LOCALIZER_ALLOWED_BUCKETS"),
        ("link/x", "is a link that leaves"),
    ],
)
def test_a_document_reaches_nothing_outside_its_folder(tmp_path, monkeypatch, field, given, words):
    monkeypatch.setenv("LOCALIZER_ALLOWED_BUCKETS", "")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/x").write_text("secret")
    path = write(tmp_path / "campaign/m.json", document(**{field: given}))
    (path.parent / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(ManifestError, match=words) as caught:
        load_manifest(path)
    assert f"/{field}" in str(caught.value)


def test_a_folder_of_decks_does_not_lead_out_of_it_either(tmp_path):
    write(tmp_path / "secret/x.csv", "source,ja\nA,secret\n")
    write(tmp_path / "campaign/decks/a.csv", "source,ja\nA,あ\n")
    path = write(tmp_path / "campaign/m.json", document(copy_deck="decks"))
    assert load_manifest(path).deck.lookup("A", "en", "ja") == "あ"
    (tmp_path / "campaign/decks/b.csv").symlink_to(tmp_path / "secret/x.csv")
    with pytest.raises(ManifestError, match=r"/copy_deck: .* is a link that leaves"):
        load_manifest(path)
    path = write(tmp_path / "campaign/m.json", document(copy_deck="decks/a.csv,../secret/x.csv"))
    with pytest.raises(ManifestError, match=r"/copy_deck: .* leaves the image root"):
        load_manifest(path)


def test_a_bucket_that_is_allowed_may_be_named(tmp_path, monkeypatch):
    monkeypatch.setenv("LOCALIZER_ALLOWED_BUCKETS", "shared-images")
    found = load_manifest(write(tmp_path / "m.json", document(image_root="gs://shared-images/2026")))
    assert found.image_root == "gs://shared-images/2026"


def test_where_no_bucket_is_listed_any_may_be_named(tmp_path, monkeypatch):
    monkeypatch.delenv("LOCALIZER_ALLOWED_BUCKETS", raising=False)
    found = load_manifest(write(tmp_path / "m.json", document(image_root="gs://any/2026")))
    assert found.image_root == "gs://any/2026"


def test_what_lies_in_it_is_found(tmp_path):
    write(tmp_path / "decks/deck.csv", "source,ja\nA,あ\n")
    found = load_manifest(write(tmp_path / "m.json", document(copy_deck="decks/deck.csv", image_root="img")))
    assert found.deck.lookup("A", "en", "ja") == "あ"
    assert found.image_root == f"{tmp_path}/img"
