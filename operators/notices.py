"""Who is told what of a run: Airflow's callbacks, and the facts that they have at hand.

Notices never decide on anything: whatever goes wrong in telling is an error in the log, and the run goes on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from airflow.sdk import BaseNotifier

from localizer.display import one_line
from localizer.errors import ConfigurationError
from localizer.notices import Channel, Event, Notice, read_channels
from localizer.notices.sent import delivery_id
from operators.base import open_workspace, run_name_of
from operators.channels import check_installed, send
from operators.tenants import keep_to_tenant

if TYPE_CHECKING:
    from airflow.sdk import Context
    from jinja2 import Environment

    from localizer.runs import Run

log = logging.getLogger(__name__)

NOTIFY = "LOCALIZER_NOTIFY"
"""Environment variable: who is told where a campaign file does not say, as JSON; see `Channel`."""

PUBLISH_TASK = "publish"


@dataclass(frozen=True, slots=True)
class RunRef:
    """The run that something happened to, and what it was started with.

    Attributes:
        params: with `workspace` and `gcp_conn_id`.
        start: its logical date, else the time that it was made for.
        festival: end of its data interval.
        clears: how often it was cleared.
        tags: of its DAG, which say whose it is.
    """

    dag_id: str
    run_id: str
    params: Mapping[str, Any]
    start: datetime | None = None
    festival: datetime | None = None
    clears: int = 0
    tags: tuple[str, ...] = ()

    @classmethod
    def of_context(cls, context: Mapping[str, Any]) -> RunRef:
        """Out of what a callback is given, which is little where Airflow lost the task that it came from."""
        dag_run, dag = context.get("dag_run"), context["dag"]
        params = context.get("params") or {
            **dag.params.dump(),
            **(getattr(dag_run, "conf", None) or {}),
        }
        return cls(
            dag_id=dag.dag_id,
            run_id=context["run_id"],
            params=params,
            start=getattr(dag_run, "logical_date", None) or getattr(dag_run, "run_after", None),
            festival=getattr(dag_run, "data_interval_end", None),
            clears=getattr(dag_run, "clear_number", None) or 0,
            tags=tuple(dag.tags),
        )

    def open(self) -> Run | None:
        """Its records in the workspace; None, and an error in the log, if it cannot be reached from here."""
        place = {name: self.params.get(name) for name in ("workspace", "gcp_conn_id")}
        if not place["workspace"]:
            return None  # a DAG that works on releases, not on a run
        try:
            # A run that was refused for naming another tenant's workspace must not be told of there.
            keep_to_tenant(self.tags, place)
            workspace = open_workspace(str(place["workspace"]), place["gcp_conn_id"])
            return workspace.run(run_name_of(self.dag_id, self.run_id))
        except Exception as error:  # noqa: BLE001 (of whatever storage it is; the notice goes out all the same)
            log.error("notices: the workspace cannot be opened (%s)", _told(error))
            return None


@dataclass(frozen=True, slots=True)
class RunNotices:
    """Who is told what of the runs of a DAG.

    Args:
        title: of the campaign; empty: what the run's parameter `campaign` or its manifest says.
    """

    channels: tuple[Channel, ...] = ()
    title: str = ""
    _wanted: frozenset[Event] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for channel in self.channels:
            check_installed(channel)
        object.__setattr__(self, "_wanted", frozenset(e for channel in self.channels for e in channel.on))

    @classmethod
    def of_installation(cls, title: str = "", owners: Iterable[str] = ()) -> RunNotices:
        """As the environment says.

        Raises:
            ConfigurationError: it is wrong, or a provider is not installed.
        """
        owners = tuple(owners)
        channels = read_channels(os.environ.get(NOTIFY, ""), name=NOTIFY)
        addressed = tuple(channel.addressed(owners) for channel in channels)
        if any(channel.by == "email" and not channel.to for channel in addressed):
            raise ConfigurationError(f"{NOTIFY}: mail needs `to`, for no owner has an address")
        return cls(addressed, title)

    def notifiers(self, *events: Event) -> list[Any]:
        """A notifier of these events, if anybody wants to hear of one of them."""
        return [RunNotifier(self, *events)] if self._wanted & set(events) else []

    def tell(
        self,
        event: Event,
        ref: RunRef,
        *,
        occurrence: str = "",
        deadline: datetime | None = None,
        **facts: Any,
    ) -> None:
        """Tell every channel that wants to hear of it, and was not told yet. Raises nothing.

        Args:
            occurrence: tells this one from others of the same run; empty: the run's results do.
            facts: further attributes of the `Notice`.
        """
        wanted = [channel for channel in self.channels if event in channel.on]
        if not wanted:
            return
        run = ref.open()
        summary = _guarded(lambda: run.summary() if run else None, "its summary cannot be read")
        title = self.title or str(ref.params.get("campaign") or "") or (summary.campaign if summary else "")
        notice = Notice(
            event=event,
            campaign=title or ref.dag_id,
            dag_id=ref.dag_id,
            run_id=ref.run_id,
            key=occurrence or (summary.digest if summary else ""),
            summary=summary,
            deadline=deadline,
            **links(ref.dag_id, ref.run_id),
            **facts,
        )
        for channel in wanted:
            _tell_one(notice, channel, run)


class RunNotifier(BaseNotifier):
    """Airflow's notifier for the events of a run.

    With several events it is for the task that publishes, whose outcome says which of them it was.
    """

    def __init__(self, notices: RunNotices, *events: Event) -> None:
        super().__init__()
        self.notices, self.events = notices, events

    def render_template_fields(self, context: Context, jinja_env: Environment | None = None) -> None:
        """Nothing of it is a template."""

    def notify(self, context: Context) -> None:
        """Tell of the event that the context is of; raises nothing."""
        _guarded(lambda: self._tell(dict(context)), "notice not sent")

    def _tell(self, context: dict[str, Any]) -> None:
        ref = RunRef.of_context(context)
        if Event.PUBLISHED in self.events:
            self._tell_published(context, ref)
        elif Event.FAILED in self.events:
            # Airflow builds the context of the task that failed first, if it still knows it.
            task_id = getattr(context.get("ti"), "task_id", "")
            self.notices.tell(Event.FAILED, ref, occurrence=f"clear {ref.clears}", task_id=task_id)
        else:
            from operators.deadlines import deadline_of

            deadline = _guarded(
                lambda: deadline_of(ref, context["dag"].timetable), "the deadline is not known"
            )
            # While copy waits there are no results that would tell one asking from another.
            asked = _asked(context) if self.events[0] is Event.COPY_WAITING else ""
            self.notices.tell(self.events[0], ref, deadline=deadline, occurrence=asked)

    def _tell_published(self, context: dict[str, Any], ref: RunRef) -> None:
        outcome = context["ti"].xcom_pull(task_ids=PUBLISH_TASK) or {}
        release = outcome.get("release_id") or ""
        if not release:
            self.notices.tell(Event.NOTHING_PUBLISHED, ref)
        elif outcome.get("moved") or context["ti"].try_number > 1:
            # What was current before is no news; a try that died may have made it so.
            self.notices.tell(
                Event.PUBLISHED,
                ref,
                occurrence=release,
                release_id=release,
                images=int(outcome.get("images") or 0),
            )


def _asked(context: Mapping[str, Any]) -> str:
    """Digest of what a task asks about."""
    from operators.asking import ASKED

    ti = context["ti"]
    return str(ti.xcom_pull(task_ids=ti.task_id, key=ASKED) or "")


def links(dag_id: str, run_id: str) -> dict[str, Any]:
    """Absolute addresses of a run's pages; none where ``[api] base_url`` is not set."""
    from airflow.sdk.configuration import conf

    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    if not base:
        log.warning("notices have no links: set [api] base_url (AIRFLOW__API__BASE_URL)")
        return {}
    query = urlencode({"dag_id": dag_id, "run_id": run_id})
    return {
        "review_url": f"{base}/localizer/?{query}",
        "run_url": f"{base}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}",
    }


def _tell_one(notice: Notice, channel: Channel, run: Run | None) -> None:
    way = f"{notice.event} by {channel.by} ({channel.connection})"
    sent = run.notices() if run is not None else None
    if sent is not None and _guarded(lambda: sent.has(notice, channel), f"{way}: no record can be read"):
        log.info("%s: told before", way)
        return
    try:
        send(notice, channel, delivery=delivery_id(notice, channel))
    except Exception as error:  # noqa: BLE001 (of any provider; the run and the other channels go on)
        log.error("NOTICE NOT SENT: %s: %s", way, _told(error))
        return
    log.info("%s: told", way)
    if sent is not None:
        _guarded(lambda: sent.add(notice, channel), f"{way}: no record can be kept; a retry tells it again")


def _guarded(action: Callable[[], Any], problem: str) -> Any:
    """What an action returns; None, and an error in the log, if it raises."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001 (telling people may never harm a run)
        log.error("notices: %s (%s)", problem, _told(error))
        return None


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {one_line(str(error))[:500]}"
