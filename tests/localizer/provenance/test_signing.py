"""Published images carry content credentials; each is signed once, and nothing else about it changes."""

from __future__ import annotations

import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import c2pa  # noqa: TID253  a test is no Airflow task
import numpy as np
import pytest

from localizer.cli import main
from localizer.errors import ReleaseError, SigningFailed, TransientError
from localizer.images import decode
from localizer.images.packet import has_credentials, packet_of
from localizer.provenance import signing
from localizer.provenance.credentials import MIME_TYPES, examine, sign
from localizer.provenance.keys import SigningKey, signing_key
from localizer.provenance.reading import account_of
from localizer.provenance.statements import EDITED_BY_MODEL, HUMAN_EDITS, VOCABULARY
from localizer.provenance.xmp import history_of
from localizer.release import verify_release
from tests.authority import Authority

from .conftest import Shop, edited, picture, sha256

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "TIFF": "tif", "GIF": "gif"}
ONE = {("poster", "ja"): ("png", picture("PNG"))}
TWO = ONE | {("banner", "ja"): ("jpg", picture("JPEG"))}


def record_of(shop: Shop, release_id: str | None) -> dict[str, dict[str, object]]:
    record = json.loads(shop.files(release_id)["release.json"])
    return {each["path"]: each for each in record["objects"]}


def tampered(jpeg: bytes) -> bytes:
    """The file with another density: 301 dots an inch."""
    changed = jpeg.replace(b"\x01\x2c\x01\x2c", b"\x01\x2d\x01\x2d", 1)
    assert changed != jpeg
    return changed


@pytest.mark.parametrize("fmt", FORMATS)
def test_every_format_is_signed_and_otherwise_unchanged(
    fmt: str, local_shop: Shop, key: SigningKey, authority: Authority
) -> None:
    source = picture(fmt)
    run = local_shop.run("r1", {("poster", "ja"): (FORMATS[fmt], source)})
    (result,) = run.results()
    reviewed = local_shop.workspace.storage.read(local_shop.workspace.delivered_name(result) or "")
    done = local_shop.publish(run, key)
    assert (done.objects, done.signed) == (1, 1)
    assert "1 signed" in done.message
    path = f"ja/poster.{FORMATS[fmt]}"
    published = local_shop.files(done.release_id)[path]
    was, now = decode(reviewed, name="a"), decode(published, name="a")
    assert np.array_equal(was.native, now.native)
    assert (was.icc, was.dpi, packet_of(was)) == (now.icc, now.dpi, packet_of(now))
    assert has_credentials(now)
    assert not has_credentials(was)

    found = examine(published, MIME_TYPES[fmt], trust=authority.root)
    assert found is not None
    assert (found.state, found.faults, found.signer) == ("Trusted", (), "Acme Campaigns")
    assert [action["action"] for action in found.actions] == ["c2pa.opened", "c2pa.edited"]
    assert found.actions[1]["digitalSourceType"] == HUMAN_EDITS
    assert found.actions[1]["softwareAgent"] == {"name": "campaign-localizer typeset", "version": "3"}
    assert found.manifest["ingredients"][0]["relationship"] == "parentOf"
    assert sha256(source) in found.manifest["ingredients"][0]["title"]
    assert found.chain["source_sha256"] == sha256(source)
    assert found.chain["reviewed_sha256"] == sha256(reviewed)

    entry = record_of(local_shop, done.release_id)[path]
    assert (entry["sha256"], entry["reviewed_sha256"]) == (sha256(published), sha256(reviewed))
    assert entry["credential"] == {
        "state": "Trusted",
        "signer": "Acme Campaigns",
        "certificate_sha256": key.fingerprint,
        "signed_at": entry["credential"]["signed_at"],  # type: ignore[index]
    }
    verify_release(local_shop.publish_uri, "spring", done.release_id or "", read_all=True)


def test_the_chain_reaches_from_source_to_approver(shop: Shop) -> None:
    done = shop.publish(shop.run("r1", ONE, models=("/models/Qwen-Image-Edit",)))
    entry = record_of(shop, done.release_id)["ja/poster.png"]
    (result,) = shop.workspace.run("r1").results()
    assert {name: entry[name] for name in entry if name not in {"crc32c", "size", "checks", "path"}} == {
        "asset_id": "poster",
        "locale": "ja",
        "sha256": result.delivered_sha256,
        "content_type": "image/png",
        "job": "r1-0",
        "engine": "typeset",
        "status": "passed",
        "approver": "ann",
        "decided_at": "2026-01-01T00:00:00Z",
        "carried_from": None,
        "source_sha256": sha256(picture("PNG")),
        "engine_version": "3",
        "models": ["/models/Qwen-Image-Edit"],
        "candidate_sha256": result.image_sha256,
        "reviewed_sha256": result.delivered_sha256,
        "source_type": EDITED_BY_MODEL,
        "reason": "looks right",
        "redone": None,
        "credential": None,
    }


def test_a_retry_signs_nothing_and_publishes_the_same(shop: Shop, key: SigningKey) -> None:
    first = shop.publish(shop.run("r1", TWO), key)
    kept = shop.signatures()
    assert len(kept) == 4
    again = shop.publish(shop.workspace.run("r1"), key)
    assert (again.release_id, again.objects_new, again.already_current) == (first.release_id, 0, True)
    assert shop.signatures() == kept
    other = shop.publish(shop.run("r2", TWO), key)  # another run with the same images: its job keys differ,
    assert other.release_id == first.release_id  # what was reviewed does not
    assert shop.signatures() == kept


def test_cut_off_at_any_point_a_retry_ends_the_same(
    local_shop: Shop, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = local_shop.run("r1", TWO)
    storage = local_shop.workspace.storage
    create, written = type(storage).create, []

    def dying(self, name, data, **options):
        if len(written) == dying.at:
            raise KeyboardInterrupt
        written.append(name)
        return create(self, name, data, **options)

    signed: set[str] = set()
    for dying.at in range(8):
        written.clear()
        with monkeypatch.context() as patch:
            patch.setattr(type(storage), "create", dying)
            try:
                done = local_shop.publish(run, key)
            except KeyboardInterrupt:
                records = {n: storage.read(n) for n in local_shop.signatures() if n.endswith(".json")}
                assert signed <= {json.loads(r)["published_sha256"] for r in records.values()}
                signed = {json.loads(r)["published_sha256"] for r in records.values()}
            else:
                break
    files = local_shop.files(done.release_id)
    assert {sha256(data) for name, data in files.items() if name != "release.json"} >= signed
    assert local_shop.publish(run, key).release_id == done.release_id


@pytest.mark.parametrize("at_once", [2, 6])
def test_publishers_at_the_same_time_publish_one_set_of_bytes(
    shop: Shop, key: SigningKey, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = shop.run("r1", TWO)
    barrier = threading.Barrier(at_once)
    really = signing.sign

    def together(*arguments, **options):
        data = really(*arguments, **options)
        barrier.wait(20)  # all have signed, none has kept its file
        return data

    monkeypatch.setattr(signing, "sign", together)
    monkeypatch.setattr(signing, "_AT_ONCE", 1)
    with ThreadPoolExecutor(at_once) as pool:
        done = list(pool.map(lambda _: shop.publish(shop.workspace.run("r1"), key), range(at_once)))
    assert len({each.release_id for each in done}) == 1
    assert sum(each.pointer_moved for each in done) == 1
    kept = shop.signatures()
    assert len(kept) == 4, "the losers' files are removed again"
    published = {sha256(d) for n, d in shop.files(done[0].release_id).items() if n != "release.json"}
    assert published == {
        name.rpartition("/")[2].partition(".")[0] for name in kept if not name.endswith("json")
    }
    assert shop.publish(run, key).already_current


def test_a_tampered_signature_file_is_not_published(shop: Shop, key: SigningKey) -> None:
    run = shop.run("r1", ONE)
    shop.publish(run, key)
    (name,) = (n for n in shop.signatures() if n.endswith(".png"))
    shop.workspace.storage.write(name, b"other")
    other = Shop(shop.publish_uri.removesuffix("/published"))
    other.publish_uri += "-elsewhere"
    with pytest.raises(ReleaseError, match="not the image that was approved"):
        other.publish(run, key)
    assert list(other.published.names()) == []


def test_tampering_with_a_published_file_is_seen(shop: Shop, key: SigningKey, authority: Authority) -> None:
    done = shop.publish(shop.run("r1", {("poster", "ja"): ("jpg", picture("JPEG"))}), key)
    data = shop.files(done.release_id)["ja/poster.jpg"]
    assert account_of(data, name="a.jpg", trust=authority.root).faults == ()
    found = account_of(tampered(data), name="a.jpg")
    assert found.credential is not None
    assert found.credential.state == "Invalid"
    assert "assertion.dataHash.mismatch" in found.credential.faults
    stated = data.replace(b"humanEdits</", b"humanEdytz</")
    assert stated != data
    assert account_of(stated, name="a.jpg").faults, "the statement in the XMP is signed as well"
    assert account_of(data, name="a.jpg", trust=Authority("Other").root).faults


def test_a_signer_whom_the_trusted_roots_do_not_vouch_for_publishes_nothing(
    shop: Shop, authority: Authority
) -> None:
    signer = authority.issue()
    stranger = signing_key(signer.certificates, signer.key, trust=Authority("Other").root)
    with pytest.raises(SigningFailed, match=r"signingCredential\.untrusted"):
        shop.publish(shop.run("r1", ONE), stranger)
    assert list(shop.published.names()) == []
    assert shop.signatures() == []


def test_roots_that_are_configured_later_are_asked_for_too(shop: Shop, authority: Authority) -> None:
    signer = authority.issue()
    run = shop.run("r1", ONE)
    plain = signing_key(signer.certificates, signer.key)
    first = shop.publish(run, plain)
    assert record_of(shop, first.release_id)["ja/poster.png"]["credential"]["state"] == "Valid"  # type: ignore[index]
    kept = shop.signatures()
    stranger = signing_key(signer.certificates, signer.key, trust=Authority("Other").root)
    with pytest.raises(SigningFailed, match="none of the trusted roots"):
        shop.publish(run, stranger)
    again = shop.publish(run, signing_key(signer.certificates, signer.key, trust=authority.root))
    assert again.release_id == first.release_id
    assert shop.signatures() == kept


def test_a_signed_file_with_other_pixels_is_refused(
    shop: Shop, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in signs another picture: whatever the library does, the pixels are compared."""

    def sign_another(data: bytes, mime: str, **options: object) -> bytes:
        return sign(edited(picture("PNG"), tone=90)[0], mime, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(signing, "sign", sign_another)
    with pytest.raises(SigningFailed, match="other pixels"):
        shop.publish(shop.run("r1", ONE), key)
    assert list(shop.published.names()) == []


def test_a_format_that_cannot_hold_credentials_is_never_published_unsigned(
    shop: Shop, key: SigningKey
) -> None:
    run = shop.run("r1", TWO | {("logo", "ja"): ("bmp", picture("BMP"))})
    with pytest.raises(SigningFailed, match="BMP cannot hold content credentials"):
        shop.publish(run, key)
    assert list(shop.published.names()) == []
    assert shop.publish(run).objects == 3, "without a key it is"


def test_what_nobody_knows_the_making_of_is_not_signed(shop: Shop, key: SigningKey) -> None:
    with pytest.raises(SigningFailed, match="before it was recorded how"):
        shop.publish(shop.run("r1", ONE, stated=False), key)


def test_a_silent_timestamp_authority_is_worth_a_retry(shop: Shop, authority: Authority) -> None:
    signer = authority.issue()
    stamped = signing_key(signer.certificates, signer.key, timestamp_url="http://127.0.0.1:9/tsa")
    with pytest.raises(TransientError, match="timestamp authority"):
        shop.publish(shop.run("r1", ONE), stamped)
    assert list(shop.published.names()) == []
    assert shop.signatures() == []


def test_a_model_edit_says_so(shop: Shop, key: SigningKey) -> None:
    done = shop.publish(shop.run("r1", ONE, models=("Qwen-Image-Edit-2509@abc",)), key)
    found = examine(shop.files(done.release_id)["ja/poster.png"], "image/png")
    assert found is not None
    assert found.actions[1]["digitalSourceType"] == EDITED_BY_MODEL
    assert "Qwen-Image-Edit-2509@abc" in found.actions[1]["description"]
    assert found.chain["models"] == ["Qwen-Image-Edit-2509@abc"]


@pytest.mark.parametrize("fmt", FORMATS)
def test_credentials_of_the_source_stay_as_its_parents(
    fmt: str, shop: Shop, key: SigningKey, authority: Authority
) -> None:
    theirs = authority.issue("Camera Maker")
    plain = picture(fmt)
    source = sign(
        plain,
        MIME_TYPES[fmt],
        source=plain,
        source_mime=MIME_TYPES[fmt],
        edit=None,
        chain={"source_sha256": "0" * 64},
        key=signing_key(theirs.certificates, theirs.key),
    )
    run = shop.run("r1", {("poster", "ja"): (FORMATS[fmt], source)})
    (result,) = run.results()
    reviewed = shop.workspace.storage.read(shop.workspace.delivered_name(result) or "")
    assert not has_credentials(decode(reviewed, name="a")), "they do not hold for the edited picture"
    done = shop.publish(run, key)
    data = shop.files(done.release_id)[f"ja/poster.{FORMATS[fmt]}"]
    found = examine(data, MIME_TYPES[fmt], trust=authority.root)
    assert found is not None
    assert found.state == "Trusted"
    (parent,) = found.manifest["ingredients"]
    assert parent["active_manifest"]
    assert found.manifests[parent["active_manifest"]]["signature_info"]["issuer"] == "Camera Maker"


def test_a_source_that_was_tampered_with_can_still_be_signed_and_tells(shop: Shop, key: SigningKey) -> None:
    plain = picture("JPEG")
    source = sign(
        plain,
        "image/jpeg",
        source=plain,
        source_mime="image/jpeg",
        edit=None,
        chain={"source_sha256": "0" * 64},
        key=key,
    )
    done = shop.publish(shop.run("r1", {("poster", "ja"): ("jpg", tampered(source))}), key)
    found = examine(shop.files(done.release_id)["ja/poster.jpg"], "image/jpeg")
    assert found is not None
    assert found.state in ("Valid", "Trusted")
    assert "assertion.dataHash.mismatch" in json.dumps(found.manifest["ingredients"])


class Counting(BaseHTTPRequestHandler):
    """A stand-in for wherever credentials lie; nobody is to ask it."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(404)


def test_credentials_that_lie_elsewhere_are_not_fetched(
    local_shop: Shop, key: SigningKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Counting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/manifest.c2pa"
    out = io.BytesIO()
    info = c2pa.C2paSignerInfo(b"es256", key.chain.encode(), key.private_key.encode(), None)
    actions = [{"action": "c2pa.created", "digitalSourceType": VOCABULARY + "digitalCapture"}]
    definition = {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}]}
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(definition) as builder:
        builder.set_no_embed()
        builder.set_remote_url(url)
        builder.sign(signer, "image/jpeg", io.BytesIO(picture("JPEG")), out)
    source = out.getvalue()
    assert url.encode() in source
    Counting.asked.clear()
    try:
        done = local_shop.publish(local_shop.run("r1", {("poster", "ja"): ("jpg", source)}), key)
        data = local_shop.files(done.release_id)["ja/poster.jpg"]
        (tmp_path / "source.jpg").write_bytes(source)
        assert main(["provenance", str(tmp_path / "source.jpg"), str(done.uri)]) == 0
    finally:
        server.shutdown()
    assert Counting.asked == []
    packet = packet_of(decode(data, name="a.jpg"))
    assert packet is not None
    assert b"provenance=" not in packet
    assert url in history_of(packet)[-1]["parameters"]


def test_a_dry_run_signs_nothing(shop: Shop, key: SigningKey) -> None:
    run = shop.run("r1", TWO)
    dry = shop.publish(run, key, dry_run=True)
    assert (dry.objects, dry.signed, shop.signatures()) == (2, 0, [])
    assert any("2 images are not signed yet" in warning for warning in dry.warnings)
    done = shop.publish(run, key)
    assert shop.publish(run, key, dry_run=True).release_id == done.release_id


def test_what_is_carried_over_keeps_its_credential_or_is_told_to_lack_one(
    shop: Shop, key: SigningKey
) -> None:
    first = shop.publish(shop.run("r1", TWO), key)
    before = record_of(shop, first.release_id)["ja/banner.jpg"]
    rush = shop.run(
        "r2", {("poster", "ja"): ("png", picture("PNG"))}, tone=99, out_of_scope=(("banner", "ja"),)
    )
    second = shop.publish(rush, key)
    after = record_of(shop, second.release_id)["ja/banner.jpg"]
    assert after == before | {"carried_from": first.release_id}
    assert (second.signed, second.carried, second.warnings) == (2, 1, ())
    plain = shop.publish(shop.run("r3", TWO))
    assert plain.signed == 0
    third = shop.publish(rush, key)
    assert (third.signed, third.carried) == (1, 1)
    assert any("1 images carried over are not signed" in warning for warning in third.warnings)
