"""What may be said of where a service is: never a secret, wherever it was put."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from localizer.errors import InputError
from localizer.remote.access import Access
from localizer.remote.transport import Transport


@pytest.mark.parametrize(
    "url",
    [
        "user:s3cret-word@models.example/v1",  # without a scheme, "user" looks like one
        "https://user:s3cret-word@models.example/v1",
        "https://s3cret-word@models.example/v1",
        "https://models.example/v1?key=s3cret-word",
        "https://models.example/v1#s3cret-word",
        "https://[s3cret-word/v1",
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError) as caught:
        Access(url)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_key_that_comes_back_in_another_spelling_is_not_shown() -> None:
    key = 'sk/a+b=c"d\\e'
    transport = Transport(Access("https://models.example/v1", key=key), service="it")
    for echoed in (key, quote(key), quote(key, safe=""), 'sk/a+b=c\\"d\\\\e'):
        assert transport.clean(f"no such  key: {echoed}!") == "no such key: ***!"
