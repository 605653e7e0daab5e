"""How the report says things: checks, actions, statuses and locales in plain words."""

from __future__ import annotations

from functools import lru_cache

from localizer.locales import UNDETERMINED
from localizer.model import Action, CheckResult, CheckStatus, Status

STATUS = {
    Status.PASSED: "Passed",
    Status.NEEDS_REVIEW: "Needs review",
    Status.FAILED: "Failed",
}

ACTION = {
    Action.REPLACE_TEXT: "Replace text",
    Action.TRANSLATE_TEXT: "Translate text",
    Action.REMOVE_TEXT: "Remove text",
    Action.REMOVE_OBJECT: "Remove",
    Action.ADD_TEXT: "Add text",
}

CHECK_STATUS = {
    CheckStatus.PASSED: "ok",
    CheckStatus.FAILED: "not ok",
    CheckStatus.UNDECIDED: "could not be decided",
}

_CHECKS = {
    "text_found": "The text to edit was found and could be worked on",
    "removed": "The thing to remove is gone",
    "text_correct": "The new text reads back as asked",
    "source_text_gone": "The old text is gone",
    "erased_cleanly": "No patch shows where the old text was",
    "style_kept": "The look of the type is kept",
    "untouched": "Nothing changed outside the edit",
    "legible": "The new text is easy to read",
    "fits": "The new text fits its place",
    "faces": "No face is touched",
    "copy_policy": "The copy keeps the brand's rules",
    "file": "The file has the source's size, format and colours",
}


def check_title(check: CheckResult) -> str:
    """What a check asks, as a statement."""
    return check_name(check.name)


def check_name(name: str) -> str:
    """What the check of a name asks; a check we do not know goes by its name."""
    return _CHECKS.get(name, name.replace("_", " ").capitalize())


def decider(by: str) -> str:
    """``Mei Lin``, or ``the policy “never”``."""
    policy = by.removeprefix("policy:")
    return f"the policy “{policy}”" if policy != by else by


def moment(at: str) -> str:
    """``2026-09-11 08:30 UTC`` for an ISO 8601 time in UTC; anything else as it is."""
    return f"{at[:10]} {at[11:16]} UTC" if len(at) >= 19 and at[10] == "T" else at


def measured(check: CheckResult) -> str:
    """Value and threshold of a check side by side, as far as there are any: ``0.93 (threshold 0.97)``."""
    if check.value is None:
        return ""
    value = f"{check.value:.4g}"
    return value if check.threshold is None else f"{value} (threshold {check.threshold:.4g})"


@lru_cache(maxsize=512)
def locale_name(tag: str) -> str:
    """``Japanese`` for ``ja``; the tag itself if nobody knows its name."""
    from babel import Locale, UnknownLocaleError

    if tag in {"", UNDETERMINED}:
        return "Any language"
    try:
        return Locale.parse(tag, sep="-").get_display_name("en") or tag
    except (UnknownLocaleError, ValueError):
        return tag
