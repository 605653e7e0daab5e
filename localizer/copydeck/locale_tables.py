"""Decks as JSON and YAML: a table of strings per target locale.

``{locale: {source: target}}``, where a target may also be a mapping with ``target``, ``state``, ``note`` and
the other columns of a table, or a list of such. Two fields may stand beside the locales: ``source_locale``,
of all sources; and ``source_texts``, for tables whose keys are names rather than texts: the locale in whose
table the texts themselves stand.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from localizer.copydeck.rows import (
    MISSING,
    DeckRow,
    Told,
    line_breaks,
    locale_of,
    most_of,
    one_of,
    state_of,
)
from localizer.documents import did_you_mean
from localizer.encodings import decode_text
from localizer.errors import CopyDeckError
from localizer.locales import UNDETERMINED
from localizer.tables import strict_json

_FIELDS = ("target", "state", "most_characters", "context", "assets", "note", "source_locale")


def read_json_deck(data: bytes, name: str) -> Iterator[DeckRow | Told]:
    """Raises CopyDeckError; names the place by its JSON pointer."""
    try:
        loaded = strict_json(decode_text(data)[0])
    except ValueError as error:
        raise CopyDeckError(f"{name}: is not valid JSON ({error})") from None
    yield from _rows(name, loaded)


def read_yaml_deck(data: bytes, name: str) -> Iterator[DeckRow | Told]:
    """Raises CopyDeckError; names the place by its JSON pointer."""
    import yaml

    from localizer.strict_yaml import WordsLoader

    try:
        loaded = yaml.load(decode_text(data)[0], WordsLoader)  # noqa: S506  a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CopyDeckError(f"{name}: is not valid YAML: {' '.join(str(error).split())}") from None
    yield from _rows(name, loaded)


def _rows(name: str, loaded: Any) -> Iterator[DeckRow | Told]:
    if not isinstance(loaded, dict):
        raise CopyDeckError(f"{name}: must be an object of locales, {{locale: {{source: target}}}}")
    given = {
        field: _text(name, f"/{field}", loaded.get(field)) for field in ("source_locale", "source_texts")
    }
    origin = locale_of(name, "/source_locale", given["source_locale"])
    texts: Mapping[str, str] | None = None
    tables = {tag: pairs for tag, pairs in loaded.items() if tag not in given}
    if keyed := given["source_texts"]:
        origin = locale_of(name, "/source_texts", keyed)
        if not isinstance(tables.get(keyed), dict):
            raise CopyDeckError(f"{name}: /source_texts: there is no table {keyed!r}")
        texts = {key: _text(name, _at(keyed, key), text) for key, text in tables.pop(keyed).items()}
    for tag, pairs in tables.items():
        locale = locale_of(name, f"/{tag}", tag)
        if not isinstance(pairs, dict):
            raise CopyDeckError(f"{name}: /{tag}: must be an object of source: target")
        for key, value in pairs.items():
            source = key if texts is None else texts.get(key)
            if source is None:
                yield Told(f"{_at(tag, key)}: has no text in {keyed!r} and is left out")
                continue
            for index, one in enumerate(value if isinstance(value, list) else [value]):
                where = f"{_at(tag, key)}/{index}" if isinstance(value, list) else _at(tag, key)
                yield from _row(name, where, source, origin, locale, one)


def _row(
    name: str, where: str, source: str, origin: str, locale: str, value: Any
) -> Iterator[DeckRow | Told]:
    fields = value if isinstance(value, dict) else {"target": value}
    for field in fields:
        if field not in _FIELDS:
            raise CopyDeckError(f"{name}: {where}/{field}: is not a field{did_you_mean(field, _FIELDS)}")
    at = where if fields is not value else f"{where}/target"
    target = line_breaks(_text(name, at, fields.get("target")))
    state, told = state_of(_text(name, f"{where}/state", fields.get("state")), target)
    if told:
        yield Told(told)
    if "source_locale" in fields:
        tag = _text(name, f"{where}/source_locale", fields["source_locale"])
        origin = locale_of(name, f"{where}/source_locale", tag)
    most = fields.get("most_characters")
    yield DeckRow(
        source=source,
        source_locale=origin,
        locale=locale,
        target=target,
        state=state,
        most_characters=most_of(
            name,
            f"{where}/most_characters",
            str(most) if isinstance(most, int) and not isinstance(most, bool) else _text(name, where, most),
        ),
        context=_texts(name, f"{where}/context", fields.get("context")),
        assets=_texts(name, f"{where}/assets", fields.get("assets")),
        note=_text(name, f"{where}/note", fields.get("note")).strip(),
        where=where,
    )


def _at(*parts: str) -> str:
    return "".join(f"/{part.replace('~', '~0').replace('/', '~1')}" for part in parts)


def _text(name: str, where: str, value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise CopyDeckError(f"{name}: {where}: must be text, not {type(value).__name__}")
    return value or ""


def _texts(name: str, where: str, value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [] if value is None else [value]
    return tuple(_text(name, where, item) for item in items)


def write_json_deck(rows: Iterable[DeckRow]) -> bytes:
    """The smallest table that says it all: a bare target where there is nothing else to say."""
    return (json.dumps(_tables(rows), ensure_ascii=False, indent=2) + "\n").encode()


def write_yaml_deck(rows: Iterable[DeckRow]) -> bytes:
    """As `write_json_deck`."""
    import yaml

    return yaml.safe_dump(_tables(rows), allow_unicode=True, sort_keys=False, width=2**31).encode()


def _tables(rows: Iterable[DeckRow]) -> dict[str, Any]:
    rows = list(rows)
    origins = one_of(rows, "source_locale")
    tables: dict[str, Any] = {}
    if len(origins) == 1 and origins[0] != UNDETERMINED:
        tables["source_locale"] = origins[0]
    for row in rows:
        table = tables.setdefault(row.locale, {})
        value = _value(row, with_origin="source_locale" not in tables)
        if row.source not in table:
            table[row.source] = value
        elif isinstance(known := table[row.source], list):
            known.append(value)
        else:
            table[row.source] = [known, value]
    return tables


def _value(row: DeckRow, *, with_origin: bool) -> Any:
    fields = {
        "source_locale": row.source_locale if with_origin and row.source_locale != UNDETERMINED else "",
        "target": row.written_target,
        "state": "" if row.state in {MISSING, "approved"} else row.state,
        "most_characters": row.most_characters,
        "context": list(row.context),
        "assets": list(row.assets),
        "note": row.note,
    }
    said = {field: value for field, value in fields.items() if value}
    if set(said) <= {"target"}:
        return row.written_target
    return {"target": "", **said}
