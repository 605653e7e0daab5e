"""The page of a plan: what would be done, how long it would take and what it would cost."""

from __future__ import annotations

from pathlib import Path

from localizer.estimates.model import Estimate
from localizer.estimates.words import cost_short, facts, headline, time_short
from localizer.report.copy_section import COPY_DECK, CopySection
from localizer.report.templates import templates
from localizer.report.wording import locale_name
from localizer.runs.merging import local_disk

_LOCALES = 200


def render_plan(
    path: Path,
    estimate: Estimate,
    *,
    run_id: str,
    dry_run: bool = False,
    copy: CopySection | None = None,
) -> None:
    """Write one HTML page that needs nothing else, no script included.

    Args:
        path: local file to write.
        dry_run: say that nothing was edited.
        copy: where the words come from; None where nobody prepared them.
    """
    locales = list(estimate.locales.items())
    stream = (
        templates()
        .get_template("plan.html.jinja")
        .stream(
            estimate=estimate,
            total=estimate.total,
            run_id=run_id,
            dry_run=dry_run,
            copy=copy,
            copy_deck=COPY_DECK,
            headline=headline(estimate),
            facts=list(facts(estimate)),
            time=time_short(estimate),
            cost=cost_short(estimate),
            locales=locales[:_LOCALES],
            more_locales=max(0, len(locales) - _LOCALES),
            locale_name=locale_name,
            made_at=estimate.made_at[:16].replace("T", " ") + " UTC",
        )
    )
    with local_disk(), path.open("wb") as file:
        stream.dump(file, encoding="utf-8")
