"""Dates that authorities have published, 2024 to 2030, against what we work out.

Who publishes them: Hong Kong Observatory, Gregorian-Lunar Calendar Conversion Tables (Chinese festivals);
Korea Astronomy and Space Science Institute, monthly almanac (Seollal, Chuseok); Vietnam's calendar in UTC+7
(Tết, Mid-Autumn); the Umm al-Qura calendar of Saudi Arabia, 1445 to 1452 AH; Diyanet İşleri Başkanlığı,
religious days of Turkey; gazetted holidays of India, 2024 to 2026, and timeanddate.com after that (Diwali,
Holi); Ministry of Manpower of Singapore, 2024 to 2027 (Deepavali, Hari Raya); Hebcal (Hanukkah, first day);
U.S. Naval Observatory (Easter); U.S. Office of Personnel Management (Thanksgiving); State Council of China,
2024 to 2026 (holiday weeks); Cabinet Office of Japan (holidays of May).
"""

from __future__ import annotations

from datetime import date

import pytest

from localizer.festivals import Certainty, festival_named, in_year, occurrences

YEARS = range(2024, 2031)

# fmt: off
PUBLISHED = {
    # id, region                 2024     2025     2026     2027     2028     2029     2030
    ("lunar-new-year", "CN"): "02-10    01-29    02-17    02-06    01-26    02-13    02-03",
    ("lunar-new-year", "HK"): "02-10    01-29    02-17    02-06    01-26    02-13    02-03",
    ("lunar-new-year", "SG"): "02-10    01-29    02-17    02-06    01-26    02-13    02-03",
    ("lantern", "CN"):        "02-24    02-12    03-03    02-20    02-09    02-27    02-17",
    ("qingming", "CN"):       "04-04    04-04    04-05    04-05    04-04    04-04    04-05",
    ("dragon-boat", "CN"):    "06-10    05-31    06-19    06-09    05-28    06-16    06-05",
    ("qixi", "CN"):           "08-10    08-29    08-19    08-08    08-26    08-16    08-05",
    ("mid-autumn", "CN"):     "09-17    10-06    09-25    09-15    10-03    09-22    09-12",
    ("double-ninth", "HK"):   "10-11    10-29    10-18    10-08    10-26    10-16    10-05",
    ("tet", "VN"):            "02-10    01-29    02-17    02-06    01-26    02-13    02-02",
    ("mid-autumn", "VN"):     "09-17    10-06    09-25    09-15    10-03    09-22    09-12",
    ("seollal", "KR"):        "02-10    01-29    02-17    02-07    01-27    02-13    02-03",
    ("chuseok", "KR"):        "09-17    10-06    09-25    09-15    10-03    09-22    09-12",
    ("ramadan", "SA"):        "03-11    03-01    02-18    02-08    01-28    01-16    01-05,12-26",
    ("eid-al-fitr", "SA"):    "04-10    03-30    03-20    03-09    02-26    02-14    02-04",
    ("eid-al-adha", "SA"):    "06-16    06-06    05-27    05-16    05-05    04-24    04-13",
    ("eid-al-fitr", "TR"):    "04-10    03-30    03-20    03-09    02-26    02-14    02-04",
    ("diwali", "IN"):         "10-31    10-20    11-08    10-29    10-17    11-05    10-26",
    ("holi", "IN"):           "03-25    03-14    03-04    03-22    03-11    03-01    03-20",
    ("songkran", "TH"):       "04-13    04-13    04-13    04-13    04-13    04-13    04-13",
    ("hanukkah", "IL"):       "12-26    12-15    12-05    12-25    12-13    12-02    12-21",
    ("easter", "DE"):         "03-31    04-20    04-05    03-28    04-16    04-01    04-21",
    ("easter", "GR"):         "05-05    04-20    04-12    05-02    04-16    04-08    04-28",
    ("carnival", "BR"):       "02-09    02-28    02-13    02-05    02-25    02-09    03-01",
    ("mothers-day", "US"):    "05-12    05-11    05-10    05-09    05-14    05-13    05-12",
    ("mothers-day", "GB"):    "03-10    03-30    03-15    03-07    03-26    03-11    03-31",
    ("mothers-day", "FR"):    "05-26    05-25    05-31    05-30    05-28    05-27    05-26",
    ("fathers-day", "US"):    "06-16    06-15    06-21    06-20    06-18    06-17    06-16",
    ("fathers-day", "DE"):    "05-09    05-29    05-14    05-06    05-25    05-10    05-30",
    ("thanksgiving", "US"):   "11-28    11-27    11-26    11-25    11-23    11-22    11-28",
    ("thanksgiving", "CA"):   "10-14    10-13    10-12    10-11    10-09    10-08    10-14",
    ("black-friday", "US"):   "11-29    11-28    11-27    11-26    11-24    11-23    11-29",
    ("cyber-monday", "GB"):   "12-02    12-01    11-30    11-29    11-27    11-26    12-02",
    ("618", "CN"):            "06-18    06-18    06-18    06-18    06-18    06-18    06-18",
    ("double-11", "CN"):      "11-11    11-11    11-11    11-11    11-11    11-11    11-11",
    ("double-12", "CN"):      "12-12    12-12    12-12    12-12    12-12    12-12    12-12",
    ("christmas", "US"):      "12-25    12-25    12-25    12-25    12-25    12-25    12-25",
}
# Ends where they are published too: (id, region, first day) → last day.
ENDS = {
    ("golden-week", "CN", "2024-10-01"): "2024-10-07",
    ("golden-week", "CN", "2025-10-01"): "2025-10-08",  # Mid-Autumn on 6 October
    ("golden-week", "CN", "2026-10-01"): "2026-10-07",
    ("golden-week", "JP", "2024-04-29"): "2024-05-06",  # Children's Day on a Sunday
    ("golden-week", "JP", "2025-04-29"): "2025-05-06",
    ("golden-week", "JP", "2026-04-29"): "2026-05-06",
    ("golden-week", "JP", "2027-04-29"): "2027-05-05",
    ("labour-day", "CN", "2025-05-01"): "2025-05-05",
    ("carnival", "BR", "2027-02-05"): "2027-02-09",
    ("ramadan", "SA", "2025-03-01"): "2025-03-29",
    ("ramadan", "SA", "2030-12-26"): "2031-01-23",
    ("hanukkah", "US", "2027-12-25"): "2028-01-01",
    ("songkran", "TH", "2027-04-13"): "2027-04-15",
}
# fmt: on


def starts(festival: str, region: str, year: int) -> list[str]:
    found = occurrences(festival_named(festival), region, date(year, 1, 1))
    return [str(one.start) for one in _while_in(year, found)]


def _while_in(year, found):
    for one in found:
        if one.start.year > year:
            return
        yield one


@pytest.mark.parametrize(("festival", "region"), PUBLISHED, ids="-".join)
def test_as_published(festival: str, region: str) -> None:
    row = PUBLISHED[festival, region].split()
    expected = {y: [f"{y}-{day}" for day in cell.split(",")] for y, cell in zip(YEARS, row, strict=True)}
    assert {year: starts(festival, region, year) for year in YEARS} == expected


@pytest.mark.parametrize(("festival", "region", "start"), ENDS)
def test_ends_as_published(festival: str, region: str, start: str) -> None:
    one = next(occurrences(festival_named(festival), region, date.fromisoformat(start)))
    assert (str(one.start), str(one.end)) == (start, ENDS[festival, region, start])


def test_regions_differ_where_their_moons_do() -> None:
    # The new moon of February 2030 is at 16:07 UTC: the 2nd in Hanoi, the 3rd in Beijing.
    assert starts("tet", "VN", 2030) != starts("lunar-new-year", "CN", 2030)
    # ... of February 2027 at 15:56 UTC: the 6th in Beijing, the 7th in Seoul.
    assert starts("seollal", "KR", 2027) != starts("lunar-new-year", "CN", 2027)
    assert starts("mid-autumn", "VN", 2034) == ["2034-09-26"]
    assert starts("mid-autumn", "CN", 2034) == ["2034-09-27"]


def test_eid_is_when_the_country_kept_it() -> None:
    # 2025: 30 March in Saudi Arabia, 31 March in Oman, South and South-East Asia.
    for region in ("OM", "IN", "PK", "BD", "ID", "MY", "SG"):
        assert starts("eid-al-fitr", region, 2025) == ["2025-03-31"], region
    assert starts("diwali", "SG", 2027) == ["2027-10-28"]


def test_mothers_day_gives_way_to_pentecost_in_france() -> None:
    assert starts("mothers-day", "FR", 2023) == ["2023-06-04"]


def test_says_what_may_move() -> None:
    def sure(festival: str, region: str, year: int) -> Certainty:
        return next(occurrences(festival_named(festival), region, date(year, 1, 1))).certainty

    assert sure("double-11", "CN", 2027) is Certainty.FIXED
    assert sure("mid-autumn", "CN", 2027) is Certainty.COMPUTED
    assert sure("eid-al-fitr", "SA", 2029) is Certainty.ANNOUNCED
    assert sure("eid-al-fitr", "SA", 2024) is Certainty.COMPUTED  # it has been announced
    assert sure("diwali", "IN", 2029) is Certainty.ANNOUNCED


def test_two_libraries_agree_on_the_chinese_calendar() -> None:
    import holidays

    from localizer.festivals import calendars

    other = holidays.country_holidays("CN")._chinese_calendar
    for year in range(calendars.FIRST_YEAR, calendars.LAST_YEAR + 1):
        assert calendars.chinese(year, 1, 1) == other.lunar_new_year_date(year)[0]
        assert calendars.chinese(year, 5, 5) == other.dragon_boat_date(year)[0]
        assert calendars.chinese(year, 8, 15) == other.mid_autumn_date(year)[0]
        assert calendars.chinese(year, 9, 9) == other.double_ninth_date(year)[0]
        assert calendars.qingming(year) == other.qingming_date(year)[0]


def test_every_festival_of_every_region_is_there_in_every_year_but_the_hindu_ones_after_2035() -> None:
    for year in (2001, 2024, 2035, 2036, 2060):
        there = {(one.festival, one.region) for one in in_year(year)}
        from localizer.festivals import FESTIVALS

        missing = {(f.id, r) for f in FESTIVALS.values() for r in f.rules} - there
        assert {festival for festival, _ in missing} == ({"holi", "diwali"} if year > 2035 else set()), year
