"""ISO weeks: when the weekly digest goes out."""

from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.working_days import WorkCalendar


def week_label(day: date) -> str:
    """2026-W48."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def first_day_of_week(label: str) -> date:
    """The Monday of a week like 2026-W48. Raises ValueError for anything else."""
    year, week = label.split("-W")
    return date.fromisocalendar(int(year), int(week), 1)


def digest_week(today: date, calendar: WorkCalendar) -> str | None:
    """The week whose digest may go out on `today`.

    None before the week's first working day, and in a week without one.
    """
    monday = today - today.weekday() * DAY
    first = calendar.on_or_after(monday)
    return week_label(today) if first <= today else None
