"""The festivals that campaigns are made for, and where each is kept; ``names.json`` has their local names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources

from localizer.documents import did_you_mean
from localizer.errors import FestivalError
from localizer.festivals.model import Festival, Rule
from localizer.festivals.regions import REGIONS
from localizer.festivals.rules import (
    MONDAY,
    SATURDAY,
    SUNDAY,
    THURSDAY,
    easter,
    golden_week_cn,
    golden_week_jp,
    hanukkah,
    hindu,
    islamic,
    lunar,
    lunar_new_year,
    mid_autumn,
    mothers_day_fr,
    nth,
    on,
    qingming,
    ramadan,
)

_CHINESE = "CN HK MO TW SG MY"
_MUSLIM = "AE SA QA KW BH OM EG JO MA TR ID MY SG BN PK BD IN NG"
_WESTERN_EASTER = "US GB AT AU BE BR CA CH CL CO CZ DE DK ES FI FR HU IE IT MX AR NL NO NZ PH PL PT SE ZA"
_ORTHODOX_EASTER = "GR CY RO BG RS UA RU"
_DOUBLE_DAYS = "CN HK MO TW SG MY TH VN ID PH"

_NAMES: dict[str, dict[str, str]] = json.loads(
    resources.files("localizer.festivals").joinpath("names.json").read_text(encoding="utf-8")
)


def _in(regions: str, rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(regions.split(), rule)


def _everywhere(home: str, rule: Rule) -> dict[str, Rule]:
    return {home: rule, **dict.fromkeys(REGIONS, rule)}


def _eid(name: str, days: int) -> dict[str, Rule]:
    return {country: islamic(country, name, days=days) for country in _MUSLIM.split()}


_LABOUR_DAY = (
    {"CN": on(5, 1, days=5), "NZ": nth(10, MONDAY, 4)}
    | _in("US CA", nth(9, MONDAY, 1))
    | _in("HK MO TW SG MY TH VN KR ID PH IN BR MX AR CL CO ZA TR", on(5, 1))
    | _in("DE FR IT ES PT AT BE PL SE FI NO CZ HU GR RO BG RS UA RU", on(5, 1))
)
_MOTHERS_DAY = (
    {
        "US": nth(5, SUNDAY, 2),
        "FR": mothers_day_fr,
        "SE": nth(5, SUNDAY, -1),
        "NO": nth(2, SUNDAY, 2),
        "RU": nth(11, SUNDAY, -1),
        "AR": nth(10, SUNDAY, 3),
        "MX": on(5, 10),
        "PL": on(5, 26),
        "KR": on(5, 8),
        "TH": on(8, 12),
        "ID": on(12, 22),
    }
    | _in("CA AU NZ BR CL CO ZA JP CN HK MO TW SG MY PH IN", nth(5, SUNDAY, 2))
    | _in("DE AT CH IT NL BE DK FI GR TR CZ UA", nth(5, SUNDAY, 2))
    | _in("ES PT HU RO", nth(5, SUNDAY, 1))
    | _in("GB IE NG", easter(-21))
    | _in("EG AE SA QA KW BH OM JO", on(3, 21))
)
_FATHERS_DAY = (
    {
        "US": nth(6, SUNDAY, 3),
        "DE": easter(39),
        "AT": nth(6, SUNDAY, 2),
        "BE": nth(6, SUNDAY, 2),
        "CH": nth(6, SUNDAY, 1),
        "BR": nth(8, SUNDAY, 2),
        "RU": nth(10, SUNDAY, 3),
        "DK": on(6, 5),
        "PL": on(6, 23),
        "TW": on(8, 8),
        "TH": on(12, 5),
    }
    | _in("GB IE CA FR NL JP CN HK MO SG MY PH IN MX AR CL CO ZA GR CZ HU UA TR", nth(6, SUNDAY, 3))
    | _in("AU NZ", nth(9, SUNDAY, 1))
    | _in("SE NO FI", nth(11, SUNDAY, 2))
    | _in("ES IT PT", on(3, 19))
)
_CHILDRENS_DAY = {
    "CN": on(6, 1),
    "JP": on(5, 5),
    "KR": on(5, 5),
    "TH": nth(1, SATURDAY, 2),
    "BR": on(10, 12),
    "IN": on(11, 14),
    "TR": on(4, 23),
    "MX": on(4, 30),
    "TW": on(4, 4),
    "HK": on(4, 4),
} | _in("VN PL RU RO CZ PT", on(6, 1))


def _festival(id: str, name: str, rules: Mapping[str, Rule], *aliases: str) -> Festival:
    return Festival(id, name, rules, _NAMES.get(id, {}), aliases)


# In the order of a year.
_ALL = [
    _festival("new-year", "New Year's Day", _everywhere("US", on(1, 1))),
    _festival(
        "lunar-new-year",
        "Lunar New Year",
        _in(_CHINESE, lunar(1, 1, days=3)) | _in("ID PH", lunar(1, 1)),
        "chinese-new-year",
        "spring-festival",
    ),
    # The day before is a holiday too; campaigns run towards the day itself.
    _festival("seollal", "Seollal", {"KR": lunar_new_year("KR", days=2)}, "korean-new-year"),
    _festival("tet", "Tết", {"VN": lunar_new_year("VN", days=3)}, "vietnamese-new-year"),
    _festival("lantern", "Lantern Festival", _in(_CHINESE, lunar(1, 15))),
    # Friday to Shrove Tuesday; in the Rhineland from the Thursday before.
    _festival(
        "carnival", "Carnival", _in("BR PT ES IT CO AR", easter(-51, days=5)) | {"DE": easter(-52, days=6)}
    ),
    _festival("valentines-day", "Valentine's Day", _everywhere("US", on(2, 14)) | {"BR": on(6, 12)}),
    _festival("womens-day", "International Women's Day", _everywhere("CN", on(3, 8))),
    _festival("white-day", "White Day", _in("JP KR TW CN", on(3, 14))),
    _festival("holi", "Holi", {"IN": hindu("IN", "holi")}),
    _festival("qingming", "Qingming Festival", _in("CN HK MO TW", qingming), "tomb-sweeping-day"),
    _festival(
        "easter",
        "Easter Sunday",
        _in(_WESTERN_EASTER, easter()) | _in(_ORTHODOX_EASTER, easter(orthodox=True)),
    ),
    _festival("songkran", "Songkran", {"TH": on(4, 13, days=3)}),
    _festival("ramadan", "Ramadan", {country: ramadan(country) for country in _MUSLIM.split()}),
    _festival("eid-al-fitr", "Eid al-Fitr", _eid("eid_al_fitr", 3), "eid"),
    _festival("eid-al-adha", "Eid al-Adha", _eid("eid_al_adha", 4)),
    _festival("golden-week", "Golden Week", {"JP": golden_week_jp, "CN": golden_week_cn}),
    _festival("labour-day", "Labour Day", _LABOUR_DAY, "labor-day"),
    _festival("mothers-day", "Mother's Day", _MOTHERS_DAY),
    _festival("childrens-day", "Children's Day", _CHILDRENS_DAY),
    _festival("dragon-boat", "Dragon Boat Festival", _in(_CHINESE, lunar(5, 5)), "duanwu", "tuen-ng"),
    _festival("618", "618 shopping festival", {"CN": on(6, 18)}, "6.18"),
    _festival("fathers-day", "Father's Day", _FATHERS_DAY),
    _festival("qixi", "Qixi Festival", _in("CN HK MO TW", lunar(7, 7)), "chinese-valentines-day"),
    _festival("obon", "Obon", {"JP": on(8, 13, days=4)}),
    _festival(
        "mid-autumn",
        "Mid-Autumn Festival",
        _in(_CHINESE, lunar(8, 15)) | {"VN": mid_autumn("VN")},
        "moon-festival",
        "mooncake-festival",
    ),
    _festival("chuseok", "Chuseok", {"KR": mid_autumn("KR", days=2)}),
    _festival(
        "double-ninth", "Double Ninth Festival", _in("CN HK MO TW", lunar(9, 9)), "chung-yeung", "chongyang"
    ),
    _festival(
        "diwali",
        "Diwali",
        {country: hindu(country, "diwali_india") for country in ("IN", "SG", "MY")},
        "deepavali",
    ),
    _festival("halloween", "Halloween", _everywhere("US", on(10, 31))),
    _festival(
        "double-11", "Double 11", _in(_DOUBLE_DAYS, on(11, 11)), "singles-day", "double-eleven", "11.11"
    ),
    _festival("thanksgiving", "Thanksgiving", {"US": nth(11, THURSDAY, 4), "CA": nth(10, MONDAY, 2)}),
    _festival("black-friday", "Black Friday", _everywhere("US", nth(11, THURSDAY, 4, after=1))),
    _festival("cyber-monday", "Cyber Monday", _everywhere("US", nth(11, THURSDAY, 4, after=4))),
    _festival("double-12", "Double 12", _in(_DOUBLE_DAYS, on(12, 12)), "double-twelve", "12.12"),
    _festival("hanukkah", "Hanukkah", _in("IL US GB", hanukkah), "chanukah"),
    _festival("christmas", "Christmas Day", _everywhere("US", on(12, 25)) | _in("RU RS", on(1, 7)), "xmas"),
]

FESTIVALS: Mapping[str, Festival] = {festival.id: festival for festival in _ALL}
"""By id."""

_BY_ALIAS = {alias: festival for festival in _ALL for alias in festival.aliases}


def festival_named(name: str) -> Festival:
    """A festival by its id or an alias.

    Raises:
        FestivalError: there is none; says which is nearest.
    """
    word = name.strip().casefold().replace("_", "-").replace(" ", "-").replace("'", "")
    festival = FESTIVALS.get(word) or _BY_ALIAS.get(word)
    if festival is None:
        hint = did_you_mean(word, [*FESTIVALS, *_BY_ALIAS], listed=())
        raise FestivalError(f"there is no festival {name!r}{hint} (python -m localizer festivals lists all)")
    return festival
