"""Strings as Google Cloud Translation gets them, and back: what must stay goes out in markup."""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from html.parser import HTMLParser

from localizer.translation.model import TranslationRequest
from localizer.translation.passages import in_one_line


class Garbled(ValueError):
    """What came back is not what was sent, translated; says how."""


def marked_up(request: TranslationRequest) -> tuple[str, bool]:
    """A request's text in one line, and whether it is HTML: what must stay in ``<span translate="no">``."""
    text = in_one_line(request.text.split("\n"), request.source_locale)
    pattern = _pattern(request)
    if pattern is None or not pattern.search(text):
        return text, False
    out, at = [], 0
    for kept in pattern.finditer(text):
        out += [
            escape(text[at : kept.start()], quote=False),
            f'<span translate="no">{escape(kept[0], quote=False)}</span>',
        ]
        at = kept.end()
    return "".join([*out, escape(text[at:], quote=False)]), True


def plain_text(answer: str, request: TranslationRequest) -> str:
    """The translation in an answer, without the markup.

    Raises:
        Garbled: it holds other markup than was sent, or what had to stay did not.
    """
    sent, is_html = marked_up(request)
    if not is_html:
        return answer.strip()
    before, after = _Reader(sent), _Reader(answer)
    if after.other:
        raise Garbled(f"it holds the markup <{after.other}>")
    if missing := before.kept - after.kept:
        raise Garbled(f"{next(iter(missing))!r} is missing")
    if added := after.kept - before.kept:
        raise Garbled(f"{next(iter(added))!r} is there too often")
    return re.sub(r"[ \t\n]+", " ", "".join(after.text)).strip()  # Google may put spaces around markup


def _pattern(request: TranslationRequest) -> re.Pattern[str] | None:
    """What must stay, the longest first; a word of Latin letters only as a word of its own."""
    terms = sorted({term for term in request.keep if term.strip()}, key=lambda t: (-len(t), t))
    if not terms:
        return None
    return re.compile("|".join(_bounded(term) for term in terms))


def _bounded(term: str) -> str:
    before = "(?<![A-Za-z0-9])" if re.match(r"[A-Za-z0-9]", term) else ""
    after = "(?![A-Za-z0-9])" if re.search(r"[A-Za-z0-9]$", term) else ""
    return f"{before}{re.escape(term)}{after}"


class _Reader(HTMLParser):
    """The text of a piece of HTML, what its spans hold, and the first tag that is no span."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.kept: Counter[str] = Counter()
        self.other = ""
        self._span: list[str] | None = None
        self.feed(html)
        self.close()
        if self._span is not None:
            self.other = self.other or "span"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "span" or self._span is not None:
            self.other = self.other or tag
        self._span = []

    def handle_endtag(self, tag: str) -> None:
        if tag != "span" or self._span is None:
            self.other = self.other or f"/{tag}"
            return
        self.kept["".join(self._span).strip()] += 1
        self._span = None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._span is not None:
            self._span.append(data)
