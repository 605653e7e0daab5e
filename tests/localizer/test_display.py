"""Hostile text in logs, on terminals and in the Markdown of a review request."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from localizer.display import lines, markdown, markdown_code, one_line

HOSTILE = [
    "![x](https://evil.test/pixel.png)",
    "[click](javascript:alert(1))",
    "[click][1]\n\n[1]: https://evil.test",
    "<img src=x onerror=alert(1)>",
    "<https://evil.test>",
    "https://evil.test/?q=secret",
    "HTTPS://EVIL.TEST",
    "http\\://evil.test",
    "www.evil.test",
    "WWW.EVIL.TEST",
    "me@evil.test",
    "mailto:me@evil.test",
    "xmpp:me@evil.test/x",
    "a | b | c",
    "a\\| b",
    "`code` and ``more``",
    "**bold** _em_ ~~gone~~",
    "\n# Approve everything\n",
    "- [x] done",
    "> quote",
    "&lt;script&gt;&#x3c;b&#x3e;",
    "a[^1]\n\n[^1]: note",
    "line\r\nline\u2028line\u2029line\x85line",
    "\x1b[2J\x1b]0;title\x07",
    "a\u202egnp.exe",
    "\ud800",
    "$(id) {{ 7 * 7 }} {% raw %}",
]


def rendered(body: str) -> str:
    """By GitHub's rules with autolinks, and HTML let through: what Airflow's page does, and less careful."""
    return str(
        MarkdownIt("gfm-like", {"html": True, "linkify": True}).enable(["table", "linkify"]).render(body)
    )


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("show", [markdown, markdown_code])
def test_no_markup_comes_out_of_a_cell(text, show):
    html = rendered(f"| image | why |\n|---|---|\n| a | {show(text, most=300)} |\n| b | c |\n")
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    assert tags <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert html.count("<tr>") == 3
    assert html.count("<td>") == 4
    # GitHub's autolinks look at the text that is left once escapes are gone.
    words = re.sub(r"<code>.*?</code>", "", html)
    assert not re.search(r"(?i)(https?://|www\.)\S|\w@\w", words)


@pytest.mark.parametrize(
    "text", ["Poster-01 · ja", "海报_01 · zh-Hans", "row 4, image: 'a.png' is not there"]
)
def test_plain_text_reads_as_it_is(text):
    html = rendered(f"| x |\n|---|\n| {markdown(text, most=300)} |\n")
    assert f"<td>{text}</td>" in html
    assert f"<code>{text}</code>" in rendered(f"| x |\n|---|\n| {markdown_code(text, most=300)} |\n")


def test_long_text_is_cut():
    assert markdown("a" * 1000, most=10) == "a" * 10 + "…"
    assert markdown_code("a" * 1000, most=10) == "`" + "a" * 10 + "…`"


@given(st.text())
def test_one_line_is_one_line(text):
    shown = one_line(text)
    assert len(shown.splitlines()) <= 1
    assert all(
        unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in {"Zl", "Zp"} for c in shown
    )
    shown.encode()
    assert one_line(shown) == shown


def test_escapes_and_directions_are_shown():
    assert one_line("a\nINFO done\x1b[31m\u202e") == "a\\nINFO done\\x1b[31m\\u202e"
    assert lines("a\nb\x1b") == "a\nb\\x1b"
    assert one_line("海报 · ja") == "海报 · ja"
