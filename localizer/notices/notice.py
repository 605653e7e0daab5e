"""One piece of news about a run, in words for people and as JSON for programs.

It says what a lead needs to decide what to do next: counts, what is wrong most often, until when, and where
to look. It holds no path, no secret, and of other people's text only names, made harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Any

from localizer.display import one_line
from localizer.model import Status
from localizer.notices.model import Event
from localizer.runs.summary import RunSummary

_FAULTS = 3  # told by name


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told of a run.

    Attributes:
        campaign: its title or name.
        key: tells this occurrence of the event from an earlier one of the same run.
        summary: None as long as the results are not gathered.
        review_url, run_url: absolute; empty where nobody knows the server's address.
        deadline: until when the images must be published.
        task_id: the task that failed.
        release_id: of what was published.
        images: in that release.
    """

    event: Event
    campaign: str
    dag_id: str
    run_id: str
    key: str
    summary: RunSummary | None = None
    review_url: str = ""
    run_url: str = ""
    deadline: datetime | None = None
    task_id: str = ""
    release_id: str = ""
    images: int = 0

    @property
    def headline(self) -> str:
        """One line: the subject of a mail."""
        news = {
            Event.COPY_WAITING: "its copy waits for your approval",
            Event.REVIEW_WAITING: "images wait for your review",
            Event.DEADLINE_CLOSE: "the deadline is close and nothing is published yet",
            Event.DEADLINE_MISSED: "the deadline has passed and nothing is published",
            Event.PUBLISHED: f"{self.images} {'image is' if self.images == 1 else 'images are'} published",
            Event.NOTHING_PUBLISHED: "nothing was approved, so nothing is published",
            Event.FAILED: "the run failed",
        }
        return f"{one_line(self.campaign)}: {news[self.event]}"

    def facts(self) -> Iterator[tuple[str, str]]:
        """What is known, as a name and plain words."""
        if self.summary is not None:
            counts = self.summary
            yield (
                "Images",
                f"{counts.passed} passed, {counts.needs_review} need review, {counts.failed} failed",
            )
            yield from self._faults(counts)
        elif self.event is Event.COPY_WAITING:
            yield "Images", "are made once somebody has answered"
        elif self.event is not Event.FAILED:
            yield "Images", "are still being made"
        if self.task_id:
            yield "Failed in", one_line(self.task_id)
        if self.deadline is not None:
            yield "Deadline", f"{self.deadline.astimezone(UTC):%a %d %b %Y, %H:%M} UTC"
        if self.release_id:
            yield "Release", one_line(self.release_id)
        yield "Run", one_line(self.run_id)

    def _faults(self, counts: RunSummary) -> Iterator[tuple[str, str]]:
        told = [f"{_words(name)} ({count})" for name, count in list(counts.faults.items())[:_FAULTS]]
        if told:
            yield "Most often not so", "; ".join(told)
        names = [
            f"{one_line(e.label)} ({'failed' if e.status is Status.FAILED else 'needs review'})"
            for e in counts.examples
        ]
        if names:
            more = counts.needs_review + counts.failed - len(names)
            yield "Look at", ", ".join(names) + (f" and {more} more" if more > 0 else "")

    def links(self) -> Iterator[tuple[str, str]]:
        """Where to go, the most useful place first."""
        if self.event is Event.COPY_WAITING and self.run_url:
            yield "Answer in Airflow", f"{self.run_url}/required_actions"
        elif self.review_url:
            yield "Review page", self.review_url
        if self.run_url:
            yield "Run in Airflow", self.run_url

    def text(self) -> str:
        """Plain text, without the headline."""
        rows = [f"{name}: {value}" for name, value in self.facts()]
        return "\n".join([*rows, *(f"{name}: {url}" for name, url in self.links())])

    def html(self) -> str:
        """A mail."""
        rows = "".join(
            f'<tr><th scope="row" align="left" valign="top">{escape(name)}</th><td>{escape(value)}</td></tr>'
            for name, value in self.facts()
        )
        links = "".join(f'<p><a href="{escape(url)}">{escape(name)}</a></p>' for name, url in self.links())
        title = escape(self.headline)
        return (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
            f'<body><h1 style="font-size:1.2em">{title}</h1><table cellpadding="4">{rows}</table>{links}'
            "</body></html>"
        )

    def payload(self) -> dict[str, Any]:
        """For programs."""
        counts = self.summary
        return {
            "event": str(self.event),
            "campaign": self.campaign,
            "dag_id": self.dag_id,
            "run_id": self.run_id,
            "headline": self.headline,
            "text": self.text(),
            "counts": None
            if counts is None
            else {
                "total": counts.total,
                "passed": counts.passed,
                "needs_review": counts.needs_review,
                "failed": counts.failed,
                "cached": counts.cached,
            },
            "faults": dict(counts.faults) if counts else {},
            "deadline": self.deadline.astimezone(UTC).isoformat() if self.deadline else None,
            "failed_task": self.task_id or None,
            "release": {"release_id": self.release_id, "images": self.images} if self.release_id else None,
            "links": {"review": self.review_url or None, "run": self.run_url or None},
        }


def _words(check: str) -> str:
    from localizer.report.wording import check_name

    if not check:
        return "An image could be made and judged"
    return check_name(check)
