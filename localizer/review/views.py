"""What the review app says of runs and items: JSON documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from localizer.costs import in_words, paid
from localizer.locales import is_rtl
from localizer.model import CheckStatus, Job, JobResult, Status
from localizer.report.copy_section import COPY_DECK
from localizer.report.overview import WAITING
from localizer.report.wording import CHECK_STATUS, check_title, locale_name, measured
from localizer.review.host import HostedRun, RunSummary
from localizer.review.index import Row
from localizer.review.opened import Snapshot
from localizer.runs.amendments import Amendment
from localizer.runs.run import PLAN_PAGE, REPORT, TABLE

_CHECK_ORDER = [CheckStatus.FAILED, CheckStatus.UNDECIDED, CheckStatus.PASSED]


def summary_view(run: RunSummary) -> dict[str, Any]:
    """A run in the list."""
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "title": run.title,
        "started_at": run.started_at,
        "state": str(run.state),
        "counts": dict(run.counts),
        "waiting": run.waiting,
    }


def run_view(
    run: HostedRun, snapshot: Snapshot, release: tuple[str, str], *, lacks_copy: bool = False
) -> dict[str, Any]:
    """A run as a whole.

    Args:
        lacks_copy: there is copy that nobody has approved, and a deck to fill it in.
        release: id and URI; empty if it was not published.
    """
    marks, decided = snapshot.index.verdicts()
    verdicts = marks if run.request is not None and run.request.open else decided or marks
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "title": run.title,
        "campaign": snapshot.campaign,
        "state": str(run.state),
        "version": snapshot.version(run),
        "policy": run.policy,
        "counts": {
            **_counts(snapshot.index.counts),
            "approved": verdicts["approved"],
            "rejected": verdicts["rejected"],
        },
        "locales": [
            {
                "locale": locale,
                "name": locale_name(locale),
                "dir": _direction(locale),
                "counts": _counts(counts),
            }
            for locale, counts in sorted(snapshot.index.locales.items())
        ],
        "engines": list(run.engines),
        "request": run.request
        and {
            "open": run.request.open,
            "asked_at": run.request.asked_at or None,
            "responded_by": run.request.responded_by or None,
            "responded_at": run.request.responded_at or None,
            "choice": run.request.choice or None,
        },
        "may": {
            "review": run.may_review,
            "redo": run.may_redo,
            "roll_back": run.may_roll_back,
            "why_not": run.why_not or None,
        },
        "release": {"release_id": release[0], "uri": _outside(release[1])} if release[0] else None,
        "links": {
            **run.links,
            "report": "api/report" if REPORT in snapshot.has else None,
            "plan": "api/plan" if PLAN_PAGE in snapshot.has else None,
            "results_csv": "api/results.csv" if TABLE in snapshot.has else None,
            "copy_to_fill": f"api/{COPY_DECK}" if lacks_copy else None,
        },
    }


def item_view(row: Row, run: HostedRun, size: tuple[int, int] | None) -> dict[str, Any]:
    """An item in the gallery."""
    redo = run.redos.get((row.asset_id, row.locale))
    return {
        "id": row.id,
        "asset_id": row.asset_id,
        "locale": row.locale,
        "dir": _direction(row.locale),
        "status": row.status,
        "reason": row.reason,
        "width": size and size[0],
        "height": size and size[1],
        "has_image": bool(row.image_sha256),
        "has_source": bool(row.source),
        "sha": row.sha,
        "copy": row.copy,
        "mark": row.mark,
        "decision": row.decision,
        "redo": str(redo) if redo else None,
        "cached": row.cached,
    }


def details_view(entry: JobResult | Job, history: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """What the page shows of one item beside what the gallery has."""
    if isinstance(entry, Job):
        return {"checks": [], "engine": "", "attempts": 0, "seconds": 0.0, "cost": None, "history": []}
    return {
        "checks": [
            {
                "name": check.name,
                "title": check_title(check),
                "status": str(check.status),
                "words": check.detail
                or " ".join(filter(None, (CHECK_STATUS[check.status], measured(check)))),
            }
            for check in sorted(entry.checks, key=lambda check: _CHECK_ORDER.index(check.status))
        ],
        "engine": entry.engine,
        "attempts": entry.attempts,
        "seconds": round(entry.seconds, 1),
        "cost": in_words(paid(entry)) or None,
        "history": [*_attempts(entry), *history],
    }


def history_view(decisions: Iterable[Mapping[str, str]], redos: Iterable[Amendment]) -> list[dict[str, str]]:
    """What was decided on an item, and what was made anew of it, in the order of time."""
    told = [dict(decision) for decision in decisions]
    for redo in redos:
        outcome = f" (nothing came of it: {redo.problem})" if redo.problem else ""
        told.append(
            {"what": "redone", "by": redo.by, "at": redo.at, "comment": f"{redo.why}{outcome}".strip()}
        )
    return sorted(told, key=lambda event: event["at"])


def _attempts(entry: JobResult) -> list[dict[str, Any]]:
    return [
        {
            "what": "attempt",
            "by": str(attempt.get("engine") or entry.engine),
            "at": "",
            "comment": str(attempt.get("reason") or ""),
            "status": str(attempt.get("status") or ""),
        }
        for attempt in entry.attempt_log
    ]


def _counts(counts: Counter[str]) -> dict[str, int]:
    statuses = [status.value for status in Status]
    return {
        "total": sum(counts[status] for status in [*statuses, WAITING]),
        "done": sum(counts[status] for status in statuses),
        **{status: counts[status] for status in statuses},
        "cached": counts["cached"],
    }


def _direction(locale: str) -> str:
    return "rtl" if is_rtl(locale) else "ltr"


def _outside(uri: str) -> str:
    """An address that means something to a reader: of a folder on the server, only the end of it."""
    return uri if "://" in uri else "/".join(uri.rstrip("/").split("/")[-3:])
