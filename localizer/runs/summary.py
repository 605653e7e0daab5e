"""A run in a few hundred bytes, for those who cannot read all of its results: notices, lists of runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localizer.documents import DAMAGED
from localizer.errors import StorageError
from localizer.model import CheckStatus, JobResult, Status

EXAMPLES = 5
"""Most images that a summary names."""

_LABEL = 120  # characters


@dataclass(frozen=True, slots=True)
class Example:
    """An image that did not pass.

    Attributes:
        label: ``poster-01 · ja``.
        fault: see `fault_of`.
    """

    label: str
    status: Status
    fault: str


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How a merged run stands.

    Attributes:
        digest: SHA-256 of ``results.jsonl``: another one means other results.
        campaign: as the plan says.
        faults: images by what kept them from passing, see `fault_of`.
        examples: the first that did not pass.
    """

    digest: str
    campaign: str = ""
    total: int = 0
    passed: int = 0
    needs_review: int = 0
    failed: int = 0
    cached: int = 0
    faults: Mapping[str, int] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()

    def to_bytes(self) -> bytes:
        """As JSON."""
        record = {
            "digest": self.digest,
            "campaign": self.campaign,
            "total": self.total,
            "passed": self.passed,
            "needs_review": self.needs_review,
            "failed": self.failed,
            "cached": self.cached,
            "faults": dict(self.faults),
            "examples": [[e.label, str(e.status), e.fault] for e in self.examples],
        }
        return json.dumps(record, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> RunSummary:
        """What `to_bytes` wrote.

        Raises:
            StorageError: it is damaged; names the file.
        """
        try:
            record: dict[str, Any] = json.loads(data)
            examples = tuple(Example(label, Status(s), fault) for label, s, fault in record.pop("examples"))
            return cls(**record, examples=examples)
        except DAMAGED as error:
            raise StorageError(f"{name}: damaged record ({error!r})") from error


def fault_of(result: JobResult) -> str:
    """Name of the check that kept a result from passing, failed ones first; empty if it was no check."""
    for status in (CheckStatus.FAILED, CheckStatus.UNDECIDED):
        for check in result.checks:
            if check.status is status:
                return check.name
    return ""


def example_of(result: JobResult) -> Example:
    """A result that did not pass, as a summary names it."""
    return Example(f"{result.asset_id} · {result.locale}"[:_LABEL], result.status, fault_of(result))
