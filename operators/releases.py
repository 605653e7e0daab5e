"""Take a release back, look whether what is published is whole, and remove old releases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.exceptions import HITLTimeoutError
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from localizer.display import markdown, one_line
from localizer.errors import InputError, ReleaseError
from localizer.times import iso_utc
from operators.base import KeptToTenant, gcs_client
from operators.checking import as_bool
from operators.publish import RELEASES, announce
from operators.retries import RETRY_POLICY

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.storage import Storage

TAKE_BACK, LEAVE = "Take it back", "Leave it"


class ReleasesOperator(KeptToTenant, BaseOperator):
    """Base of the operators that work on what is published.

    Args:
        publish_uri: path or ``gs://bucket/prefix`` below which campaigns are published.
        gcp_conn_id: connection of type ``google_cloud_platform``; None means Application Default Credentials.
    """

    template_fields: Sequence[str] = ("publish_uri", "gcp_conn_id")
    ui_color = "#d9f0dd"

    def __init__(self, *, publish_uri: str, gcp_conn_id: str | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("retry_policy", RETRY_POLICY)
        super().__init__(**kwargs)
        self.publish_uri = publish_uri
        self.gcp_conn_id = gcp_conn_id

    def open_target(self) -> Storage:
        from localizer.storage import open_storage

        return open_storage(self.publish_uri, client=gcs_client(self.publish_uri, self.gcp_conn_id))


class ProposeRollbackOperator(ReleasesOperator):
    """Work out what taking a release back would change. Writes nothing.

    Returns `localizer.release.changes.Proposal.to_dict`: small, whatever the size of the releases.

    Args:
        campaign: folder below `publish_uri`.
        release_id: what to go back to; empty: the one before the current one.
        leaving: what is to be taken back, see `localizer.release.changes.propose`.
    """

    template_fields: Sequence[str] = (*ReleasesOperator.template_fields, "campaign", "release_id", "leaving")

    def __init__(self, *, campaign: str, release_id: str = "", leaving: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.campaign = campaign
        self.release_id = release_id
        self.leaving = leaving

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.release.changes import propose

        proposal = propose(
            self.open_target(),
            str(self.campaign),
            str(self.release_id or ""),
            leaving=str(self.leaving or ""),
        )
        self.log.info("%s", proposal.headline)
        return proposal.to_dict()


class ConfirmRollbackOperator(HITLOperator):
    """Ask a person whether a proposed rollback shall be done, under *Required actions*.

    A no is an answer too, and so no failure: whoever comes after looks at what this returns,
    ``{"confirmed", "by", "at"}``. If nobody answers in time, it fails and nothing moves.

    Do not give this task ``retries=0``: an answer that comes at the very moment of asking may be lost, and is
    asked for again.

    Args:
        proposal: what `ProposeRollbackOperator` returned.
        reason: why, in the words of who asked for it; shown.
        response_timeout: how long to wait for the person.
    """

    template_fields: Sequence[str] = ("proposal", "reason")
    ui_color = "#f6d5e5"

    def __init__(
        self,
        *,
        proposal: Any,
        reason: str = "",
        response_timeout: timedelta | None = timedelta(hours=12),
        **kwargs: Any,
    ) -> None:
        kwargs.pop("params", None)  # Airflow hands the DAG's down; there is no form here
        super().__init__(
            subject="Take a release back?",
            options=[TAKE_BACK, LEAVE],
            response_timeout=response_timeout,
            **kwargs,
        )
        self.proposal = proposal
        self.reason = reason

    def execute(self, context: Context) -> dict[str, Any]:
        self.subject = f"{self.proposal['headline']}?"
        self.body = f"Why: {markdown(str(self.reason or ''), most=1000)}\n\n{self.proposal['body']}"
        return dict(super().execute(context) or {})  # parks the task; `execute_complete` goes on

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        try:
            said = super().execute_complete(context, event)
        except HITLTimeoutError:
            raise AirflowFailException(
                f"nobody answered within {self.response_timeout}; nothing was moved"
            ) from None
        user = said["responded_by_user"] or {}
        by = str(user.get("name") or user.get("id") or "")
        at = iso_utc(said["responded_at"])
        confirmed = said["chosen_options"] == [TAKE_BACK]
        self.log.info("%s said: %s", one_line(by), ", ".join(said["chosen_options"]))
        return {"confirmed": confirmed, "by": by, "at": at}


class RollBackOperator(ReleasesOperator):
    """Move the pointer as it was proposed and confirmed, and nothing else.

    Refuses if the pointer was moved since the proposal was made: then the person agreed to something else.
    A try that died after the move is known by the DAG run that stands in the pointer, and only completed.
    The release that became current is announced as a published one is.

    Returns ``{"release_id", "campaign", "moved", "previous", "by"}``; skips where the answer was no.

    Args:
        proposal: what `ProposeRollbackOperator` returned.
        confirmation: what `ConfirmRollbackOperator` returned.
        reason: kept in the history.
    """

    template_fields: Sequence[str] = (
        *ReleasesOperator.template_fields,
        "proposal",
        "confirmation",
        "reason",
    )

    def __init__(self, *, proposal: Any, confirmation: Any, reason: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("outlets", [RELEASES])
        super().__init__(**kwargs)
        self.proposal = proposal
        self.confirmation = confirmation
        self.reason = reason

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.release.changes import shown_pointer
        from localizer.release.pointer import Mover, roll_back

        answer: Mapping[str, Any] = self.confirmation or {}
        by = str(answer.get("by") or "")
        if not by:
            raise AirflowFailException("Airflow does not know who answered; nothing was moved")
        if not answer.get("confirmed"):
            raise AirflowSkipException(f"{one_line(by)} said no; nothing was moved")
        shown, release_id = shown_pointer(self.proposal), str(self.proposal["release_id"])
        run = context["dag_run"]
        mover = Mover(
            by,
            "rollback",
            reason=str(self.reason or ""),
            requested_by=str(run.triggering_user_name or ""),
            via=f"{run.dag_id}/{run.run_id}",
        )
        storage = self.open_target()
        pointer, moved = roll_back(storage, shown.campaign, release_id, mover, shown=shown)
        if moved:
            self.log.info("%s took %s back to %s", one_line(by), shown.campaign, release_id)
            announce(
                context,
                self.outlets,
                campaign=shown.campaign,
                release_id=release_id,
                release_uri=storage.uri_of(f"{shown.campaign}/releases/{release_id}"),
                previous=pointer.previous,
                action="rollback",
            )
        else:
            self.log.info("%s is current already, since %s", release_id, pointer.moved_at)
        return {
            "release_id": release_id,
            "campaign": shown.campaign,
            "moved": moved,
            "previous": pointer.previous or "",
            "by": pointer.moved_by,
        }


class VerifyReleasesOperator(ReleasesOperator):
    """Read every published image and compare its size, CRC32C and SHA-256 with what was recorded.

    Says in a table what is missing, altered or does not belong, and fails if anything is. Returns counts,
    the faulty releases only by number: a row for each stands in the log.

    Args:
        campaign: empty: all that are published there.
        release: ``current``, ``all``, or the id of a release.
    """

    template_fields: Sequence[str] = (*ReleasesOperator.template_fields, "campaign", "release")

    def __init__(self, *, campaign: str = "", release: str = "current", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.campaign = campaign
        self.release = release

    def execute(self, context: Context) -> dict[str, int]:
        from localizer.release.inspection import inspect, table

        releases = objects = size = 0
        faulty = []
        for found in inspect(self.open_target(), str(self.campaign or ""), str(self.release or "current")):
            releases, objects, size = releases + 1, objects + found.objects, size + found.size
            self.log.info(
                "%s %s: %d images, %s",
                found.campaign,
                found.release_id,
                found.objects,
                _state(found.is_whole),
            )
            if not found.is_whole:
                faulty.append(found)
        if faulty:
            rows = table(faulty)
            for line in rows.split("\n"):
                self.log.error("%s", line)
            raise ReleaseError(f"{len(faulty)} of {releases} releases are not as they were published\n{rows}")
        return {"releases": releases, "objects": objects, "bytes": size}


class PruneReleasesOperator(ReleasesOperator):
    """Remove releases that nobody needs any more; see `localizer.release.retention`.

    Returns ``{"releases", "objects", "bytes", "kept"}``.

    Args:
        campaign: empty: all that are published there.
        keep: so many of the newest stay, and so many on the way back from the current one.
        keep_for: what was current or made so recently stays, such as ``90d``.
        pinned: ids of releases that stay.
        check_only: only say what would go.
    """

    template_fields: Sequence[str] = (
        *ReleasesOperator.template_fields,
        "campaign",
        "keep",
        "keep_for",
        "pinned",
        "check_only",
    )

    def __init__(
        self,
        *,
        campaign: str = "",
        keep: int | str = 10,
        keep_for: str = "90d",
        pinned: Sequence[str] | str | None = None,
        check_only: bool | str = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.campaign = campaign
        self.keep = keep
        self.keep_for = keep_for
        self.pinned = pinned
        self.check_only = check_only

    def execute(self, context: Context) -> dict[str, int]:
        from localizer.release.command import check_pins, describe, parse_keep
        from localizer.release.listing import each_campaign
        from localizer.release.retention import prune

        storage = self.open_target()
        pinned = self.pinned or []
        if isinstance(pinned, str):
            raise InputError(f"pinned: {pinned!r} is not a list of release ids")
        policy = parse_keep(int(self.keep), str(self.keep_for), [str(each) for each in pinned])
        campaigns = [str(self.campaign)] if self.campaign else list(each_campaign(storage))
        check_pins(storage, campaigns, policy.pinned)
        check_only = as_bool(self.check_only, field="check_only")
        run = context["dag_run"]
        total = {"releases": 0, "objects": 0, "bytes": 0, "kept": 0}
        for campaign in campaigns:
            pruned = prune(storage, campaign, policy, by=f"{run.dag_id}/{run.run_id}", dry_run=check_only)
            self.log.info("%s", describe(pruned))
            total["releases"] += len(pruned.releases)
            total["objects"] += pruned.objects
            total["bytes"] += pruned.size
            total["kept"] += pruned.kept
        return total


def _state(is_whole: bool) -> str:
    return "whole" if is_whole else "NOT as they were published"
