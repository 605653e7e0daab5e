"""``python -m localizer provenance``: what files and releases say, and whether it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localizer.cli import main
from localizer.provenance.keys import CERTIFICATES, KEY, SigningKey
from localizer.provenance.statements import HUMAN_EDITS
from tests.authority import Authority

from .conftest import Shop, picture

IMAGES = {("poster", "ja"): ("png", picture("PNG")), ("banner", "de"): ("jpg", picture("JPEG"))}


@pytest.fixture
def released(local_shop: Shop, key: SigningKey) -> Path:
    """The folder of a signed release."""
    done = local_shop.publish(local_shop.run("r1", IMAGES), key)
    return Path(done.uri or "")


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    code = main(["provenance", *map(str, arguments)])
    out = capsys.readouterr()
    return code, out.out + out.err


def test_a_published_file_tells_its_whole_chain(released: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, released / "ja" / "poster.png")
    assert code == 0
    record = next(
        o for o in json.loads((released / "release.json").read_text())["objects"] if o["locale"] == "ja"
    )
    for part in (
        f"edited with non-generative tools {HUMAN_EDITS}",
        "edited campaign-localizer typeset/3 replace_text 1; locale ja",
        "signed by Acme Campaigns",
        "c2pa.edited campaign-localizer typeset 3",
        f"source      {record['source_sha256']}",
        "engine      typeset 3",
        f"reviewed    {record['reviewed_sha256']}",
        "approved    by ann at 2026-01-01T00:00:00Z: looks right",
        f"published   {record['sha256']}",
        "  holds",
    ):
        assert part in text
    assert "FAULT" not in text


def test_a_relative_path_and_a_file_outside_a_release(
    released: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.png").write_bytes(picture("PNG"))
    monkeypatch.chdir(tmp_path)
    code, text = told(capsys, "mine.png")
    assert (code, "credential  none" in text, "approved" in text) == (0, True, False)
    monkeypatch.chdir(released / "ja")
    code, text = told(capsys, "poster.png")
    assert (code, "approved    by ann" in text) == (0, True)


@pytest.mark.parametrize("form", ["folder", "record"])
def test_a_release_tells_every_file(
    released: Path, form: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, authority: Authority
) -> None:
    (tmp_path / "roots.pem").write_text(authority.root)
    place = released if form == "folder" else released / "release.json"
    code, text = told(capsys, place, "--json", "--trust", tmp_path / "roots.pem")
    assert code == 0
    rows = [json.loads(line) for line in text.splitlines()]
    assert [Path(row["place"]).name for row in rows] == ["banner.jpg", "poster.png"]
    assert all(row["holds"] and row["file"]["credential"]["state"] == "Trusted" for row in rows)
    assert all(row["release"]["approver"] == "ann" for row in rows)


def test_what_was_tampered_with_does_not_hold(
    released: Path, capsys: pytest.CaptureFixture[str], authority: Authority, tmp_path: Path
) -> None:
    target = released / "de" / "banner.jpg"
    whole = target.read_bytes()
    target.chmod(0o644)
    target.write_bytes(whole.replace(b"\x01\x2c\x01\x2c", b"\x01\x2d\x01\x2d", 1))
    code, text = told(capsys, target)
    assert code == 1
    for part in ("its sha256 is", "invalid (assertion.dataHash.mismatch)", "DOES NOT HOLD"):
        assert part in text
    code, text = told(capsys, released)
    assert (code, text.count("DOES NOT HOLD")) == (1, 1)
    target.write_bytes(b"no image")
    assert told(capsys, target)[0] == 1
    target.unlink()
    code, text = told(capsys, released)
    assert (code, "it is missing" in text) == (1, True)
    (tmp_path / "roots.pem").write_text(Authority("Other").root)
    code, text = told(capsys, released / "ja" / "poster.png", "--trust", tmp_path / "roots.pem")
    assert (code, "signingCredential.untrusted" in text) == (1, True)


def test_a_credential_that_was_taken_off_is_missed(
    released: Path, local_shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    (reviewed, *_) = [r for r in local_shop.workspace.run("r1").results() if r.locale == "ja"]
    target = released / "ja" / "poster.png"
    target.chmod(0o644)
    target.write_bytes(Path(reviewed.delivered or "").read_bytes())
    code, text = told(capsys, target)
    assert (code, "it has no content credentials, the release records some" in text) == (1, True)


def test_an_old_release_still_tells_what_it_knows(
    local_shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    done = local_shop.publish(local_shop.run("r1", IMAGES))
    folder = Path(done.uri or "")
    record = json.loads((folder / "release.json").read_text())
    new = ("source_sha256", "engine_version", "models", "candidate_sha256", "reviewed_sha256", "source_type")
    for each in record["objects"]:
        for name in (*new, "reason", "credential"):
            del each[name]
    (folder / "release.json").chmod(0o644)
    (folder / "release.json").write_text(json.dumps(record))
    code, text = told(capsys, folder)
    assert (code, text.count("approved    by ann"), text.count("reviewed")) == (0, 2, 0)
    # and the next release takes over from it
    rush = local_shop.run(
        "r2", {("poster", "ja"): IMAGES["poster", "ja"]}, tone=9, out_of_scope=(("banner", "de"),)
    )
    assert local_shop.publish(rush).carried == 1


@pytest.mark.parametrize("place", ["gone.png", "gone", "releases/r-0123456789abcdef/release.json"])
def test_what_is_not_there_is_told(place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = told(capsys, tmp_path / place)
    assert code in (1, 2)
    assert "there is no" in text or "is not the folder" in text


def test_a_run_of_the_command_line_signs_what_it_publishes(
    small_campaign: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    authority: Authority,
) -> None:
    folder, signer = small_campaign, authority.issue()
    (folder / "c.pem").write_text(signer.certificates)
    (folder / "k.pem").write_text(signer.key)
    monkeypatch.setenv(CERTIFICATES, str(folder / "c.pem"))
    arguments = ["run", str(folder / "small.csv"), "--workspace", str(folder / "work"), "--jobs", "1"]
    arguments += ["--approve", "passed", "--publish", str(folder / "out")]
    assert main(arguments) == 2
    assert f"{KEY} is not" in capsys.readouterr().err
    assert not (folder / "work").exists(), "told before anything is edited"
    monkeypatch.setenv(KEY, str(folder / "k.pem"))
    assert main(arguments) == 0
    release = json.loads((folder / "out" / "small" / "current.json").read_text())["release_id"]
    assert "signed" in capsys.readouterr().out
    code, text = told(capsys, folder / "out" / "small" / "releases" / release)
    assert code == 0
    assert text.count("Valid, signed by Acme Campaigns") == text.count("approved    by policy:") > 0
    assert main(arguments) == 0
    assert "is current already; nothing was written" in capsys.readouterr().out
