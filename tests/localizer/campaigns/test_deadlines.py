"""Deadlines and notices of campaign files."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localizer.campaigns import load_campaign
from localizer.campaigns.deadlines import DEADLINE_PATTERN, Deadline, close_at, parse_deadline
from localizer.errors import CampaignError
from localizer.notices import Channel, Event

START, FESTIVAL = datetime(2026, 9, 11, 1, tzinfo=UTC), datetime(2026, 9, 24, 16, tzinfo=UTC)
FILE = "manifest: manifest.csv\nowners: [Mei, jo@example.com]\n"
FESTIVE = "schedule: {festival: mid-autumn, lead: 14d, region: CN}\n"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("36h", START + timedelta(hours=36)),
        ("3d", START + timedelta(days=3)),
        ("1 w", START + timedelta(days=7)),
        ("2d before the festival", FESTIVAL - timedelta(days=2)),
    ],
)
def test_a_deadline_counts_from_the_run_or_the_festival(text: str, moment: datetime) -> None:
    assert re.search(DEADLINE_PATTERN, text)
    assert parse_deadline(text).at(START, FESTIVAL) == moment


def test_without_a_festival_there_is_no_deadline_before_it() -> None:
    assert Deadline(timedelta(1), before_festival=True).at(START, None) is None


@pytest.mark.parametrize("text", ["", "3", "d", "0h", "-1d", "3 days", "9999w", "3d before"])
def test_what_is_no_deadline(text: str) -> None:
    with pytest.raises(CampaignError):
        parse_deadline(text)


def test_it_is_close_after_three_quarters_of_the_time() -> None:
    assert close_at(START, START + timedelta(hours=4)) == START + timedelta(hours=3)
    assert close_at(START, START) is None


def written(folder: Path, text: str) -> Path:
    path = folder / "moon.yaml"
    path.write_text(FILE + text, "utf-8")
    return path


def test_what_a_file_says(tmp_path: Path) -> None:
    text = (
        FESTIVE + "deadline: {before_festival: 2d}\nnotify:\n"
        "  - {on: [review_waiting, failed], by: email}\n"
        "  - {on: [published], by: slack, connection: team, to: '#moon'}\n"
        "  - {on: [deadline_missed], by: webhook}\n"
    )
    campaign = load_campaign(written(tmp_path, text))
    assert campaign.deadline == "2d before the festival"
    assert campaign.notify == (
        Channel((Event.REVIEW_WAITING, Event.FAILED), "email", "smtp_default"),
        Channel((Event.PUBLISHED,), "slack", "team", ("#moon",)),
        Channel((Event.DEADLINE_MISSED,), "webhook", "localizer_webhook"),
    )
    assert campaign.notify[0].addressed(campaign.owners).to == ("jo@example.com",)
    plain = load_campaign(written(tmp_path, "deadline: 3d\nnotify: []\n"))
    assert (plain.deadline, plain.notify) == ("3d", ())
    silent = load_campaign(written(tmp_path, ""))
    assert (silent.deadline, silent.notify) == (None, None)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("deadline: soon\n", 3, "'soon' does not match"),
        ("deadline: 0d\n", 3, "is not between"),
        ("deadline: {before_festival: 2d}\n", 3, "the schedule has none"),
        (FESTIVE + "deadline: {before_festival: 2w}\n", 4, "is over before the run starts"),
        ("notify: [{on: [faild], by: email}]\n", 3, "did you mean 'failed'"),
        ("notify: [{on: [failed], by: email, to: jo}]\n", 3, "'jo' is not a mail address"),
        ("notify: [{on: [failed], by: email, secret: x}]\n", 3, "is not known"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, line: int, told: str) -> None:
    with pytest.raises(CampaignError) as caught:
        load_campaign(written(tmp_path, text))
    assert f"moon.yaml, line {line}, " in str(caught.value)
    assert told in str(caught.value)


def test_mail_needs_an_address(tmp_path: Path) -> None:
    path = tmp_path / "moon.yaml"
    path.write_text("manifest: m.csv\nowners: [Mei]\nnotify: [{on: [failed], by: email}]\n")
    with pytest.raises(CampaignError, match="no owner has an address"):
        load_campaign(path)
