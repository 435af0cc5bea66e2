"""Calendar arithmetic on local dates: months and years, never a number of days."""

from calendar import monthrange
from datetime import date, timedelta

DAY = timedelta(days=1)
FIRST_DAY = date.min
"""Stands for "since always" where a column may not be empty."""
LAST_DAY = date.max
"""Stands for "no end" where a column may not be empty."""


def month_end(day: date) -> date:
    """The last day of the month that holds `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """`day` moved by calendar months, cut to the month's end (01-31 + 1 = 02-28)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, years: int) -> date:
    """`day` moved by calendar years (2024-02-29 + 3 = 2027-02-28)."""
    return add_months(day, 12 * years)
