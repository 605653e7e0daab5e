"""The key that content credentials are signed with. It stays in memory: nothing writes or shows it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localizer.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

CERTIFICATES, KEY = "LOCALIZER_C2PA_CERTIFICATES", "LOCALIZER_C2PA_KEY"
PASSPHRASE, TIMESTAMPS, TRUST = (
    "LOCALIZER_C2PA_PASSPHRASE",
    "LOCALIZER_C2PA_TIMESTAMP_URL",
    "LOCALIZER_C2PA_TRUST",
)
"""Environment of the command line: three files, a word and a URL."""

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
# Email protection, document signing (RFC 9336, Adobe's, Microsoft's for C2PA), C2PA claim signing.
_PURPOSES = frozenset(
    {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.76.59.1.9", "1.3.6.1.4.1.62558.2.1"}
)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its certificates, checked; see `signing_key`.

    Attributes:
        chain: certificates as PEM, the signer's own first.
        private_key: PKCS #8 as PEM.
        algorithm: as C2PA names it, ``es256`` or ``ps256``, say.
        fingerprint: SHA-256 of the signer's certificate.
        signer: whom the certificate names.
        timestamp_url: of an RFC 3161 authority; empty: none is asked, and nothing goes over the network.
        trust: root certificates as PEM that a signed file has to lead to; empty: any.
    """

    chain: str = field(repr=False)
    private_key: str = field(repr=False)
    algorithm: str
    fingerprint: str
    signer: str
    timestamp_url: str = ""
    trust: str = field(default="", repr=False)


def signing_key(
    certificates: str,
    private_key: str,
    *,
    passphrase: str = "",
    timestamp_url: str = "",
    trust: str = "",
) -> SigningKey:
    """A key that files can be signed with.

    Args:
        certificates: PEM, the signer's own certificate first, then those up to the root, which may be left
            out. PEM whose line breaks were lost on the way is taken too.
        private_key: PEM; elliptic curve, RSA or Ed25519.

    Raises:
        ConfigurationError: certificate or key cannot be used; never shows them.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    try:
        chain = x509.load_pem_x509_certificates(_pem(certificates).encode())
    except ValueError:
        raise ConfigurationError(
            "content credentials: the certificates are no PEM (-----BEGIN CERTIFICATE-----)"
        ) from None
    try:
        key = serialization.load_pem_private_key(_pem(private_key).encode(), passphrase.encode() or None)
    except (ValueError, TypeError):
        why = "does its passphrase match?" if "ENCRYPTED" in private_key else "PEM (PKCS #8) is needed"
        raise ConfigurationError(f"content credentials: the private key cannot be read; {why}") from None
    if timestamp_url and not re.fullmatch(r"https?://[^\s@]+", timestamp_url):
        raise ConfigurationError("content credentials: the timestamp authority is no http(s) URL")
    if trust:
        try:
            x509.load_pem_x509_certificates(_pem(trust).encode())
        except ValueError:
            raise ConfigurationError("content credentials: the trusted roots are no PEM") from None
    leaf = chain[0]
    _check(leaf, key)
    return SigningKey(
        chain="".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in chain),
        private_key=key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        algorithm=_algorithm(key),
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        signer=_named(leaf),
        timestamp_url=timestamp_url,
        trust=_pem(trust),
    )


def key_from_environment(environment: Mapping[str, str] = os.environ) -> SigningKey | None:
    """The key that the environment names files of, or None if it names none.

    Raises:
        ConfigurationError: it names one file and not the other, or one cannot be read or used.
    """
    given = {name: environment.get(name, "") for name in (CERTIFICATES, KEY)}
    if not any(given.values()):
        return None
    for name, other in ((CERTIFICATES, KEY), (KEY, CERTIFICATES)):
        if not given[name]:
            raise ConfigurationError(f"content credentials: {other} is set, {name} is not; set both or none")
    trust = environment.get(TRUST, "")
    return signing_key(
        read_pem(given[CERTIFICATES], CERTIFICATES),
        read_pem(given[KEY], KEY),
        passphrase=environment.get(PASSPHRASE, ""),
        timestamp_url=environment.get(TIMESTAMPS, ""),
        trust=read_pem(trust, TRUST) if trust else "",
    )


def read_pem(path: str, what: str) -> str:
    """A file of PEM.

    Args:
        what: names the setting in messages.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not PEM"
        raise ConfigurationError(
            f"content credentials: {what} names a file that cannot be read ({why})"
        ) from None


def _pem(text: str) -> str:
    """PEM with its line breaks in place: forms and JSON lose them."""
    blocks = []
    for label, body in _BLOCK.findall(text.replace("\\n", "\n")):
        if ":" not in body:  # no headers of an old encrypted key, whose lines matter
            packed = re.sub(r"\s", "", body)
            body = "\n" + "".join(f"{packed[i : i + 64]}\n" for i in range(0, len(packed), 64))  # noqa: PLW2901
        blocks.append(f"-----BEGIN {label}-----{body}-----END {label}-----\n")
    return "".join(blocks)


def _check(leaf: Certificate, key: Any) -> None:
    """Refuse what readers would refuse in every signed file.

    Raises:
        ConfigurationError: says what is wrong.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    def fault(what: str) -> ConfigurationError:
        return ConfigurationError(f"content credentials: {what}")

    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if leaf.public_key().public_bytes(*form) != key.public_key().public_bytes(*form):
        raise fault("the private key is not that of the first certificate; put the signer's own first")
    now = datetime.now(UTC)
    if not leaf.not_valid_before_utc <= now <= leaf.not_valid_after_utc:
        raise fault(
            f"the certificate is valid from {leaf.not_valid_before_utc} to {leaf.not_valid_after_utc}"
        )
    if leaf.issuer == leaf.subject:
        raise fault("a self-signed certificate is not accepted by readers; have one issued by an authority")
    if not _named(leaf):
        raise fault("the certificate names no organization (O), which readers ask for")
    try:
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        purposes = x509.ExtendedKeyUsage([])
    if not _PURPOSES & {purpose.dotted_string for purpose in purposes}:
        raise fault(
            "the certificate is not for signing documents (extended key usage: C2PA claim signing, document "
            "signing or email protection)"
        )


def _named(leaf: Certificate) -> str:
    from cryptography.x509.oid import NameOID

    return ", ".join(str(a.value) for a in leaf.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME))


def _algorithm(key: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ec.EllipticCurvePrivateKey):
        known = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
        if key.curve.name in known:
            return known[key.curve.name]
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= 2048:
        return "ps256"
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    raise ConfigurationError(
        "content credentials: the private key is of no kind that C2PA allows (P-256, P-384, P-521, Ed25519, "
        "RSA of 2048 bits or more)"
    )
