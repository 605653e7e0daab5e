"""The vocabulary of the pipeline as plain records: edits, jobs, checks, results, decisions.

Everything here is small, immutable and JSON-safe: these records travel between tasks; images never do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

Box = tuple[int, int, int, int]
"""``x0, y0, x1, y1`` in pixels of the upright source (EXIF orientation applied), end exclusive."""


def share_inside(inner: Box, outer: Box) -> float:
    """Share of the area of one box that lies in another, 0 to 1."""
    w = min(inner[2], outer[2]) - max(inner[0], outer[0])
    h = min(inner[3], outer[3]) - max(inner[1], outer[1])
    return max(0, w) * max(0, h) / max(1, (inner[2] - inner[0]) * (inner[3] - inner[1]))


class Action(StrEnum):
    """What an edit does."""

    REPLACE_TEXT = "replace_text"
    TRANSLATE_TEXT = "translate_text"
    REMOVE_TEXT = "remove_text"
    REMOVE_OBJECT = "remove_object"
    ADD_TEXT = "add_text"


class Status(StrEnum):
    """Verdict on a job, best first."""

    PASSED = "passed"
    NEEDS_REVIEW = "needs_review"
    FAILED = "failed"


class CheckStatus(StrEnum):
    """Outcome of one check."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Edit:
    """One structured instruction on an asset.

    Attributes:
        text: what stands in the image now; ``*`` means all marketing text. May hold line breaks.
        replacement: what shall stand there.
        box: where, if the manifest says so.
        object: free words for a thing to remove (``logo``, ``watermark``).
        attribute: style wishes such as ``{"colour": "gold", "weight": "bold"}``. Its `place` (``top left``)
            says where a text is added, or where an object without a box is to be looked for.
        rights: ``own`` or ``licensed`` where somebody states the right to take out a logo or watermark.
        row: manifest row it came from (not part of the job key).
        draft: who proposed the replacement, where no person has approved it; see `localizer.copy`.
    """

    action: Action
    text: str = ""
    replacement: str = ""
    box: Box | None = None
    object: str = ""
    attribute: Mapping[str, str] = field(default_factory=dict)
    row: int | None = None
    rights: str = ""
    draft: str = ""

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "action": str(self.action),
            "text": self.text,
            "replacement": self.replacement,
            "box": list(self.box) if self.box else None,
            "object": self.object,
            "attribute": dict(self.attribute),
            "row": self.row,
        }
        if self.rights:  # absent otherwise: the keys of jobs without it stay what they were
            out["rights"] = self.rights
        if self.draft:
            out["draft"] = self.draft
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Edit:
        box = data.get("box")
        return cls(
            action=Action(data["action"]),
            text=data.get("text") or "",
            replacement=data.get("replacement") or "",
            box=(int(box[0]), int(box[1]), int(box[2]), int(box[3])) if box else None,
            object=data.get("object") or "",
            attribute=dict(data.get("attribute") or {}),
            row=data.get("row"),
            rights=data.get("rights") or "",
            draft=data.get("draft") or "",
        )


@dataclass(frozen=True, slots=True)
class Job:
    """One asset in one target locale with its edits.

    Attributes:
        key: SHA-256 of everything that decides the pixels (see `localizer.planning`).
        source: workspace-relative path of the source, ``sources/<sha256>.<ext>``.
        source_sha256: of the source's bytes.
        missing_copy: source strings for which the copy deck has no approved entry; such a job is not
            edited and ends as `needs_review`.
        left_text: what stands in the image and is left as it is, where all of its text was to be translated
            and no person has said so: such a job cannot pass by itself.
        doubted_text: what was found there and read with so little certainty that its copy may be that of
            something else: nor can such a job.
        seed: what the seeds of a model that draws follow from, where that is not the key: who approved the
            words counts in the key, but the same picture is not drawn and paid for again because of it.
    """

    key: str
    asset_id: str
    locale: str
    source_locale: str
    source: str
    source_sha256: str
    edits: tuple[Edit, ...]
    missing_copy: tuple[str, ...] = ()
    left_text: tuple[str, ...] = ()
    doubted_text: tuple[str, ...] = ()
    seed: str = ""

    @property
    def label(self) -> str:
        """Short name for logs and Airflow's map index: ``poster-01 · ja``."""
        return f"{self.asset_id} · {self.locale}"

    @property
    def slot(self) -> Slot:
        """Key, asset and locale."""
        return self.key, self.asset_id, self.locale

    @property
    def rows(self) -> tuple[int, ...]:
        """Manifest rows that it came from, ascending."""
        return tuple(sorted({e.row for e in self.edits if e.row is not None}))

    def to_dict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "asset_id": self.asset_id,
            "locale": self.locale,
            "source_locale": self.source_locale,
            "source": self.source,
            "source_sha256": self.source_sha256,
            "edits": [e.to_dict() for e in self.edits],
            "missing_copy": list(self.missing_copy),
            "left_text": list(self.left_text),
            "doubted_text": list(self.doubted_text),
            "seed": self.seed,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Job:
        return cls(
            key=data["key"],
            asset_id=data["asset_id"],
            locale=data["locale"],
            source_locale=data["source_locale"],
            source=data["source"],
            source_sha256=data["source_sha256"],
            edits=tuple(Edit.from_dict(e) for e in data["edits"]),
            missing_copy=tuple(data.get("missing_copy") or ()),
            left_text=tuple(data.get("left_text") or ()),
            doubted_text=tuple(data.get("doubted_text") or ()),
            seed=data.get("seed") or "",
        )


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Outcome of one check on one candidate.

    Attributes:
        missing: an installable component that was lacking (an OCR language, say). A result that was
            undecided only for want of it is not cached, so installing it and rerunning is enough.
    """

    name: str
    status: CheckStatus
    value: float | None = None
    threshold: float | None = None
    detail: str = ""
    missing: str = ""

    def to_dict(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "name": self.name,
            "status": str(self.status),
            "value": self.value,
            "threshold": self.threshold,
            "detail": self.detail,
        }
        if self.missing:
            out["missing"] = self.missing
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> CheckResult:
        return cls(
            name=data["name"],
            status=CheckStatus(data["status"]),
            value=data.get("value"),
            threshold=data.get("threshold"),
            detail=data.get("detail") or "",
            missing=data.get("missing") or "",
        )


@dataclass(frozen=True, slots=True)
class JobResult:
    """What became of a job; one line of ``results.jsonl``.

    Attributes:
        image: path or URI of the lossless candidate (PNG), or None.
        delivered: path or URI of the file in the source's own format, or None.
        edits: per edit ``{"action", "text", "replacement", "box", "engine"}``, box as finally set.
        reason: one sentence for a person, when not passed.
        attempt_log: one entry per attempt, ``{"engine", "status", "reason", "checks"}``.
        rows: manifest rows that the job came from.
        checks_version: version of the checks that judged it; another version makes a cached result stale.
        retryable: failed for something that a retry may cure (a server that was down); never cached.
        image_sha256: of the candidate's bytes; set when the workspace saves the result.
        handover: path or URI of an SVG with live text over the erased plate, for finishing by hand, or None.
        delivered_sha256: of the delivered file's bytes; what was reviewed is what may be published.
        engine_version: of the engine that made it.
        models: generative models whose pixels are in it, as they name themselves.
        source_type: URI of the IPTC digital source type that the delivered file states, or empty.
        statement: version of the form in which it does; another one may make a cached result stale.
    """

    job: str
    asset_id: str
    locale: str
    status: Status
    image: str | None = None
    delivered: str | None = None
    edits: tuple[Mapping[str, Any], ...] = ()
    checks: tuple[CheckResult, ...] = ()
    reason: str = ""
    engine: str = ""
    attempts: int = 0
    cached: bool = False
    seconds: float = 0.0
    source: str | None = None
    source_sha256: str | None = None
    attempt_log: tuple[Mapping[str, Any], ...] = ()
    rows: tuple[int, ...] = ()
    checks_version: str = ""
    retryable: bool = False
    image_sha256: str | None = None
    delivered_sha256: str | None = None
    handover: str | None = None
    engine_version: str = ""
    models: tuple[str, ...] = ()
    source_type: str = ""
    statement: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "job": self.job,
            "asset_id": self.asset_id,
            "locale": self.locale,
            "status": str(self.status),
            "image": self.image,
            "delivered": self.delivered,
            "edits": [dict(e) for e in self.edits],
            "checks": [c.to_dict() for c in self.checks],
            "reason": self.reason,
            "engine": self.engine,
            "attempts": self.attempts,
            "cached": self.cached,
            "seconds": round(self.seconds, 3),
            "source": self.source,
            "source_sha256": self.source_sha256,
            "attempt_log": [dict(a) for a in self.attempt_log],
            "rows": list(self.rows),
            "image_sha256": self.image_sha256,
            "delivered_sha256": self.delivered_sha256,
            "handover": self.handover,
            "checks_version": self.checks_version,
            "retryable": self.retryable,
            "engine_version": self.engine_version,
            "models": list(self.models),
            "source_type": self.source_type,
            "statement": self.statement,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> JobResult:
        return cls(
            job=data["job"],
            asset_id=data["asset_id"],
            locale=data["locale"],
            status=Status(data["status"]),
            image=data.get("image"),
            delivered=data.get("delivered"),
            edits=tuple(data.get("edits") or ()),
            checks=tuple(CheckResult.from_dict(c) for c in data.get("checks") or ()),
            reason=data.get("reason") or "",
            engine=data.get("engine") or "",
            attempts=int(data.get("attempts") or 0),
            cached=bool(data.get("cached")),
            seconds=float(data.get("seconds") or 0.0),
            source=data.get("source"),
            source_sha256=data.get("source_sha256"),
            attempt_log=tuple(data.get("attempt_log") or ()),
            rows=tuple(data.get("rows") or ()),
            image_sha256=data.get("image_sha256"),
            delivered_sha256=data.get("delivered_sha256"),
            handover=data.get("handover"),
            checks_version=data.get("checks_version") or "",
            retryable=bool(data.get("retryable")),
            engine_version=data.get("engine_version") or "",
            models=tuple(data.get("models") or ()),
            source_type=data.get("source_type") or "",
            statement=data.get("statement") or "",
        )

    def with_changes(self, **changes: Any) -> JobResult:
        """A copy with some attributes replaced."""
        return replace(self, **changes)


class Verdict(StrEnum):
    """What a decision says."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a named person, or the run's approval policy, said of one candidate.

    Attributes:
        by: user name, or ``policy:<name>`` where no person was asked.
        at: ISO 8601 UTC time.
        delivered_sha256: of the delivered file that was looked at; an approval holds for those bytes only.
            Empty where it was not recorded.
    """

    job: str
    asset_id: str
    locale: str
    verdict: Verdict
    by: str
    at: str
    comment: str = ""
    delivered_sha256: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "job": self.job,
            "asset_id": self.asset_id,
            "locale": self.locale,
            "verdict": str(self.verdict),
            "by": self.by,
            "at": self.at,
            "comment": self.comment,
            "delivered_sha256": self.delivered_sha256,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Decision:
        return cls(
            job=data["job"],
            asset_id=data["asset_id"],
            locale=data["locale"],
            verdict=Verdict(data["verdict"]),
            by=data["by"],
            at=data["at"],
            comment=data.get("comment") or "",
            delivered_sha256=data.get("delivered_sha256") or "",
        )


Slot = tuple[str, str, str]
"""Job key, asset, locale: two assets may share one key."""


def slot_of(record: JobResult | Decision) -> Slot:
    """What a result is of, or a decision speaks of."""
    return record.job, record.asset_id, record.locale
