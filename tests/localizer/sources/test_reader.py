"""Images from hosts and buckets: what is asked for again, and which buckets a manifest may name."""

from __future__ import annotations

import pytest

from localizer.errors import ImageError, StorageUnavailable
from localizer.sources import SourceReader, hosts
from localizer.sources.hosts import Answer, NoAnswer
from localizer.sources.identity import condition, of_answer

BODY = b"image bytes" * 1000


@pytest.fixture
def answers(monkeypatch):
    """What a host answers, one after the other; the fetching itself is tested in test_hosts."""
    given: list[int | str] = []

    def get(self, url, headers=None):
        answer = given.pop(0)
        if isinstance(answer, str):
            raise NoAnswer(answer)
        return Answer(answer, {}, BODY if answer == 200 else b"")

    monkeypatch.setattr(hosts.HostReader, "get", get)
    return given


@pytest.mark.parametrize("first", [[200], [503, 200], ["reset", 429, 200]])
def test_what_is_busy_is_asked_for_again(answers, tmp_path, first):
    answers += first
    assert SourceReader(str(tmp_path)).read("https://cdn.example.com/a.png") == BODY
    assert answers == []


@pytest.mark.parametrize("last", [503, "connection reset"])
def test_but_not_for_ever(answers, tmp_path, last):
    answers += [503, 503, last, 200]
    with pytest.raises(StorageUnavailable, match=str(last)):
        SourceReader(str(tmp_path)).read("https://cdn.example.com/a.png")
    assert answers == [200]


@pytest.mark.parametrize(("status", "words"), [(404, "404"), (403, "403"), (302, "redirects")])
def test_what_is_gone_is_not(answers, tmp_path, status, words):
    answers += [status, 200]
    with pytest.raises(ImageError, match=words):
        SourceReader(str(tmp_path)).read("https://cdn.example.com/a.png")
    assert answers == [200]


def test_a_host_is_asked_whether_it_is_still_the_same(monkeypatch, tmp_path):
    def get(self, url, headers=None):
        same = (headers or {}).get("If-None-Match") == '"v1"'
        return Answer(304, {}, b"") if same else Answer(200, {"etag": '"v1"'}, BODY)

    monkeypatch.setattr(hosts.HostReader, "get", get)
    reader, url = SourceReader(str(tmp_path)), "https://cdn.example.com/tagged.png"
    first = reader.fetch(url)
    assert first == (BODY, 'etag "v1"')
    assert reader.fetch(url, first.identity) == (None, first.identity)
    assert reader.fetch(url, 'etag "v0"') == first


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


def test_buckets_are_read_by_full_address_and_as_the_root(gcs_uri, tmp_path, monkeypatch):
    from localizer.storage import open_storage

    monkeypatch.setenv("LOCALIZER_ALLOWED_BUCKETS", gcs_uri.removeprefix("gs://").split("/")[0])
    open_storage(gcs_uri).write("图/a.png", BODY)
    assert SourceReader(str(tmp_path)).read(f"{gcs_uri}/图/a.png") == BODY
    assert SourceReader(gcs_uri).read("图/a.png") == BODY
    for reader, name in (
        (SourceReader(str(tmp_path)), f"{gcs_uri}/none.png"),
        (SourceReader(gcs_uri), "none.png"),
    ):
        with pytest.raises(ImageError, match="is not there"):
            reader.read(name)


def test_a_manifest_names_only_buckets_that_are_its_own_or_allowed(gcs_uri, tmp_path, monkeypatch):
    from localizer.storage import open_storage

    open_storage(gcs_uri).write("a.png", BODY)
    monkeypatch.setenv("LOCALIZER_ALLOWED_BUCKETS", "")
    for reader in (SourceReader(str(tmp_path)), SourceReader(str(tmp_path), manifest="gs://agency/m.csv")):
        with pytest.raises(ImageError, match="LOCALIZER_ALLOWED_BUCKETS"):
            reader.read(f"{gcs_uri}/a.png")
    assert SourceReader(str(tmp_path), manifest=f"{gcs_uri}/m.csv").read(f"{gcs_uri}/a.png") == BODY
    assert SourceReader(f"{gcs_uri}/images").read(f"{gcs_uri}/a.png") == BODY
    for allowed in ("*", f"other, {gcs_uri.split('/')[2]}", f"gs://{gcs_uri.split('/')[2]}/"):
        monkeypatch.setenv("LOCALIZER_ALLOWED_BUCKETS", allowed)
        assert SourceReader(str(tmp_path)).read(f"{gcs_uri}/a.png") == BODY
