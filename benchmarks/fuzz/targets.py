"""What is fuzzed: each target reads bytes, and may raise a LocalizerError and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

from benchmarks.fuzz.copy_seeds import XML, tbx_seeds, tmx_seeds, xliff_seeds
from localizer.errors import LocalizerError, ObjectNotFound
from localizer.model import Action, Decision, Edit, Job, JobResult, Status, Verdict
from localizer.provenance.xmp import Statement, with_statement
from localizer.storage import ObjectInfo

HEADER = "asset_id,image,source_locale,locale,action,text,replacement,box,object,attribute,rights,instruction"
ROWS = [
    'poster,a.png,zh-CN,ja,replace_text,限时特惠,期間限定,"1 2 30 40",,"colour=gold; weight=bold",,',
    "card,img/b.jpg,en,pt-BR,translate_text,*,,,,,,",
    "logo,https://cdn.example.com/c.webp,und,und,remove_object,,,,logo,place=top left,own,",
    'tag,gs://bucket/d.tif,en,de,,,,,,,,"Replace ""Sale"" with ""Angebot"" in red, and remove the logo"',
]
EDITS = (Edit(Action.REPLACE_TEXT, "A", "B", (1, 2, 3, 4), attribute={"colour": "red"}, row=2),)
JOB = Job("0" * 64, "poster", "ja", "en", "sources/" + "0" * 64 + ".png", "0" * 64, EDITS)
RESULT = JobResult(
    "0" * 64, "poster", "ja", Status.NEEDS_REVIEW, "candidate.png", "delivered.png", reason="why"
)
STATEMENT = Statement("http://x/humanEdits", "fuzz", "replace_text 1")


@dataclass(frozen=True)
class Target:
    """Something that reads bytes.

    Attributes:
        read: reads them all.
        seeds: good ones; made when first asked for.
        words: bits of the format, for mutations.
    """

    read: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    words: tuple[bytes, ...] = ()

    def run(self, data: bytes) -> bool:
        """Whether it was taken; a refusal is False, and anything else that comes out is a bug."""
        try:
            self.read(data)
        except LocalizerError:
            return False
        return True


class OneObject:
    """A stand-in for storage: whatever is asked for has the same bytes."""

    uri = "/fuzz"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def uri_of(self, name: str) -> str:
        from localizer.storage.names import checked

        return f"/fuzz/{checked(name)}"

    def read(self, name: str) -> bytes:
        self.uri_of(name)
        return self._data

    def read_with_info(self, name: str) -> tuple[bytes, ObjectInfo]:
        return self.read(name), ObjectInfo(name, len(self._data), 1, "")

    def open(self, name: str) -> BinaryIO:
        return io.BytesIO(self.read(name))

    def stat(self, name: str) -> ObjectInfo | None:
        return ObjectInfo(name, len(self.read(name)), 1, "AAAAAA==")

    def names(self, prefix: str = "") -> Iterator[str]:
        return (info.name for info in self.infos(prefix))

    def infos(self, prefix: str = "") -> Iterator[ObjectInfo]:
        yield ObjectInfo(f"{prefix}candidate.png", len(self._data), 1, "AAAAAA==")


def _drain(items: Iterable[Any]) -> None:
    for _ in items:
        pass


def _table(name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        from localizer.manifest.rows import ParsedRow, parse_row
        from localizer.manifest.tabular import TabularRows

        for row in TabularRows(io.BytesIO(data), name=name):
            kept = parse_row(row).to_json()
            assert ParsedRow.from_json(kept).to_json() == kept  # noqa: S101  what comes back is what was

    return read


def _document(data: bytes) -> None:
    from localizer.manifest.document import read_document
    from localizer.manifest.rows import parse_row

    _drain(map(parse_row, read_document(data, name="m.json").rows))


def _deck(name: str) -> Callable[[bytes], object]:
    def read(data: bytes) -> None:
        from localizer.copydeck.deck import parse_copy_deck

        parse_copy_deck(data, name).lookup("Sale", "en", "ja")

    return read


def _glossary(data: bytes) -> None:
    from localizer.copydeck.glossary import parse_glossary

    parse_glossary(data, "g.tbx", None)


def _brand(data: bytes) -> None:
    from pathlib import Path

    from localizer.brand import read_brand

    read_brand(data, Path("/fuzz/brand.yaml"))


def _instruction(data: bytes) -> None:
    from localizer.manifest.records import RawRow
    from localizer.manifest.rows import parse_row

    values = {
        "asset_id": "a",
        "image": "a.png",
        "locale": "ja",
        "instruction": data.decode("utf-8", "replace"),
    }
    parse_row(RawRow(2, values))


def _image(data: bytes) -> None:
    from localizer.images import decode, deliver
    from localizer.provenance.reading import account_of

    source = decode(data, name="fuzz")
    changed = source.rgb.copy()
    changed[4:8, 4:8] = 255 - changed[4:8, 4:8]
    delivered = deliver(source, changed, (changed != source.rgb).any(axis=2), statement=STATEMENT)
    account_of(delivered.data, name="fuzz")


def _plan(data: bytes) -> None:
    from localizer.plan_files import PlanReader

    with PlanReader(io.BytesIO(data)) as plan:
        _drain(plan.entries())
        _drain(plan.slots())
        _ = plan.out_of_scope


def _result(data: bytes) -> None:
    from localizer.workspace import Workspace

    Workspace(OneObject(data)).load_result("0" * 64)  # type: ignore[arg-type]


def _results(data: bytes) -> None:
    from localizer.runs.merging import read_results

    _drain(read_results(io.BytesIO(data), "results.jsonl"))


def _decisions(data: bytes) -> None:
    from localizer.runs.decisions import DecisionTrail

    _drain(DecisionTrail(OneObject(data), "decisions.jsonl").each())  # type: ignore[arg-type]


def _release(data: bytes) -> None:
    from localizer.release.record_files import each_object

    _drain(each_object(OneObject(data), "spring", "r-0123456789abcdef"))  # type: ignore[arg-type]


def _pointer(data: bytes) -> None:
    from localizer.release.history import read_pointer

    if read_pointer(OneObject(data), "spring") is None:  # type: ignore[arg-type]
        raise ObjectNotFound("there is always one")


def _csv_seeds() -> list[bytes]:
    text = "\n".join([HEADER, *ROWS]) + "\n"
    return [text.encode(), text.encode("utf-16"), text.encode("gb18030"), text.replace(",", ";").encode()]


def _records() -> list[dict[str, Any]]:
    import csv

    return list(csv.DictReader(io.StringIO("\n".join([HEADER, *ROWS]))))


def _json_lines_seeds() -> list[bytes]:
    return [b"".join(json.dumps(record).encode() + b"\n" for record in _records())]


def _parquet_seeds() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    seeds = []
    for compression in ("zstd", "snappy", "none"):
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(_records()), out, compression=compression)
        seeds.append(out.getvalue())
    return seeds


def _document_seeds() -> list[bytes]:
    edits: list[dict[str, Any]] = [
        {"action": "replace_text", "text": "A", "replacements": {"ja": "B"}, "box": [1, 2, 3, 4]},
        {"instruction": "Remove the logo", "locales": ["ko"], "rights": "own"},
    ]
    assets = [{"asset_id": "p1", "image": "a.png", "edits": edits}]
    campaign = {"campaign": "spring", "source_locale": "en", "locales": ["ja", "ko"], "assets": assets}
    return [
        json.dumps(campaign).encode(),
        json.dumps(campaign | {"copy_deck": "d.csv", "brand": "b"}).encode(),
    ]


def _packet() -> bytes:
    return with_statement(None, Statement("http://x/digitalCapture", "camera", "taken"))


def _image_seeds() -> list[bytes]:
    import numpy as np
    from PIL import Image

    y, x = np.mgrid[0:40, 0:56]
    rgb = np.stack([x * 4, y * 6, (x + y) * 2], axis=2).astype(np.uint8)
    plain = Image.fromarray(rgb)
    ways: list[tuple[Image.Image, str, dict[str, Any]]] = [
        (plain, "JPEG", {"quality": 80}),
        (plain, "JPEG", {"progressive": True, "xmp": _packet()}),
        (plain.convert("CMYK"), "JPEG", {}),
        (plain, "PNG", {"dpi": (144, 144)}),
        (plain.quantize(20), "PNG", {"transparency": 3}),
        (plain.convert("RGBA"), "PNG", {}),
        (plain, "WEBP", {"lossless": True}),
        (plain, "WEBP", {"quality": 70, "xmp": _packet()}),
        (plain, "TIFF", {"compression": "tiff_lzw"}),
        (plain, "TIFF", {"compression": "tiff_adobe_deflate"}),
        (plain.convert("1"), "TIFF", {"compression": "group4"}),
        (plain.convert("CMYK"), "TIFF", {}),
        (plain, "BMP", {}),
        (plain.quantize(20), "GIF", {}),
    ]
    seeds = []
    for image, fmt, options in ways:
        out = io.BytesIO()
        image.save(out, fmt, **options)
        seeds.append(out.getvalue())
    return seeds


def _plan_seeds() -> list[bytes]:
    import tempfile
    from pathlib import Path

    from localizer.plan_files import PlanWriter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.parquet")
        with PlanWriter(path, campaign="spring") as plan:
            plan.add(JOB)
            plan.reject(RESULT)
            plan.finish(out_of_scope=[("a", "ko")], warnings=["w"])
        return [path.read_bytes()]


def _result_seeds() -> list[bytes]:
    files = {"candidate.png": {"size": 1, "crc32c": "AAAAAA=="}}
    return [json.dumps(RESULT.to_dict() | {"files": files}).encode()]


def _release_seeds() -> list[bytes]:
    one = {
        "path": "ja/poster.png", "asset_id": "poster", "locale": "ja", "sha256": "0" * 64, "crc32c": "AA==",
        "size": 1, "content_type": "image/png", "job": "0" * 64, "engine": "typeset", "status": "passed",
        "checks": [], "approver": "ann", "decided_at": "2026-01-01T00:00:00+00:00", "carried_from": None,
    }  # fmt: skip
    head = {"release_id": "r-0123456789abcdef", "campaign": "spring", "created_at": "x", "run": "r"}
    return [json.dumps({**head, "parent": None, "objects": [one], "warnings": []}).encode()]


def _pointer_seeds() -> list[bytes]:
    pointer = {"release_id": "r-0123456789abcdef", "campaign": "spring", "moved_at": "x", "moved_by": "ann"}
    return [json.dumps({**pointer, "action": "publish", "previous": None}).encode()]


def _decision_seeds() -> list[bytes]:
    decision = Decision("0" * 64, "poster", "ja", Verdict.APPROVED, "ann", "2026-01-01T00:00:00+00:00")
    return [json.dumps(decision.to_dict()).encode() + b"\n"]


_JSON = (b"null", b"[]", b"{}", b'""', b"-1", b"1e999", b"NaN", b"true", b"\\ud800", b"[" * 50, b'{"a":' * 50)
_CSV = (
    b'"',
    b'""',
    b",",
    b";",
    b"\t",
    b"\r",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=cmd|' /C calc'!A0",
    b"*",
)
_YAML = (
    b"&a ",
    b"*a",
    b"!!python/object:os.system ",
    b"<<: ",
    b"- ",
    b"? ",
    b"{",
    b"[",
    b"|\n",
    b"no",
    b"1e3",
)
_WORDS = (
    b"Replace ",
    b" with ",
    b'"',
    "把“".encode(),
    "”换成“".encode(),
    b" and ",
    b"remove ",
    b"\n",
    b"x" * 500,
)

TARGETS: dict[str, Target] = {
    "manifest.csv": Target(_table("m.csv"), _csv_seeds, _CSV),
    "manifest.jsonl": Target(_table("m.jsonl"), _json_lines_seeds, _JSON),
    "manifest.parquet": Target(_table("m.parquet"), _parquet_seeds, (b"PAR1",)),
    "manifest.json": Target(_document, _document_seeds, _JSON),
    "instruction": Target(
        _instruction,
        lambda: [
            b'Replace "Sale" with "Angebot" in red, bold, and remove the logo at the top left',
            "把“限时特惠”改成“期間限定”，字体加粗，删除右下角的水印".encode(),
        ],
        _WORDS,
    ),
    "copy_deck.csv": Target(_deck("d.csv"), lambda: ["source,ja\nSale,セール\n".encode()], _CSV),
    "copy_deck.json": Target(_deck("d.json"), lambda: ['{"ja": {"Sale": "セール"}}'.encode()], _JSON),
    "copy_deck.yaml": Target(
        _deck("d.yaml"),
        lambda: ["source_texts: en\nen: {a: Sale}\nja: {a: {target: セール}}\n".encode()],
        _YAML,
    ),
    "copy_deck.xlf": Target(_deck("d.xlf"), xliff_seeds, XML),
    "copy_deck.tmx": Target(_deck("d.tmx"), tmx_seeds, XML),
    "glossary.tbx": Target(_glossary, tbx_seeds, XML),
    "brand.yaml": Target(
        _brand,
        lambda: [
            b"name: Acme\nglossary:\n  ja: {Sale: x}\n"
            b'forbidden:\n  "*": [best]\nthresholds: {legible_contrast: 4}\n'
            b'translation:\n  translators: {"*": [chat, {name: nllb, parameters: {model: m}}], de: []}\n'
        ],
        _YAML,
    ),
    "image": Target(_image, _image_seeds, (b"\xff\xd9", b"\xff\xda", b"IDAT", b"\xff" * 4, b"\x00" * 4)),
    "plan.parquet": Target(_plan, _plan_seeds, (b"PAR1",)),
    "result.json": Target(_result, _result_seeds, _JSON),
    "results.jsonl": Target(_results, lambda: [json.dumps(RESULT.to_dict()).encode() + b"\n"], _JSON),
    "decisions.jsonl": Target(_decisions, _decision_seeds, _JSON),
    "release.json": Target(_release, _release_seeds, _JSON),
    "current.json": Target(_pointer, _pointer_seeds, _JSON),
}


@cache
def seeds_of(name: str) -> tuple[bytes, ...]:
    """A target's seeds, made once."""
    return tuple(TARGETS[name].seeds())
