"""A campaign of one image."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.localizer.copy.campaigns import Campaign


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    return Campaign(tmp_path)
