"""Campaign documents: the same model as a table, written as JSON, every edit expanded to its locales."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localizer.documents import pointer, schema_faults
from localizer.encodings import TableError, decode_text
from localizer.errors import ManifestError
from localizer.locales import normalise_locale
from localizer.manifest.records import RawRow
from localizer.manifest.values import parse_name
from localizer.tables import Fault, as_text, clean_values, strict_json

_PLAIN = ("action", "text", "box", "object", "attribute", "instruction")
_Faults = Mapping[tuple[int, int | None], list[Fault]]


@dataclass(frozen=True, slots=True)
class CampaignDocument:
    """A campaign document, its edits as rows (to iterate once), which count the edits from 1."""

    campaign: str
    rows: Iterable[RawRow]
    image_root: str | None = None
    copy_deck: str | None = None
    brand: str | None = None
    warnings: tuple[str, ...] = ()


def read_document(data: bytes, *, name: str) -> CampaignDocument:
    """Read a campaign document.

    What is wrong within one asset or edit is a fault of its rows, with a JSON pointer as the field.

    Raises:
        ManifestError: it is not JSON, or wrong outside the assets; names the JSON pointer.
    """
    try:
        text, warning = decode_text(data)
        document = strict_json(text)
    except TableError as error:
        raise ManifestError(f"{name}: {error}") from None
    except ValueError as error:
        raise ManifestError(
            f"{name}: is not valid JSON ({error}); a file with one object a line is named .jsonl"
        ) from None
    if isinstance(document, list):
        raise ManifestError(
            f"{name}: is a list; a campaign document is an object, rows go into a .jsonl file"
        )
    faults = _sorted_faults(document, name)
    try:
        campaign = parse_name(document["campaign"])
    except ValueError as error:
        raise ManifestError(f"{name}: /campaign: {error}") from None
    return CampaignDocument(
        campaign,
        _rows(document, faults),
        document.get("image_root"),
        document.get("copy_deck"),
        document.get("brand"),
        (f"{name} {warning}",) if warning else (),
    )


def _sorted_faults(document: Any, name: str) -> _Faults:
    """Schema faults by (asset, edit or None). Those outside the assets end it."""
    found: dict[tuple[int, int | None], list[Fault]] = defaultdict(list)
    for path, message in schema_faults("localizer.manifest", "campaign.schema.json", document):
        if len(path) < 2 or path[0] != "assets" or not isinstance(path[1], int):
            raise ManifestError(f"{name}: {pointer(path) or 'the document'}: {message}")
        edit = path[3] if len(path) > 3 and path[2] == "edits" and isinstance(path[3], int) else None
        found[path[1], edit].append(Fault(pointer(path), message))
    return found


def _rows(document: Mapping[str, Any], faults: _Faults) -> Iterator[RawRow]:
    number = 0
    for index, given in enumerate(document["assets"]):
        asset = given if isinstance(given, dict) else {}
        edits = asset.get("edits")
        for place, edit in enumerate(edits if isinstance(edits, list) and edits else [None]):
            number += 1
            found = (*faults.get((index, None), ()), *faults.get((index, place), ()))
            yield from _edit_rows(
                document, asset, edit if isinstance(edit, dict) else {}, number, found, index, place
            )


def _edit_rows(
    document: Mapping[str, Any],
    asset: Mapping[str, Any],
    edit: Mapping[str, Any],
    number: int,
    found: tuple[Fault, ...],
    index: int,
    place: int,
) -> Iterator[RawRow]:
    at = f"/assets/{index}/edits/{place}"
    places = {"asset_id": f"/assets/{index}/asset_id", "image": f"/assets/{index}/image"}
    places |= {"source_locale": "/source_locale"}
    owner = edit if edit.get("rights") else asset
    places["rights"] = f"{at}/rights" if owner is edit else f"/assets/{index}/rights"
    places |= {column: f"{at}/{column}" for column in (*_PLAIN, "replacement")}
    common = {"source_locale": document["source_locale"]}
    given = [(c, asset.get(c)) for c in ("asset_id", "image")] + [(c, edit.get(c)) for c in _PLAIN]
    for column, value in [*given, ("rights", owner.get("rights"))]:
        try:
            common[column] = as_text(value)
        except ValueError as error:
            common[column] = ""
            found = found or (Fault(places[column], str(error)),)
    replacements, odd = _replacements(document, edit, at)
    targets, stray = _targets(document, edit, at)
    for tag, where in targets:
        values = common | {
            "locale": tag,
            "replacement": as_text(edit.get("replacement")) if not found else "",
        }
        if replacements:
            values["replacement"] = replacements.get(_canonical(tag), "")
        values, controls = clean_values(values)
        yield RawRow(
            row=number,
            values=values,
            faults=(*found, *odd, *stray, *(Fault(places.get(f.field, at), f.message) for f in controls)),
            places=places
            | {"locale": where}
            | ({"replacement": f"{at}/replacements"} if replacements else {}),
            is_broken=bool(found),
        )


def _replacements(
    document: Mapping[str, Any], edit: Mapping[str, Any], at: str
) -> tuple[dict[str, str], tuple[Fault, ...]]:
    given = edit.get("replacements")
    if not isinstance(given, dict):
        return {}, ()
    known = {_canonical(tag) for tag in document["locales"]}
    out, faults = {}, []
    for tag, copy in given.items():
        where = f"{at}/replacements{pointer([tag])}"
        if _canonical(tag) not in known:
            faults.append(Fault(where, f"{tag!r} is not among the campaign's locales"))
        elif _canonical(tag) in out:
            faults.append(Fault(where, f"{_canonical(tag)} is there twice; keep one"))
        out[_canonical(tag)] = copy if isinstance(copy, str) else ""
    return out, tuple(faults)


def _targets(
    document: Mapping[str, Any], edit: Mapping[str, Any], at: str
) -> tuple[list[tuple[str, str]], tuple[Fault, ...]]:
    """(locale, JSON pointer) of every locale that an edit is for; a stray one spoils the whole edit."""
    everywhere = [(tag, f"/locales/{i}") for i, tag in enumerate(document["locales"])]
    given = edit.get("locales")
    if not isinstance(given, list) or not given or not all(isinstance(tag, str) for tag in given):
        return everywhere, ()
    known = {_canonical(tag) for tag in document["locales"]}
    for i, tag in enumerate(given):
        if _canonical(tag) not in known:
            return everywhere, (Fault(f"{at}/locales/{i}", f"{tag!r} is not among the campaign's locales"),)
    return [(tag, f"{at}/locales/{i}") for i, tag in enumerate(given)], ()


def _canonical(tag: str) -> str:
    try:
        return normalise_locale(tag)
    except ValueError:
        return tag
