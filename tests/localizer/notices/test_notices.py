"""What people are told, in words and as JSON, and that it is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from localizer.errors import ConfigurationError
from localizer.model import Status
from localizer.notices import Channel, Event, Notice, SentNotices, read_channels
from localizer.notices.sent import delivery_id
from localizer.runs.summary import Example, RunSummary
from localizer.storage import open_storage

SUMMARY = RunSummary(
    digest="d" * 64,
    campaign="moon",
    total=42,
    passed=30,
    needs_review=8,
    failed=4,
    cached=2,
    faults={"text_correct": 7, "": 4, "untouched": 1},
    examples=(
        Example("poster-01 · ja", Status.NEEDS_REVIEW, "text_correct"),
        Example("<b>{{ 7*7 }}</b>\n· ar", Status.FAILED, ""),
    ),
)
REVIEW = Notice(
    Event.REVIEW_WAITING,
    "Mid-Autumn",
    "campaign_mid_autumn",
    "manual__2026-09-01T00:00:00+00:00",
    key=SUMMARY.digest,
    summary=SUMMARY,
    review_url="https://airflow.example/localizer/?dag_id=campaign_mid_autumn&run_id=x",
    run_url="https://airflow.example/dags/campaign_mid_autumn/runs/x",
    deadline=datetime(2026, 9, 18, 1, tzinfo=UTC),
)
MAIL = Channel((Event.FAILED,), "email", "smtp_default", ("mei@example.com",))


def test_the_text_holds_what_a_lead_needs() -> None:
    assert REVIEW.headline == "Mid-Autumn: images wait for your review"
    assert REVIEW.text().splitlines() == [
        "Images: 30 passed, 8 need review, 4 failed",
        "Most often not so: The new text reads back as asked (7); An image could be made and judged (4); "
        "Nothing changed outside the edit (1)",
        "Look at: poster-01 · ja (needs review), <b>{{ 7*7 }}</b>\\n· ar (failed) and 10 more",
        "Deadline: Fri 18 Sep 2026, 01:00 UTC",
        "Run: manual__2026-09-01T00:00:00+00:00",
        "Review page: https://airflow.example/localizer/?dag_id=campaign_mid_autumn&run_id=x",
        "Run in Airflow: https://airflow.example/dags/campaign_mid_autumn/runs/x",
    ]


@pytest.mark.parametrize("event", list(Event))
def test_every_event_has_its_words(event: Event) -> None:
    notice = Notice(event, "Moon", "d", "r", key="k", images=1)
    assert notice.headline.startswith("Moon: ")
    assert json.loads(json.dumps(notice.payload()))["event"] == str(event)


def test_names_out_of_a_manifest_are_no_markup_in_a_mail() -> None:
    texts: list[str] = []
    tags: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

        def handle_data(self, data: str) -> None:
            texts.append(data)

    Reader().feed(REVIEW.html())
    assert "b" not in tags
    assert any("<b>{{ 7*7 }}</b>" in text for text in texts)
    assert tags.count("a") == 2


def test_a_run_that_is_not_merged_yet_says_so() -> None:
    assert "are still being made" in Notice(Event.DEADLINE_CLOSE, "Moon", "d", "r", key="k").text()


def test_what_was_told_is_kept_by_channel_and_occurrence(storage_uri: str) -> None:
    sent = SentNotices(open_storage(storage_uri), "runs/r/notices")
    assert not sent.has(REVIEW, MAIL)
    sent.add(REVIEW, MAIL)
    sent.add(REVIEW, MAIL)  # as two processes at once would
    assert sent.has(REVIEW, MAIL)
    other = Channel(MAIL.on, "email", "smtp_default", ("jo@example.com",))
    assert not sent.has(REVIEW, other)
    again = Notice(REVIEW.event, REVIEW.campaign, REVIEW.dag_id, REVIEW.run_id, key="other results")
    assert not sent.has(again, MAIL)
    assert delivery_id(again, MAIL) != delivery_id(REVIEW, MAIL) == delivery_id(REVIEW, MAIL)


def test_channels_of_the_installation() -> None:
    text = '[{"on": ["failed", "published"], "by": "email", "to": "ops@example.com"}]'
    [channel] = read_channels(text, name="LOCALIZER_NOTIFY")
    wanted = (Event.FAILED, Event.PUBLISHED)
    assert channel == Channel(wanted, "email", "smtp_default", ("ops@example.com",))
    assert read_channels(" ", name="LOCALIZER_NOTIFY") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ('{"on": []}', "is not of type 'array'"),
        ('[{"on": ["faild"], "by": "email"}]', "did you mean 'failed'"),
        ('[{"on": ["failed"], "by": "fax"}]', "0.by: 'fax' is not known"),
        ('[{"on": ["failed"], "by": "email", "password": "x"}]', "0.password: is not known"),
    ],
)
def test_a_wrong_setting_is_told(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match="LOCALIZER_NOTIFY: ") as caught:
        read_channels(text, name="LOCALIZER_NOTIFY")
    assert told in str(caught.value)
