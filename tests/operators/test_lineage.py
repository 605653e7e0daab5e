"""Names of datasets; whole events are seen in tests/system/test_notices.py."""

from __future__ import annotations

import pytest

from operators.lineage import dataset_name


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("gs://bucket/campaigns/moon.csv", ("gs://bucket", "campaigns/moon.csv")),
        ("gs://bucket", ("gs://bucket", "/")),
        ("/srv/moon #1.csv", ("file", "/srv/moon #1.csv")),
        ("file:///srv/moon%201.csv", ("file", "/srv/moon 1.csv")),
    ],
)
def test_names_follow_the_specification(uri: str, name: tuple[str, str]) -> None:
    assert dataset_name(uri) == name
