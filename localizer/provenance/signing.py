"""Each approved file is signed once; the signed bytes are kept, and those are what every publish takes.

    credentials/<first two digits of id>/<id>.json          which signed file belongs to a reviewed one
    credentials/<first two digits of id>/<sha256>.<ext>     that file

The id follows from what was reviewed, the source, and the certificate. A signature is never the same twice,
so the record is created once: of two publishers that sign at the same time the first one's file counts, and
a retry finds it. A release's id follows from its files, and so stays what it was.

The record is written after the signed file was compared with the reviewed one, pixel by pixel and in all that
is said of them, and after C2PA's own reader found it valid.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from localizer.documents import DAMAGED, canonical_digest
from localizer.errors import ImageError, ObjectNotFound, PreconditionFailed, SigningFailed
from localizer.provenance.credentials import MIME_TYPES, examine, sign
from localizer.provenance.statements import TOOL, edit_of
from localizer.storage.content_types import content_type_of
from localizer.times import iso_utc

if TYPE_CHECKING:
    from localizer.provenance.keys import SigningKey
    from localizer.storage import Storage

_VERSION = "1"
_AT_ONCE = 2  # each holds two pictures, decoded


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A file that was approved, and what is known of how it was made.

    Attributes:
        label: for messages.
        name: of the file in the workspace.
        sha256: of its bytes.
        source: name of the image it was made from, there.
        source_sha256: of that image's bytes.
        job: key.
        engine, engine_version, models: what made it.
        did: the edits in words.
        is_stated: whether it is known which models made pixels of it; not so for results of old.
    """

    label: str
    name: str
    sha256: str
    source: str
    source_sha256: str
    job: str
    engine: str
    engine_version: str
    models: tuple[str, ...]
    did: str
    is_stated: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed file.

    Attributes:
        name: in the workspace.
        credential: what a release records of it.
    """

    name: str
    sha256: str
    credential: Mapping[str, Any]


class Signer:
    """Signs approved files, each once. May be used by several threads.

    Args:
        storage: of the workspace.
    """

    def __init__(self, storage: Storage, key: SigningKey) -> None:
        self._storage, self._key = storage, key
        self._room = BoundedSemaphore(_AT_ONCE)

    def known(self, reviewed: Reviewed) -> Signed | None:
        """The signed file of a reviewed one, if there is one.

        Raises:
            SigningFailed: the record is damaged.
        """
        name = f"{self._folder(reviewed)}.json"
        try:
            record = json.loads(self._storage.read(name))
            if record["reviewed_sha256"] != reviewed.sha256:
                raise ValueError("it is of another file")
            return Signed(record["file"], record["published_sha256"], dict(record["credential"]))
        except ObjectNotFound:
            return None
        except DAMAGED as error:
            raise SigningFailed(f"{self._storage.uri_of(name)} is damaged ({error!r})") from error

    def signed(self, reviewed: Reviewed) -> Signed:
        """The signed file of a reviewed one, made now if there is none.

        Raises:
            SigningFailed: it cannot be signed, or the signed file is not the reviewed one in every pixel, or
                C2PA's reader does not find it valid.
            TransientError: the timestamp authority or the storage did not answer.
        """
        if known := self.known(reviewed):
            return self._trusted(known, reviewed)
        with self._room:
            return self._sign(reviewed)

    def _sign(self, reviewed: Reviewed) -> Signed:
        from localizer.images import UNLIMITED, decode
        from localizer.images.sniff import extension_of

        if not (reviewed.is_stated and reviewed.source and reviewed.source_sha256):
            raise SigningFailed(
                f"{reviewed.label} was made before it was recorded how; run it again, so that its credential "
                "can say so"
            )
        before = self._read(reviewed.name, reviewed.sha256, reviewed.label)
        source = self._read(reviewed.source, reviewed.source_sha256, f"{reviewed.label}, its source")
        try:
            was = decode(before, name=reviewed.name, limits=UNLIMITED)
            source_format = decode(source, name=reviewed.source, limits=UNLIMITED).format
        except ImageError as error:
            raise SigningFailed(f"{reviewed.label} cannot be signed: {error}") from error
        if was.format not in MIME_TYPES:
            raise SigningFailed(
                f"{reviewed.label}: a {was.format} cannot hold content credentials; take a source of another "
                "format, or publish without a signing key"
            )
        data = sign(
            before,
            MIME_TYPES[was.format],
            source=source,
            source_mime=MIME_TYPES.get(source_format, "application/octet-stream"),
            edit=None if reviewed.sha256 == reviewed.source_sha256 else _edit(reviewed),
            chain=_chain(reviewed),
            key=self._key,
        )
        credential = check_signed(was, data, reviewed=reviewed, trust=self._key.trust)
        credential |= {
            "certificate_sha256": self._key.fingerprint,
            "signed_at": iso_utc(),
        }
        sha256 = hashlib.sha256(data).hexdigest()
        folder, extension = self._folder(reviewed), extension_of(reviewed.name)
        file = f"{folder.rpartition('/')[0]}/{sha256}.{extension}"
        return self._keep(reviewed, Signed(file, sha256, credential), data)

    def _trusted(self, signed: Signed, reviewed: Reviewed) -> Signed:
        """A signed file that leads to the roots that are configured now, which may not have been then."""
        from localizer.images.sniff import sniff

        if not self._key.trust or signed.credential["state"] == "Trusted":
            return signed
        data = self._read(signed.name, signed.sha256, reviewed.label)
        format_ = sniff(data) or ""
        found = examine(data, MIME_TYPES.get(format_, format_), trust=self._key.trust)
        if found is None or found.state != "Trusted":
            faults = ", ".join(found.faults) if found else "no credentials"
            raise SigningFailed(
                f"{reviewed.label}: its signature leads to none of the trusted roots ({faults}); remove "
                f"{self._storage.uri_of(signed.name)} and the record beside it to sign anew"
            )
        return replace(signed, credential={**signed.credential, "state": found.state})

    def _keep(self, reviewed: Reviewed, signed: Signed, data: bytes) -> Signed:
        """Keep a file and then its record; should another's be there by now, that one counts."""
        try:
            stored = self._storage.create(signed.name, data, content_type=content_type_of(signed.name))
        except PreconditionFailed:  # its name is its content's, so it is this one
            stored = None
        record = {
            "reviewed_sha256": reviewed.sha256,
            "source_sha256": reviewed.source_sha256,
            "published_sha256": signed.sha256,
            "file": signed.name,
            "credential": dict(signed.credential),
        }
        try:
            self._storage.create(
                f"{self._folder(reviewed)}.json",
                json.dumps(record, indent=1).encode() + b"\n",
                content_type="application/json",
            )
        except PreconditionFailed:
            winner = self.known(reviewed)
            if winner is None:
                raise SigningFailed(
                    f"{reviewed.label}: its credential was removed while it was made"
                ) from None
            if stored is not None and winner.name != signed.name:
                self._storage.delete(signed.name, generation=stored.generation)
            return winner
        return signed

    def _read(self, name: str, sha256: str, label: str) -> bytes:
        try:
            data = self._storage.read(name)
        except ObjectNotFound as error:
            raise SigningFailed(f"{label}: {self._storage.uri_of(name)} is gone; run it again") from error
        if hashlib.sha256(data).hexdigest() != sha256:
            raise SigningFailed(f"{label}: {self._storage.uri_of(name)} is not what it was any more")
        return data

    def _folder(self, reviewed: Reviewed) -> str:
        identity = canonical_digest(
            {
                "version": _VERSION,
                "reviewed": reviewed.sha256,
                "source": reviewed.source_sha256,
                "certificate": self._key.fingerprint,
                "timestamps": self._key.timestamp_url,
            }
        )
        return f"credentials/{identity[:2]}/{identity}"


def check_signed(was: Any, data: bytes, *, reviewed: Reviewed, trust: str) -> dict[str, Any]:
    """Prove that signing added a credential and nothing else; what a release records of it.

    Args:
        was: the reviewed file, decoded.
        data: the signed file.
        trust: root certificates that it has to lead to; empty: any.

    Raises:
        SigningFailed: says what differs, or what C2PA's reader says.
    """
    import numpy as np

    from localizer.images import UNLIMITED, decode
    from localizer.images.packet import packet_of

    label = reviewed.label
    try:
        now = decode(data, name=reviewed.name, limits=UNLIMITED)
    except ImageError as error:
        raise SigningFailed(f"{label}: the signed file cannot be read: {error}") from error
    if not np.array_equal(now.native, was.native) or not np.array_equal(now.rgb, was.rgb):
        raise SigningFailed(f"{label}: the signed file has other pixels than the reviewed one")
    told = ("format", "mode", "bit_depth", "orientation", "icc", "dpi", "colour_key")
    differs = [what for what in told if getattr(now, what) != getattr(was, what)]
    for what in ("palette", "alpha"):
        if not np.array_equal(getattr(now, what), getattr(was, what)):
            differs.append(what)
    if packet_of(now) != packet_of(was):
        differs.append("XMP")
    if differs:
        raise SigningFailed(f"{label}: the signed file differs from the reviewed one ({', '.join(differs)})")
    found = examine(data, MIME_TYPES[now.format], trust=trust)
    state = found.state if found else "none"
    if found is None or state not in (("Trusted",) if trust else ("Valid", "Trusted")):
        faults = ", ".join(found.faults) if found else "no credentials"
        raise SigningFailed(f"{label}: C2PA's reader finds the signed file {state} ({faults})")
    if dict(found.chain) != _chain(reviewed):
        raise SigningFailed(f"{label}: the signed file's credential is not the one that was asked for")
    return {"state": state, "signer": found.signer}


def _chain(reviewed: Reviewed) -> dict[str, Any]:
    """Hashes and names only; no path, no person."""
    return {
        "source_sha256": reviewed.source_sha256,
        "job": reviewed.job,
        "engine": reviewed.engine,
        "engine_version": reviewed.engine_version,
        "models": list(reviewed.models),
        "reviewed_sha256": reviewed.sha256,
    }


def _edit(reviewed: Reviewed) -> dict[str, Any]:
    return {
        "digitalSourceType": edit_of(reviewed.models),
        "softwareAgent": {"name": f"{TOOL} {reviewed.engine}", "version": reviewed.engine_version},
        "description": reviewed.did,
    }
