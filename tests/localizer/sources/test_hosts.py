"""Fetching from hosts that lie about their addresses, redirect, dawdle or never end. Against a real TLS
server on loopback with a CA of its own; only the answers of the resolver are made up."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from localizer.errors import ConfigurationError, ImageError
from localizer.sources import SourceReader, addresses, hosts
from localizer.sources.hosts import HostReader, NoAnswer, without_query

BODY = b"image bytes" * 1000
NAME = "cdn.example.com"


class Handler(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []  # noqa: RUF012  shared on purpose
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.seen.append((self.headers["Host"], self.path))
        with suppress(OSError):  # the client hangs up on us, rightly
            getattr(self, "do_" + self.path.strip("/").split(".")[0].split("?")[0], self.do_image)()

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_image(self) -> None:
        self.answer(BODY, ETag='"1"')

    def do_moved(self) -> None:
        self.answer(b"", 302, Location="https://169.254.169.254/latest/meta-data")

    def do_bomb(self) -> None:
        self.answer(gzip.compress(bytes(50 << 20)), Content_Encoding="gzip")

    def do_unchanged(self) -> None:
        self.answer(b"", 304 if self.headers["If-None-Match"] == '"1"' else 200)

    def do_large(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(10**15))
        self.end_headers()

    def do_endless(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while True:
            self.wfile.write(b"1000\r\n" + bytes(0x1000) + b"\r\n")

    def do_dripping(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        for _ in range(200):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.05)

    def do_drippingheaders(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(200):
            self.wfile.write(b"X-%d: y\r\n" % number)
            self.wfile.flush()
            time.sleep(0.05)

    def do_manyheaders(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1_000_000)

    def log_message(self, *args: object) -> None:
        pass


def _signed(name: str, issuer, *, is_ca: bool):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    by, by_key = issuer or (subject, key)
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName(name), x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .sign(by_key, hashes.SHA256())
    )
    return certificate, key, (subject, key)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> tuple[Path, Path]:
    """The CA, and a server's key and certificate signed by it."""
    from cryptography.hazmat.primitives import serialization

    pem = serialization.Encoding.PEM
    folder = tmp_path_factory.mktemp("tls")
    ca, _, issuer = _signed("test CA", None, is_ca=True)
    leaf, key, _ = _signed(NAME, issuer, is_ca=False)
    (folder / "ca.pem").write_bytes(ca.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(private + leaf.public_bytes(pem))
    return folder / "ca.pem", folder / "server.pem"


@pytest.fixture
def port(certificates, monkeypatch) -> Iterator[int]:
    ca, own = certificates
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    Handler.seen.clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody is there: whoever used it would fail
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("LOCALIZER_ALLOWED_PRIVATE_HOSTS", raising=False)
    monkeypatch.setenv("LOCALIZER_ALLOWED_HOSTS", f"other.example.com, {NAME.upper()}:{server.server_port}")
    yield server.server_port
    server.shutdown()
    server.server_close()


class Resolver:
    """A stand-in for DNS: gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    def __call__(self, host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        kinds = [socket.AF_INET6 if ":" in each else socket.AF_INET for each in answer]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (each, port)) for kind, each in zip(kinds, answer, strict=True)
        ]


@pytest.fixture
def resolver(monkeypatch):
    def use(*answers: list[str]) -> Resolver:
        made = Resolver(*answers)
        monkeypatch.setattr(hosts, "resolve", made)
        return made

    return use


@pytest.fixture
def public_loopback(monkeypatch):
    """127.0.0.1 passes for a public address, as no other can be reached from a test."""
    really = addresses.is_public
    monkeypatch.setattr(hosts, "is_public", lambda address: address == "127.0.0.1" or really(address))


@pytest.fixture
def reader() -> HostReader:
    return HostReader(max_bytes=100_000)


def test_a_public_host_is_read_and_its_name_verified(port, resolver, public_loopback, reader):
    dns = resolver(["127.0.0.1"])
    answer = reader.get(f"https://{NAME}:{port}/image.png?x=1")
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, BODY, '"1"')
    assert Handler.seen == [(f"{NAME}:{port}", "/image.png?x=1")]
    assert reader.get(f"https://{NAME}:{port}/again.png").body == BODY
    assert dns.asked == 1  # once for the connection, which is used again


def test_headers_are_sent_and_no_body_is_no_error(port, resolver, public_loopback, reader):
    resolver(["127.0.0.1"])
    assert reader.get(f"https://{NAME}:{port}/unchanged", {"If-None-Match": '"1"'})[0::2] == (304, b"")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.7",
        "169.254.169.254",
        "::1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "fe80::1%lo",
    ],
)
def test_a_private_answer_is_refused_without_a_connection(port, resolver, reader, address, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("it connected"))
    resolver([address])
    with pytest.raises(ImageError, match=r"has an address that is not allowed .*ALLOWED_PRIVATE_HOSTS"):
        reader.get(f"https://{NAME}:{port}/image.png")


def test_one_private_address_among_public_ones_spoils_them_all(port, resolver, reader):
    resolver(["93.184.216.34", "2606:2800:220:1::1", "10.0.0.7"])
    with pytest.raises(ImageError, match=r"10\.0\.0\.7"):
        reader.get(f"https://{NAME}:{port}/image.png")


def test_an_answer_that_changes_gains_nothing(port, resolver, public_loopback, reader):
    """DNS rebinding: the connection goes to what was checked; a new connection is checked anew."""
    dns = resolver(["127.0.0.1"], ["169.254.169.254"])
    assert reader.get(f"https://{NAME}:{port}/image.png").body == BODY
    assert dns.asked == 1
    with pytest.raises(ImageError, match=r"169\.254\.169\.254"):
        HostReader(max_bytes=100_000).get(f"https://{NAME}:{port}/image.png")
    assert len(Handler.seen) == 1


def test_a_private_host_that_the_operator_names(port, resolver, reader, monkeypatch):
    resolver(["127.0.0.1"])
    monkeypatch.setenv("LOCALIZER_ALLOWED_HOSTS", "")
    monkeypatch.setenv("LOCALIZER_ALLOWED_PRIVATE_HOSTS", f"{NAME}:{port}")
    assert HostReader(max_bytes=100_000).get(f"https://{NAME}:{port}/image.png").body == BODY
    resolver(["169.254.169.254"])
    with pytest.raises(ImageError, match=r"not allowed \(169\.254\.169\.254\)$"):
        HostReader(max_bytes=100_000).get(f"https://{NAME}:{port}/image.png")


def test_tls_verifies_the_name_not_the_address(port, resolver, public_loopback, monkeypatch):
    resolver(["127.0.0.1"])
    monkeypatch.setenv("LOCALIZER_ALLOWED_HOSTS", f"elsewhere.example.com:{port}")
    with pytest.raises(NoAnswer, match=r"elsewhere\.example\.com"):
        HostReader(max_bytes=100_000).get(f"https://elsewhere.example.com:{port}/image.png")
    assert Handler.seen == []


def test_a_certificate_of_an_unknown_authority(port, resolver, public_loopback, monkeypatch):
    resolver(["127.0.0.1"])
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(NoAnswer, match="certificate"):
        HostReader(max_bytes=100_000).get(f"https://{NAME}:{port}/image.png")


@pytest.mark.parametrize(
    "address",
    [
        f"https://{NAME}/a.png",  # another port
        f"https://{NAME}.evil.test/a.png",
        f"https://evil.test/{NAME}",
        "https://[::1]/a.png",
        "https://2130706433/a.png",
        "https://127.0.0.1/a.png",
        "https://cdn。example。com.evil.test/a.png",
    ],
)
def test_other_hosts_are_refused_without_a_look_up(port, resolver, reader, address):
    dns = resolver(["127.0.0.1"])
    with pytest.raises(ImageError, match="LOCALIZER_ALLOWED_HOSTS"):
        reader.get(address)
    assert dns.asked == 0


@pytest.mark.parametrize("start", ["http://", "ftp://", "https://user@", "https://user:pw@", "https://:pw@"])
def test_other_schemes_and_credentials_are_refused(port, resolver, reader, start):
    dns = resolver(["127.0.0.1"])
    with pytest.raises(ImageError, match="only https"):
        reader.get(f"{start}{NAME}:{port}/a.png")
    assert dns.asked == 0


def test_redirects_are_told_not_followed(port, resolver, public_loopback, tmp_path):
    resolver(["127.0.0.1"])
    with pytest.raises(ImageError, match="redirects elsewhere"):
        SourceReader(str(tmp_path)).read(f"https://{NAME}:{port}/moved")
    assert len(Handler.seen) == 1


@pytest.mark.parametrize(
    ("path", "words"), [("bomb", "comes compressed"), ("large", "larger than"), ("endless", "larger than")]
)
def test_bodies_are_bounded(port, resolver, public_loopback, reader, path, words):
    resolver(["127.0.0.1"])
    with pytest.raises(ImageError, match=words):
        reader.get(f"https://{NAME}:{port}/{path}")


@pytest.mark.parametrize("path", ["dripping", "drippingheaders"])
def test_the_whole_request_has_a_time_limit(port, resolver, public_loopback, reader, path, monkeypatch):
    monkeypatch.setattr(hosts, "TOTAL_SECONDS", 1.0)
    resolver(["127.0.0.1"])
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        reader.get(f"https://{NAME}:{port}/{path}")
    assert time.monotonic() - began < 4


def test_headers_are_bounded(port, resolver, public_loopback, reader):
    resolver(["127.0.0.1"])
    with pytest.raises(NoAnswer):
        reader.get(f"https://{NAME}:{port}/manyheaders")


def test_a_name_that_is_unknown(port, reader, monkeypatch):
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(hosts, "resolve", unknown)
    with pytest.raises(NoAnswer, match="cannot be looked up"):
        reader.get(f"https://{NAME}:{port}/image.png")


def test_what_signs_an_address_is_not_in_messages(port, resolver, tmp_path):
    resolver(["10.0.0.1"])
    secret = "X-Goog-Signature=5ec2e7"
    for address in (f"https://{NAME}:{port}/a.png?{secret}", f"https://evil.test/a.png?{secret}"):
        with pytest.raises(ImageError) as caught:
            SourceReader(str(tmp_path)).read(address)
        assert secret not in str(caught.value)
    assert without_query("https://a/b.png") == "https://a/b.png"


@pytest.mark.parametrize("entry", ["https://cdn.example.com", "a/b", "user@host", "host:port", "a b"])
def test_a_wrong_setting_is_told(monkeypatch, entry):
    monkeypatch.setenv("LOCALIZER_ALLOWED_HOSTS", f"good.example.com,{entry}")
    with pytest.raises(ConfigurationError, match="LOCALIZER_ALLOWED_HOSTS"):
        HostReader(max_bytes=1)
