"""The strings that a manifest needs copy for, each once, in a table on disk.

A string is told from another by what `fold_source` makes of it and by its two locales. What counts against
a string counts once: where it stands as the campaign's text in one image and on a product in another, it is
the campaign's; and it has to fit the narrowest of its places.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from localizer.folding import fold_source
from localizer.origin import Origin
from localizer.scratch import Scratch

_ASSETS = 5
_CONTEXT = 12  # strings of one image
_CONTEXT_LENGTH = 200
_SCHEMA = """
CREATE TABLE string (
    seq INTEGER PRIMARY KEY, folded TEXT, source TEXT, source_locale TEXT, locale TEXT, printed INTEGER,
    why TEXT, most INTEGER, assets TEXT, context TEXT, unit TEXT DEFAULT '', state TEXT DEFAULT '',
    UNIQUE (folded, source_locale, locale)
);
CREATE INDEX string_by_state ON string (locale, state, seq);
"""
_SELECT = "SELECT seq, source, source_locale, locale, printed, why, most, assets, context FROM string"
_ORIGINS = (Origin.MARKETING, Origin.UNSURE, Origin.PRODUCT)  # the first that holds anywhere holds


class Wanted(NamedTuple):
    """A string that needs copy.

    Attributes:
        printed: whose it is.
        why: in a few words, where it is not the campaign's.
        most_characters: that fit the narrowest of its places; None where nobody knows.
        assets: the first few that need it.
        images: theirs, as the manifest names them.
        context: what stands beside it in the first of them, in reading order.
    """

    seq: int
    source: str
    source_locale: str
    locale: str
    printed: Origin
    why: str
    most_characters: int | None
    assets: tuple[str, ...]
    images: tuple[str, ...]
    context: tuple[str, ...]


class Strings:
    """The table; a context manager. For one thread."""

    def __init__(self) -> None:
        self._table = Scratch(_SCHEMA)

    def __enter__(self) -> Strings:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    def add(
        self,
        source: str,
        source_locale: str,
        locale: str,
        *,
        asset: str,
        image: str,
        context: Sequence[str] = (),
        printed: Origin = Origin.MARKETING,
        why: str = "",
        most_characters: int | None = None,
    ) -> None:
        """One more place that needs a string."""
        rank = _ORIGINS.index(printed)
        known = self._table.row(
            "SELECT seq, printed, why, most, assets FROM string"
            " WHERE folded = ? AND source_locale = ? AND locale = ?",
            fold_source(source),
            source_locale,
            locale,
        )
        if known is None:
            beside = [text[:_CONTEXT_LENGTH] for text in context if text != source][:_CONTEXT]
            self._table.do(
                "INSERT INTO string (folded, source, source_locale, locale, printed, why, most, assets,"
                " context) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                fold_source(source),
                source,
                source_locale,
                locale,
                rank,
                why,
                most_characters,
                json.dumps({asset: image}),
                json.dumps(beside),
            )
            return
        seq, before, reason, most, assets = known
        named = json.loads(assets)
        if is_new := asset not in named and len(named) < _ASSETS:
            named[asset] = image
        fewest = min((n for n in (most, most_characters) if n is not None), default=None)
        if not is_new and rank >= before and fewest == most:
            return
        if rank < before:
            before, reason = rank, why
        self._table.do(
            "UPDATE string SET printed = ?, why = ?, most = ?, assets = ? WHERE seq = ?",
            before,
            reason,
            fewest,
            json.dumps(named),
            seq,
        )

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Source and target locales that occur together."""
        return [(a, b) for a, b in self._table.rows("SELECT DISTINCT source_locale, locale FROM string")]

    def __len__(self) -> int:
        return self._table.number("SELECT count(*) FROM string")

    def each(self, after: int = 0, most: int = 500) -> list[Wanted]:
        """The next strings, in the order in which they came."""
        rows = self._table.rows(f"{_SELECT} WHERE seq > ? ORDER BY seq LIMIT ?", after, most)
        return [_wanted(row) for row in rows]

    def open(self, locale: str, most: int = 500) -> list[Wanted]:
        """The next strings of a target locale that nothing is settled of yet, likewise."""
        rows = self._table.rows(
            f"{_SELECT} WHERE locale = ? AND state = '' ORDER BY seq LIMIT ?", locale, most
        )
        return [_wanted(row) for row in rows]

    def open_locales(self) -> list[str]:
        """Target locales of those."""
        found = self._table.rows("SELECT DISTINCT locale FROM string WHERE state = '' ORDER BY locale")
        return [locale for (locale,) in found]

    def settle(self, settled: Iterable[tuple[int, str, str]]) -> None:
        """Keep what became of strings: `Wanted.seq`, the state, and the unit as JSON."""
        rows = [(state, unit, seq) for seq, state, unit in settled]
        self._table.put("UPDATE string SET state = ?, unit = ? WHERE seq = ?", rows)

    def units(self) -> Iterator[str]:
        """The units as JSON, in the order in which the strings came."""
        return (unit for (unit,) in self._table.rows("SELECT unit FROM string ORDER BY seq"))


def _wanted(row: tuple[object, ...]) -> Wanted:
    seq, source, source_locale, locale, printed, why, most, assets, context = row
    named = json.loads(str(assets))
    return Wanted(
        seq=int(str(seq)),
        source=str(source),
        source_locale=str(source_locale),
        locale=str(locale),
        printed=_ORIGINS[int(str(printed))],
        why=str(why),
        most_characters=None if most is None else int(str(most)),
        assets=tuple(named),
        images=tuple(dict.fromkeys(named.values())),
        context=tuple(json.loads(str(context))),
    )
