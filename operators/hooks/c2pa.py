"""The connection with whose key content credentials are signed. Its form is in `operators.provider`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from localizer.errors import ConfigurationError

if TYPE_CHECKING:
    from localizer.provenance.keys import SigningKey


class C2paHook(BaseHook):
    """A signing key from a ``localizer_c2pa`` connection.

    Password: the private key, or extra ``key_path``. Extras: ``certificates`` or ``certificates_path``,
    ``passphrase``, ``timestamp_url`` and ``trust``. The files are those of the worker that publishes.

    Args:
        c2pa_conn_id: connection ID.
    """

    conn_name_attr = "c2pa_conn_id"
    default_conn_name = "content_credentials"
    conn_type = "localizer_c2pa"
    hook_name = "Content credentials (localizer)"
    fields = ("certificates", "certificates_path", "key_path", "passphrase", "timestamp_url", "trust")

    def __init__(self, c2pa_conn_id: str) -> None:
        super().__init__()
        self.c2pa_conn_id = c2pa_conn_id

    @cached_property
    def signing_key(self) -> SigningKey:
        """The key.

        Raises:
            ConfigurationError: the connection is of another type, or key or certificates cannot be used.
        """
        from localizer.provenance.keys import read_pem, signing_key

        connection = self.get_connection(self.c2pa_conn_id)
        if connection.conn_type != self.conn_type:
            raise ConfigurationError(
                f"connection {self.c2pa_conn_id!r} is of type {connection.conn_type!r}; content credentials "
                f"need one of type {self.conn_type!r}"
            )
        extras = self._extras(connection.extra_dejson)
        certificates, key = extras["certificates"], connection.password or ""
        if not certificates and extras["certificates_path"]:
            certificates = read_pem(extras["certificates_path"], "certificates_path")
        if not key and extras["key_path"]:
            key = read_pem(extras["key_path"], "key_path")
        if not certificates or not key:
            lacks = "private key" if certificates else "certificates"
            raise ConfigurationError(f"connection {self.c2pa_conn_id!r} holds no {lacks} to sign with")
        try:
            return signing_key(
                certificates,
                key,
                passphrase=extras["passphrase"],
                timestamp_url=extras["timestamp_url"],
                trust=extras["trust"],
            )
        except ConfigurationError as error:
            raise ConfigurationError(f"connection {self.c2pa_conn_id!r}: {error}") from None

    def _extras(self, raw: Mapping[str, Any]) -> dict[str, str]:
        plain = {key.removeprefix(f"extra__{self.conn_type}__"): value for key, value in raw.items()}
        return {name: str(plain.get(name) or "") for name in self.fields}

    def test_connection(self) -> tuple[bool, str]:
        """For the connection form: whether the key is its certificate's. Nothing is signed or asked."""
        try:
            key = self.signing_key
        except ConfigurationError as error:
            return False, str(error)
        return True, f"Signs as {key.signer} ({key.algorithm})"


def signing_key_of(c2pa_conn_id: str | None) -> SigningKey | None:
    """The key of a connection, or None where none is named.

    Raises:
        ConfigurationError: the connection cannot be used.
    """
    return C2paHook(c2pa_conn_id).signing_key if c2pa_conn_id else None
