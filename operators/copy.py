"""Prepare the copy of a run, before any of its images is touched."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from operators.checking import Faults, as_bool, form_titles
from operators.metrics import count_copy
from operators.opening import ManifestOperator
from operators.shards import PROCESSES
from operators.tenants import reading_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from localizer.copy.prepared import PreparedCopy


class PrepareCopyOperator(ManifestOperator):
    """Find what has to be said in each target locale, and who says it; see `localizer.copy.preparing`.

    Images all of whose text is to be translated are read, once for all runs of a workspace. Each string gets
    its copy from the deck, from what a person approved earlier, or as a draft from the translators that the
    brand kit names; all strings of a run are translated here, in batches, and each draft is kept as it comes,
    so that a retry pays for none of them again. A service that is down is asked again by the task's retries;
    after the last, the images that need nothing of it go on, and the others wait. Without a translator
    nothing is made up: what is missing stands in a deck to fill in.

    This task is the first of a run: all that is wrong with what the run was given is told in one error.
    Returns `localizer.copy.prepared.PreparedCopy` as a mapping; skipped, with the whole run, where a manifest
    that need not exist does not.

    Args:
        plan_only: a dry run: ask no translator, say what it would be asked.
        translator_conn_id: connections of services that draft copy, several by commas; None: none is needed.
        workers: processes that read images.
    """

    template_fields: Sequence[str] = (*ManifestOperator.template_fields, "translator_conn_id", "workers")
    ui_color = "#e6dff5"

    def __init__(
        self, *, translator_conn_id: str | None = None, workers: int | str = PROCESSES, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.translator_conn_id = translator_conn_id
        self.workers = workers

    def execute(self, context: Context) -> dict[str, Any]:
        from localizer.errors import ManifestNotFound

        missing_ok = as_bool(self.missing_ok, field="missing_ok")
        dry_run = as_bool(self.plan_only, field="plan_only")
        try:
            with reading_of(context["dag"].tags), ExitStack() as stack:
                faults, ti = Faults(form_titles(context)), context["ti"]
                prepared = self._prepare(
                    stack, faults, missing_ok, dry_run=dry_run, last_try=ti.try_number > ti.max_tries
                )
        except ManifestNotFound as error:
            raise AirflowSkipException(f"nothing to do: {error}") from None
        self._tell(prepared)
        if not dry_run:
            count_copy(prepared.counts, prepared.cost, context["ti"].dag_id)
        return prepared.to_dict()

    def check_further(self, stack: ExitStack, faults: Faults) -> None:
        """Whether the translators' connections can be used; they are lent until the stack is closed."""
        if not self.translator_conn_id:
            return
        from operators.hooks.translators import lend_translators

        with faults.of("translator_conn_id"):
            stack.enter_context(lend_translators(self.translator_conn_id))

    def _prepare(
        self, stack: ExitStack, faults: Faults, missing_ok: bool, *, dry_run: bool, last_try: bool
    ) -> PreparedCopy:
        from localizer.copy.preparing import prepare_copy

        ready = self.opened(stack, faults, missing_ok=missing_ok)
        workspace = self.open_workspace()
        return prepare_copy(
            ready.manifest,
            workspace=workspace,
            run=workspace.run(self.run_name),
            brand=ready.brand,
            image_root=self.image_root or None,
            locales=ready.locales,
            workers=int(self.workers),
            dry_run=dry_run,
            last_try=last_try,
        )

    def _tell(self, prepared: PreparedCopy) -> None:
        from localizer.copy.text import as_lines

        for line in as_lines(prepared):
            self.log.info("%s", line)
        if prepared.to_fill:
            self.log.info("what is not approved, as a deck to fill in: %s", prepared.to_fill)
