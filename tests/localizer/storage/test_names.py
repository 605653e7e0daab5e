"""No name leaves its storage, however it is spelt: in a folder and in a bucket."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from localizer.errors import ObjectNotFound, ReleaseError, StorageError
from localizer.manifest.values import parse_name, safe_name
from localizer.release.records import folded, object_path, pointer_name, release_folder
from localizer.runs import path_segment
from localizer.storage import Storage, open_storage
from localizer.storage.names import checked, checked_prefix
from localizer.workspace import Workspace

NASTY = [
    "..",
    ".",
    "",
    "/",
    "../x",
    "a/../../x",
    "a/./b",
    "a//b",
    "/etc/passwd",
    "//host/share",
    "\\\\host\\share",
    "..\\x",
    "C:\\x",
    "a\x00b",
    "a\nb",
    "a\x7fb",
    "a\u0085b",
    "\ud800",
    "~root",
    "-rf",
    "--help",
    "a" * 5000,
    "é" * 2000,
    "\u2215etc",  # division slash
    "\u2044etc",  # fraction slash
    "\uff0fetc",  # fullwidth solidus
    "\u29f8etc",  # big solidus
    "\uff0e\uff0e",  # fullwidth full stops
    "\u2024\u2024",  # one dot leaders
    "\u2025",  # two dot leader
    "a\u202eb",  # right-to-left override
    "a\u200bb",  # zero width space
    "a\ufe0f",
    "\u3164",  # Hangul filler
    "CON",
    "nul.png",
    "com1",
    "lpt¹",
    "trailing.",
    "trailing ",
    ".hidden",
    "%2e%2e%2f",
    "${HOME}",
    "$(id)",
    "a;b",
    "a|b",
    "a*b",
    "gs://bucket/x",
    ".localizer-lock",
]
names = st.one_of(
    st.sampled_from(NASTY),
    st.text(),
    st.lists(st.sampled_from([*NASTY, "a", "b", "/", "\\"]), min_size=1, max_size=5).map("/".join),
)


@pytest.fixture(params=["folder", "bucket"])
def root(request, tmp_path) -> str:
    return str(tmp_path / "root") if request.param == "folder" else request.getfixturevalue("gcs_uri")


@pytest.fixture
def storage(root) -> Storage:
    made = open_storage(root)
    made.write("inside", b"inside")
    return made


def is_inside(storage: Storage, name: str) -> bool:
    root = storage.uri.rstrip("/") + "/"
    uri = storage.uri_of(name)
    return uri.startswith(root) and os.path.normpath(uri.removeprefix("gs:/")) == uri.removeprefix(
        "gs:/"
    ).rstrip("/")


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(name=names)
def test_a_name_stays_inside_or_is_refused(storage, name):
    try:
        checked(name)
    except StorageError:
        for use in (storage.uri_of, storage.read, storage.stat, storage.open, storage.delete):
            with pytest.raises(StorageError) as caught:
                use(name)
            assert not isinstance(caught.value, ObjectNotFound)
        with pytest.raises(StorageError):
            storage.write(name, b"x")
        with pytest.raises(StorageError):
            storage.create(name, b"x")
    else:
        assert is_inside(storage, name)


@pytest.mark.parametrize("name", NASTY)
def test_what_is_written_under_a_nasty_name_lies_inside(storage, tmp_path, name):
    before = sorted(path for path in tmp_path.rglob("*") if not path.is_relative_to(tmp_path / "root"))
    try:
        storage.write(f"jobs/{name}/x", b"x")
    except StorageError:
        return
    assert storage.read(f"jobs/{name}/x") == b"x"
    assert list(storage.names("jobs/")) == [f"jobs/{name}/x"]
    assert sorted(p for p in tmp_path.rglob("*") if not p.is_relative_to(tmp_path / "root")) == before


@given(names)
def test_prefixes_stay_inside_too(prefix):
    try:
        checked_prefix(prefix)
    except StorageError:
        return
    assert not {"..", "."} & set(prefix.split("/"))
    assert not prefix.startswith("/")


@settings(max_examples=500)
@given(names)
@example("a\u0338")  # a mark that composes to something else
def test_an_asset_id_that_is_taken_is_one_plain_file_name(text):
    try:
        name = parse_name(text)
    except ValueError:
        return
    assert parse_name(name) == name == unicodedata.normalize("NFC", name)
    assert checked(name) == name
    assert "/" not in unicodedata.normalize("NFKC", name)
    assert not unicodedata.normalize("NFKC", name).startswith((".", "-"))
    assert name.isprintable()
    assert len(f"{name}.jpeg".encode()) <= 255
    path = object_path("ja", name, "png")
    assert path.split("/") == ["ja", f"{name}.png"]
    assert checked(f"{release_folder(name, 'r-0123456789abcdef')}/{path}")
    assert pointer_name(name) == f"{name}/current.json"


@pytest.mark.parametrize("name", [n for n in NASTY if n not in {"trailing "}])
def test_nasty_asset_ids_are_refused(name):
    with pytest.raises(ValueError):  # noqa: PT011  the reason differs
        parse_name(name)
    with pytest.raises(ReleaseError):
        object_path("ja", name, "png")
    if name not in {"CON", "com1"}:  # Cofán is a language
        with pytest.raises(ReleaseError):
            object_path(name, "poster", "png")
        with pytest.raises(ReleaseError):
            object_path("ja", "poster", name)
    with pytest.raises(ReleaseError):
        release_folder("campaign", name)


@given(names)
def test_a_campaign_named_after_any_file_has_a_name_that_is_taken(text):
    assert parse_name(safe_name(text)) == safe_name(text)


@given(names.filter(bool), names.filter(bool))
def test_run_ids_are_one_segment_and_never_the_same_for_two(one, other):
    segments = path_segment(one), path_segment(other)
    for segment in segments:
        assert checked(segment) == segment
        assert "/" not in segment
        assert segment.isascii()
        assert len(segment) <= 120
    assert (segments[0] == segments[1]) == (one == other)


@pytest.mark.parametrize(
    "key", [n for n in NASTY if n not in {"-rf", "--help", "CON", "com1"} and len(n) != 5000]
)
def test_job_keys_are_checked(tmp_path, key):
    workspace = Workspace.open(str(tmp_path / "w"))
    with pytest.raises(StorageError):
        workspace.load_result(key)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ja/Poster.png", "ja/poster.png"),
        ("ja/STRASSE.png", "ja/straße.png"),
        ("ja/Ａ.png", "ja/a.png"),
        ("ja/ﬁ.png", "ja/fi.png"),
        ("zh-Hans/a.png", "zh-hans/a.png"),
    ],
)
def test_paths_that_many_file_systems_do_not_tell_apart(one, other):
    assert one != other
    assert folded(one) == folded(other) != folded("ja/x.png")


def test_a_link_in_the_way_of_a_read_stays_unread(tmp_path):
    """Whoever can put links into the workspace can do anything; names alone cannot follow one out of it."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with pytest.raises(StorageError):
        open_storage(str(tmp_path / "root")).read(str(Path("..") / "secret"))
