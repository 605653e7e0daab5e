"""Keep the result cache of a workspace within its budget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowSkipException

from operators.base import LocalizerOperator
from operators.checking import as_bool

if TYPE_CHECKING:
    from airflow.sdk import Context


class EvictResultsOperator(LocalizerOperator):
    """Evict results that were not used for longest; see `localizer.cache.eviction`.

    What an unfinished run, a review or a publish still needs stays. It may run beside other DAGs. Skips
    where neither a budget nor an age is given. Returns ``{"results", "bytes", "left_bytes"}``.

    Args:
        budget: evict until the results take no more, such as ``200GB``; empty: no limit.
        older_than: only what was not used for so long, such as ``30d``; empty: any.
        check_only: only say what would go.
    """

    template_fields: Sequence[str] = (
        *LocalizerOperator.template_fields,
        "budget",
        "older_than",
        "check_only",
    )
    ui_color = "#e8e4da"

    def __init__(
        self, *, budget: str = "", older_than: str = "", check_only: bool | str = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.budget = budget
        self.older_than = older_than
        self.check_only = check_only

    def execute(self, context: Context) -> dict[str, int]:
        from localizer.cache.command import describe, parse_age, parse_size
        from localizer.cache.eviction import Cache

        # Templates may give a plain number as a number.
        budget = parse_size(str(self.budget)) if self.budget else None
        older_than = parse_age(str(self.older_than)) if self.older_than else None
        if budget is None and older_than is None:
            raise AirflowSkipException("neither a budget nor an age is given: everything may stay")
        with Cache(self.open_workspace()) as cache:
            for line in describe(cache.state(), budget).splitlines():
                self.log.info("%s", line)
            gone = cache.choose(budget=budget, older_than=older_than)
            if as_bool(self.check_only, field="check_only"):
                self.log.info("check only: %d results (%d bytes) would go", gone.results, gone.size)
            else:
                gone = cache.evict()
                self.log.info("%d results (%d bytes) went", gone.results, gone.size)
            return {
                "results": gone.results,
                "bytes": gone.size,
                "left_bytes": cache.state().whole.size,
            }
