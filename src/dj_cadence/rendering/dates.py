"""Dates as messages say them."""

from datetime import date

_WEEKDAYS = "一二三四五六日"


def day(value: date, seen_on: date) -> str:
    """3月5日（周四）; with the year where it is not the one of `seen_on`."""
    year = "" if value.year == seen_on.year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日（周{_WEEKDAYS[value.weekday()]}）"


def short_day(value: date, seen_on: date) -> str:
    """5日 within the month of `seen_on`, else 4月5日, or 2027年4月5日 in another year."""
    if (value.year, value.month) == (seen_on.year, seen_on.month):
        return f"{value.day}日"
    year = "" if value.year == seen_on.year else f"{value.year}年"
    return f"{year}{value.month}月{value.day}日"
