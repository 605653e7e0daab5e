"""YAML without its surprises, and where in the file everything stands."""

from __future__ import annotations

import pytest
import yaml

from localizer.strict_yaml import TextLoader, load_with_lines


def test_keys_are_text_and_no_is_norwegian() -> None:
    text = "618: no\nno: yes\n2027-01-01: 1\n"
    assert yaml.load(text, Loader=TextLoader) == {"618": "no", "no": "yes", "2027-01-01": 1}  # noqa: S506 (a SafeLoader)


def test_with_lines_true_is_true_a_date_is_text_and_no_is_no() -> None:
    content, lines = load_with_lines("a: true\nb: [no, 2027-09-09,\n  {c: false}]\n\nd:\n  e: 1\n")
    assert content == {"a": True, "b": ["no", "2027-09-09", {"c": False}], "d": {"e": 1}}
    assert lines == {
        (): 1,
        ("a",): 1,
        ("b",): 2,
        ("b", 0): 2,
        ("b", 1): 2,
        ("b", 2): 3,
        ("b", 2, "c"): 3,
        ("d",): 5,
        ("d", "e"): 6,
    }


@pytest.mark.parametrize(
    ("text", "says"), [("a: 1\nb: 2\na: 3\n", "'a' is there twice"), ("a: &x [1]\nb: *x\n", "the alias \\*x")]
)
def test_twice_and_aliases_are_refused(text: str, says: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError, match=says) as caught:
        load_with_lines(text)
    assert caught.value.problem_mark is not None
    assert caught.value.problem_mark.line > 0
