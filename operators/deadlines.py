"""Deadlines of runs, as Airflow's deadline alerts: close, and missed.

The scheduler asks `RunDeadline` when a run is made, and has the triggerer call `tell` when the moment has
come and the run has not ended by then.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import BaseDeadlineReference, DeadlineAlert

from localizer.campaigns.deadlines import CLOSE, close_at, parse_deadline
from localizer.errors import CampaignError, ConfigurationError, InputError
from localizer.notices import Event, channels_of
from operators.notices import RunNotices, RunRef

if TYPE_CHECKING:
    from airflow.sdk import Context, Param
    from sqlalchemy.orm import Session

log = logging.getLogger(__name__)

DEADLINE = "LOCALIZER_DEADLINE"
"""Environment variable: the deadline of runs whose campaign file or parameters name none, such as ``3d``."""


def usual_deadline() -> str | None:
    """As the environment says.

    Raises:
        ConfigurationError: it is no deadline.
    """
    text = os.environ.get(DEADLINE) or None
    if text is not None:
        try:
            parse_deadline(text)
        except CampaignError as error:
            raise ConfigurationError(f"{DEADLINE}: {error}") from None
    return text


@dataclass(eq=False)  # equal where what is written of them is
class RunDeadline(BaseDeadlineReference):
    """When the deadline of a run is close, or missed.

    Backfills have no deadline, and one that is over when the run starts was never close. Airflow knows this
    class by the plugin `festival_timetable`.

    Args:
        usual: the deadline of runs that are started without the parameter `deadline`.
        close: the moment at which it is close.
    """

    usual: str | None = None
    close: bool = False

    required_kwargs = frozenset({"dag_id", "run_id"})

    def serialize_reference(self) -> dict[str, Any]:
        return {**super().serialize_reference(), "usual": self.usual, "close": self.close}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> RunDeadline:
        return cls(reference_data.get("usual"), bool(reference_data.get("close")))

    def _evaluate_with(self, *, session: Session, dag_id: str, run_id: str) -> datetime | None:
        """In the scheduler or the API server, which must not fail for a deadline."""
        from airflow.models.dagrun import DagRun
        from airflow.models.serialized_dag import SerializedDagModel
        from sqlalchemy import select

        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        if run is None or run.run_type == "backfill":
            return None
        start = run.logical_date or run.run_after
        ref = RunRef(
            dag_id,
            run_id,
            {"deadline": self.usual, **(run.conf or {})},
            start=start,
            festival=run.data_interval_end,
        )
        dag = SerializedDagModel.get_dag(dag_id, session=session) if ref.festival is None else None
        try:
            moment = deadline_of(ref, dag.timetable if dag else None)
        except InputError as error:
            log.error("%s of %s has no deadline: %s", run_id, dag_id, error)
            return None
        if moment is None:
            return None
        return close_at(start, moment) if self.close else moment


class DeadlineDag(DAG):
    """A DAG whose deadlines do not come in the way of `airflow dags test`.

    There, Airflow 3.3.2 has the alerts themselves where it looks for their IDs, and fails in the end.
    """

    def test(self, *args: Any, **kwargs: Any) -> Any:
        """Run it once, without deadlines, which have no scheduler to see to them."""
        deadlines, self.deadline = self.deadline, None
        try:
            return super().test(*args, **kwargs)
        finally:
            self.deadline = deadlines


def deadline_of(ref: RunRef, timetable: Any = None) -> datetime | None:
    """Until when the images of a run must be published; None if that is not said.

    Args:
        timetable: of its DAG; knows the festival of a run that was triggered without a date.

    Raises:
        InputError: the deadline of the run cannot be read.
    """
    text = ref.params.get("deadline")
    if not text or ref.start is None:
        return None
    deadline, festival = parse_deadline(str(text)), ref.festival
    if deadline.before_festival and festival is None and hasattr(timetable, "festival_date"):
        import pendulum

        festival = timetable.infer_manual_data_interval(run_after=pendulum.instance(ref.start)).end
    return deadline.at(ref.start, festival)


def time_to_answer(context: Context, usual: timedelta | None) -> timedelta | None:
    """How long a person has to answer: until the run's deadline.

    Args:
        usual: where there is no deadline, or it is over already.

    Raises:
        InputError: the deadline of the run cannot be read.
    """
    deadline = deadline_of(RunRef.of_context(dict(context)), context["dag"].timetable)
    left = deadline - datetime.now(UTC) if deadline else None
    return left if left and left > timedelta(0) else usual


def deadline_alerts(
    notices: RunNotices, params: Mapping[str, Param], tags: Sequence[str]
) -> list[DeadlineAlert]:
    """For a DAG: its alerts; where a run has no deadline they are never due.

    Args:
        params: of the DAG; what they say holds where a run says nothing else.
        tags: of the DAG, which say whose it is.
    """
    usual = params["deadline"].value
    alerts = []
    for event in (Event.DEADLINE_CLOSE, Event.DEADLINE_MISSED):
        kwargs = {
            "event": str(event),
            "title": notices.title,
            "channels": [channel.to_dict() for channel in notices.channels],
            "defaults": {name: params[name].value for name in ("workspace", "gcp_conn_id", "campaign")},
            "tags": list(tags),
        }
        alerts.append(
            DeadlineAlert(
                reference=RunDeadline(usual, close=event is Event.DEADLINE_CLOSE),
                interval=timedelta(0),
                callback=AsyncCallback(tell, kwargs),
                name=str(event),
            )
        )
    return alerts


async def tell(
    *,
    event: str,
    title: str,
    channels: list[dict[str, Any]],
    defaults: dict[str, Any],
    tags: list[str],
    context: Mapping[str, Any],
) -> None:
    """What the triggerer does when a deadline is close or missed.

    Args:
        context: the run as the REST API shows it, and the deadline.
    """
    # Storage, SMTP and connections block; other triggers must not wait for them.
    await asyncio.to_thread(_tell, event, title, channels, defaults, tags, context)


def _tell(
    event: str,
    title: str,
    channels: list[dict[str, Any]],
    defaults: dict[str, Any],
    tags: list[str],
    context: Mapping[str, Any],
) -> None:
    run = context["dag_run"]
    if run["state"] not in {"queued", "running"}:
        # A run that failed keeps its deadlines; people were told of the failure.
        log.info(
            "%s %s is %s; nobody is told of its deadline", run["dag_id"], run["dag_run_id"], run["state"]
        )
        return
    due = context["deadline"]["deadline_time"]
    moment = due if isinstance(due, datetime) else datetime.fromisoformat(str(due))
    ref = RunRef(
        dag_id=run["dag_id"],
        run_id=run["dag_run_id"],
        params={**defaults, **(run["conf"] or {})},
        start=_moment(run["logical_date"] or run["run_after"]),
        festival=_moment(run["data_interval_end"]),
        tags=tuple(tags),
    )
    news = Event(event)
    # The alert that it is close has a moment of its own; what matters to people is the end.
    end = _end_of(ref, moment) if news is Event.DEADLINE_CLOSE else moment
    RunNotices(channels_of(channels), title).tell(news, ref, occurrence=moment.isoformat(), deadline=end)


def _end_of(ref: RunRef, close: datetime) -> datetime:
    """The deadline that is close: as far from the alert as its share of the time says."""
    return close if ref.start is None else ref.start + (close - ref.start) / CLOSE


def _moment(value: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
