"""What is worth a retry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from localizer.errors import (
    ConfigurationError,
    EngineError,
    InputError,
    ObjectNotFound,
    ReleaseError,
    TransientError,
)

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule([TransientError], RetryAction.RETRY, reason="did not answer; worth another try"),
        RetryRule(
            [InputError, ConfigurationError, EngineError, ReleaseError, ObjectNotFound],
            RetryAction.FAIL,
            reason="would fail again in the same way",
        ),
    ],
    # What is not ours (a lost worker, a network error inside a client) gets the task's own `retries`.
    default=RetryAction.DEFAULT,
)

RETRY_DEFAULTS: dict[str, Any] = {
    "retries": 2,
    "retry_delay": timedelta(seconds=20),
    "retry_exponential_backoff": 2.0,
    "max_retry_delay": timedelta(minutes=5),
}
"""For a DAG's ``default_args``."""
