"""Every error that the localizer raises on purpose, as one tree.

LocalizerError
├── InputError                 somebody gave us something we cannot use; a retry will not help
│   ├── ManifestError          the manifest as a whole cannot be read
│   │   └── ManifestNotFound   there is no such file, which is not the same as not being able to read it
│   ├── RowError               one manifest row is wrong; carries row and field
│   ├── ImageError             an image is missing, truncated, lying or over a limit
│   ├── BrandError             a brand kit is wrong
│   ├── CampaignError          a campaign file is wrong; names file, line and field
│   ├── CopyDeckError          a copy deck is wrong
│   ├── TenantError            the tenants file is wrong, or a value lies outside its tenant's
│   ├── FestivalError          no such festival, region, time zone or lead time
│   └── InputStopped           reading it took too long or too much memory, or crashed the parser
├── ConfigurationError         this installation lacks something it needs; says what to install or set
├── EngineError                an engine could not make a candidate; a retry will not help
│   └── EditRefused            policy forbids the edit; no model was asked
├── RequestRefused             a server of ours refuses a request; carries the HTTP status
│   ├── NotSignedIn            401
│   ├── Forbidden              403
│   ├── NotFound               404
│   └── Conflict               409: what it speaks of is not as the caller believes
├── TransientError             worth a retry
│   ├── EngineUnavailable      the engine is down, warming or overloaded
│   │   └── FateUnknown        a request was sent and its answer was lost; it is not sent again blindly
│   ├── EditCancelled          whoever asked for an edit no longer wants it
│   └── StorageUnavailable     the bucket or disk did not answer
│       └── ObjectReplaced     an object was replaced while it was read; reading again gives the new one
├── StorageError               storage refused
│   ├── ObjectNotFound
│   ├── StorageFull            no space left; ends a run, for nothing that it makes can be kept
│   ├── PreconditionFailed     create-once or compare-and-swap lost against another writer
│   │   └── MarksChanged       another reviewer has marked the same items
│   └── ChecksumMismatch       bytes read are not the bytes written
└── ReleaseError               a release would be wrong or contradicts one that exists
    └── SigningFailed          a file could not be signed, or what was signed does not hold
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class LocalizerError(Exception):
    """Base of every error raised on purpose."""


class InputError(LocalizerError):
    """Input that cannot be used; the same input will fail again."""


class ManifestError(InputError):
    """The manifest as a whole cannot be read."""


class ManifestNotFound(ManifestError):
    """There is no manifest at that place; the place itself could be looked at."""


class RowError(InputError):
    """One manifest row is wrong.

    Args:
        message: what is wrong and what to do about it.
        row: 1-based row number as a person counts it in a spreadsheet (the header is row 1).
        field: the manifest column.
    """

    def __init__(self, message: str, *, row: int, field: str) -> None:
        super().__init__(f"row {row}, {field}: {message}")
        self.message, self.row, self.field = message, row, field

    def __reduce__(self) -> tuple[object, ...]:
        return rebuild_row_error, (self.message, self.row, self.field)


def rebuild_row_error(message: str, row: int, field: str) -> RowError:
    """Rebuild a RowError; keyword-only arguments do not survive plain pickling."""
    return RowError(message, row=row, field=field)


class ImageError(InputError):
    """An image is missing, truncated, not what it claims to be, or over a limit."""


class BrandError(InputError):
    """A brand kit is wrong."""


class CopyDeckError(InputError):
    """A copy deck is wrong."""


class CampaignError(InputError):
    """A campaign file is wrong."""


class TenantError(InputError):
    """The tenants file is wrong, or a run asks for what is not its tenant's."""


class FestivalError(InputError):
    """A festival, its region, time zone or lead time is not known."""


class InputStopped(InputError):
    """Reading something took too long or too much memory, or crashed the parser; says which."""


class ConfigurationError(LocalizerError):
    """This installation lacks something; the message says what to install or set."""


class EngineError(LocalizerError):
    """An engine could not make a candidate and would not on a retry."""


class EditRefused(EngineError):
    """Policy forbids an edit, or cannot decide on it; no model was asked. The message is for a person."""


class RequestRefused(LocalizerError):
    """A server of ours refuses a request.

    Args:
        message: what is wrong and what to do about it; the caller reads it.
        status: of the HTTP answer.
        code: one word for programs.
        param: the form field that is wrong.
        retry_after: seconds after which the same request may be taken.
        details: further fields of the error body; JSON-safe.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        param: str | None = None,
        retry_after: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code, self.param = message, status, code, param
        self.retry_after, self.details = retry_after, dict(details or {})


class NotSignedIn(RequestRefused):
    """The caller is nobody we know."""

    def __init__(self, message: str = "sign in first") -> None:
        super().__init__(message, status=401, code="not_signed_in")


class Forbidden(RequestRefused):
    """The caller may not do this."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=403, code="forbidden")


class NotFound(RequestRefused):
    """There is no such thing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, status=404, code="not_found")


class Conflict(RequestRefused):
    """What the request speaks of is not, or no longer, as the caller believes; the message says how it is.

    Args:
        code: one word for programs.
        details: what there is now.
    """

    def __init__(self, message: str, *, code: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message, status=409, code=code, details=details)


class TransientError(LocalizerError):
    """Something that a retry may well cure."""


class EngineUnavailable(TransientError):
    """The engine is down, warming up or overloaded."""


class FateUnknown(EngineUnavailable):
    """A request was sent and its answer was lost; it may be paid for, so it is not sent again blindly."""


class EditCancelled(TransientError):
    """An edit was stopped because whoever asked for it no longer wants it."""


class StorageUnavailable(TransientError):
    """The bucket or the disk did not answer."""


class ObjectReplaced(StorageUnavailable):
    """An object was replaced while it was read in pieces; reading again from the start gives the new one."""


class StorageError(LocalizerError):
    """Storage answered, and refused."""


class ObjectNotFound(StorageError):
    """No such object."""


class StorageFull(StorageError):
    """There is no space left. What was kept is whole; once there is space, the same command goes on."""


class PreconditionFailed(StorageError):
    """A create-once or compare-and-swap write lost against another writer."""


class MarksChanged(PreconditionFailed):
    """Another reviewer has marked some of the same items in the meantime.

    Args:
        slots: job key, asset and locale of these items.
    """

    def __init__(self, slots: frozenset[tuple[str, str, str]]) -> None:
        super().__init__("another reviewer has marked some of these items in the meantime")
        self.slots = slots


class ChecksumMismatch(StorageError):
    """The bytes read are not the bytes that were written."""


class ReleaseError(LocalizerError):
    """A release would be wrong, or contradicts one that exists."""


class SigningFailed(ReleaseError):
    """Content credentials could not be signed, or do not hold; nothing unsigned is published instead."""
