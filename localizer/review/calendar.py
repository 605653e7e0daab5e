"""The calendar page: what the coming year brings. A page of the review app that needs no script."""

# No `from __future__ import annotations`: FastAPI reads the annotations below, which name local variables.
import base64
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from jinja2 import Environment, PackageLoader, PrefixLoader
from starlette.responses import Response

from localizer.errors import RequestRefused
from localizer.festivals import REGIONS
from localizer.report.templates import environment
from localizer.review.agenda import MONTHS, Manifest, PlannedCampaign, agenda, sure, written_there
from localizer.review.host import Host, Viewer
from localizer.review.manifests import Manifests

_PAGE = "review/calendar.html.jinja"


def calendar_routes(host: Host, signed_in: Callable[[Request], Awaitable[Viewer]]) -> APIRouter:
    """The route ``GET calendar``.

    Args:
        signed_in: who calls; raises if nobody does whom the host lets in.
    """
    routes, manifests = APIRouter(), Manifests()
    SignedIn = Annotated[Viewer, Depends(signed_in)]

    @routes.get("/calendar")
    def calendar(viewer: SignedIn, region: Annotated[str, Query(max_length=8)] = "") -> Response:
        code = region.strip().upper()
        if code and code not in REGIONS:
            raise RequestRefused(f"{region!r} is no region that we know", status=422, code="invalid")
        planned, broken = host.campaigns(viewer)
        page = render_calendar(
            planned, now=datetime.now(UTC), region=code, manifests=manifests, broken=broken
        )
        return Response(
            page,
            media_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": _policy(), "Cache-Control": "private, no-cache"},
        )

    return routes


def render_calendar(
    planned: list[PlannedCampaign],
    *,
    now: datetime,
    region: str = "",
    manifests: Manifests | None = None,
    broken: int = 0,
) -> str:
    """The page as HTML.

    Args:
        now: aware.
        region: of the festivals; empty: see `agenda`.
        manifests: None looks at none.
        broken: campaign files that cannot be read.
    """
    months, by_hand = agenda(planned, now=now, region=region)
    # A schedule runs more often than anybody looks ahead: of each entry the first run counts.
    uris = [entry.runs[0].manifest for month in months for entry in month.entries if entry.runs]
    states = manifests.look(uris) if manifests is not None else {}

    def state(uri: str) -> str:
        return str(states.get(uri, Manifest.UNKNOWN))

    return (
        _templates()
        .get_template(_PAGE)
        .render(
            months=months,
            by_hand=by_hand,
            now=now,
            region=region,
            regions=_region_names(),
            languages={code: one.language for code, one in REGIONS.items()},
            state=state,
            short=_short,
            missing=sum(state(uri) == Manifest.MISSING for uri in uris),
            broken=broken,
            campaigns=len(planned),
            month_count=MONTHS,
            sure=sure,
            written_there=written_there,
            style=_style(),
        )
    )


def _short(uri: str) -> str:
    """A manifest's place for people: of a path on the server only its end."""
    return uri if uri.startswith("gs://") else "/".join(["…", *uri.removeprefix("file://").split("/")[-2:]])


@lru_cache(maxsize=1)
def _region_names() -> list[tuple[str, str]]:
    """Code and English name of each region, by name."""
    from babel import Locale

    names = Locale("en").territories
    return sorted(((code, names.get(code, code)) for code in REGIONS), key=lambda item: item[1])


@lru_cache(maxsize=1)
def _templates() -> Environment:
    packages = {name: PackageLoader(f"localizer.{name}", ".") for name in ("review", "report")}
    return environment(PrefixLoader(packages))


@lru_cache(maxsize=1)
def _style() -> str:
    return "".join(
        _templates().get_template(name).render()
        for name in ("report/style.css.jinja", "review/calendar.css.jinja")
    )


def _policy() -> str:
    """The page may do nothing but show itself, with the style that we wrote."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'self'"
    )
