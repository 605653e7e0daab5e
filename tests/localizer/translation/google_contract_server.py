"""A stand-in for Google Cloud Translation v3 over REST, as its reference has it, for Google's own client.

It takes only calls that are signed by the service account it knows, counts what Google would charge for, and
keeps Google's limits. It knows no language: it writes in capitals what is to be translated.
"""

from __future__ import annotations

import html
import re
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.localizer.remote.contract_server import Answer, ContractServer, Request

LANGUAGES = ("de", "en", "fr", "fr-CA", "ja", "ko", "no", "pt-BR", "pt-PT", "sr", "th", "zh-CN", "zh-TW")


class GoogleServer(ContractServer):
    """One project, with one glossary in us-central1.

    Attributes:
        glossary: its terms.
        bodies: requests that it worked on, with the path.
        spoil: changes what it answers to a string.
    """

    project = "acme"

    def __init__(self) -> None:
        super().__init__()
        self.glossary = {"SERUM": "KONZENTRAT"}
        self.bodies: list[tuple[str, dict[str, Any]]] = []
        self.spoil = lambda text: text

    @cached_property
    def service_account(self) -> dict[str, str]:
        """A key of nobody's, with a real RSA key in it."""
        pem = self._private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": self.project,
            "private_key_id": "1",
            "private_key": pem.decode(),
            "client_email": "copy@acme.iam.gserviceaccount.com",
            "token_uri": f"{self.url}/token",
            # In Google's own universe its client asks a further host, in the background.
            "universe_domain": "stand-in.invalid",
        }

    @cached_property
    def _private(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _public(self) -> bytes:
        return self._private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def answer(self, request: Request) -> Answer:
        from google.auth import jwt

        try:
            claims = jwt.decode(
                request.headers.get("authorization", "").removeprefix("Bearer "),
                certs=self._public,
                verify=True,
            )
        except ValueError:
            return _error(401, "Request had invalid authentication credentials.", "UNAUTHENTICATED")
        assert claims["iss"] == self.service_account["client_email"]
        place = re.fullmatch(
            r"/v3/projects/([\w-]+)/locations/([\w-]+)(:translateText|/supportedLanguages)", request.path
        )
        if place is None:
            return _error(404, "Not found", "NOT_FOUND")
        if place[1] != self.project:
            return _error(403, f"Permission denied on resource project {place[1]}.", "PERMISSION_DENIED")
        if self.faults:
            return self.faults.pop(0)()
        if place[3] == "/supportedLanguages":
            known = [
                {"languageCode": code, "supportSource": True, "supportTarget": True} for code in LANGUAGES
            ]
            return Answer(200, {"languages": known})
        return self._translate(request.json, place[2], request.path)

    def _translate(self, body: dict[str, Any], location: str, path: str) -> Answer:
        contents = body["contents"]
        if len(contents) > 1024 or sum(map(len, contents)) > 30720:
            return _error(400, "Text is too long.", "INVALID_ARGUMENT")
        for side in ("source", "target"):
            code = body.get(f"{side}LanguageCode")
            if code is not None and code not in LANGUAGES:
                return _error(400, f"{side.title()} language: {code} is not supported.", "INVALID_ARGUMENT")
        if "✗" in "".join(contents):
            return _error(400, "Invalid text.", "INVALID_ARGUMENT")
        config = body.get("glossaryConfig")
        glossary = {}
        if config:
            if location == "global":
                return _error(400, "Glossary needs a location.", "INVALID_ARGUMENT")
            if config["glossary"] != f"projects/{self.project}/locations/us-central1/glossaries/lumea":
                return _error(404, "Glossary not found.", "NOT_FOUND")
            glossary = self.glossary
        with self.lock:
            self.bodies.append((path, body))
            self.paid += sum(map(len, contents))
        with self.working():
            pass
        is_html = body.get("mimeType", "text/html") == "text/html"
        plain = [{"translatedText": self.spoil(self._capitals(text, is_html, {}))} for text in contents]
        answer: dict[str, Any] = {"translations": plain}
        if config:
            terms = [{"translatedText": self.spoil(self._capitals(t, is_html, glossary))} for t in contents]
            answer["glossaryTranslations"] = terms
        return Answer(200, answer)

    @staticmethod
    def _capitals(text: str, is_html: bool, glossary: dict[str, str]) -> str:
        def upper(part: str) -> str:
            part = part.upper()
            for term, target in glossary.items():
                part = part.replace(term, target)
            return part

        if not is_html:
            return upper(text)
        parts = re.split(r'(<span translate="no">.*?</span>)', text)
        # As Google does, quotation marks come back as references too.
        return "".join(
            p if p.startswith("<span") else html.escape(upper(html.unescape(p)), quote=True) for p in parts
        )


def _error(status: int, message: str, code: str) -> Answer:
    return Answer(status, {"error": {"code": status, "message": message, "status": code}})


def exhausted(status: int = 429) -> Answer:
    return _error(status, "Quota exceeded for quota metric 'v3 requests'", "RESOURCE_EXHAUSTED")
