"""Keys that readers would refuse are refused before anything is signed, and are never shown."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest
from cryptography import x509

from localizer.errors import ConfigurationError
from localizer.provenance.credentials import examine, sign
from localizer.provenance.keys import CERTIFICATES, KEY, PASSPHRASE, TRUST, key_from_environment, signing_key
from tests.authority import Authority, Signed, pem_of, private_key

from .conftest import picture


@pytest.mark.parametrize(
    ("kind", "algorithm"), [("p256", "es256"), ("p384", "es384"), ("rsa", "ps256"), ("ed25519", "ed25519")]
)
def test_every_kind_of_key_signs(kind: str, algorithm: str, authority: Authority) -> None:
    signer = authority.issue(kind=kind)
    key = signing_key(signer.certificates, signer.key, trust=authority.root)
    assert (key.algorithm, key.signer) == (algorithm, "Acme Campaigns")
    plain = picture("PNG")
    data = sign(
        plain,
        "image/png",
        source=plain,
        source_mime="image/png",
        edit=None,
        chain={"source_sha256": "0" * 64},
        key=key,
    )
    found = examine(data, "image/png", trust=authority.root)
    assert found is not None
    assert found.state == "Trusted"


def test_pem_without_its_line_breaks_will_do(authority: Authority) -> None:
    signer = authority.issue()
    whole = signing_key(signer.certificates, signer.key)
    for lost in ("", " ", "\\n", "\r\n"):
        flat = signing_key(signer.certificates.replace("\n", lost), signer.key.replace("\n", lost))
        assert flat == whole


def issued(authority: Authority, **options: object) -> Signed:
    return authority.issue(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"organization": None}, "names no organization"),
        ({"days": (-30, -1)}, "is valid from"),
        ({"days": (1, 30)}, "is valid from"),
        ({"purposes": ()}, "not for signing documents"),
        ({"purposes": (x509.oid.ExtendedKeyUsageOID.SERVER_AUTH,)}, "not for signing documents"),
    ],
)
def test_a_certificate_that_readers_refuse(
    options: dict[str, object], why: str, authority: Authority
) -> None:
    signer = issued(authority, **options)
    with pytest.raises(ConfigurationError, match=why):
        signing_key(signer.certificates, signer.key)


def test_what_does_not_fit_together(authority: Authority) -> None:
    signer = authority.issue()
    with pytest.raises(ConfigurationError, match="not that of the first certificate"):
        signing_key(signer.certificates, pem_of(private_key("p256")))
    with pytest.raises(ConfigurationError, match="not that of the first certificate"):
        signing_key(authority.root + signer.certificates, signer.key)
    for certificates, key in (("", signer.key), ("nothing", signer.key)):
        with pytest.raises(ConfigurationError, match="certificates are no PEM"):
            signing_key(certificates, key)
    with pytest.raises(ConfigurationError, match="private key cannot be read"):
        signing_key(signer.certificates, "nothing")
    with pytest.raises(ConfigurationError, match=r"no http\(s\) URL"):
        signing_key(signer.certificates, signer.key, timestamp_url="ftp://x")
    with pytest.raises(ConfigurationError, match="trusted roots"):
        signing_key(signer.certificates, signer.key, trust="nothing")


def test_a_passphrase(authority: Authority) -> None:
    signer = authority.issue(passphrase=b"open sesame")
    assert signing_key(signer.certificates, signer.key, passphrase="open sesame").algorithm == "es256"
    for wrong in ("", "other"):
        with pytest.raises(ConfigurationError, match="does its passphrase match"):
            signing_key(signer.certificates, signer.key, passphrase=wrong)


def test_the_environment_names_files(authority: Authority, tmp_path: Path) -> None:
    signer = authority.issue(passphrase=b"word")
    for name, text in (("c.pem", signer.certificates), ("k.pem", signer.key), ("t.pem", authority.root)):
        (tmp_path / name).write_text(text)
    named = {CERTIFICATES: str(tmp_path / "c.pem"), KEY: str(tmp_path / "k.pem"), PASSPHRASE: "word"}
    assert key_from_environment({}) is None
    key = key_from_environment(named | {TRUST: str(tmp_path / "t.pem")})
    assert key is not None
    assert (key.trust, key.timestamp_url) == (authority.root, "")
    with pytest.raises(ConfigurationError, match=f"{CERTIFICATES} is set, {KEY} is not"):
        key_from_environment({CERTIFICATES: named[CERTIFICATES]})
    with pytest.raises(ConfigurationError, match=f"{KEY} names a file that cannot be read"):
        key_from_environment(named | {KEY: str(tmp_path / "gone.pem")})


def test_a_key_is_never_shown(authority: Authority) -> None:
    signer = authority.issue()
    body = signer.key.splitlines()[1]
    assert body not in repr(signing_key(signer.certificates, signer.key))
    try:
        signing_key(signer.certificates, signer.key[:-60])
    except ConfigurationError:
        assert body not in traceback.format_exc()
