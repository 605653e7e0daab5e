"""Images from hosts: only allowed ones, no redirects, bounded. Against a real TLS server on loopback."""

import datetime
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import localizer.sources
from localizer.errors import ImageError, StorageUnavailable
from localizer.source_identity import condition, of_answer
from localizer.sources import SourceReader

BODY = b"image bytes" * 1000


class Handler(BaseHTTPRequestHandler):
    seen: list[str] = []  # noqa: RUF012 (shared on purpose)

    def do_GET(self) -> None:
        self.seen.append(self.path)
        status = {"/gone.png": 404, "/busy.png": 503, "/moved.png": 302}.get(self.path, 200)
        if self.path == "/flaky.png" and self.seen.count("/flaky.png") < 3:
            status = 503
        if self.path == "/tagged.png" and self.headers["If-None-Match"] == '"v1"':
            status = 304
        self.send_response(status)
        if self.path == "/tagged.png":
            self.send_header("ETag", '"v1"')
        if status == 302:
            self.send_header("Location", "http://169.254.169.254/latest")
        self.send_header("Content-Length", str(len(BODY)) if status == 200 else "0")
        self.end_headers()
        if status == 200:
            self.wfile.write(BODY)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName(
        [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(pem + built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def host(certificate, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Handler.seen.clear()
    host = f"localhost:{server.server_port}"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.setenv("LOCALIZER_ALLOWED_HOSTS", f"cdn.example.com, {host.upper()}")
    yield host
    server.shutdown()
    server.server_close()


def test_an_allowed_host_is_read(host, tmp_path):
    assert SourceReader(str(tmp_path)).read(f"https://{host}/a.png") == BODY


def test_a_host_is_asked_whether_it_is_still_the_same(host, tmp_path):
    reader, url = SourceReader(str(tmp_path)), f"https://{host}/tagged.png"
    first = reader.fetch(url)
    assert first == (BODY, 'etag "v1"')
    assert reader.fetch(url, first.identity) == (None, first.identity)
    assert reader.fetch(url, 'etag "v0"') == first
    assert reader.fetch(f"https://{host}/a.png").identity == ""


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ({"etag": '"a"'}, 'etag "a"'),
        ({"etag": 'W/"a"'}, ""),
        ({"etag": "a"}, ""),
        ({}, ""),
        ({"last-modified": "Mon, 23 Nov 2026 10:00:00 GMT", "date": "Mon, 23 Nov 2026 10:00:30 GMT"}, ""),
        (
            {"last-modified": "Mon, 23 Nov 2026 10:00:00 GMT", "date": "Mon, 23 Nov 2026 10:05:00 GMT"},
            "modified Mon, 23 Nov 2026 10:00:00 GMT",
        ),
        ({"last-modified": "Mon, 23 Nov 2026 10:00:00 GMT"}, ""),
        ({"last-modified": "yesterday", "date": "Mon, 23 Nov 2026 10:05:00 GMT"}, ""),
        # Servers make tags from a time in seconds, too.
        (
            {
                "etag": '"a"',
                "last-modified": "Mon, 23 Nov 2026 10:00:00 GMT",
                "date": "Mon, 23 Nov 2026 10:00:01 GMT",
            },
            "",
        ),
    ],
)
def test_an_answer_is_known_again_only_by_what_cannot_deceive(headers, identity):
    assert of_answer(headers) == identity
    assert bool(condition(identity)) == bool(identity)


def test_any_other_host_is_refused_without_a_request(host, tmp_path, monkeypatch):
    monkeypatch.setenv("LOCALIZER_ALLOWED_HOSTS", "cdn.example.com")
    for url in (
        f"https://{host}/a.png",
        "https://cdn.example.com.evil.test/a.png",
        f"https://{host.split(':')[0]}/a.png",
    ):
        with pytest.raises(ImageError, match="LOCALIZER_ALLOWED_HOSTS"):
            SourceReader(str(tmp_path)).read(url)
    assert Handler.seen == []


def test_redirects_are_not_followed(host, tmp_path):
    with pytest.raises(ImageError, match="redirects"):
        SourceReader(str(tmp_path)).read(f"https://{host}/moved.png")


def test_what_is_gone_is_not_asked_for_again_but_what_is_busy_is(host, tmp_path):
    reader = SourceReader(str(tmp_path))
    with pytest.raises(ImageError, match="404"):
        reader.read(f"https://{host}/gone.png")
    with pytest.raises(StorageUnavailable, match="503"):
        reader.read(f"https://{host}/busy.png")
    assert reader.read(f"https://{host}/flaky.png") == BODY
    assert Handler.seen.count("/gone.png") == 1
    assert Handler.seen.count("/busy.png") == 3


def test_an_endless_answer_is_cut_off(host, tmp_path, monkeypatch):
    monkeypatch.setattr(localizer.sources, "MAX_BYTES", 5000)
    with pytest.raises(ImageError, match="larger than"):
        SourceReader(str(tmp_path)).read(f"https://{host}/a.png")


def test_a_certificate_that_does_not_verify_is_not_accepted(host, tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(StorageUnavailable, match="certificate"):
        SourceReader(str(tmp_path)).read(f"https://{host}/a.png")


def test_buckets_are_read_by_full_address_and_as_the_root(gcs_uri, tmp_path):
    from localizer.storage import open_storage

    open_storage(gcs_uri).write("图/a.png", BODY)
    assert SourceReader(str(tmp_path)).read(f"{gcs_uri}/图/a.png") == BODY
    assert SourceReader(gcs_uri).read("图/a.png") == BODY
    for reader, name in (
        (SourceReader(str(tmp_path)), f"{gcs_uri}/none.png"),
        (SourceReader(gcs_uri), "none.png"),
    ):
        with pytest.raises(ImageError, match="is not there"):
            reader.read(name)
