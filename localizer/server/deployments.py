"""The edit server on Ray Serve: one cheap deployment that speaks HTTP, one replica of the model a GPU.

`build` is what a Ray Serve config names as its `import_path`; replicas, autoscaling and nodes are then Ray's
own business (`docker/serve.yaml`).
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from localizer.engines.editor import ModelAnswer, ModelCall
from localizer.errors import ConfigurationError, EngineUnavailable, LocalizerError
from localizer.server.questions import ModelCard
from localizer.server.settings import ServerSettings
from localizer.server.tokens import FILE_VARIABLE, VARIABLE, load_tokens

if TYPE_CHECKING:
    from ray.serve import Application
    from ray.serve.handle import DeploymentHandle, DeploymentResponseGenerator
    from starlette.applications import Starlette

MODEL, API = "model", "api"
"""Names of the deployments, for Ray Serve configs."""

log = logging.getLogger("localizer.server")

_STARTED = "started"
_GRACE = 45  # seconds that an edit has to end when the server is stopped; Serve waits for 60 in all
_LOOK = 1.0  # seconds between looks at the replicas
_SHARED: dict[str, Any] = {
    "health_check_period_s": 2,
    "health_check_timeout_s": 60,
    "logging_config": {"enable_access_log": False},  # our own log says more, and nothing of /health
}


def build(args: Mapping[str, Any]) -> Application:
    """The application, from the `args` of a Ray Serve config: `ServerSettings` by name.

    Raises:
        ConfigurationError: a setting is wrong, or no token is set.
    """
    if load_tokens() is None:
        raise ConfigurationError(
            f"set {VARIABLE} or {FILE_VARIABLE} where Ray runs: who may call this server"
        )
    return application(ServerSettings.from_mapping(args))


def application(
    settings: ServerSettings, *, replicas: int | None = None, gpus: float = 1, anonymous: bool = False
) -> Application:
    """The application.

    Args:
        replicas: of the model; None leaves it to the Ray Serve config, else one.
        gpus: that each replica takes; 0 on a machine without.
        anonymous: take calls without a token; only for a server that nobody else can reach.
    """
    from ray import serve

    replica = serve.deployment(
        _Replica,
        name=MODEL,
        **({} if replicas is None else {"num_replicas": replicas}),
        # One edit fills a GPU; what waits, waits where any free replica can take it.
        max_ongoing_requests=1,
        ray_actor_options={"num_cpus": 0, "num_gpus": gpus},
        graceful_shutdown_timeout_s=_GRACE,
        **_SHARED,
    )
    api = serve.deployment(
        serve.ingress()(_Ingress),
        name=API,
        max_ongoing_requests=2 * settings.max_queued + 100,
        ray_actor_options={"num_cpus": 0},
        graceful_shutdown_timeout_s=_GRACE + 10,  # outlives the replicas whose answers it hands on
        **_SHARED,
    )
    bound: Application = api.bind(replica.bind(settings), settings, anonymous)
    return bound


class _Replica:
    """One loaded model. Edits run in one thread, so that health checks are answered meanwhile."""

    def __init__(self, settings: ServerSettings) -> None:
        from localizer.diffusion.pipeline import load

        _log_to_stderr()
        self._model = load(settings.model, revision=settings.revision, compiled=settings.compiled)
        self._model.warm_up()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="edits")
        self._name, self._loaded = settings.name, int(time.time())

    def card(self) -> ModelCard:
        """What is served."""
        from localizer.diffusion.sizes import untouched

        model = self._model
        return ModelCard(
            name=self._name,
            revision=model.source.revision,
            sizes=tuple(size for area in model.areas for size in untouched(area)),
            tiers={str(tier): model.setup_of(tier).steps for tier in model.ready_tiers()},
            loaded=self._loaded,
            parameters=model.parameters(),
        )

    async def edit(self, call: ModelCall) -> AsyncIterator[str | ModelAnswer]:
        """`_STARTED`, then the answer; a cancelled caller stops it at the next denoising step."""
        yield _STARTED
        stop = threading.Event()
        work: asyncio.Future[ModelAnswer] = asyncio.wrap_future(
            self._thread.submit(self._model.generate, call, cancelled=stop)
        )
        try:
            yield await asyncio.shield(work)
        finally:
            stop.set()
            # The GPU is free only after this; until then Ray must not send the next edit.
            await asyncio.gather(work, return_exceptions=True)


class _Ingress:
    """The HTTP application in a Ray replica."""

    def __init__(self, model: DeploymentHandle[Any], settings: ServerSettings, anonymous: bool) -> None:
        _log_to_stderr()
        self._tokens = load_tokens()
        if self._tokens is None and not anonymous:
            raise ConfigurationError(f"set {VARIABLE} or {FILE_VARIABLE}: who may call this server")
        self._settings, self._backend = settings, _RayBackend(model)

    def __serve_build_asgi_app__(self) -> Starlette:
        from localizer.server.app import build_app

        return build_app(self._backend, self._settings, self._tokens)


class _RayBackend:
    """`Backend` over a handle on the model's replicas."""

    def __init__(self, model: DeploymentHandle[Any]) -> None:
        self._model = model
        self._card: ModelCard | None = None
        self._replicas = 0
        self._waiting: set[DeploymentResponseGenerator[Any]] = set()
        self._stopping = False

    def card(self) -> ModelCard | None:
        return self._card if self._replicas else None

    def replicas(self) -> int:
        return self._replicas

    async def run(self) -> None:
        """Follow the replicas: which are ready, and what they serve."""
        while True:
            try:
                self._replicas, self._stopping = await asyncio.to_thread(_look_around)
                if self._stopping:  # no replica will ever take these
                    for stream in self._waiting:
                        stream.cancel()
                if not self._replicas:
                    self._card = None  # the next replica may have loaded other weights
                elif self._card is None:
                    self._card = await self._model.card.remote()
            except Exception:  # Ray's own trouble; the next look may do better
                log.exception("cannot see the replicas of the model")
            await asyncio.sleep(_LOOK)

    async def edit(self, call: ModelCall, started: Callable[[], None]) -> ModelAnswer:
        stream = self._model.options(stream=True).edit.remote(call)
        self._waiting.add(stream)
        try:
            async for item in stream:
                if isinstance(item, ModelAnswer):
                    return item
                self._waiting.discard(stream)
                started()
        except Exception as error:
            if self._stopping and stream in self._waiting:
                raise EngineUnavailable("the server is being stopped; ask again when it is back") from error
            raise as_ours(error) from error
        finally:
            self._waiting.discard(stream)
            stream.cancel()
        raise EngineUnavailable("the model's replica ended without an answer; try again")


def as_ours(error: Exception) -> Exception:
    """What a replica raised, without Ray's wrapping, whose text is a traceback; or that the replica died."""
    from ray.exceptions import RayActorError, RayTaskError, TaskCancelledError
    from ray.serve.exceptions import RayServeException

    if isinstance(error, RayTaskError) and isinstance(error.cause, LocalizerError):
        return error.cause
    if isinstance(error, RayActorError | TaskCancelledError | RayServeException):
        return EngineUnavailable(
            "the model's replica died during this edit; a new one is being started, try again"
        )
    return error


def _log_to_stderr() -> None:
    """In a Ray worker only Ray's own loggers are heard otherwise."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    ours = logging.getLogger("localizer")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO)


def _look_around() -> tuple[int, bool]:
    """How many replicas of the model are ready, and whether the application is being taken down."""
    from ray import serve

    application = serve.status().applications.get(serve.get_replica_context().app_name)
    if application is None or application.status == "DELETING":
        return 0, True
    deployment = application.deployments.get(MODEL)
    return 0 if deployment is None else int(deployment.replica_states.get("RUNNING", 0)), False
