"""Who may call: bearer tokens from the environment or a file, never from the command line."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localizer.errors import ConfigurationError

VARIABLE = "LOCALIZER_SERVER_TOKENS"
FILE_VARIABLE = "LOCALIZER_SERVER_TOKENS_FILE"

_SHORTEST = 16  # anything less can be guessed over the network in a working life
_FORM = "one a line, each `NAME TOKEN` or only `TOKEN`"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The callers that the server knows. Only digests are kept, so that no traceback can show a token.

    Attributes:
        digests: SHA-256 of a token to the name that its calls are logged under.
    """

    digests: Mapping[bytes, str] = field(repr=False)

    def caller(self, authorization: str | None) -> str | None:
        """The name behind an ``Authorization`` header, or None. Takes as long for a wrong token as for a
        right one."""
        scheme, _, token = (authorization or "").partition(" ")
        given = hashlib.sha256(token.strip().encode("utf-8", "surrogateescape")).digest()
        found = None
        for digest, name in self.digests.items():
            if hmac.compare_digest(digest, given):
                found = name
        return found if scheme.casefold() == "bearer" else None


def load_tokens(environment: Mapping[str, str] | None = None) -> Tokens | None:
    """Tokens from `LOCALIZER_SERVER_TOKENS` or the file named in `LOCALIZER_SERVER_TOKENS_FILE`.

    Returns:
        None if neither is set.

    Raises:
        ConfigurationError: both are set, or what they hold cannot be used.
    """
    environment = os.environ if environment is None else environment
    text, path = environment.get(VARIABLE, ""), environment.get(FILE_VARIABLE, "")
    if text and path:
        raise ConfigurationError(f"{VARIABLE} and {FILE_VARIABLE} are both set; unset one of them")
    if not text and not path:
        return None
    if path:
        try:
            text = Path(path).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{FILE_VARIABLE}: {path} cannot be read ({error})") from error
    return _parse(text, FILE_VARIABLE if path else VARIABLE)


def _parse(text: str, where: str) -> Tokens:
    digests: dict[bytes, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 2:
            raise ConfigurationError(f"{where}: line {number} has {len(words)} words; write {_FORM}")
        if len(words[-1]) < _SHORTEST:
            raise ConfigurationError(
                f"{where}: the token in line {number} is shorter than {_SHORTEST} characters; "
                "make one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'"
            )
        name = words[0] if len(words) == 2 else f"token-{number}"
        digests[hashlib.sha256(words[-1].encode("utf-8", "surrogateescape")).digest()] = name
    if not digests:
        raise ConfigurationError(f"{where} holds no token; write {_FORM}")
    return Tokens(digests)
