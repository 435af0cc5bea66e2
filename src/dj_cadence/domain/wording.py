"""Dates as a person reads them."""

from datetime import date

_WEEKDAYS = "一二三四五六日"


def day_text(day: date) -> str:
    """2026年3月5日（周四）."""
    return f"{day.year}年{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def short_day(day: date, today: date) -> str:
    """3月5日（周四）; the year is named only where it is not that of `today`."""
    text = day_text(day)
    return text.partition("年")[2] if day.year == today.year else text
