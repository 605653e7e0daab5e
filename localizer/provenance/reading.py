"""What an image file says of where it comes from, and whether that holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localizer.errors import SigningFailed
from localizer.provenance.credentials import MIME_TYPES, Credential, examine
from localizer.provenance.xmp import history_of, source_type_of


@dataclass(frozen=True, slots=True)
class Account:
    """What a file says.

    Attributes:
        format: ``JPEG`` and so on.
        source_type: URI of its IPTC digital source type, or empty.
        history: the events of its XMP, oldest first.
        credential: its content credentials, as C2PA's reader sees them, or None.
        faults: why it must not be believed; none for a file that says nothing at all.
    """

    sha256: str
    format: str
    source_type: str = ""
    history: tuple[Mapping[str, str], ...] = ()
    credential: Credential | None = None
    faults: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        found = self.credential
        return {
            "sha256": self.sha256,
            "format": self.format,
            "source_type": self.source_type,
            "history": [dict(event) for event in self.history],
            "credential": found
            and {
                "state": found.state,
                "signer": found.signer,
                "faults": list(found.faults),
                "actions": [dict(action) for action in found.actions],
                "chain": dict(found.chain),
            },
            "faults": list(self.faults),
        }


def account_of(data: bytes, *, name: str, trust: str = "") -> Account:
    """Read what a file says.

    Args:
        name: for messages.
        trust: root certificates as PEM that its signer has to lead to; empty: any.

    Raises:
        ImageError: it is no image.
        ConfigurationError: it has content credentials and c2pa-python is not installed.
    """
    from localizer.images import UNLIMITED, decode
    from localizer.images.packet import has_credentials, packet_of

    image = decode(data, name=name, limits=UNLIMITED)
    sha256 = hashlib.sha256(data).hexdigest()
    faults: list[str] = []
    source_type, history = "", []
    try:
        packet = packet_of(image)
        if packet is not None:
            source_type, history = source_type_of(packet), history_of(packet)
    except ValueError as error:
        faults.append(f"its XMP {error}")
    credential = None
    if has_credentials(image):
        try:
            credential = examine(data, MIME_TYPES[image.format], trust=trust)
            if credential is None:
                faults.append("its content credentials cannot be found by C2PA's reader")
        except SigningFailed as error:
            faults.append(str(error))
    if credential is not None and credential.state != "Trusted" and (trust or credential.state != "Valid"):
        shown = ", ".join(credential.faults)
        faults.append(f"its content credentials are {credential.state.lower()}{shown and f' ({shown})'}")
    return Account(sha256, image.format, source_type, tuple(history), credential, tuple(faults))


def contradictions(account: Account, record: Mapping[str, Any]) -> list[str]:
    """Where a published file and what its release records of it disagree.

    Args:
        record: of the object, as in ``release.json``; what an old release lacks is not compared.
    """
    found = []
    if account.sha256 != record["sha256"]:
        found.append(f"its sha256 is {account.sha256}, the release records {record['sha256']}")
    if record.get("source_type") and account.source_type != record["source_type"]:
        found.append(
            f"it states {account.source_type or 'no digital source type'}, the release records another"
        )
    if record.get("credential") and account.credential is None:
        found.append("it has no content credentials, the release records some")
    chain = account.credential.chain if account.credential else {}
    if record.get("credential") and account.credential and not chain:
        found.append("its content credentials are not the release's")
    for what in ("source_sha256", "reviewed_sha256", "job", "engine", "engine_version"):
        if chain and record.get(what) and chain.get(what) != record[what]:
            found.append(f"its content credentials name another {what}")
    return found
