"""Have one image of a run done again, with other copy or by another engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from localizer.display import one_line
from localizer.errors import InputError
from operators.base import LocalizerOperator
from operators.edit import requested_by
from operators.metrics import time_edit
from operators.tenants import keep_to_tenant

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.redo.means import Means
    from localizer.runs import Run


class RedoImageOperator(LocalizerOperator):
    """Do one image of a run again and put the new one in the place of the old; see `localizer.redo.redoing`.

    Merges the run's results and writes its report again. A retry goes on where the try before was; the engine
    is never asked twice for the same. What cannot be done (an unknown item, copy that no manifest row could
    have, an image that somebody else is having done again) fails at once and changes nothing.

    The new image has no approval, whatever was decided on the old one. Returns ``{"asset_id", "locale",
    "job", "status", "reason", "engine", "cached", "was_reviewed", "to_keep", "report"}``.

    Args:
        item: ``{"asset_id", "locale", "job"}``; `job` is the key of the image that the person saw and may be
            empty.
        replacements: for each edit the text to set, or null; none at all: the copy stays.
        engine: name; None means the run's.
        engine_conn_id: connection of the service that it calls; None means the run's if the engine is, else
            ``localizer_<engine>`` for an engine that calls one.
        engine_parameters: keyword arguments; none means the run's if the engine is.
        comment: why, for the record.
    """

    template_fields: Sequence[str] = (
        *LocalizerOperator.template_fields,
        "item",
        "replacements",
        "engine",
        "engine_conn_id",
        "engine_parameters",
        "comment",
    )
    ui_color = "#fde9c9"

    def __init__(
        self,
        *,
        item: Mapping[str, Any] | str,
        replacements: Sequence[str | None] | str | None = None,
        engine: str | None = None,
        engine_conn_id: str | None = None,
        engine_parameters: Mapping[str, Any] | str | None = None,
        comment: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.item = item
        self.replacements = replacements
        self.engine = engine
        self.engine_conn_id = engine_conn_id
        self.engine_parameters = engine_parameters
        self.comment = comment

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.redo.redoing import redo, report_again
        from localizer.redo.wish import Wish
        from localizer.remote.access import use_access
        from operators.hooks.engines import engine_settings
        from operators.hooks.gcs import application_default_credentials

        workspace = self.open_workspace()
        run = workspace.run(self.run_name)
        means = self._means(run)
        # What the run was planned with, or what is usual, was no parameter of this task.
        keep_to_tenant(
            context["dag"].tags, {"engine_conn_id": means.engine_conn_id or None, "brand": means.brand}
        )
        # As in planning, so that the keys are: what decides pixels in the connection is a parameter.
        parameters, access = engine_settings(means.engine, means.engine_conn_id, means.engine_parameters)
        item = _item(self.item)
        wish = Wish(
            id=context["dag_run"].run_id,
            by=requested_by(context),
            asset_id=item["asset_id"],
            locale=item["locale"],
            seen=item["job"],
            replacements=_replacements(self.replacements),
            why=str(self.comment or ""),
        )
        on_gcs = self.workspace.startswith("gs://")
        with (
            application_default_credentials(self.gcp_conn_id if on_gcs else None),
            use_access(means.engine, access),
        ):
            redone = redo(
                wish,
                workspace=workspace,
                run=run,
                means=replace(means, engine_parameters=parameters),
                on_wait=self._tell_wait,
            )
        time_edit(redone.result, context["ti"].dag_id)
        for line in (redone.message, *redone.to_keep):
            self.log.info("%s", one_line(line))
        result = redone.result
        return {
            "asset_id": result.asset_id,
            "locale": result.locale,
            "job": result.job,
            "status": str(result.status),
            "reason": result.reason,
            "engine": result.engine,
            "cached": result.cached,
            "was_reviewed": redone.was_reviewed,
            "to_keep": list(redone.to_keep),
            "report": report_again(workspace, run) if run.is_merged() else "",
        }

    def _means(self, run: Run) -> Means:
        from localizer.redo.means import Means
        from operators.hooks.engines import HOOKS, own_parameters

        with run.plan() as plan:
            means = Means.chosen(
                plan.made_with,
                engine=self.engine,
                engine_parameters=own_parameters(self.engine_parameters),
                engine_conn_id=self.engine_conn_id,
            )
        if not means.engine_conn_id and means.engine in HOOKS:
            return replace(means, engine_conn_id=HOOKS[means.engine].conn_type)
        return means

    def _tell_wait(self, holder: str) -> None:
        self.log.info("an earlier try of this redo, %s, still goes on; waiting for it", holder)


def _item(value: Mapping[str, Any] | str) -> dict[str, str]:
    """What `item` names.

    Raises:
        InputError: it is not of that form.
    """
    names = ("asset_id", "locale", "job")
    if not isinstance(value, Mapping) or not set(value) <= set(names):
        raise InputError(f"item: {value!r} must be an object of {', '.join(names)}")
    found = {name: value.get(name) or "" for name in names}
    if (
        not all(isinstance(text, str) for text in found.values())
        or not found["asset_id"]
        or not found["locale"]
    ):
        raise InputError("item: asset_id and locale must be given, as text")
    return found


def _replacements(value: Sequence[str | None] | str | None) -> tuple[str | None, ...]:
    if value in (None, ""):
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InputError("replacements must be a list, with the text to set, or null, for each edit")
    if not all(text is None or isinstance(text, str) for text in value):
        raise InputError("replacements: each must be text, or null where the copy stays")
    return tuple(value)
