"""Show how far a task is while it runs: in its log, its map label, and its state in the UI."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import TYPE_CHECKING

from localizer.display import one_line
from localizer.model import JobResult, Status

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

STATE_KEY = "images"
"""Under this key a task's state store holds its progress."""

_EVERY_S = 3.0
_SHARE = 20  # showing takes at most a twentieth of the time, however slow the API server is


class ShardProgress:
    """Counts the results of a shard and shows them.

    Whatever goes wrong in showing is logged and costs no image.

    Args:
        label: of the shard.
        of: number of its jobs.
    """

    def __init__(self, context: Context, *, label: str, of: int) -> None:
        self._context, self._label, self._of = context, label, of
        self._counts: Counter[Status] = Counter()
        self._last = ""
        self._due = 0.0
        self._show()

    def add(self, result: JobResult) -> None:
        """Count and log one result."""
        self._counts[result.status] += 1
        self._last = f"{result.asset_id} · {result.locale}"
        log.info(
            "%s: %s%s%s",
            self._last,
            result.status,
            " (cached)" if result.cached else f" in {result.seconds:.1f} s",
            f": {one_line(result.reason)}" if result.reason else "",
        )
        if time.monotonic() >= self._due or self._counts.total() == self._of:
            self._show()

    def _show(self) -> None:
        # For `map_index_template`; a template that names anything undefined would fail a good task.
        self._context["asset"] = self._words()  # type: ignore[typeddict-unknown-key]
        started = time.monotonic()
        try:
            self._show_label()
            if self._counts:
                self._show_state()
        except Exception as error:  # noqa: BLE001 - Airflow raises what it likes; no image may fail for it
            log.warning("progress cannot be shown (%s: %s); the images go on", type(error).__name__, error)
        self._due = time.monotonic() + max(_EVERY_S, _SHARE * (time.monotonic() - started))

    def _words(self) -> str:
        """``poster-01 · ja … poster-50 · ja (50): 12/50, 1 failed``, or ``poster-01 · ja: passed``."""
        done = self._counts.total()
        if not done:
            return self._label
        if self._of == 1:
            return f"{self._label}: {_title(next(iter(self._counts)))}"
        words = [f"{done}/{self._of}"] if done < self._of else []
        for status in Status:
            if self._counts[status] and (status is not Status.PASSED or done == self._of):
                words.append(f"{self._counts[status]} {_title(status)}")
        return f"{self._label}: {', '.join(words)}"

    def _show_label(self) -> None:
        """Airflow renders the label when a task ends; until then this does what its task runner does."""
        from airflow.sdk.execution_time import task_runner
        from airflow.sdk.execution_time.comms import SetRenderedMapIndex

        template = self._context.get("map_index_template")
        if template:
            environment = self._context["ti"].task.dag.get_template_env()
            label = environment.from_string(template).render(self._context)
            task_runner.SUPERVISOR_COMMS.send(msg=SetRenderedMapIndex(rendered_map_index=label))

    def _show_state(self) -> None:
        """What the task's state in the UI and ``task_state_store`` of the REST API say."""
        self._context["task_state_store"].set(
            STATE_KEY,
            {
                "done": self._counts.total(),
                "of": self._of,
                **{str(status): self._counts[status] for status in Status},
                "last": self._last,
            },
        )


def _title(status: Status) -> str:
    return str(status).replace("_", " ")
