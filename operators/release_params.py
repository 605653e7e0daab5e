"""Fields that the forms of all release DAGs have."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from operators.form import LOCATION, PUBLISH

CAMPAIGN: dict[str, Any] = {
    "type": "string",
    "pattern": "^([A-Za-z0-9][A-Za-z0-9._-]*)?$",
    "title": "Campaign",
    "description": "Folder it is published under; empty: all",
    "examples": ["618-2026"],
    "section": "Release",
}

TARGET = Param(
    PUBLISH,
    type="string",
    pattern=LOCATION,
    title="Published at",
    description="Absolute path or gs://bucket/prefix, as the campaign's Publish to",
    section="Storage",
)


def release_id(title: str, *, empty: str, words: str = "") -> dict[str, Any]:
    """A field for the id of a release.

    Args:
        empty: what leaving it empty means.
        words: what else may stand there, by bars.
    """
    return {
        "type": "string",
        "pattern": f"^(r-[0-9a-f]{{16}}{'|' + words if words else ''})?$",
        "title": title,
        "description": f"A release id, r- and 16 digits; empty: {empty}",
    }
