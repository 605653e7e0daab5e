"""Where a remote service is, with which key, and how much it may be asked.

None of this decides pixels, so none of it is an engine parameter: it reaches the model through the
environment of the process and its children, and nothing writes it down.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from localizer.errors import ConfigurationError, InputError

KEY_VARIABLE, URL_VARIABLE = "LOCALIZER_ENGINE_KEY", "LOCALIZER_ENGINE_URL"
PRICE_VARIABLE = "LOCALIZER_ENGINE_PRICE"

REMOTE_ENGINES = ("dashscope", "dify", "openai")
"""Engines whose model is a service, and that therefore need access to one."""

_PREFIX = "LOCALIZER_ACCESS_"
_SECRETS = re.compile(
    r"(^|[_-])(api_?key|key|token|secret|password|passwd|credentials?)($|[_-])", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Access:
    """A service and how to use it.

    Attributes:
        url: base URL as the service documents it (``https://host/v1``).
        key: bearer key; empty where none is asked for.
        timeout_s: seconds that one answer may take.
        concurrency: requests that one process has under way at once.
        per_minute: requests that one process begins in a minute; 0: as many as come.
        price: what one edit costs there, in `currency`; None where nobody says.

    Raises:
        InputError: not an ``http(s)`` URL, or a number that makes no sense.
    """

    url: str
    key: str = field(default="", repr=False)
    timeout_s: float = 600.0
    concurrency: int = 8
    per_minute: float = 0.0
    price: float | None = None
    currency: str = ""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
        except ValueError:
            raise InputError("the URL of the service cannot be read; write https://host/v1") from None
        if "@" in self.url or parts.query or parts.fragment:  # before anything that shows it
            host = parts.hostname or "the service"
            raise InputError(f"the URL of {host} holds a user, password, query or #; give the key as the key")
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InputError(f"{self.url!r} is not an http:// or https:// URL of a service")
        if self.concurrency < 1 or self.timeout_s <= 0 or self.per_minute < 0:
            raise InputError(
                "concurrency must be at least 1, the timeout positive, requests a minute not negative"
            )
        if not self.key.isascii() or any(c.isspace() for c in self.key):
            raise InputError("the key holds a space or a character that no key has; copy it again")


def looks_like_credential(name: str) -> bool:
    """Whether an engine parameter has the name of a key, token or password, which belong elsewhere."""
    return bool(_SECRETS.search(name))


def find_access(engine: str) -> Access | None:
    """The access that this process was given for an engine, or None."""
    text = os.environ.get(_PREFIX + engine.upper())
    return Access(**json.loads(text)) if text else None


def require_access(engine: str) -> Access:
    """The access that this process was given for an engine.

    Raises:
        ConfigurationError: none.
    """
    access = find_access(engine)
    if access is None:
        raise ConfigurationError(
            f"engine {engine!r} does not know where its service is: name an Airflow connection of type "
            f"localizer_{engine} (engine_conn_id), or give --engine-url and {KEY_VARIABLE}"
        )
    return access


def concurrency_at(engine: str, access: Access | None = None) -> int:
    """How many calls may be under way at an engine's service; 1 where it is not known yet."""
    known = access or find_access(engine)
    return known.concurrency if known else 1


@contextmanager
def use_access(engine: str, access: Access | None) -> Iterator[None]:
    """Give this process and the processes it starts access to an engine's service; None changes nothing."""
    if access is None:
        yield
        return
    name = _PREFIX + engine.upper()
    before = os.environ.get(name)
    os.environ[name] = json.dumps(asdict(access))
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def access_from_environment(url: str = "") -> Access | None:
    """What a command line was given: a URL, or the one in `URL_VARIABLE`, and the key in `KEY_VARIABLE`.

    `PRICE_VARIABLE` may say what a call costs there, such as ``0.20 CNY``.

    Returns:
        None without a URL.

    Raises:
        InputError: the URL, the key or the price cannot be used.
    """
    url = url or os.environ.get(URL_VARIABLE, "")
    if not url:
        return None
    price, currency = _price(os.environ.get(PRICE_VARIABLE, ""))
    return Access(url.rstrip("/"), key=os.environ.get(KEY_VARIABLE, ""), price=price, currency=currency)


def access_for(engine: str, url: str = "") -> Access | None:
    """What a command line gives an engine: see `access_from_environment`; None to one that calls no service.

    Raises:
        InputError: a URL for such an engine, or one that cannot be used.
    """
    if engine in REMOTE_ENGINES:
        return access_from_environment(url)
    if url:
        raise InputError(
            f"--engine-url: engine {engine!r} calls no service; these do: {', '.join(REMOTE_ENGINES)}"
        )
    return None


def _price(text: str) -> tuple[float | None, str]:
    amount, _, currency = text.strip().partition(" ")
    try:
        price = float(amount) if amount else None
    except ValueError:
        price = -1.0
    if price is not None and not 0 <= price < float("inf"):
        raise InputError(f"{PRICE_VARIABLE} is {text!r}; it is the price of a call, such as '0.20 CNY'")
    return price, currency.strip()
