"""JSON for hashing, and JSON Schemas that come with the package."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


DAMAGED = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of making a record out of JSON that is none, or not of that record."""


def canonical_json(value: Any) -> str:
    """One text per value: keys sorted, no spaces, non-ASCII as it is."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_digest(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def pointer(path: Iterable[str | int]) -> str:
    """JSON pointer (RFC 6901) of a path of keys and indices; the root is the empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


@lru_cache(maxsize=8)
def _validator(package: str, name: str) -> Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads(resources.files(package).joinpath(name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def schema_faults(
    package: str, name: str, document: Any, *, part: str = ""
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a document departs from a schema in a package, as (path, message), in document order.

    Args:
        part: a field of the schema that the document is of; empty: it is the whole.
    """
    validator = _validator(package, name)
    if part:
        validator = validator.evolve(schema=validator.schema["properties"][part])  # type: ignore[index]
    errors = validator.iter_errors(document)
    for error in sorted(errors, key=lambda e: [str(part).rjust(12, "0") for part in e.absolute_path]):
        path, message = tuple(error.absolute_path), str(error.message)
        if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
            known = list(error.schema.get("properties", {})) if isinstance(error.schema, Mapping) else []
            for key in sorted(str(k) for k in error.instance if k not in known):
                yield (*path, key), f"is not known{did_you_mean(key, known)}"
            continue
        if error.validator == "enum" and isinstance(error.instance, str):
            known = [str(value) for value in error.schema.get("enum", ())]  # type: ignore[union-attr]
            yield path, f"{error.instance!r} is not known{did_you_mean(error.instance, known)}"
            continue
        yield path, message if len(message) <= 300 else message[:297] + "..."


def did_you_mean(word: str, known: Iterable[str], *, listed: Iterable[str] | None = None) -> str:
    """``; did you mean 'image'? (known: …)`` for an error message.

    Args:
        listed: what to list as known; default: all of it.
    """
    from rapidfuzz import process

    names = [str(name) for name in known]
    nearest = process.extractOne(word.casefold(), names, processor=str.casefold, score_cutoff=60)
    choice = names if listed is None else list(listed)
    listing = f"known: {', '.join(choice)}" if choice else ""
    if not nearest:
        return f"; {listing}" if listing else ""
    return f"; did you mean {nearest[0]!r}?" + (f" ({listing})" if listing else "")
