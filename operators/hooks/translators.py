"""Connections of translators that are services: the test button, and what a translator gets of them.

One connection serves one translator: type ``localizer_chat`` the translator ``chat``, type
``google_cloud_platform`` the translator ``google``. Where the service is, its key and its limits stay in
memory and environment of the process; what decides drafts (the model) the translator tells itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import cached_property
from pathlib import Path

from airflow.sdk import BaseHook

from localizer.errors import ConfigurationError, InputError, LocalizerError
from localizer.translation.access import TranslatorAccess, use_translators
from operators.hooks.engines import EngineHook
from operators.hooks.gcs import GcsHook


class ChatHook(EngineHook):
    """A server that speaks OpenAI's chat completions.

    Args:
        translator_conn_id: connection ID.
    """

    conn_name_attr = "translator_conn_id"
    hook_name = "Chat model for copy, OpenAI-compatible (localizer)"
    kind = "translator"
    engine = "chat"
    conn_type = "localizer_chat"
    probe = "models"
    parameter_fields = ("model", "temperature", "strings", "form", "fields")
    json_fields = ("fields",)

    def __init__(self, translator_conn_id: str) -> None:
        super().__init__(translator_conn_id)

    @cached_property
    def translator_access(self) -> TranslatorAccess:
        """Where the server is, with key, limits, prices, and what the connection says of the model.

        Raises:
            ConfigurationError: the connection is of another type, or something in it cannot be used.
        """
        price_out = self._extras.get("price_out")
        try:
            out = None if price_out is None else float(price_out)
        except (TypeError, ValueError):
            raise ConfigurationError(
                f"connection {self.engine_conn_id!r}: price_out is not a number"
            ) from None
        return TranslatorAccess(**asdict(self.access), price_out=out, parameters=self.parameters)


class GoogleTranslateHook(GcsHook):
    """Google Cloud Translation by a ``google_cloud_platform`` connection.

    Its key and project are those that `GcsHook` reads. Further extras: ``translate_endpoint`` (such as
    ``https://translate-eu.googleapis.com``), ``translate_price`` of a million characters and
    ``translate_currency``. A connection without a key means Application Default Credentials.

    Args:
        translator_conn_id: connection ID.
    """

    conn_name_attr = "translator_conn_id"
    hook_name = "Google Cloud Translation (localizer)"

    def __init__(self, translator_conn_id: str) -> None:
        super().__init__(translator_conn_id)

    @cached_property
    def translator_access(self) -> TranslatorAccess:
        """Key, project and endpoint.

        Raises:
            ConfigurationError: the key or another field cannot be used.
        """
        from localizer.translation.google import ENDPOINT

        self.check_key()
        extras = self.extras
        price = extras.get("translate_price")
        try:
            return TranslatorAccess(
                str(extras.get("translate_endpoint") or ENDPOINT).rstrip("/"),
                timeout_s=60.0,
                price=None if price in (None, "") else float(price),
                currency=str(extras.get("translate_currency") or ""),
                project=str(extras.get("project") or ""),
                credentials=self._key(),
            )
        except (InputError, TypeError, ValueError) as error:
            raise ConfigurationError(f"connection {self.gcp_conn_id!r}: {error}") from None

    def _key(self) -> str:
        content, path = self.extras.get("keyfile_dict"), self.extras.get("key_path")
        if content:
            return content if isinstance(content, str) else json.dumps(dict(content))
        return Path(path).read_text(encoding="utf-8") if path else ""

    def test_connection(self) -> tuple[bool, str]:
        """Whether Google takes the credentials: asks for its languages, which costs nothing."""
        from localizer.translation.google import GoogleTranslator

        try:
            with use_translators({"google": self.translator_access}):
                count = len(GoogleTranslator().languages())
        except LocalizerError as error:
            return False, str(error)
        return True, f"Google Cloud Translation answers and knows {count} languages"


def translator_accesses(translator_conn_id: str | Sequence[str] | None) -> dict[str, TranslatorAccess]:
    """What connections give, by the translator that each serves.

    Args:
        translator_conn_id: one, several, or several as text with commas; empty: none.

    Raises:
        ConfigurationError: a connection is of no such type, serves the same translator as another, or cannot
            be used.
    """
    if isinstance(translator_conn_id, str):
        translator_conn_id = translator_conn_id.split(",")
    found: dict[str, TranslatorAccess] = {}
    for conn_id in (each.strip() for each in translator_conn_id or ()):
        if not conn_id:
            continue
        name, access = _access(conn_id)
        if name in found:
            raise ConfigurationError(
                f"connection {conn_id!r}: another one of the same run serves the translator {name!r} already"
            )
        found[name] = access
    return found


@contextmanager
def lend_translators(translator_conn_id: str | Sequence[str] | None) -> Iterator[tuple[str, ...]]:
    """Give this process and its children what connections hold; yields the translators that they serve.

    Translators are made inside: they look for their service as they are made.

    Raises:
        ConfigurationError: as `translator_accesses`.
    """
    accesses = translator_accesses(translator_conn_id)
    with use_translators(accesses):
        yield tuple(accesses)


def _access(conn_id: str) -> tuple[str, TranslatorAccess]:
    kind = BaseHook.get_connection(conn_id).conn_type
    if kind == ChatHook.conn_type:
        return ChatHook.engine, ChatHook(conn_id).translator_access
    if kind == GoogleTranslateHook.conn_type:
        return "google", GoogleTranslateHook(conn_id).translator_access
    raise ConfigurationError(
        f"connection {conn_id!r} is of type {kind!r}; a translator needs one of type {ChatHook.conn_type!r} "
        f"or {GoogleTranslateHook.conn_type!r}"
    )
