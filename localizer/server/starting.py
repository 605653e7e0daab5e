"""``python -m localizer serve``: Ray and the edit server on this machine, until it is told to stop."""

from __future__ import annotations

import ipaddress
import logging
import os
import secrets
import signal
import sys
import threading
from dataclasses import dataclass

from localizer.diffusion.folder import find_model
from localizer.errors import ConfigurationError, EngineUnavailable
from localizer.server.settings import ServerSettings
from localizer.server.tokens import FILE_VARIABLE, VARIABLE, load_tokens

log = logging.getLogger("localizer.server")

_OBJECT_STORE = 1 << 30  # bytes; pictures pass through it and do not stay


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
        EngineUnavailable: the model cannot be loaded, or Ray cannot be started.
    """
    _check(options)
    # Before Ray is imported: it reads these once.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_AUTH_MODE", "token")  # nobody else on this machine may run code in our Ray
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray
    from ray import serve as ray_serve

    from localizer.server.deployments import application

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    ray.init(
        address="local",
        include_dashboard=False,
        log_to_driver=True,
        object_store_memory=_OBJECT_STORE,
        _node_ip_address="127.0.0.1",  # Ray's own ports; pictures come in through Serve's only
    )
    try:
        gpus = int(ray.cluster_resources().get("GPU", 0))
        replicas = options.replicas or max(1, gpus)
        ray_serve.start(http_options={"host": options.host, "port": options.port})
        app = application(
            options.settings, replicas=replicas, gpus=1 if gpus else 0, anonymous=options.anonymous
        )
        where = f"http://{options.host}:{options.port}"
        _say(f"loading {options.settings.model} on {gpus or 'no'} GPU; {where}/health says when it is ready")
        try:
            ray_serve.run(app)
        except RuntimeError as error:
            raise EngineUnavailable(f"the model could not be started: {error}") from error
        _say(f"ready: POST {where}/v1/images/edits, model {options.settings.name!r}, {replicas} replicas")
        stop.wait()
        _say("stopping")
        ray_serve.shutdown()
    finally:
        ray.shutdown()


def _check(options: ServeOptions) -> None:
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
    for package in ("ray", "prometheus_client", "multipart", "torch", "diffusers"):
        if importlib.util.find_spec(package) is None:
            raise ConfigurationError(
                f"the edit server needs {package}; install: pip install 'campaign-localizer[server,gpu]'"
            )
    find_model(options.settings.model, options.settings.revision)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _say(text: str) -> None:
    sys.stderr.write(f"localizer: {text}\n")
