"""The part on Ray Serve that needs no running Ray; the rest is in tests/system/test_server.py."""

from __future__ import annotations

import pytest

from localizer.errors import EngineError, EngineUnavailable
from localizer.server.deployments import as_ours

exceptions = pytest.importorskip("ray.exceptions", reason="pip install 'campaign-localizer[server]'")


def wrapped(cause: Exception) -> Exception:
    """As Ray hands on what a replica raised: its text is a traceback of the other process."""
    error = exceptions.RayTaskError(
        "edit", "Traceback (most recent call last): ...", cause
    ).as_instanceof_cause()
    assert str(error) != str(cause)
    return error


def test_what_a_replica_says_arrives_in_its_own_words() -> None:
    said = EngineError("the model made no picture")
    assert as_ours(wrapped(said)) is said
    strange = wrapped(ValueError("x"))
    assert as_ours(strange) is strange


def test_a_dead_replica_is_worth_a_retry() -> None:
    assert isinstance(as_ours(exceptions.RayActorError()), EngineUnavailable)
