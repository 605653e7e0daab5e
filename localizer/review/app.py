"""The review app: routes, each of which first asks the host who calls and what they may do."""

# No `from __future__ import annotations`: FastAPI reads the annotations below, which name local variables.
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib import resources
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response, StreamingResponse

from localizer.copy.saving import load_prepared
from localizer.errors import Forbidden, LocalizerError, NotFound, ObjectNotFound
from localizer.report.copy_section import COPY_DECK
from localizer.review.calendar import calendar_routes
from localizer.review.deciding import answer_run, put_marks, redo_item, roll_back_run
from localizer.review.host import Host, HostedRun, Viewer
from localizer.review.index import Filter
from localizer.review.opened import OpenedRun, OpenedRuns
from localizer.review.pictures import Kind, Pictures
from localizer.review.questions import AnswerBody, MarksBody, RedoBody, RollBackBody
from localizer.review.views import details_view, history_view, item_view, run_view, summary_view
from localizer.review.web import Guard, matches, read_body, refusal, tagged
from localizer.runs.run import PLAN_PAGE, PUBLISHED, REPORT, TABLE, Run

_RUNS = 100
_PIECE = 1 << 20
_IMMUTABLE = "private, max-age=31536000, immutable"
# The report is a page of its own, with a script of its own, and what stands in it came from a manifest. So it
# gets an origin of its own, from which it reaches nothing of ours.
_REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; img-src data:; style-src 'unsafe-inline';"
    " script-src 'unsafe-inline'; frame-ancestors 'self'"
)
_PICTURE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'self'"
_STATIC = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

Id = Annotated[str, Query(min_length=1, max_length=250)]
Word = Annotated[str, Query(max_length=200)]


def review_app(host: Host) -> FastAPI:
    """The app, to be mounted below any path.

    Args:
        host: see `localizer.review.host`.
    """
    desk = _Desk(host)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.pictures.close()

    app = FastAPI(title="Review", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.add_middleware(Guard)
    app.add_exception_handler(LocalizerError, refusal)
    app.add_exception_handler(Exception, refusal)
    _add_pages(app, desk)
    _add_questions(app, desk)
    _add_files(app, desk)
    _add_actions(app, desk)
    app.include_router(calendar_routes(host, desk.entered))
    return app


class _Desk:
    """What the routes share, and who may come to them."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.opened = OpenedRuns(host.secret)
        self.pictures = Pictures()

    async def signed_in(self, request: Request) -> Viewer:
        return await self.host.viewer(request)

    async def entered(self, request: Request) -> Viewer:
        viewer = await self.host.viewer(request)
        if not await run_in_threadpool(self.host.may_enter, viewer):
            raise Forbidden("you may not read any run")
        return viewer

    async def run(self, request: Request, dag_id: Id, run_id: Id) -> HostedRun:
        viewer = await self.host.viewer(request)
        return await run_in_threadpool(self.host.run, viewer, dag_id, run_id)

    async def records(self, request: Request, dag_id: Id, run_id: Id) -> OpenedRun:
        """For what needs the run's records only."""
        viewer = await self.host.viewer(request)
        place = await run_in_threadpool(self.host.place, viewer, dag_id, run_id)
        return self.opened.get(place, dag_id, run_id)

    def open(self, run: HostedRun) -> OpenedRun:
        return self.opened.get(run.place, run.dag_id, run.run_id)


def _add_pages(app: FastAPI, desk: _Desk) -> None:
    Entered = Annotated[Viewer, Depends(desk.entered)]

    @app.get("/")
    def page(request: Request, _: Entered) -> Response:
        return _static("index.html", request)

    @app.get("/static/{name}")
    def static(name: str, request: Request, _: Entered) -> Response:
        return _static(name, request)

    @app.get("/api/runs")
    def runs(viewer: Entered, limit: Annotated[int, Query(ge=1, le=_RUNS)] = _RUNS) -> Response:
        return JSONResponse({"runs": [summary_view(run) for run in desk.host.runs(viewer, limit=limit)]})


def _add_questions(app: FastAPI, desk: _Desk) -> None:
    Hosted = Annotated[HostedRun, Depends(desk.run)]

    @app.get("/api/run")
    def run(request: Request, run: Hosted) -> Response:
        there = desk.open(run)
        snapshot = there.snapshot()
        release = there.run.published() if PUBLISHED in snapshot.has else ("", "")
        lacks_copy = COPY_DECK in snapshot.has and _lacks_copy(there.run)
        return tagged(request, run_view(run, snapshot, release, lacks_copy=lacks_copy))

    @app.get("/api/items")
    def items(
        run: Hosted,
        status: Word = "",
        locale: Word = "",
        mark: Word = "",
        q: Word = "",
        offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    ) -> Response:
        snapshot = desk.open(run).snapshot()
        wanted = Filter(status=status, locale=locale, mark=mark, text=q)
        counts, rows = snapshot.index.page(wanted, offset=offset, limit=limit)
        sizes = desk.pictures.sizes(run.place.workspace, rows)
        found = [item_view(row, run, sizes.get(row.image_sha256)) for row in rows]
        return JSONResponse(
            {
                "version": snapshot.version(run),
                "total": counts.total(),
                "by_status": dict(counts),
                "items": found,
            }
        )

    @app.get("/api/item")
    def item(run: Hosted, id: Id) -> Response:
        there = desk.open(run)
        index = there.snapshot().index
        row, entry = index.find(id), index.result(id)
        if row is None or entry is None:
            raise NotFound("there is no such item in this run")
        size = desk.pictures.sizes(run.place.workspace, [row]).get(row.image_sha256)
        again = (each for each in there.run.amendments() if each.place == (row.asset_id, row.locale))
        history = history_view(index.history(row.asset_id, row.locale), again)
        return JSONResponse(item_view(row, run, size) | details_view(entry, history))


def _lacks_copy(run: Run) -> bool:
    """Whether the run's deck has anything to fill in."""
    try:
        return bool(load_prepared(run).to_fill)
    except ObjectNotFound:
        return False  # its copy is being prepared


def _add_files(app: FastAPI, desk: _Desk) -> None:
    Records = Annotated[OpenedRun, Depends(desk.records)]

    @app.get("/api/image")
    def image(request: Request, run: Records, id: Id, kind: Kind, v: Word = "") -> Response:
        row = run.snapshot().index.find(id)
        if row is None:
            raise NotFound("there is no such item in this run")
        tag = f'"{kind}-{row.sha256 or row.job}"'
        headers = {
            "ETag": tag,
            "Cache-Control": _IMMUTABLE if v and v == row.sha else "private, no-cache",
            "Content-Security-Policy": _PICTURE_POLICY,
            "Content-Disposition": "inline",
        }
        if matches(request, tag):
            return Response(status_code=304, headers=headers)
        shown = desk.pictures.get(run.place.workspace, row, kind)
        return Response(shown.data, media_type=shown.content_type, headers=headers)

    @app.get("/api/report")
    def report(run: Records) -> Response:
        return _record(run, REPORT, "text/html; charset=utf-8", {"Content-Security-Policy": _REPORT_POLICY})

    @app.get("/api/plan")
    def plan(run: Records) -> Response:
        return _record(
            run, PLAN_PAGE, "text/html; charset=utf-8", {"Content-Security-Policy": _REPORT_POLICY}
        )

    @app.get("/api/results.csv")
    def results(run: Records) -> Response:
        attached = {"Content-Disposition": 'attachment; filename="results.csv"'}
        return _record(run, TABLE, "text/csv; charset=utf-8", attached)

    @app.get(f"/api/{COPY_DECK}")
    def copy_to_fill(run: Records) -> Response:
        attached = {"Content-Disposition": 'attachment; filename="copy_to_fill.csv"'}
        return _record(run, COPY_DECK, "text/csv; charset=utf-8", attached)


def _add_actions(app: FastAPI, desk: _Desk) -> None:
    SignedIn = Annotated[Viewer, Depends(desk.signed_in)]

    @app.post("/api/marks")
    async def marks(request: Request, viewer: SignedIn) -> Response:
        body = await read_body(request, MarksBody)

        def put() -> dict[str, Any]:
            run = desk.host.run(viewer, body.dag_id, body.run_id)
            return put_marks(desk.open(run), run, viewer, body, desk.pictures)

        return JSONResponse(await run_in_threadpool(put))

    @app.post("/api/answer")
    async def answer(request: Request, viewer: SignedIn) -> Response:
        body = await read_body(request, AnswerBody)
        run = await run_in_threadpool(desk.host.run, viewer, body.dag_id, body.run_id)
        form = await run_in_threadpool(answer_run, desk.open(run), run, body)
        await desk.host.answer(viewer, run, body.choice, form)
        return JSONResponse({"answered": True})

    @app.post("/api/rollback")
    async def rollback(request: Request, viewer: SignedIn) -> Response:
        body = await read_body(request, RollBackBody)
        run = await run_in_threadpool(desk.host.run, viewer, body.dag_id, body.run_id)
        wanted = await run_in_threadpool(roll_back_run, desk.open(run), run, body)
        return JSONResponse({"confirm_at": await desk.host.roll_back(viewer, run, wanted)}, status_code=202)

    @app.post("/api/redo")
    async def redo(request: Request, viewer: SignedIn) -> Response:
        body = await read_body(request, RedoBody)
        run = await run_in_threadpool(desk.host.run, viewer, body.dag_id, body.run_id)
        wanted = await run_in_threadpool(redo_item, desk.open(run), run, body)
        return JSONResponse({"redo_run_id": await desk.host.redo(viewer, run, wanted)}, status_code=202)


def _static(name: str, request: Request) -> Response:
    """A file of the page. Only those that lie there by that very name can be asked for."""
    folder = resources.files("localizer.review").joinpath("static")
    found = next((file for file in folder.iterdir() if file.name == name and file.is_file()), None)
    kind = _STATIC.get(name[name.rfind(".") :])
    if found is None or kind is None:
        raise NotFound("there is no such page")
    return tagged(request, found.read_bytes(), kind)


def _record(run: OpenedRun, name: str, kind: str, headers: dict[str, str]) -> Response:
    """One of the run's records, piece by piece."""
    storage = run.place.workspace.storage
    try:
        file = storage.open(run.run.name_of(name))
    except ObjectNotFound:
        raise NotFound(f"this run has no {name} yet") from None

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    return StreamingResponse(pieces(), media_type=kind, headers=headers)
