"""Tokens from the environment or a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from localizer.errors import ConfigurationError
from localizer.server.tokens import load_tokens

ONE, TWO = "first-token-0123456789", "second-token-012345678"


def test_callers_have_names() -> None:
    tokens = load_tokens({"LOCALIZER_SERVER_TOKENS": f"# who may call\nairflow {ONE}\n\n{TWO}\n"})
    assert tokens is not None
    assert tokens.caller(f"Bearer {ONE}") == "airflow"
    assert tokens.caller(f"bearer  {TWO} ") == "token-4"
    assert tokens.caller(f"Bearer {ONE[:-1]}") is None
    assert tokens.caller(f"Bearer {ONE}é") is None
    assert tokens.caller(None) is None
    assert ONE not in repr(tokens)


def test_tokens_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text(f"airflow {ONE}\n")
    tokens = load_tokens({"LOCALIZER_SERVER_TOKENS_FILE": str(path)})
    assert tokens is not None
    assert tokens.caller(f"Bearer {ONE}") == "airflow"


def test_none_are_set() -> None:
    assert load_tokens({}) is None


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LOCALIZER_SERVER_TOKENS": "short"}, "line 1 is shorter than 16"),
        ({"LOCALIZER_SERVER_TOKENS": "\n# nothing\n"}, "holds no token"),
        ({"LOCALIZER_SERVER_TOKENS": f"a b {ONE}"}, "line 1 has 3 words"),
        ({"LOCALIZER_SERVER_TOKENS_FILE": "/nowhere"}, "cannot be read"),
        ({"LOCALIZER_SERVER_TOKENS": ONE, "LOCALIZER_SERVER_TOKENS_FILE": "/x"}, "both set"),
    ],
)
def test_what_cannot_be_used_is_said_without_the_token(environment: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        load_tokens(environment)
    assert ONE not in str(caught.value)
