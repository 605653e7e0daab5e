"""Read campaign files; whatever is wrong is told with file, line and field."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from localizer.campaigns.deadlines import parse_deadline
from localizer.campaigns.model import (
    Campaign,
    Copy,
    Cron,
    Engine,
    Provenance,
    Schedule,
    ToFestival,
    is_template,
)
from localizer.campaigns.tenancy import tenancy_faults
from localizer.documents import did_you_mean, schema_faults
from localizer.engines.registry import engine_names
from localizer.errors import CampaignError, FestivalError
from localizer.festivals import custom_festival, festival_named, parse_lead, region_named, zone_named
from localizer.locales import normalise_locale
from localizer.notices.model import channels_of
from localizer.remote.access import looks_like_credential
from localizer.strict_yaml import Fault, beside, beside_each, read_mapping, told
from localizer.tenants import Reviewer

# No two underscores together and none at the end: `a` run as `b__1` would write where `a__b` run as `1` does.
_NAME = re.compile(r"(?!.*__)(?!.*_$)[a-z0-9][a-z0-9_-]{0,79}")


def campaign_files(folder: Path) -> list[Path]:
    """The campaign files of a folder, by name."""
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def load_campaign(path: Path) -> Campaign:
    """Read one campaign file.

    Relative paths in it start at its folder.

    Raises:
        CampaignError: it cannot be read or used; a line for each fault, with file, line and field.
    """
    content, lines = read_mapping(
        path, error=CampaignError, what="campaign file", such_as="manifest: manifest.csv"
    )
    if faults := told(path, _faults(path, content), lines):
        raise CampaignError(faults)
    return _campaign(path, content)


def tenant_named(path: Path) -> str | None:
    """The tenant that a file names, which may be wrong otherwise; None if none can be made out."""
    with suppress(CampaignError):
        name = read_mapping(path, error=CampaignError, what="campaign file", such_as="tenant: acme")[0].get(
            "tenant"
        )
        return name if isinstance(name, str) else None
    return None


def _faults(path: Path, content: dict[str, Any]) -> Iterator[Fault]:
    if not _NAME.fullmatch(path.stem):
        yield (), f"the file's name names the DAG: use a-z, 0-9, - and single _ only, not {path.stem!r}"
    schedule = content.get("schedule")
    if isinstance(schedule, dict):
        _normalise_festival(schedule)
        # First, so that a misspelled festival is not answered with the list of all.
        wrong = list(_schedule_faults(schedule))
        yield from wrong
        skip = {field for field, _ in wrong}
    else:
        skip = set()
    found = list(schema_faults("localizer.campaigns", "campaign_file.schema.json", content))
    yield from (fault for fault in found if fault[0] not in skip)
    if not found:
        yield from _field_faults(content)
        yield from tenancy_faults(path, content)


def _normalise_festival(schedule: dict[str, Any]) -> None:
    name = schedule.get("festival")
    if isinstance(name, int | float) and not isinstance(name, bool):
        name = str(name)  # 618 and 11.11 are festivals too
    if isinstance(name, str):
        with suppress(FestivalError):  # _schedule_faults tells of it
            name = festival_named(name).id
        schedule["festival"] = name


def _schedule_faults(schedule: dict[str, Any]) -> Iterator[Fault]:
    kinds = [kind for kind in ("cron", "festival", "dates") if kind in schedule]
    if len(kinds) != 1:
        given = " and ".join(kinds) or "none of them"
        yield ("schedule",), f"must have one of cron, festival or dates (this has {given}), or be: manual"
        return
    (kind,) = kinds
    if kind == "cron":
        yield from _check("cron", _cron, schedule)
        for field in {"lead", "region", "hour", "name"} & set(schedule):
            yield ("schedule", field), "does not go with cron, whose expression says it all; remove it"
    else:
        for field in ("lead", "region", *(("name",) if kind == "dates" else ())):
            if field not in schedule:
                yield ("schedule",), f"{kind} needs {field} too, such as {_EXAMPLES[field]}"
        yield from _check("lead", parse_lead, schedule)
        yield from _check("region", region_named, schedule)
        if kind == "festival":
            yield from _check("festival", festival_named, schedule)
            yield from _in_region(schedule)
            if "name" in schedule:
                yield ("schedule", "name"), "goes with dates only; the festival has its name"
        elif isinstance(schedule["dates"], list) and all(isinstance(day, str) for day in schedule["dates"]):
            yield from _check("dates", lambda days: custom_festival("x", days, "CN"), schedule)
    yield from _check("timezone", zone_named, schedule)


_EXAMPLES = {"lead": "14d", "region": "CN", "name": "Brand birthday"}


def _check(field: str, use: Callable[[Any], Any], schedule: Mapping[str, Any]) -> Iterator[Fault]:
    value = schedule.get(field)
    if isinstance(value, str | list):
        try:
            use(value)
        except (FestivalError, ValueError) as error:
            yield ("schedule", field), str(error)


def _in_region(schedule: Mapping[str, Any]) -> Iterator[Fault]:
    try:
        festival_named(str(schedule["festival"])).rule_in(region_named(str(schedule["region"])).code)
    except KeyError:
        return
    except FestivalError as error:
        if "is not known in" in str(error):
            yield ("schedule", "region"), str(error)


def _cron(expression: str) -> None:
    from croniter import croniter

    preset = expression.startswith("@")
    if (not preset and len(expression.split()) != 5) or not croniter.is_valid(expression):
        raise ValueError(
            f"{expression!r} is not a cron expression of five fields (minute hour day month weekday), "
            "such as '0 9 * * MON'"
        )


def _field_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    """What a schema cannot say."""
    for index, tag in enumerate(content.get("locales", ())):
        try:
            normalise_locale(tag)
        except ValueError as error:
            yield ("locales", index), str(error)
    for field in (("manifest",), ("image_root",), ("copy_deck",), ("workspace",), ("publish", "to")):
        value = _at(content, field)
        for place in value.split(",") if field == ("copy_deck",) else [value]:
            if "://" not in place or place.strip().startswith(("gs://", "file:///")):
                continue
            yield field, f"{place.split('://')[0].strip()}:// is not supported; use a path or gs://bucket/..."
    engine = content.get("engine", {})
    name = engine.get("name", "typeset")
    if ":" not in name and name not in engine_names():
        yield ("engine", "name"), f"{name!r} is not known{did_you_mean(name, engine_names())}"
    for parameter in engine.get("parameters", {}):
        if looks_like_credential(parameter):
            yield (
                ("engine", "parameters", parameter),
                "looks like a credential; those live in an Airflow connection, named by engine.connection",
            )
    yield from _deadline_faults(content)
    yield from _notify_faults(content)
    if content.get("schedule", "manual") == "manual":
        for field in (("manifest",), ("publish", "as")):
            if is_template(_at(content, field)):
                yield field, "has a template, but a campaign without schedule has no date to fill it with"


def _deadline_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    deadline, schedule = _deadline(content), content.get("schedule", "manual")
    if deadline is None:
        return
    try:
        parsed = parse_deadline(deadline)
    except CampaignError as error:
        yield ("deadline",), str(error)
        return
    if not parsed.before_festival:
        return
    if not isinstance(schedule, dict) or "lead" not in schedule:
        yield (
            ("deadline",),
            "counts from a festival, but the schedule has none; write, say, 3d",
        )
        return
    with suppress(FestivalError):  # _schedule_faults tells of it
        if parsed.span >= timedelta(days=parse_lead(schedule["lead"])):
            yield ("deadline",), f"is over before the run starts, {schedule['lead']} before the festival"


def _notify_faults(content: Mapping[str, Any]) -> Iterator[Fault]:
    for index, channel in enumerate(channels_of(content.get("notify", ()))):
        if channel.by != "email":
            continue
        if not channel.addressed(content["owners"]).to:
            yield ("notify", index), "mail needs `to`, for no owner has an address"
        for address in channel.to:
            if "@" not in address:
                yield ("notify", index, "to"), f"{address!r} is not a mail address"


def _deadline(content: Mapping[str, Any]) -> str | None:
    """As text."""
    deadline = content.get("deadline")
    if isinstance(deadline, dict):
        return f"{deadline['before_festival']} before the festival"
    return deadline


def _at(content: Mapping[str, Any], field: tuple[str, ...]) -> str:
    """The text of a field; empty if it is not given."""
    value: Any = content
    for part in field:
        value = value.get(part, {})
    return value if isinstance(value, str) else ""


def _campaign(path: Path, content: Mapping[str, Any]) -> Campaign:
    publish = content.get("publish", {})
    engine = content.get("engine", {})
    approval = content.get("approval", "always")
    if isinstance(approval, str):
        approval = {"ask": approval}
    return Campaign(
        name=path.stem,
        path=path,
        manifest=beside(path, content["manifest"]),
        owners=tuple(content["owners"]),
        schedule=_schedule(content.get("schedule", "manual")),
        title=content.get("title", ""),
        description=content.get("description", ""),
        image_root=_place_or_none(path, content.get("image_root")),
        copy_deck=beside_each(path, content["copy_deck"]) if "copy_deck" in content else None,
        copy=Copy(**content.get("copy", {})),
        brand=_place_or_none(path, content.get("brand")),
        locales=tuple(normalise_locale(tag) for tag in content.get("locales", ())),
        engine=Engine(
            engine.get("name", "typeset"), engine.get("connection"), dict(engine.get("parameters", {}))
        ),
        approval=approval.get("ask", "always"),
        four_eyes=approval.get("four_eyes", False),
        reviewers=tuple(map(Reviewer.of, content.get("reviewers", ()))),
        tenant=content.get("tenant"),
        publish_to=_place_or_none(path, publish.get("to")),
        publish_as=publish.get("as", path.stem),
        workspace=_place_or_none(path, content.get("workspace")),
        google_connection=content.get("google_connection"),
        provenance=Provenance(**content.get("provenance", {})),
        tags=tuple(content.get("tags", ())),
        max_active_runs=content.get("max_active_runs", 1),
        pool=content.get("pool"),
        queue=content.get("queue"),
        deadline=_deadline(content),
        notify=channels_of(content["notify"]) if "notify" in content else None,
    )


def _place_or_none(path: Path, value: str | None) -> str | None:
    return None if value is None else beside(path, value)


def _schedule(content: Any) -> Schedule:
    if content == "manual":
        return None
    if "cron" in content:
        return Cron(content["cron"], content.get("timezone", "UTC"))
    region = region_named(content["region"])
    dates = content.get("dates")
    return ToFestival(
        festival=content["name"] if dates else content["festival"],
        lead=content["lead"],
        region=region.code,
        timezone=content.get("timezone", region.timezone),
        hour=content.get("hour", 9),
        dates=tuple(dates) if dates else None,
    )
