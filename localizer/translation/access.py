"""What a translator that is a service is given: where it is, its key, its limits and prices.

None of this decides a draft but the parameters that a connection sets, and those are told by the translator
itself. It reaches a translator through the environment of the process and its children, as an engine's does
(`localizer.remote.access`), and nothing writes it down.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

from localizer.errors import ConfigurationError, InputError
from localizer.remote.access import Access

URL_VARIABLE, KEY_VARIABLE = "LOCALIZER_TRANSLATOR_URL", "LOCALIZER_TRANSLATOR_KEY"
MODEL_VARIABLE, PRICE_VARIABLE = "LOCALIZER_TRANSLATOR_MODEL", "LOCALIZER_TRANSLATOR_PRICE"
"""What a command line gives the translator ``chat``."""

SERVICES = ("chat", "google")
"""Translators that are a service."""

_PREFIX = "LOCALIZER_TRANSLATOR_ACCESS_"


@dataclass(frozen=True, slots=True)
class TranslatorAccess(Access):
    """A translator's service and how to use it; `price` is that of a million characters or tokens sent.

    Attributes:
        price_out: of a million tokens that a chat model writes; None: as `price`.
        parameters: what the connection says of the translator itself, such as its model.
        project: Google Cloud project.
        credentials: a Google service account key, as JSON; empty: Application Default Credentials.
    """

    price_out: float | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    project: str = ""
    credentials: str = field(default="", repr=False)


@contextmanager
def use_translators(accesses: Mapping[str, TranslatorAccess]) -> Iterator[None]:
    """Give this process and the processes it starts access to translators' services, by translator."""
    before = {name: os.environ.get(_variable(name)) for name in accesses}
    try:
        for name, access in accesses.items():
            os.environ[_variable(name)] = json.dumps(asdict(access))
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(_variable(name), None)
            else:
                os.environ[_variable(name)] = value


def find_translator(name: str) -> TranslatorAccess | None:
    """The access that this process was given to a translator's service, or None.

    Raises:
        InputError: what a command line gave cannot be used.
    """
    text = os.environ.get(_variable(name))
    if text:
        return TranslatorAccess(**json.loads(text))
    url = os.environ.get(URL_VARIABLE, "") if name == "chat" else ""
    if not url:
        return None
    price, price_out, currency = _prices(os.environ.get(PRICE_VARIABLE, ""))
    model = os.environ.get(MODEL_VARIABLE, "")
    return TranslatorAccess(
        url.rstrip("/"),
        key=os.environ.get(KEY_VARIABLE, ""),
        price=price,
        price_out=price_out,
        currency=currency,
        parameters={"model": model} if model else {},
    )


def require_translator(name: str) -> TranslatorAccess:
    """The access that this process was given to a translator's service.

    Raises:
        ConfigurationError: none.
    """
    access = find_translator(name)
    if access is None:
        raise ConfigurationError(
            f"translator {name!r} does not know where its service is: name an Airflow connection of type "
            f"localizer_{name} (translator_conn_id), or set {URL_VARIABLE} and {KEY_VARIABLE}"
        )
    return access


def given_translators() -> tuple[str, ...]:
    """Translators whose service this process was given: those to ask where a brand names none."""
    return tuple(name for name in SERVICES if find_translator(name) is not None)


def _variable(name: str) -> str:
    return _PREFIX + name.upper()


def _prices(text: str) -> tuple[float | None, float | None, str]:
    """``0.50 1.50 USD``: of a million tokens sent, of a million written, in which currency."""
    *amounts, currency = text.split() or [""]
    try:
        numbers = [float(amount) for amount in amounts]
    except ValueError:
        numbers = [-1.0]
    if not text.strip():
        return None, None, ""
    if not 1 <= len(numbers) <= 2 or not all(0 <= n < float("inf") for n in numbers):
        raise InputError(
            f"{PRICE_VARIABLE} is {text!r}; it is the price of a million tokens sent and of a million "
            "written, such as '0.50 1.50 USD'"
        )
    return numbers[0], numbers[-1], currency
