"""Dates as people write them; only what can be read in one way is a date."""

import re
import unicodedata
from datetime import date

_TIME = r"(?:[ T]*[0-2]?[0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?)?"
_WEEKDAY = r"(?:\(?(?:周|星期|礼拜)([一二三四五六日天])\)?)?"
_DATE = re.compile(
    r"([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/|\.([0-9]{1,2})\.|年([0-9]{1,2})月)"
    rf"([0-9]{{1,2}})[日号.]?{_WEEKDAY}{_TIME}"
)
_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_CHINESE = re.compile(
    r"([〇○零一二三四五六七八九]{4})年([一二三四五六七八九十]+)月([一二三四五六七八九十]+)[日号]"
)
_DASHES = str.maketrans("‐‑‒–—−", "------")
_NUMERALS = "〇一二三四五六七八九"
_WEEKDAYS = "一二三四五六日"
_YEARS = range(1900, 2101)
"""A year outside is a slip of the pen."""


def parse_date(text: str) -> date | None:
    """The day of 2023-05-10, 2023/5/10, 2023.5.10, 2023年5月10日, 20230510 or 二〇二三年五月十日.

    A time of day behind it is passed over, a day of the week must be the right one. None for
    anything else: without a year, with two digits of it, with day or month first.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).strip()
    if chinese := _CHINESE.fullmatch(plain):
        return _day(_year(chinese[1]), _number(chinese[2]), _number(chinese[3]))
    if compact := _COMPACT.fullmatch(plain):
        return _day(*map(int, compact.groups()))
    match = _DATE.fullmatch(re.sub(r"\s+(?![0-9T])|(?<=[-/.年月])\s+", "", plain))
    if not match:
        return None
    *parts, weekday = (*(part for part in match.groups()[:-1] if part), match.groups()[-1])
    day = _day(*map(int, parts))
    right = day and _WEEKDAYS[day.weekday()] == (weekday or "").replace("天", "日")
    return day if right or not weekday else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        day_found = date(year, month, day)
    except ValueError:
        return None
    return day_found if day_found.year in _YEARS else None


def _year(numerals: str) -> int:
    plain = numerals.replace("○", "〇").replace("零", "〇")
    return int("".join(str(_NUMERALS.index(numeral)) for numeral in plain))


def _number(numerals: str) -> int:
    """Up to 三十一; 0 for what is no such number."""
    tens, ten, ones = numerals.rpartition("十")
    if len(tens) > 1 or len(ones) > 1 or "十" in tens:
        return 0
    return (_NUMERALS.index(tens or "一") * 10 if ten else 0) + (
        _NUMERALS.index(ones) if ones else 0
    )
