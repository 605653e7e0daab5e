"""What StatsD or OpenTelemetry are told of runs, by the client that Airflow's ``[metrics]`` sets up.

Nothing is sent where they are off. Tags have few values however many campaigns' manifests come: `campaign` is
the DAG, `locale` the language. `python -m operators.metrics` writes their table, `operators/METRICS.md`.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

from localizer.display import one_line
from operators.queues import CAMPAIGN_PREFIX

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.model import JobResult
    from localizer.runs.merging import Counts

log = logging.getLogger(__name__)

COUNTER, TIMER = "counter", "timer (ms)"
OTHER = "other"
REVIEW_WAIT, COPY_WAIT = "localizer.review.wait", "localizer.copy.wait"
_ASKED = "asked_at"


@dataclass(frozen=True, slots=True)
class Metric:
    """One name that a backend gets, after Airflow's own prefix (``airflow.``)."""

    name: str
    kind: str
    tags: tuple[str, ...]
    description: str


_IMAGE_TAGS = ("campaign", "engine", "locale")

METRICS = (
    Metric("localizer.images.passed", COUNTER, _IMAGE_TAGS, "Images of a run that passed all checks"),
    Metric("localizer.images.needs_review", COUNTER, _IMAGE_TAGS, "Images that a person must decide on"),
    Metric("localizer.images.failed", COUNTER, _IMAGE_TAGS, "Images that could not be made, wrong rows too"),
    Metric("localizer.images.cached", COUNTER, ("campaign",), "Images whose result was known before"),
    Metric("localizer.edit.duration", TIMER, _IMAGE_TAGS, "One image, its checks and retries"),
    Metric("localizer.edit.cost", COUNTER, ("campaign", "engine", "currency"), "What models charged for it"),
    Metric("localizer.copy.strings", COUNTER, ("campaign", "locale", "state"), "Strings of a run's copy"),
    Metric("localizer.copy.cost", COUNTER, ("campaign", "currency"), "What translators charged for drafts"),
    Metric(COPY_WAIT, TIMER, ("campaign",), "From the request to the person's answer on the copy"),
    Metric(REVIEW_WAIT, TIMER, ("campaign",), "From the request to the person's answer on the images"),
    Metric("localizer.published.objects", COUNTER, ("campaign",), "Files that a release added to the bucket"),
    Metric("localizer.published.releases", COUNTER, ("campaign",), "Releases that became current"),
)


def count_images(counts: Counts, dag_id: str) -> None:
    """The results of a run, once it is judged."""

    def emit() -> None:
        groups: Counter[tuple[str, str, str]] = Counter()
        for (status, engine, locale), count in counts.groups.items():
            groups[status, engine or "none", locale_tag(locale)] += count
        for (status, engine, locale), count in groups.items():
            tags = _tags(campaign=campaign_tag(dag_id), engine=engine, locale=locale)
            stats.incr(f"localizer.images.{status}", count, tags=tags)
        if counts.cached:
            tags = _tags(campaign=campaign_tag(dag_id))
            stats.incr("localizer.images.cached", counts.cached, tags=tags)

    _guarded(emit)


def count_copy(locales: Mapping[str, Mapping[str, int]], cost: Mapping[str, float], dag_id: str) -> None:
    """The copy of a run, once it is prepared.

    Args:
        locales: strings by locale and state.
        cost: what drafts were charged with, by currency.
    """

    def emit() -> None:
        campaign = campaign_tag(dag_id)
        strings: Counter[tuple[str, str]] = Counter()
        for locale, states in locales.items():
            for state, count in states.items():
                strings[locale_tag(locale), state] += count
        for (locale, state), count in strings.items():
            tags = _tags(campaign=campaign, locale=locale, state=state)
            stats.incr("localizer.copy.strings", count, tags=tags)
        for currency, amount in cost.items():
            tags = _tags(campaign=campaign, currency=currency or "unknown")
            stats.incr("localizer.copy.cost", amount, tags=tags)  # type: ignore[arg-type]

    _guarded(emit)


def time_edit(result: JobResult, dag_id: str) -> None:
    """One image that was edited; of one that was known there is nothing to tell."""
    if result.cached:
        return
    from localizer.costs import paid

    def emit() -> None:
        image = {"campaign": campaign_tag(dag_id), "engine": result.engine or "none"}
        tags = _tags(**image, locale=locale_tag(result.locale))
        stats.timing("localizer.edit.duration", timedelta(seconds=result.seconds), tags=tags)
        for currency, amount in paid(result).items():
            # Airflow passes it on as it is; StatsD and OpenTelemetry both count in fractions.
            tags = _tags(**image, currency=currency or "unknown")
            stats.incr("localizer.edit.cost", amount, tags=tags)  # type: ignore[arg-type]

    _guarded(emit)


def person_asked(context: Context) -> None:
    """Remember when a person was asked first: the task's process ends, and a retry asks again."""

    def remember() -> None:
        store = context["task_state_store"]
        if store.get(_ASKED) is None:
            store.set(_ASKED, datetime.now(UTC).isoformat())

    _guarded(remember)


def person_answered(context: Context, at: datetime, name: str) -> None:
    """How long the person took.

    Args:
        name: of the metric.
    """

    def emit() -> None:
        asked = context["task_state_store"].get(_ASKED)
        if isinstance(asked, str):
            tags = _tags(campaign=campaign_tag(context["ti"].dag_id))
            stats.timing(name, at - datetime.fromisoformat(asked), tags=tags)

    _guarded(emit)


def count_published(objects: int, dag_id: str, *, moved: bool) -> None:
    """What publishing wrote, and whether the release became current."""

    def emit() -> None:
        tags = _tags(campaign=campaign_tag(dag_id))
        if objects:
            stats.incr("localizer.published.objects", objects, tags=tags)
        if moved:
            stats.incr("localizer.published.releases", tags=tags)

    _guarded(emit)


def campaign_tag(dag_id: str) -> str:
    """``mid_autumn`` for ``campaign_mid_autumn``: never the folder to publish under, new in every run."""
    return dag_id.removeprefix(CAMPAIGN_PREFIX)


def locale_tag(locale: str) -> str:
    """The language, with the script for Chinese; `OTHER` where it has no code of two letters."""
    language, *rest = locale.split("-")
    if not re.fullmatch(r"[a-z]{2}|und", language):
        return OTHER
    script = rest[0] if rest and language == "zh" else ""
    return f"zh-{script}" if script in {"Hans", "Hant"} else language


def table(metrics: Iterable[Metric] = METRICS) -> str:
    """For `operators/METRICS.md`."""
    rows = "\n".join(
        f"| `{m.name}` | {m.kind} | {', '.join(f'`{tag}`' for tag in m.tags)} | {m.description} |"
        for m in metrics
    )
    return f"| name | kind | tags | what |\n|---|---|---|---|\n{rows}\n"


def _tags(**values: str) -> dict[str, str]:
    # A colon, as in an engine's import path, would end a StatsD name.
    return {name: re.sub(r"[^A-Za-z0-9_.-]", "_", value)[:100] for name, value in values.items()}


def _guarded(emit: Callable[[], object]) -> None:
    try:
        emit()
    except Exception as error:  # noqa: BLE001 (of any backend; no image may fail for a number)
        log.warning("metrics: %s: %s", type(error).__name__, one_line(error))


if __name__ == "__main__":
    from pathlib import Path

    page = Path(__file__).with_name("METRICS.md")
    head, _, _ = page.read_text("utf-8").partition("| name |")
    page.write_text(head + table(), "utf-8")
