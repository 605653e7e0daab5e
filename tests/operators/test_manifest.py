from __future__ import annotations

import pytest

from localizer.errors import InputError
from operators.manifest import as_bool, target_locales


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["ja", " zh-CN "], ["ja", "zh-Hans"]),
        ("ja,ar, ,ja", ["ja", "ar"]),
        (None, []),
        ([], []),
        ("", []),
    ],
)
def test_target_locales_are_normalised_and_named_once(
    given: list[str] | str | None, expected: list[str]
) -> None:
    assert target_locales(given) == expected


def test_every_bad_locale_is_named() -> None:
    with pytest.raises(InputError, match=r"'klingonian-x'.*'12'"):
        target_locales(["ja", "klingonian-x", "12"])


@pytest.mark.parametrize(("given", "expected"), [(True, True), ("False", False), ("true", True), ("", False)])
def test_flags_may_come_as_text(given: bool | str, expected: bool) -> None:
    assert as_bool(given, field="dry_run") is expected


def test_a_flag_that_is_neither_is_refused() -> None:
    with pytest.raises(InputError, match="dry_run: 'maybe'"):
        as_bool("maybe", field="dry_run")
