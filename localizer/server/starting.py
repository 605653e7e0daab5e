"""``python -m localizer serve``: Ray and the edit server on this machine, until it is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import os
import re
import secrets
import signal
import socket
import sys
from dataclasses import dataclass, replace

from localizer.diffusion.folder import find_model
from localizer.errors import ConfigurationError, EngineError
from localizer.server.settings import ServerSettings
from localizer.server.tokens import FILE_VARIABLE, VARIABLE, load_tokens

log = logging.getLogger("localizer.server")

_NAME = "edit-server"
_OBJECT_STORE = 1 << 30  # bytes; pictures pass through it and do not stay

_SURROUNDINGS = {  # of every process of the server; Ray reads them once, when it is imported
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray opens ports of its own on every interface, also for a single machine; without a token anybody who
    # reaches them could run code here.
    "RAY_AUTH_MODE": "token",
    # The usual 30 and 5 seconds are too few on a busy machine.
    "RAY_raylet_start_wait_time_s": "180",
    "RAY_SERVE_PROXY_READY_CHECK_TIMEOUT_S": "60",
    "RAY_DEDUP_LOGS": "0",  # every call is logged, also one that looks like the last
    "RAY_COLOR_PREFIX": "0",
    "TQDM_DISABLE": "1",  # progress bars make no sense in a log
}


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Of the `serve` command.

    Attributes:
        replicas: of the model; None makes one for each GPU, or one without.
        anonymous: take calls without a token; only on loopback.
    """

    settings: ServerSettings
    host: str = "127.0.0.1"
    port: int = 8000
    replicas: int | None = None
    anonymous: bool = False


def serve(options: ServeOptions) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        ConfigurationError: no token, no model, or a package is missing.
        EngineError: Ray cannot be started, or the model cannot be loaded.
    """
    settings = _checked(options)
    os.environ |= _SURROUNDINGS | {"RAY_AUTH_TOKEN": secrets.token_hex(32)}
    import ray
    from ray import serve as ray_serve

    from localizer.server.deployments import application

    try:
        ray.init(address="local", include_dashboard=False, object_store_memory=_OBJECT_STORE)
    except Exception as error:  # Ray has no better name for most of what can go wrong
        raise EngineError(f"Ray could not be started on this machine: {error}") from error
    try:
        for number in (signal.SIGINT, signal.SIGTERM):  # now: ray.init sets its own
            signal.signal(number, _leave)
        gpus = int(ray.cluster_resources().get("GPU", 0))
        replicas = options.replicas or max(1, gpus)
        try:
            ray_serve.start(http_options={"host": options.host, "port": options.port})
        except ray.exceptions.RayError as error:
            raise EngineError(
                f"the HTTP side could not be started on {options.host}:{options.port}; the log above says why"
            ) from error
        app = application(settings, replicas=replicas, gpus=1 if gpus else 0, anonymous=options.anonymous)
        where = f"http://{options.host}:{options.port}"
        _say(f"loading {settings.model} on {gpus or 'no'} GPU; {where}/health says when it is ready")
        try:
            ray_serve.run(app, name=_NAME)
        except RuntimeError as error:
            raise EngineError(f"the edit server could not be started: {_why()}") from error
        _say(f"ready: POST {where}/v1/images/edits, model {settings.name!r}, {replicas} replicas")
        while True:
            signal.pause()
    finally:
        _say("stopping: edits that have begun are finished")
        try:
            if _NAME in ray_serve.status().applications:
                ray_serve.delete(_NAME)  # waits for them; `shutdown` would cut their callers off
        except TimeoutError:
            _say("some took too long; their callers must ask again")
        ray_serve.shutdown()
        ray.shutdown()


def _why() -> str:
    """What the replicas died of, in our own words where they were ours."""
    from ray import serve

    deployments = serve.status().applications[_NAME].deployments.values()
    said = re.findall(
        r"^localizer\.errors\.\w+: (.+)$", "\n".join(d.message for d in deployments), re.MULTILINE
    )
    return str(said[-1]) if said else "its log above says why"


def _leave(number: int, _: object) -> None:
    for further in (signal.SIGINT, signal.SIGTERM):
        signal.signal(further, signal.SIG_IGN)  # once is enough; the rest takes seconds
    sys.exit(0)


def _checked(options: ServeOptions) -> ServerSettings:
    """The settings, with the model's place as other processes find it."""
    import importlib.util

    tokens = load_tokens()
    if tokens is None and not options.anonymous:
        raise ConfigurationError(
            f"nobody may call this server yet: set {VARIABLE} (one `NAME TOKEN` a line) or {FILE_VARIABLE}, "
            "or try it with --anonymous on loopback"
        )
    if tokens is not None and options.anonymous:
        raise ConfigurationError("--anonymous contradicts the tokens that are set; leave one out")
    if options.anonymous and not _is_loopback(options.host):
        raise ConfigurationError(f"--anonymous is for loopback only, not for {options.host}; set {VARIABLE}")
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        socket.create_server((options.host, options.port), family=family).close()
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {options.host}:{options.port} ({error.strerror}); set --port or --host"
        ) from error
    for package in ("ray", "prometheus_client", "python_multipart", "torch", "diffusers"):
        if importlib.util.find_spec(package) is None:
            raise ConfigurationError(
                f"the edit server needs {package}; install: pip install 'campaign-localizer[server,gpu]'"
            )
    settings = options.settings
    source = find_model(settings.model, settings.revision)
    return replace(settings, model=source.location, served_name=settings.name)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _say(text: str) -> None:
    sys.stderr.write(f"localizer: {text}\n")
