"""Google Cloud Storage through an Airflow connection, without the Google provider."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook

from localizer.errors import ConfigurationError

if TYPE_CHECKING:
    from google.cloud.storage import Client

_ADC = "GOOGLE_APPLICATION_CREDENTIALS"
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_write"


class GcsHook(BaseHook):
    """A ``google.cloud.storage.Client`` made from a ``google_cloud_platform`` connection.

    The connection's extras are those of the Google provider: ``key_path`` (a service account file) or
    ``keyfile_dict`` (its content), and ``project``; with or without the old prefix
    ``extra__google_cloud_platform__``. A connection that names no key, or no connection at all, means
    Application Default Credentials. ``STORAGE_EMULATOR_HOST`` wins over both.

    Args:
        gcp_conn_id: connection ID, or None for Application Default Credentials.
    """

    conn_name_attr = "gcp_conn_id"
    default_conn_name = "google_cloud_default"
    conn_type = "google_cloud_platform"
    hook_name = "Google Cloud Storage (localizer)"

    def __init__(self, gcp_conn_id: str | None = None) -> None:
        super().__init__()
        self.gcp_conn_id = gcp_conn_id

    @cached_property
    def extras(self) -> Mapping[str, Any]:
        """The connection's extras, old prefixes removed; empty without a connection."""
        if not self.gcp_conn_id:
            return {}
        raw: dict[str, Any] = self.get_connection(self.gcp_conn_id).extra_dejson
        return {key.removeprefix("extra__google_cloud_platform__"): value for key, value in raw.items()}

    @cached_property
    def client(self) -> Client:
        """The client.

        Raises:
            ConfigurationError: google-cloud-storage is missing, the key cannot be read, or there are no
                credentials.
        """
        try:
            from google.auth import exceptions as auth
            from google.auth.credentials import AnonymousCredentials
            from google.cloud import storage
        except ImportError as error:
            raise ConfigurationError("gs:// needs google-cloud-storage: pip install '.[gcp]'") from error

        project = self.extras.get("project") or None
        if os.environ.get("STORAGE_EMULATOR_HOST"):
            anonymous = AnonymousCredentials()  # type: ignore[no-untyped-call]
            return storage.Client(project=project or "emulator", credentials=anonymous)
        credentials = self._service_account()
        try:
            if credentials is None:
                return storage.Client(project=project)
            return storage.Client(project=project or credentials.project_id, credentials=credentials)
        except auth.DefaultCredentialsError as error:
            raise ConfigurationError(
                "no Google credentials: set gcp_conn_id to an Airflow connection with key_path or "
                "keyfile_dict, or provide Application Default Credentials"
            ) from error

    def check_key(self) -> None:
        """Raises ConfigurationError if the connection names a key that cannot be used."""
        self._service_account()

    def _service_account(self) -> Any:
        """Credentials from the connection's key, or None if it names none."""
        from google.oauth2 import service_account

        keys: Any = service_account.Credentials  # google-auth is only half typed
        content = self.extras.get("keyfile_dict")
        path = self.extras.get("key_path")
        try:
            if content:
                info = json.loads(content) if isinstance(content, str) else dict(content)
                return keys.from_service_account_info(info, scopes=[_SCOPE])
            if path:
                return keys.from_service_account_file(path, scopes=[_SCOPE])
        except (OSError, ValueError) as error:
            field = "keyfile_dict" if content else "key_path"
            raise ConfigurationError(
                f"connection {self.gcp_conn_id!r}, extra {field!r}: not a usable service account key "
                f"({type(error).__name__})"
            ) from error
        return None

    def test_connection(self) -> tuple[bool, str]:
        """For the connection form: whether credentials can be made (no bucket is touched)."""
        try:
            return True, f"Credentials for project {self.client.project} are usable"
        except ConfigurationError as error:
            return False, str(error)


@contextmanager
def application_default_credentials(gcp_conn_id: str | None) -> Iterator[None]:
    """Make a connection's key the Application Default Credentials of this process and its children.

    For work in other processes, which a client cannot travel to. The key is in a file that only this
    user can read, and gone afterwards. Without a connection, if it names no key, or where the emulator is
    used, nothing changes.

    Raises:
        ConfigurationError: the connection's key cannot be used.
    """
    hook = GcsHook(gcp_conn_id)
    content, path = hook.extras.get("keyfile_dict"), hook.extras.get("key_path")
    if (not content and not path) or os.environ.get("STORAGE_EMULATOR_HOST"):
        yield
        return
    hook.check_key()
    before = os.environ.get(_ADC)
    with tempfile.NamedTemporaryFile("w", suffix=".json", prefix="gcp-key-") as file:  # made with mode 0600
        if content:
            file.write(content if isinstance(content, str) else json.dumps(dict(content)))
            file.flush()
        os.environ[_ADC] = file.name if content else str(path)
        try:
            yield
        finally:
            if before is None:
                del os.environ[_ADC]
            else:
                os.environ[_ADC] = before
