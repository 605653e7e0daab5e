"""What is published: the release record, the pointer, and where both stand.

<campaign>/releases/<release_id>/<locale>/<asset_id>.<ext>   create-once
<campaign>/releases/<release_id>/release.json                create-once, after the images
<campaign>/current.json                                      the pointer, moved last
<campaign>/history/<number>-<time>-<action>-<release>.json   create-once, after each move of the pointer
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from localizer.documents import DAMAGED
from localizer.errors import ReleaseError
from localizer.manifest.values import parse_name

_TOKEN = re.compile(r"[0-9a-f]{16}")
_RELEASE_ID = re.compile(r"r-[0-9a-f]{16}")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_EXTENSION = re.compile(r"[a-z0-9]{1,8}")

_Record = TypeVar("_Record")


@dataclass(frozen=True, slots=True)
class ReleaseObject:
    """One published image.

    Attributes:
        path: relative to the release's folder, ``<locale>/<asset_id>.<ext>``.
        crc32c: base64, as Google Cloud Storage writes it.
        checks: per check its name, status and value.
        status: verdict of the checks; a person may have approved what needed review.
        approver: who approved it, ``policy:<name>`` where no person was asked.
        carried_from: the release that it was taken over from unchanged, if the run did not work on it.
        source_sha256: of the source image.
        engine_version: of the engine.
        models: generative models whose pixels are in it.
        candidate_sha256: of the lossless candidate.
        reviewed_sha256: of the delivered file that the checks judged and the approver saw. It is the
            published one, except that this may have content credentials added.
        source_type: URI of the IPTC digital source type that the file states.
        reason: what the approver said.
        redone: of an image that somebody had done again in another way, ``by``, ``at`` and ``why``; None for
            one that is as it was planned.
        credential: of a signed file: ``state`` by C2PA's reader, ``signer``, ``certificate_sha256`` and
            ``signed_at``; None if it is not signed.

    Releases from before these were recorded lack them: they read as empty.
    """

    path: str
    asset_id: str
    locale: str
    sha256: str
    crc32c: str
    size: int
    content_type: str
    job: str
    engine: str
    status: str
    checks: tuple[Mapping[str, Any], ...]
    approver: str
    decided_at: str
    carried_from: str | None = None
    source_sha256: str = ""
    engine_version: str = ""
    models: tuple[str, ...] = ()
    candidate_sha256: str = ""
    reviewed_sha256: str = ""
    source_type: str = ""
    reason: str = ""
    redone: Mapping[str, str] | None = None
    credential: Mapping[str, Any] | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> ReleaseObject:
        # A newer version may record more; what this one needs must be there (TypeError otherwise).
        known = {name: data[name] for name in cls.__dataclass_fields__ if name in data}
        return cls(**{**known, "checks": tuple(data["checks"]), "models": tuple(data.get("models") or ())})


@dataclass(frozen=True, slots=True)
class Release:
    """One immutable set of images; what ``release.json`` says.

    Attributes:
        created_at: ISO 8601 UTC time.
        run: the run that first made it.
        parent: the release that was current when it was made.
    """

    release_id: str
    campaign: str
    created_at: str
    run: str
    parent: str | None
    objects: tuple[ReleaseObject, ...]
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        by_status: dict[str, int] = {}
        for each in self.objects:
            by_status[each.status] = by_status.get(each.status, 0) + 1
        carried = sum(each.carried_from is not None for each in self.objects)
        return asdict(self) | {
            "counts": {"objects": len(self.objects), "carried": carried, "by_status": by_status},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Release:
        return cls(
            release_id=data["release_id"],
            campaign=data["campaign"],
            created_at=data["created_at"],
            run=data["run"],
            parent=data["parent"],
            objects=tuple(ReleaseObject.from_dict(each) for each in data["objects"]),
            warnings=tuple(data["warnings"]),
        )

    def to_bytes(self) -> bytes:
        return as_json(self.to_dict())


@dataclass(frozen=True, slots=True)
class Retiring:
    """Releases that retention is removing: nobody may point at them until it is through.

    Attributes:
        token: of this removal; no other has the same.
        releases: a few at a time.
        by: the person or run that removes them.
        at: ISO 8601 UTC time.
    """

    token: str
    releases: tuple[str, ...]
    by: str
    at: str

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Retiring:
        token, releases = data["token"], tuple(checked_release_id(each) for each in data["releases"])
        if not _TOKEN.fullmatch(token):
            raise ValueError(f"{token!r} is not a token")
        return cls(token, releases, str(data["by"]), str(data["at"]))


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which release is current; what ``current.json`` says.

    Attributes:
        action: ``publish`` or ``rollback``.
        moved_by: run id, or the person who rolled back.
        previous: the release that was current before.
        reason: why it was rolled back, in that person's words.
        requested_by: who asked for it, where another person confirmed it.
        via: the DAG run that moved it; empty where it was none.
        number: of this move; each is one more than the one before. 0: from before moves were counted.
        retiring: what retention is removing just now; not part of the move.
        generation: of ``current.json`` as read; decides whether the pointer may be moved. Not stored in it.
    """

    release_id: str
    campaign: str
    moved_at: str
    moved_by: str
    action: str
    previous: str | None
    reason: str = ""
    requested_by: str = ""
    via: str = ""
    number: int = 0
    retiring: Retiring | None = field(default=None, compare=False)
    generation: int = field(default=0, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The move, without what retention is doing meanwhile."""
        return {k: v for k, v in asdict(self).items() if k not in {"generation", "retiring"}}

    def to_bytes(self) -> bytes:
        retiring = {"retiring": asdict(self.retiring)} if self.retiring else {}
        return as_json(self.to_dict() | retiring)

    def is_retiring(self, release_id: str) -> bool:
        """Whether retention is removing a release."""
        return self.retiring is not None and release_id in self.retiring.releases

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Pointer:
        number, retiring = data.get("number", 0), data.get("retiring")
        if type(number) is not int or number < 0:
            raise ValueError(f"{number!r} is not the number of a move")
        return cls(
            release_id=checked_release_id(data["release_id"]),
            campaign=data["campaign"],
            moved_at=data["moved_at"],
            moved_by=data["moved_by"],
            action=data["action"],
            previous=data["previous"],
            reason=str(data.get("reason", "")),
            requested_by=str(data.get("requested_by", "")),
            via=str(data.get("via", "")),
            number=number,
            retiring=Retiring.from_dict(retiring) if retiring else None,
        )


def parse(data: bytes, build: Callable[[Any], _Record], where: str) -> _Record:
    """Read a record.

    Raises:
        ReleaseError: it is damaged; names the file.
    """
    try:
        return build(json.loads(data))
    except DAMAGED as error:
        raise ReleaseError(f"{where} is damaged: {error!r}") from error


def folded(path: str) -> str:
    """What two paths share that file systems take for one where they fold case or Unicode forms."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", path).casefold())


def object_path(locale: str, asset_id: str, extension: str) -> str:
    """``<locale>/<asset_id>.<ext>``.

    Raises:
        ReleaseError: a part that must not become part of an object's name.
    """
    if not _LOCALE.fullmatch(locale):
        raise ReleaseError(f"{locale!r} is not a locale that can be published under")
    if not _EXTENSION.fullmatch(extension):
        raise ReleaseError(f"{asset_id}: {extension!r} is not a file extension")
    return f"{locale}/{_checked_name(asset_id, 'asset id')}.{extension}"


def checked_release_id(release_id: str) -> str:
    """The id itself.

    Raises:
        ReleaseError: not a release id.
    """
    if not isinstance(release_id, str) or not _RELEASE_ID.fullmatch(release_id):
        raise ReleaseError(f"{release_id!r} is not a release id (r- and 16 hexadecimal digits)")
    return release_id


def releases_folder(campaign: str) -> str:
    """``<campaign>/releases``; raises ReleaseError for a name that must not become a folder."""
    return f"{_checked_name(campaign, 'campaign')}/releases"


def release_folder(campaign: str, release_id: str) -> str:
    """``<campaign>/releases/<release_id>``."""
    return f"{releases_folder(campaign)}/{checked_release_id(release_id)}"


def parse_release_uri(uri: str) -> tuple[str, str, str]:
    """Where a release lies, as the URI of its folder says: publish URI, campaign, release id.

    Raises:
        ReleaseError: it is not the folder of a release.
    """
    publish_uri, *parts = uri.rsplit("/", 3)
    match parts:
        case [campaign, "releases", release_id] if publish_uri:
            release_folder(campaign, release_id)
            return publish_uri, campaign, release_id
    raise ReleaseError(f"{uri!r} is not the folder of a release")


def record_name(campaign: str, release_id: str) -> str:
    """Name of ``release.json``."""
    return f"{release_folder(campaign, release_id)}/release.json"


def pointer_name(campaign: str) -> str:
    """Name of ``current.json``."""
    return f"{_checked_name(campaign, 'campaign')}/current.json"


def history_folder(campaign: str) -> str:
    """``<campaign>/history``."""
    return f"{_checked_name(campaign, 'campaign')}/history"


def is_release_id(text: str) -> bool:
    """Whether a name is that of a release."""
    return _RELEASE_ID.fullmatch(text) is not None


def as_json(record: Mapping[str, Any]) -> bytes:
    """A record as it is stored."""
    return json.dumps(record, ensure_ascii=False, indent=1).encode() + b"\n"


def _checked_name(name: str, what: str) -> str:
    try:
        unchanged = parse_name(name) == name
    except ValueError as error:
        raise ReleaseError(f"{what} {error}") from None
    if not unchanged:
        raise ReleaseError(f"{what} {name!r} is not in its canonical form")
    return name
