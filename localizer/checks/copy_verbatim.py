"""What a translation takes over letter by letter: placeholders, addresses, codes, legal marks, signs."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from localizer.checks.copy_money import CODES
from localizer.locales import language_of
from localizer.model import CheckStatus

_PLACEHOLDERS = re.compile(
    r"\{\{.*?\}\}|[$#%]\{[^{}]*\}|\{(?:[A-Za-z_][\w.]*(?:[ -][\w.]+){0,3}|\d*)\}"
    r"|\{\s*\w+\s*,[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\[\[.*?\]\]"
    r"|<%.*?%>|</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>|&(?:#\d+|#x[0-9A-Fa-f]+|[A-Za-z]{2,8});"
    r"|%\d+\$[sdif@]|%\(\w+\)[sdif]|(?<!\d)(?<!\d )%[sdif@](?!\w)|(?<!\w)%[A-Za-z_]{3,}%(?!\w)"
    r"|(?<!\w)\$[A-Za-z]+_[A-Za-z_]+(?!\w)|(?<!\w)__[A-Za-z][A-Za-z_]*?__(?!\w)|<<\w+>>"
    r"|\blorem\s+ipsum\b",
    re.DOTALL,
)
_LOREM = re.compile(r"\blorem\s+ipsum\b", re.IGNORECASE)
_TO_DO = re.compile(r"\b(?:TODO|TBD|FIXME)\b")
_TO_DO_MARKED = re.compile(r"\bTODO\s*[:：]|\b(?:TBD|FIXME)\b")
_TODO_IS_A_WORD = {"es", "pt", "gl", "ast", "an"}  # TODO AL 50 %: "everything at 50 %"

_TLD = (
    "com|net|org|info|biz|shop|store|online|site|app|dev|io|co|me|tv|ai|eu|uk|us|ca|au|nz|de|at|ch|fr|be|nl|lu|it|es|pt"
    "|pl|cz|sk|hu|ro|bg|gr|tr|se|no|dk|fi|is|ie|ru|ua|kz|il|ae|sa|eg|in|pk|bd|th|vn|id|my|sg|ph|hk|tw|mo|cn|jp|kr|br|mx"
    "|ar|cl|pe|za|ng|ke|xyz|top|vip|club|link|page|fun"
)
_ENDS = "\\s<>\"'“”‘’«»()\\[\\]{}（）【】「」《》，。；：！？、"
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}", re.ASCII)
_URL = re.compile(
    rf"(?:https?://|www\.)[^{_ENDS}]+"
    rf"|(?<![A-Za-z0-9@.-])(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+(?:{_TLD})(?![A-Za-z0-9-])(?!\.[A-Za-z])(?:[/?#][^{_ENDS}]*)?",
    re.IGNORECASE | re.ASCII,
)
_NEXT_WORD = re.compile(r"^[A-Za-z]+\.[A-Z][a-z]+$")  # off.It: a space is missing
_HANDLE = re.compile(r"(?<![A-Za-z0-9_.@])@[A-Za-z0-9_][A-Za-z0-9_.]*[A-Za-z0-9_]", re.ASCII)
_HASHTAG = re.compile(r"(?<!\w)[#＃](?=\w*[^\W\d])\w+")
_PHONE = re.compile(
    r"(?<![\w+.,/:-])(?:\+\d{1,3}[\s.-]?(?:\(\d{1,4}\)[\s.-]?)?\d[\d\s.-]{5,}\d"
    r"|\(?\d{3,4}\)?[\s-]\d{3,4}-\d{4}|[48]00-\d{3,4}-\d{3,4}|0\d{2,4}-\d{6,8}|1[3-9]\d{9})(?![\w-])"
)
# A model or coupon: letters first, digits after them; 50ML, 2nd and 3D begin with a digit.
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?=[A-Za-z-]*\d)(?:[A-Za-z]{1,6}\d[A-Za-z0-9]*|[A-Z]{2,}-?\d[A-Za-z0-9]*)(?:-[A-Za-z0-9]+)*(?![A-Za-z0-9])"
)
_NO_CODE = re.compile(
    rf"(?i:(?:us|hk|nt|rmb|rs|rp|rm|no|nr|n|top|vol|ab|x|up|to|kr|{'|'.join(sorted(CODES))})\d+)"
)
_MARKS = "®™©℠℗"
_NOTE = re.compile(r"[†‡]|(?<!\d)[*＊]|[*＊](?!\d)")  # 5*5 cm is a product
# Stars, ticks and arrows that type is decorated with are none.
_PICTURE = "[\u26a1\u2705\u2728\u274c\u2753\u2757\u2764\u2b50\U0001f000-\U0001faff]|[\u2600-\u27bf]\ufe0f"
_EMOJI = re.compile(f"(?:{_PICTURE})[\ufe0f\U0001f3fb-\U0001f3ff]?(?:\u200d(?:{_PICTURE})\ufe0f?)*")

_ADDRESSES = {
    "e-mail address": _EMAIL,
    "URL": _URL,
    "handle": _HANDLE,
    "hashtag": _HASHTAG,
    "phone number": _PHONE,
    "code": _CODE,
}

Said = tuple[CheckStatus, str, str]
"""Status, message, guarantee."""


def placeholders(text: str, locale: str) -> list[str]:
    """What looks like a template's placeholder, markup, or a note to oneself."""
    folded = unicodedata.normalize("NFKC", text)
    to_do = _TO_DO_MARKED if language_of(locale) in _TODO_IS_A_WORD else _TO_DO
    found = [m[0] for pattern in (_PLACEHOLDERS, _LOREM, to_do) for m in pattern.finditer(folded)]
    return list(dict.fromkeys(found))


def slots(text: str) -> Counter[str]:
    """Placeholders and markup of a text exactly as they are written."""
    return Counter(m[0] for m in _PLACEHOLDERS.finditer(text))


def check_placeholders(source: str, target: str, locale: str) -> Iterator[Said]:
    """Those of the source stay as they are; one that the source does not have was not filled in."""
    ours, theirs = slots(source), slots(target)
    for lost in ours - theirs:
        yield CheckStatus.FAILED, f"{lost!r} of the source is not in it", "placeholders"
    for new in placeholders(target, locale):
        if new not in ours:
            yield CheckStatus.FAILED, f"{new!r} is a placeholder that was not filled in", "placeholders"
    for doubled in (theirs - ours).keys() & ours.keys():
        yield CheckStatus.FAILED, f"{doubled!r} stands in it more often than in the source", "placeholders"


def addresses(text: str) -> dict[str, list[str]]:
    """E-mail addresses, URLs, handles, hashtags, phone numbers and codes of a text, each in its order.

    No character counts twice: what is part of a URL is no code.
    """
    found: dict[str, list[str]] = {}
    for name, start, end in _addressed(text):
        found.setdefault(name, []).append(text[start:end])
    return found


def without_addresses(text: str) -> str:
    """A text with blanks where `addresses` are; of the same length."""
    for _, start, end in _addressed(text):
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _addressed(text: str) -> Iterator[tuple[str, int, int]]:
    rest = text
    for name, pattern in _ADDRESSES.items():
        for match in pattern.finditer(rest):
            written = match[0].rstrip(".,;:!?-") if name == "URL" else match[0]
            if name == "code" and _NO_CODE.fullmatch(written):
                continue
            if name == "URL" and _NEXT_WORD.search(written):
                continue
            end = match.start() + len(written)
            rest = rest[: match.start()] + " " * len(written) + rest[end:]
            yield name, match.start(), end


def check_addresses(source: str, target: str) -> Iterator[Said]:
    """Addresses of either side must be on the other, letter by letter; of a host the case does not matter."""
    ours, theirs = addresses(source), addresses(target)
    for name in dict.fromkeys([*ours, *theirs]):
        a, b = (Counter(_as_compared(name, one) for one in side.get(name, ())) for side in (ours, theirs))
        certain = name not in {"hashtag", "code"}
        status = CheckStatus.FAILED if certain else CheckStatus.UNDECIDED
        if lost := sorted(set(a - b)):
            yield status, f"the {name} {', '.join(lost)} of the source is not in it", "addresses"
        new = sorted(set(b) - set(a))
        if new and certain:
            yield status, f"the {name} {', '.join(new)} is not in the source", "addresses"
        elif made_up := [one for one in new if not _digits(one) <= _digits(source)]:  # Nur99
            yield status, f"the {name} {', '.join(made_up)} is not in the source", "addresses"


def _digits(text: str) -> set[str]:
    return set(re.findall(r"\d+", unicodedata.normalize("NFKC", text)))


def _as_compared(name: str, written: str) -> str:
    if name == "phone number":
        return re.sub(r"[^\d+]", "", written)
    if name == "URL":
        host, slash, path = written.partition("/") if "://" not in written else _host(written)
        return f"{host.casefold()}{slash}{path}".rstrip("/")
    return written.casefold() if name in {"e-mail address", "handle"} else written


def _host(url: str) -> tuple[str, str, str]:
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host}", slash, path


def check_signs(source: str, target: str) -> Iterator[Said]:
    """Legal marks are equal; emoji and signs that point to a footnote are for a person where they differ."""
    a, b = (Counter(c for c in text if c in _MARKS) for text in (source, target))
    if a != b:
        status = CheckStatus.UNDECIDED if a.keys() == b.keys() else CheckStatus.FAILED
        yield status, f"legal marks differ ({_shown(a)} → {_shown(b)})", "marks"
    for name, find in (("footnote signs", _notes), ("emoji", _emoji)):
        a, b = find(source), find(target)
        if a != b:
            yield CheckStatus.UNDECIDED, f"{name} differ ({_shown(a)} → {_shown(b)})", "marks"


def _notes(text: str) -> Counter[str]:
    return Counter(found.replace("＊", "*") for found in _NOTE.findall(text))


def _emoji(text: str) -> Counter[str]:
    return Counter(found.replace("\ufe0f", "") for found in _EMOJI.findall(text))


def _shown(counted: Counter[str]) -> str:
    return " ".join(sorted(counted.elements())) or "none"


def check_characters(source: str, target: str) -> Iterator[Said]:
    """Characters that are no text, and what translators leave behind: their own words, endless repetition."""
    damaged = {c for c in target if c == "\ufffd" or unicodedata.category(c) in {"Co", "Cs", "Cn"}}
    damaged |= {c for c in target if unicodedata.category(c) == "Cc" and c not in "\n\r\t"}
    if damaged:
        codes = ", ".join(f"U+{ord(c):04X}" for c in sorted(damaged))
        yield CheckStatus.FAILED, f"holds what is no character of a text ({codes})", "characters"
    if _MOJIBAKE.search(target) and not _MOJIBAKE.search(source):
        yield CheckStatus.FAILED, "was read in a wrong encoding", "characters"
    if (found := _LEFTOVERS.search(target)) and not _LEFTOVERS.search(source):
        yield CheckStatus.FAILED, f"holds {found[0]!r}, which is no copy", "characters"
    if (said := _repeated(target)) and not _repeated(source):
        yield CheckStatus.FAILED, f"says {said!r} again and again", "characters"


def _repeated(text: str) -> str:
    """What a text says five times on end, as a translator that has lost its way does; empty if nothing."""
    folded = " ".join(text.casefold().split()) + " "
    for length in range(2, _LONGEST_REPEATED):
        run = 0
        for at in range(len(folded) - length):
            run = run + 1 if folded[at] == folded[at + length] else 0
            said = folded[at : at + length].strip()
            if run >= 4 * length and len({c for c in said if c.isalpha()}) > 1:
                return said
    return ""


_MOJIBAKE = re.compile("Ã[\u0080-\u00bf]|â€[\u0080-\u00bf™œ]|Â[\u0080-\u00bf]")
_LEFTOVERS = re.compile(
    r"\*\*\w.*?\*\*|```"
    r"|^\s*(?:translat(?:ion|ed text)|here is the translation|übersetzung|traduction|译文|翻译|翻譯)\s*[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_LONGEST_REPEATED = 40
