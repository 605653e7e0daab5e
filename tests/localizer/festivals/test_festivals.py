"""Names, regions, custom festivals and what the command lists."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from localizer.cli import main
from localizer.errors import FestivalError
from localizer.festivals import (
    FESTIVALS,
    REGIONS,
    Lead,
    custom_festival,
    festival_named,
    occurrences,
    parse_lead,
    region_named,
    upcoming,
    zone_named,
)
from localizer.festivals.leads import windows


def test_aliases_and_spellings_find_the_same_festival() -> None:
    assert festival_named("Singles' Day") is festival_named("11.11") is FESTIVALS["double-11"]
    assert festival_named("Mid Autumn") is festival_named("mooncake_festival") is FESTIVALS["mid-autumn"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: festival_named("mid-autum"), "did you mean 'mid-autumn'"),
        (lambda: region_named("UK"), "did you mean 'GB'"),
        (lambda: region_named("CHN"), "ISO 3166"),
        (lambda: zone_named("Asia/Shangai"), "did you mean 'Asia/Shanghai'"),
        (lambda: zone_named("../../etc/passwd"), "not an IANA time zone"),
        (lambda: parse_lead("two weeks"), "such as 14d or 2w"),
        (lambda: parse_lead("0d"), "not between"),
        (lambda: parse_lead("200w"), "not between"),
        (lambda: custom_festival("Birthday", ["2027-13-01"], "CN"), "not a date"),
        (lambda: custom_festival("Birthday", ["2027-01-01"] * 2, "CN"), "twice"),
        (lambda: custom_festival("Birthday", [], "CN"), "no dates"),
        (lambda: next(occurrences(FESTIVALS["618"], "JP", date(2027, 1, 1))), "it is in CN"),
    ],
)
def test_wrong_words_are_told_with_what_to_write(call, says: str) -> None:
    with pytest.raises(FestivalError, match=says):
        call()


def test_every_region_has_a_zone_and_every_festival_a_known_home() -> None:
    for region in REGIONS.values():
        assert zone_named(region.timezone)
    for festival in FESTIVALS.values():
        assert set(festival.rules) <= set(REGIONS), festival.id
        assert next(occurrences(festival, festival.home, date(2027, 1, 1))).start >= date(2027, 1, 1)


def test_every_name_in_the_table_belongs_to_a_festival_and_a_language_of_some_region() -> None:
    from localizer.festivals.catalog import _NAMES

    languages = {region.language for region in REGIONS.values()}
    assert set(_NAMES) <= set(FESTIVALS)
    assert {tag for names in _NAMES.values() for tag in names} <= languages


def test_occurrences_over_a_year_end_come_in_order_and_twice_where_they_do() -> None:
    found = islice(occurrences(FESTIVALS["ramadan"], "SA", date(2029, 12, 31)), 3)
    assert [str(one.start) for one in found] == ["2030-01-05", "2030-12-26", "2031-12-15"]


def test_a_window_is_counted_in_days_of_its_zone_across_clock_changes() -> None:
    # Clocks in New York go back on 7 November 2027, between the start and the festival on the 26th.
    lead = Lead(28, ZoneInfo("America/New_York"), 9)
    window = next(windows(FESTIVALS["black-friday"], "US", lead, datetime(2027, 1, 1, tzinfo=UTC)))
    assert window.start == datetime(2027, 10, 29, 13, tzinfo=UTC)  # 09:00 -04:00
    assert window.end == datetime(2027, 11, 26, 5, tzinfo=UTC)  # 00:00 -05:00


def test_an_hour_that_the_clocks_skip_is_one_later_and_one_that_comes_twice_is_the_first() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    since = datetime(2027, 1, 1, tzinfo=UTC)
    skipped = custom_festival("x", ["2027-03-29"], "DE")  # 02:00 is missing on the 28th
    twice = custom_festival("x", ["2027-11-01"], "DE")  # 02:00 is there twice on 31 October
    assert next(windows(skipped, "DE", Lead(1, berlin, 2), since)).start.hour == 1  # 03:00 +02:00
    assert next(windows(twice, "DE", Lead(1, berlin, 2), since)).start.hour == 0  # 02:00 +02:00


def test_a_midnight_that_does_not_exist_is_no_obstacle() -> None:
    # Cairo sets its clocks forward at midnight of 28 April 2028.
    window = next(
        windows(
            custom_festival("x", ["2028-04-28"], "EG"),
            "EG",
            Lead(7, ZoneInfo("Africa/Cairo")),
            datetime(2028, 1, 1, tzinfo=UTC),
        )
    )
    assert window.end - window.start == timedelta(days=7)


def test_next_counts_festivals_not_regions() -> None:
    found = upcoming(date(2027, 11, 26), 2)
    assert {(str(one.start), one.festival) for one in found} == {
        ("2027-11-26", "black-friday"),
        ("2027-11-28", "mothers-day"),
    }
    assert [one.festival for one in upcoming(date(2027, 12, 26), 2, "JP")] == ["new-year", "valentines-day"]


def test_the_command_lists_a_year_in_local_writing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["festivals", "--year", "2027", "--region", "cn"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if "mid-autumn" in line]
    assert line.split() == [
        "2027-09-15",
        "mid-autumn",
        "CN",
        "computed",
        "中秋节",
        "·",
        "2027年9月15日星期三",
    ]
    assert [line[:10] for line in lines[1:]] == sorted(line[:10] for line in lines[1:])


def test_the_command_groups_regions_that_share_their_days(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["festivals", "--year", "2030"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("2030-02-02") and " tet " in line and " VN " in line for line in lines)
    assert any(line.startswith("2030-02-03") and "CN HK MO TW SG MY" in line for line in lines)
    assert any("halloween" in line and " all " in line for line in lines)


def test_the_command_speaks_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["festivals", "--next", "5", "--region", "SA", "--json"]) == 0
    records = json.loads(capsys.readouterr().out)
    assert len(records) == 5
    assert {"festival", "name", "local_name", "region", "start", "end", "certainty", "timezone"} <= set(
        records[0]
    )


def test_the_command_says_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["festivals", "--year", "2040", "--region", "IN"]) == 0
    assert "Diwali of 2040 is not known yet" in capsys.readouterr().err
    assert main(["festivals", "--year", "1899"]) == 2
    assert "2000 to 2060" in capsys.readouterr().err
