"""A DAG for each campaign file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, Param

from localizer.campaigns import Campaign, Cron, campaign_files, is_template, load_campaign, tenant_named
from localizer.errors import CampaignError
from localizer.tenants import Reviewer, Tenant, installed_tenants
from operators.form import LOCATION, run_params
from operators.notices import RunNotices
from operators.pipeline import CAMPAIGN_PRIORITY, add_tasks, default_args
from operators.queues import CAMPAIGN_PREFIX
from operators.tenant_dags import tenant_dag

FestivalTimetable = Callable[..., Any]
"""The class of the plugin, which packages cannot import."""


def campaign_dags(
    folder: Path,
    festivals: FestivalTimetable,
    *,
    tenants: Sequence[Tenant | None] = (None,),
    only: str | None = None,
) -> tuple[list[DAG], list[str]]:
    """The DAGs of the good campaign files in a folder, and what is wrong with the others.

    Args:
        tenants: whose campaigns; see `operators.tenant_dags.tenants_here`.
        only: the id of the one DAG that is needed, as when a task of it is about to run.
    """
    by_name = {tenant.name if tenant else None: tenant for tenant in tenants}
    all_told = len(by_name) in {0, len(installed_tenants() or (None,))}
    dags, faults = [], []
    paths = campaign_files(folder)
    for path in paths:
        if only not in {None, CAMPAIGN_PREFIX + path.stem}:
            continue
        try:
            if path.suffix == ".yml" and path.with_suffix(".yaml") in paths:
                raise CampaignError(f"{path}: {path.stem}.yaml names the same DAG; remove or rename one")
            campaign = load_campaign(path)
            if campaign.tenant not in by_name:
                continue
            dag = campaign_dag(campaign, festivals, by_name[campaign.tenant])
            dag.validate()  # type: ignore[no-untyped-call]
            dag.params.validate()  # which Airflow does for scheduled DAGs only
        except CampaignError as error:
            # One tenant's import errors say nothing of another's files.
            if all_told or tenant_named(path) in by_name:
                faults.append(str(error))
        except Exception as error:  # noqa: BLE001 (of one campaign; it must not hide the others)
            faults.append(f"{path}: {type(error).__name__}: {error}")
        else:
            dags.append(dag)
    return dags, faults


def campaign_dag(campaign: Campaign, festivals: FestivalTimetable, tenant: Tenant | None = None) -> DAG:
    """The DAG of a campaign: the tasks of `localize_campaign`, with the file's values in its form."""
    timetable, notices = _timetable(campaign, festivals), _notices(campaign)
    reviewers = campaign.reviewers or (tenant.reviewers if tenant else ())
    four_eyes = campaign.four_eyes or (tenant is not None and tenant.four_eyes)
    with tenant_dag(
        tenant,
        CAMPAIGN_PREFIX + campaign.name,
        dag_display_name=campaign.title or campaign.name,
        schedule=timetable,
        catchup=False,
        # A file that was just put there must not begin to work, and to cost, before somebody says so.
        is_paused_upon_creation=campaign.schedule is not None or None,
        max_active_runs=campaign.max_active_runs,
        default_args=default_args(CAMPAIGN_PRIORITY) | {"owner": ", ".join(campaign.owners)},
        owner_links={owner: f"mailto:{owner}" for owner in campaign.owners if "@" in owner},
        params=run_params(_manifest(campaign), defaults=_defaults(campaign)),
        reviewers=reviewers,
        four_eyes=four_eyes,
        notices=notices,
        user_defined_macros={"festival_date": getattr(timetable, "festival_date", _no_festival)},
        # So that lists, booleans and empty values stay what they are on their way through templates.
        render_template_as_native_obj=True,
        tags=["localization", "campaign", *campaign.tags],
        doc_md=_doc(campaign, reviewers, four_eyes),
        auto_register=False,  # whoever asked decides: a file that only looks for faults must not own DAGs
    ) as dag:
        add_tasks(
            manifest=_or_template("manifest", campaign.manifest),
            campaign=_or_template("campaign", campaign.publish_as),
            usual_engine=campaign.engine.name,
            notices=notices,
            **{name: value for name in ("pool", "queue") if (value := getattr(campaign, name))},
        )
    return dag


def _timetable(campaign: Campaign, festivals: FestivalTimetable) -> Any:
    schedule = campaign.schedule
    if schedule is None:
        return None
    if isinstance(schedule, Cron):
        return CronTriggerTimetable(schedule.expression, timezone=schedule.timezone)
    return festivals(
        schedule.festival,
        schedule.lead,
        schedule.region,
        timezone=schedule.timezone,
        hour=schedule.hour,
        dates=None if schedule.dates is None else list(schedule.dates),
    )


def _notices(campaign: Campaign) -> RunNotices:
    title = campaign.title or campaign.name
    if campaign.notify is None:
        return RunNotices.of_installation(title, campaign.owners)
    return RunNotices(tuple(channel.addressed(campaign.owners) for channel in campaign.notify), title)


def _or_template(param: str, value: str) -> str:
    """A template for what the form says or, if it is empty, what the file's own template makes.

    Native templates read their outcome as a Python literal, so it is written as one: a campaign called 618
    is no number.
    """
    given = f"{{{{ (params.{param} or '') | tojson }}}}"
    return (
        f"{{% if params.{param} %}}{given}{{% else %}}'{value}'{{% endif %}}" if is_template(value) else given
    )


def _manifest(campaign: Campaign) -> Param:
    fixed = not is_template(campaign.manifest)
    hint = "" if fixed else f" Empty: `{campaign.manifest}`."
    return Param(
        campaign.manifest if fixed else None,
        type="string" if fixed else ["string", "null"],
        pattern=LOCATION,
        title="Manifest",
        description_md=f"What to edit: absolute path or gs:// of a table or a campaign document.{hint}",
    )


def _defaults(campaign: Campaign) -> dict[str, Any]:
    values = {
        "image_root": campaign.image_root,
        "locales": list(campaign.locales),
        "engine": campaign.engine.name,
        "engine_conn_id": campaign.engine.connection,
        "engine_parameters": dict(campaign.engine.parameters),
        "brand": campaign.brand,
        "copy_deck": campaign.copy_deck,
        "copy_approval": campaign.copy.ask,
        "translator_conn_id": campaign.copy.translator_connection,
        "approval": campaign.approval,
        "campaign": None if is_template(campaign.publish_as) else campaign.publish_as,
        "publish_uri": campaign.publish_to,
        "workspace": campaign.workspace,
        "gcp_conn_id": campaign.google_connection,
        "deadline": campaign.deadline,
        "c2pa_conn_id": campaign.provenance.signing_connection,
    }
    return {name: value for name, value in values.items() if value is not None}


def _no_festival(dag_run: Any) -> str:
    raise CampaignError("festival_date is for campaigns whose schedule has a festival or dates")


def _doc(campaign: Campaign, reviewers: Sequence[Reviewer], four_eyes: bool) -> str:
    facts = {
        "file": f"`{campaign.path.name}`",
        "manifest": f"`{campaign.manifest}`",
        "locales": ", ".join(campaign.locales) or "all of the manifest",
        "approval": campaign.approval + (", not by who triggered the run" if four_eyes else ""),
        "reviewers": ", ".join(reviewer.name for reviewer in reviewers) or "whoever may edit this DAG",
        "published as": f"`{campaign.publish_as}`",
        "owners": ", ".join(campaign.owners),
    }
    rows = "\n".join(f"| {name} | {value} |" for name, value in facts.items())
    return f"### {campaign.title or campaign.name}\n\n{campaign.description}\n\n| | |\n|---|---|\n{rows}\n"
