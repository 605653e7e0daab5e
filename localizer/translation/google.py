"""Google Cloud Translation (v3, "Advanced"): its general models or one of your own, with glossaries."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from localizer.errors import ConfigurationError, EngineUnavailable, FateUnknown
from localizer.locales import UNDETERMINED, language_of, script_of
from localizer.translation.access import TranslatorAccess, find_translator
from localizer.translation.batches import batches_of
from localizer.translation.google_text import Garbled, marked_up, plain_text
from localizer.translation.model import Translation, TranslationRequest
from localizer.translation.parameters import whole_number, yes_or_no
from localizer.translation.usage import Meter, Usage

log = logging.getLogger(__name__)

ENDPOINT = "https://translate.googleapis.com"
ENDPOINT_VARIABLE = "LOCALIZER_GOOGLE_ENDPOINT"
"""Another endpoint for a command line, such as ``https://translate-eu.googleapis.com``."""

_SCOPE = "https://www.googleapis.com/auth/cloud-translation"
_MOST_STRINGS, _MOST_CHARACTERS = 1024, 25_000  # Google takes 30,000 code points, and counts the markup
_RETRY_FOR_S = 90.0
_LIMIT = re.compile(r"limit exceeded|quota", re.IGNORECASE)
_OF_THE_REQUEST = re.compile(r"language|glossary|model|location|parent|project", re.IGNORECASE)

# Google's codes where they are not ours: https://cloud.google.com/translate/docs/languages
_CODES = {"zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "nb": "no"}
_WITH_REGION = frozenset({"pt-BR", "pt-PT", "fr-CA", "fr-FR"})


class GoogleTranslator:
    """Google Cloud Translation by its own client, over HTTPS.

    Names and prices (`TranslationRequest.keep`) go out in markup that Google leaves alone; where one comes
    back changed or not at all there is no translation. Line breaks are not sent: Google would translate
    each line by itself, and type is broken into lines anew anyway. Context and lengths it does not know.

    Args:
        model: ``general/nmt``, ``general/translation-llm``, or a custom model's ID.
        location: where a glossary or custom model lies, such as ``us-central1``.
        glossary: ID of a Google glossary, or that by target locale (``*``: all others); ``{locale}`` in it is
            the target locale in small letters. Terms of the brand kit that are not in it are checked, not
            enforced.
        ignore_case: whether the glossary's terms are found in capitals too.
        contextual: whether Google may inflect the glossary's terms.
        project: default: the connection's, ``GOOGLE_CLOUD_PROJECT``, or that of the credentials.
        strings: most strings in a request.

    Raises:
        ConfigurationError: a parameter makes no sense.
    """

    name = "google"
    version = "1"
    ignores = ("context", "glossary", "most_characters", "shorter_than", "wrong")

    def __init__(
        self,
        model: str = "general/nmt",
        location: str = "global",
        glossary: str | Mapping[str, str] = "",
        ignore_case: bool | str = False,
        contextual: bool | str = False,
        project: str = "",
        strings: int | str = 128,
    ) -> None:
        self.at_once = whole_number(strings, whose="translator 'google': strings", most=_MOST_STRINGS)
        if location == "global" and (glossary or not model.startswith("general/")):
            raise ConfigurationError(
                "translator 'google': a glossary or a model of your own lies in a location: name it, "
                "such as us-central1"
            )
        self._model, self._location, self._glossary = model, location, glossary
        self._ignore_case = yes_or_no(ignore_case, whose="translator 'google': ignore_case")
        self._contextual = yes_or_no(contextual, whose="translator 'google': contextual")
        self._given_project = project
        self._access = find_translator(self.name) or TranslatorAccess(
            os.environ.get(ENDPOINT_VARIABLE) or ENDPOINT, timeout_s=60.0
        )
        self._meter = Meter()
        self.pause_s = 1.0

    def __repr__(self) -> str:
        return f"GoogleTranslator({self._model!r})"

    @property
    def concurrency(self) -> int:
        """Requests that may be under way at once."""
        return self._access.concurrency

    @property
    def usage(self) -> Usage:
        """What this process asked and was charged for."""
        return self._meter.total

    def parameters(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {"model": self._model, "location": self._location}
        if self._glossary:
            glossary = self._glossary
            found["glossary"] = glossary if isinstance(glossary, str) else dict(glossary)
            found |= {"ignore_case": self._ignore_case, "contextual": self._contextual}
        if self._given_project:
            found["project"] = self._given_project
        return found

    def serves(self, source_locale: str, locale: str) -> bool:
        """Whether the two are languages apart for Google; whether it knows them it says when asked."""
        return locale != UNDETERMINED and google_code(source_locale) != google_code(locale)

    def estimate(self, requests: Sequence[TranslationRequest]) -> Usage:
        """What `translate` would take of these, to the character; nothing is asked."""
        total = Usage(is_estimate=True)
        for batch in self._batches(requests):
            total += self._charged([marked_up(requests[index])[0] for index in batch])
        return total

    def translate(self, requests: Sequence[TranslationRequest]) -> Sequence[Translation]:
        answers: list[Translation] = [Translation(problem="not asked")] * len(requests)
        for batch in self._batches(requests):
            for index, answer in zip(batch, self._ask([requests[i] for i in batch]), strict=True):
                answers[index] = answer
        return answers

    def _batches(self, requests: Sequence[TranslationRequest]) -> list[list[int]]:
        return batches_of(
            requests,
            self.at_once,
            apart=lambda request: marked_up(request)[1],
            size=lambda request: len(marked_up(request)[0]),
            most_size=_MOST_CHARACTERS,
        )

    def languages(self) -> tuple[str, ...]:
        """Codes of the languages that Google translates into now; costs nothing.

        Raises:
            ConfigurationError: Google refuses.
            EngineUnavailable: it does not answer.
        """
        _ = self._credentials
        from google.api_core import exceptions

        asked = {"parent": f"projects/{self._project}/locations/{self._location}"}
        try:
            answer = self._call(lambda client: client.get_supported_languages, asked)
        except exceptions.BadRequest as error:
            raise ConfigurationError(f"Google Cloud Translation refuses: {_said(error)}") from None
        return tuple(each.language_code for each in answer.languages if each.support_target)

    def _ask(self, requests: Sequence[TranslationRequest]) -> list[Translation]:
        _ = self._credentials  # says what to install where Google's packages are missing
        from google.api_core import exceptions

        contents = [marked_up(request)[0] for request in requests]
        try:
            texts = self._send(requests[0], contents)
        except exceptions.BadRequest as error:
            problem = f"Google Cloud Translation refuses: {_said(error)}"
            if len(requests) == 1 or _OF_THE_REQUEST.search(problem):
                return [Translation(problem=problem)] * len(requests)
            half = len(requests) // 2
            return [*self._ask(requests[:half]), *self._ask(requests[half:])]
        self._meter.count(self._charged(contents))
        if len(texts) != len(requests):
            problem = f"Google Cloud Translation gave {len(texts)} answers to {len(requests)} strings"
            return [Translation(problem=problem)] * len(requests)
        return [_translation(request, text) for request, text in zip(requests, texts, strict=True)]

    def _send(self, request: TranslationRequest, contents: list[str]) -> list[str]:
        """What Google makes of contents that share all else with a request."""
        parent = f"projects/{self._project}/locations/{self._location}"
        asked: dict[str, Any] = {
            "parent": parent,
            "contents": contents,
            "mime_type": "text/html" if marked_up(request)[1] else "text/plain",
            "target_language_code": google_code(request.locale),
            "model": f"{parent}/models/{self._model}",
        }
        if request.source_locale != UNDETERMINED:
            asked["source_language_code"] = google_code(request.source_locale)
        if glossary := self._glossary_for(request.locale):
            asked["glossary_config"] = {
                "glossary": glossary if "/" in glossary else f"{parent}/glossaries/{glossary}",
                "ignore_case": self._ignore_case,
                "contextual_translation_enabled": self._contextual,
            }
        answer = self._call(lambda client: client.translate_text, asked)
        found = answer.glossary_translations if glossary else answer.translations
        return [str(each.translated_text) for each in found]

    def _call(self, method: Callable[[Any], Any], request: Mapping[str, Any]) -> Any:
        """One call by Google's client, again where Google is overloaded.

        Raises:
            google.api_core.exceptions.BadRequest: it refuses this request.
            ConfigurationError: it refuses the credentials, or knows no such project, model or glossary.
            EngineUnavailable: it does not answer, or a quota is used up; `FateUnknown`: its answer got lost.
        """
        from google.api_core import exceptions
        from google.api_core.retry import Retry
        from google.auth import exceptions as auth
        from requests.exceptions import ReadTimeout, RequestException

        retry = Retry(predicate=_is_overload, initial=self.pause_s, maximum=20.0, timeout=_RETRY_FOR_S)
        try:
            return method(self._client)(request=request, retry=retry, timeout=self._access.timeout_s)
        except exceptions.BadRequest:
            raise
        except exceptions.RetryError as error:
            raise EngineUnavailable(f"Google Cloud Translation is overloaded: {_said(error.cause)}") from None
        except (exceptions.Unauthorized, exceptions.Forbidden, exceptions.NotFound) as error:
            if _is_overload(error):
                raise EngineUnavailable(f"Google Cloud Translation: {_said(error)}") from None
            raise ConfigurationError(f"Google Cloud Translation refuses: {_said(error)}") from None
        except exceptions.GoogleAPICallError as error:
            raise EngineUnavailable(f"Google Cloud Translation does not answer: {_said(error)}") from None
        except auth.TransportError as error:
            raise EngineUnavailable(f"Google's sign-in cannot be reached ({type(error).__name__})") from None
        except auth.GoogleAuthError as error:
            raise ConfigurationError(
                f"Google does not take the credentials ({type(error).__name__})"
            ) from None
        except ReadTimeout as error:
            raise FateUnknown(
                f"Google Cloud Translation took the request and did not answer ({type(error).__name__})"
            ) from None
        except RequestException as error:
            raise EngineUnavailable(
                f"Google Cloud Translation cannot be reached ({type(error).__name__})"
            ) from None

    def _glossary_for(self, locale: str) -> str:
        glossary = self._glossary
        if not isinstance(glossary, str):
            glossary = glossary.get(locale) or glossary.get("*", "")
        return glossary.replace("{locale}", locale.casefold())

    def _charged(self, contents: Sequence[str]) -> Usage:
        characters = sum(len(content) for content in contents)
        access = self._access
        cost = {} if access.price is None else {access.currency: characters * access.price / 1e6}
        return Usage(1, len(contents), characters, cost=cost)

    @cached_property
    def _credentials(self) -> tuple[Any, str]:
        """Credentials, and the project that they name."""
        try:
            import google.auth
            import google.cloud.translate_v3
            from google.auth import exceptions as auth
            from google.oauth2 import service_account
        except ImportError as error:
            raise ConfigurationError(
                "translator 'google' needs google-cloud-translate: pip install '.[translate]'"
            ) from error
        keys: Any = service_account.Credentials  # google-auth is only half typed
        try:
            if self._access.credentials:
                made = keys.from_service_account_info(json.loads(self._access.credentials), scopes=[_SCOPE])
                return made, made.project_id or ""
            made, project = google.auth.default(scopes=[_SCOPE])
        except (auth.DefaultCredentialsError, ValueError) as error:
            raise ConfigurationError(
                "translator 'google' has no usable Google credentials: name an Airflow connection of type "
                "google_cloud_platform (translator_conn_id), or provide Application Default Credentials"
            ) from error
        return made, project or ""

    @cached_property
    def _project(self) -> str:
        known = self._given_project or self._access.project or os.environ.get("GOOGLE_CLOUD_PROJECT", "")
        project = known or self._credentials[1]
        if not project:
            raise ConfigurationError("translator 'google' does not know its project; name it (project)")
        return project

    @cached_property
    def _client(self) -> Any:
        credentials, _ = self._credentials
        from google.api_core.client_options import ClientOptions
        from google.cloud.translate_v3 import TranslationServiceClient

        # Over HTTP: gRPC's threads do not survive the fork that an Airflow task begins with.
        return TranslationServiceClient(
            credentials=credentials,
            transport="rest",
            client_options=ClientOptions(api_endpoint=self._access.url),
        )


def google_code(locale: str) -> str:
    """Google's code of a locale; of a region only where Google tells it apart, of a script unless it goes
    without saying."""
    if locale in _CODES:
        return _CODES[locale]
    if locale in _WITH_REGION:
        return locale
    language, script = language_of(locale), script_of(locale)
    if language == "zh":
        return _CODES[f"zh-{script}"]
    if script not in {"Zyyy", script_of(language)}:
        return f"{language}-{script}"
    return _CODES.get(language, language)


def _translation(request: TranslationRequest, text: str) -> Translation:
    try:
        found = plain_text(text, request)
    except Garbled as error:
        return Translation(problem=f"Google's translation is no use: {error}")
    return Translation(found) if found else Translation(problem="Google gives no translation of this string")


def _is_overload(error: BaseException) -> bool:
    """Whether the same request may be taken a little later; of its quotas Google speaks as 403 too."""
    from google.api_core import exceptions

    if isinstance(error, exceptions.TooManyRequests | exceptions.ServiceUnavailable):
        return True
    return isinstance(error, exceptions.Forbidden) and bool(_LIMIT.search(_said(error)))


def _said(error: BaseException | None) -> str:
    """Google's own words; its client puts the address that was asked before them."""
    line = " ".join(str(getattr(error, "message", "") or type(error).__name__).split())
    line = re.sub(r"^(?:GET|POST) \S+: ", "", line)
    return line if len(line) <= 300 else line[:299] + "…"
