"""Content credentials (C2PA): signed into a file, and read out of one. Nothing goes over the network, except
to a timestamp authority where one is configured.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localizer import __version__
from localizer.errors import ConfigurationError, SigningFailed, TransientError
from localizer.provenance.statements import TOOL

if TYPE_CHECKING:
    from localizer.provenance.keys import SigningKey

MIME_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "GIF": "image/gif",
}
"""Formats that can hold credentials; BMP cannot."""

CHAIN = "campaign-localizer.chain"
"""Label of our own assertion: the hashes that tie a signed file to its source and to what was reviewed."""

_OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}


@dataclass(frozen=True, slots=True)
class Credential:
    """What C2PA's own reader says of a file.

    Attributes:
        state: ``Trusted``, ``Valid`` (whole, by a signer that nobody vouched for here) or ``Invalid``.
        faults: codes of what is wrong.
        signer: whom the certificate names.
        manifest: the active manifest, as the reader gives it.
        manifests: all of them, those of its ingredients too, by label.
    """

    state: str
    faults: tuple[str, ...]
    signer: str
    manifest: Mapping[str, Any]
    manifests: Mapping[str, Any]

    @property
    def actions(self) -> tuple[Mapping[str, Any], ...]:
        """What the file says was done to it."""
        found: list[Mapping[str, Any]] = []
        for assertion in self.manifest.get("assertions", ()):
            if str(assertion.get("label", "")).startswith("c2pa.actions"):
                found += assertion["data"].get("actions", ())
        return tuple(found)

    @property
    def chain(self) -> Mapping[str, Any]:
        """Our own assertion; empty where the file was signed by somebody else."""
        return next((a["data"] for a in self.manifest.get("assertions", ()) if a.get("label") == CHAIN), {})


def sign(
    data: bytes,
    mime: str,
    *,
    source: bytes,
    source_mime: str,
    edit: Mapping[str, Any] | None,
    chain: Mapping[str, Any],
    key: SigningKey,
) -> bytes:
    """A file with credentials that say what it was made from and how. Signing twice gives two results.

    Args:
        source: the image that it was made from; credentials that this has stay in it, as its parent's.
        edit: the action ``c2pa.edited``; None where nothing was changed.
        chain: our own assertion.

    Raises:
        SigningFailed: it could not be signed.
        TransientError: the timestamp authority did not answer.
        ConfigurationError: c2pa-python is not installed.
    """
    c2pa = _library()
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["source"]}}
    definition = {
        "claim_generator_info": [{"name": TOOL, "version": __version__}],
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [opened, *([{"action": "c2pa.edited", **edit}] if edit else [])]},
            },
            {"label": CHAIN, "data": dict(chain)},
        ],
    }
    parent = {
        "title": f"source, sha256 {chain['source_sha256']}",
        "relationship": "parentOf",
        "label": "source",
    }
    info = c2pa.C2paSignerInfo(
        alg=key.algorithm,
        sign_cert=key.chain.encode(),
        private_key=key.private_key.encode(),
        ta_url=key.timestamp_url.encode() or None,
    )
    out = io.BytesIO()
    try:
        with (
            c2pa.Context.from_dict(_settings(key.trust)) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(definition, context) as builder,
        ):
            builder.add_ingredient(parent, source_mime, io.BytesIO(source))
            builder.sign(signer, mime, io.BytesIO(data), out)
    except c2pa.C2paError as error:
        if key.timestamp_url and _is_about_time(str(error)):
            raise TransientError(
                f"the timestamp authority {key.timestamp_url} gave no stamp ({error})"
            ) from None
        raise SigningFailed(f"content credentials could not be signed: {error}") from None
    return out.getvalue()


def examine(data: bytes, mime: str, *, trust: str = "") -> Credential | None:
    """What C2PA's reader says of a file, None if it has no credentials.

    Args:
        trust: root certificates as PEM; without any, a signer is not asked for its root.

    Raises:
        ConfigurationError: c2pa-python is not installed.
        SigningFailed: the credentials are too damaged to be read.
    """
    c2pa = _library()
    try:
        with c2pa.Context.from_dict(_settings(trust)) as context:
            reader = c2pa.Reader.try_create(mime, io.BytesIO(data), context=context)
            if reader is None:
                return None
            with reader:
                found = json.loads(reader.json())
    except c2pa.C2paError as error:
        raise SigningFailed(f"the content credentials cannot be read: {error}") from None
    manifest = found.get("manifests", {}).get(found.get("active_manifest"), {})
    faults = {each["code"] for each in found.get("validation_status") or ()}
    return Credential(
        state=str(found.get("validation_state", "Invalid")),
        faults=tuple(sorted(faults)),
        signer=str((manifest.get("signature_info") or {}).get("issuer") or ""),
        manifest=manifest,
        manifests=found.get("manifests", {}),
    )


def _settings(trust: str) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "version": 1,
        "verify": {**_OFFLINE, "verify_trust": bool(trust)},
        "builder": {"thumbnail": {"enabled": False}},
    }
    if trust:
        settings["trust"] = {"user_anchors": trust}
    return settings


def _library() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise ConfigurationError("content credentials need c2pa-python: pip install '.[c2pa]'") from error
    return c2pa


def _is_about_time(message: str) -> bool:
    return any(word in message.lower() for word in ("timestamp", "time stamp", "tsa", "http"))
