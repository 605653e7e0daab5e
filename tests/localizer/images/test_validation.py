"""Validation decodes in a process that may die of it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from localizer.errors import ImageError
from localizer.images import decode, validation
from localizer.images.validation import validate_image
from tests.localizer.images.conftest import KINDS


@pytest.mark.parametrize("name", sorted(KINDS)[::4])
def test_every_kind_gives_the_facts_that_decoding_gives(name):
    data = KINDS[name]()
    source = decode(data, name=name)
    assert validate_image(data, name) == (source.format, source.width, source.height)


def test_what_decode_refuses_is_refused_in_the_same_words():
    for data, name in (
        (KINDS["plain.png"]()[:-20], "a.png"),
        (b"", "b.png"),
        (KINDS["photo.jpg"](), "c.png"),
    ):
        with pytest.raises(ImageError) as there:
            decode(data, name=name)
        with pytest.raises(ImageError) as here:
            validate_image(data, name)
        assert str(here.value) == str(there.value)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("SECONDS", 0.0, "took longer than 0 s"), ("MEMORY_BYTES", 100 << 20, "needed more than 100 MiB")],
)
def test_a_decoder_that_goes_on_and_on_is_an_unusable_image(monkeypatch, name, value, words):
    large = io.BytesIO()
    Image.new("RGBA", (6000, 6000)).save(large, "PNG")
    monkeypatch.setattr(validation, name, value)
    with pytest.raises(ImageError, match=rf"a\.png: decoding the image {words}.*; export it again"):
        validate_image(large.getvalue(), "a.png")
