"""A certificate authority of nobody's, made on the spot: root, intermediate and signers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")


def _name(common: str, organization: str | None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def pem_of(key: Any, passphrase: bytes | None = None) -> str:
    hiding = serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    return str(key.private_bytes(*form, hiding).decode())


def private_key(kind: str) -> Any:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}[kind])


@dataclass(frozen=True)
class Signed:
    """A signer's certificates and key, as PEM."""

    certificates: str
    key: str


class Authority:
    def __init__(self, name: str = "Test") -> None:
        self._root_key, self._key = private_key("p256"), private_key("p256")
        root = _name(f"{name} Root", f"{name} Authority")
        self._root = self._certificate(root, self._root_key, root, self._root_key, ca=True)
        self._middle = self._certificate(
            _name(f"{name} Issuing", f"{name} Authority"), self._key, root, self._root_key, ca=True
        )

    @property
    def root(self) -> str:
        return self._root.public_bytes(serialization.Encoding.PEM).decode()

    def issue(
        self,
        organization: str | None = "Acme Campaigns",
        *,
        kind: str = "p256",
        days: tuple[int, int] = (-1, 30),
        purposes: tuple[x509.ObjectIdentifier, ...] = (
            DOCUMENT_SIGNING,
            ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ),
        passphrase: bytes | None = None,
    ) -> Signed:
        key = private_key(kind)
        leaf = self._certificate(
            _name("signer", organization), key, self._middle.subject, self._key, days=days, purposes=purposes
        )
        chain = (leaf, self._middle)
        form = serialization.Encoding.PEM
        return Signed("".join(c.public_bytes(form).decode() for c in chain), pem_of(key, passphrase))

    def _certificate(
        self,
        subject: x509.Name,
        key: Any,
        issuer: x509.Name,
        issuer_key: Any,
        *,
        ca: bool = False,
        days: tuple[int, int] = (-1, 30),
        purposes: tuple[x509.ObjectIdentifier, ...] = (),
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + timedelta(days=days[0]))
            .not_valid_after(now + timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not ca,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=ca,
                    crl_sign=ca,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        return builder.sign(issuer_key, hashes.SHA256())
