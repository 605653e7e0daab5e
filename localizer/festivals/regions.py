"""Regions that festivals are known for: ISO 3166-1 code, time zone and language."""

from __future__ import annotations

from dataclasses import dataclass

from localizer.documents import did_you_mean
from localizer.errors import FestivalError


@dataclass(frozen=True, slots=True)
class Region:
    """A country or territory.

    Attributes:
        code: ISO 3166-1 alpha-2.
        timezone: IANA name; where there are several, that of its largest market.
        language: BCP 47 tag that its dates and festivals are written in.
    """

    code: str
    timezone: str
    language: str


_TABLE = """
AE Asia/Dubai                     ar
AR America/Argentina/Buenos_Aires es
AT Europe/Vienna                  de
AU Australia/Sydney               en
BD Asia/Dhaka                     bn
BE Europe/Brussels                nl
BG Europe/Sofia                   bg
BH Asia/Bahrain                   ar
BN Asia/Brunei                    ms
BR America/Sao_Paulo              pt
CA America/Toronto                en
CH Europe/Zurich                  de
CL America/Santiago               es
CN Asia/Shanghai                  zh-Hans
CO America/Bogota                 es
CY Asia/Nicosia                   el
CZ Europe/Prague                  cs
DE Europe/Berlin                  de
DK Europe/Copenhagen              da
EG Africa/Cairo                   ar
ES Europe/Madrid                  es
FI Europe/Helsinki                fi
FR Europe/Paris                   fr
GB Europe/London                  en
GR Europe/Athens                  el
HK Asia/Hong_Kong                 zh-Hant
HU Europe/Budapest                hu
ID Asia/Jakarta                   id
IE Europe/Dublin                  en
IL Asia/Jerusalem                 he
IN Asia/Kolkata                   hi
IT Europe/Rome                    it
JO Asia/Amman                     ar
JP Asia/Tokyo                     ja
KR Asia/Seoul                     ko
KW Asia/Kuwait                    ar
MA Africa/Casablanca              ar
MO Asia/Macau                     zh-Hant
MX America/Mexico_City            es
MY Asia/Kuala_Lumpur              ms
NG Africa/Lagos                   en
NL Europe/Amsterdam               nl
NO Europe/Oslo                    nb
NZ Pacific/Auckland               en
OM Asia/Muscat                    ar
PH Asia/Manila                    en
PK Asia/Karachi                   ur
PL Europe/Warsaw                  pl
PT Europe/Lisbon                  pt
QA Asia/Qatar                     ar
RO Europe/Bucharest               ro
RS Europe/Belgrade                sr
RU Europe/Moscow                  ru
SA Asia/Riyadh                    ar
SE Europe/Stockholm               sv
SG Asia/Singapore                 en
TH Asia/Bangkok                   th
TR Europe/Istanbul                tr
TW Asia/Taipei                    zh-Hant
UA Europe/Kyiv                    uk
US America/New_York               en
VN Asia/Ho_Chi_Minh               vi
ZA Africa/Johannesburg            en
"""
REGIONS = {region.code: region for region in (Region(*line.split()) for line in _TABLE.strip().splitlines())}


def region_named(code: str) -> Region:
    """The region with an ISO 3166-1 alpha-2 code.

    Raises:
        FestivalError: no festivals are known for it.
    """
    region = REGIONS.get(code.strip().upper())
    if region is None:
        alias = {"UK": "GB", "EL": "GR", "EN": "GB", "JA": "JP", "KO": "KR", "ZH": "CN"}.get(code.upper())
        hint = f"; did you mean {alias!r}?" if alias else did_you_mean(code, REGIONS)
        raise FestivalError(f"{code!r} is not an ISO 3166 region that festivals are known for{hint}")
    return region
