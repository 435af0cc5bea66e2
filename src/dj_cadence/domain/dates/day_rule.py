"""A fixed or relatively fixed day inside a period: 5日, 第一个星期五, 最后一个工作日."""

import re
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY, month_end
from dj_cadence.domain.dates.working_days import WorkCalendar

_NUMBERS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_DAY = re.compile(r"每月?(\d{1,2})[日号]|(\d{1,2})[日号]")
_NTH = re.compile(
    r"(?:每月)?(?:第([一二三四五])|(最后一))个?(?:(?:星期|周)([一二三四五六日天])|(工作日))"
)
EXAMPLES = "5日、第一个星期五、最后一个工作日"


@dataclass(frozen=True, slots=True)
class DayRule:
    """`nth` of the month: a date (weekday None, working False), a weekday or a working day.

    A negative `nth` counts from the end of the month.
    """

    text: str
    nth: int
    weekday: int | None = None
    working: bool = False

    def resolve(self, first: date, last: date, calendar: WorkCalendar) -> tuple[date, date]:
        """(the day the rule names, the working day meant by it), both in `first`…`last`.

        A named day that is no working day moves to the next working day of the same
        period, or, if there is none, to the previous one. A date the month lacks is
        its last day.
        """
        named = min(max(self.named(first, last, calendar), first), last)
        moved = calendar.on_or_after(named)
        return named, moved if moved <= last else calendar.on_or_before(named)

    def is_lacking(self, month: date) -> bool:
        """Whether the month has no such day, so that its last one is meant."""
        if self.working or self.nth < 0:
            return False
        if self.weekday is None:
            return self.nth > month_end(month).day
        return self._weekday(month) > month_end(month)

    def named(self, first: date, last: date, calendar: WorkCalendar) -> date:
        """The day the rule names in the period's first, or counted from behind last, month.

        It may lie outside `first`…`last`.
        """
        month = last if self.nth < 0 else first
        start, end = month.replace(day=1), month_end(month)
        if self.working:
            edge = calendar.on_or_before(end) if self.nth < 0 else calendar.on_or_after(start)
            return calendar.add_working_days(edge, self.nth + 1 if self.nth < 0 else self.nth - 1)
        if self.weekday is None:
            return min(start.replace(day=1) + (self.nth - 1) * DAY, end)
        if self.nth < 0:
            return end - ((end.weekday() - self.weekday) % 7) * DAY
        nth = self._weekday(month)
        return nth if nth <= end else nth - 7 * DAY

    def _weekday(self, month: date) -> date:
        start = month.replace(day=1)
        assert self.weekday is not None
        return start + ((self.weekday - start.weekday()) % 7 + 7 * (self.nth - 1)) * DAY


def parse_day_rule(text: str) -> DayRule | None:
    """The rule that `text` means, or None where it means none."""
    text = text.strip()
    if match := _DAY.fullmatch(text):
        number = int(match[1] or match[2])
        return DayRule(text, number) if 1 <= number <= 31 else None
    if match := _NTH.fullmatch(text):
        nth = -1 if match[2] else _NUMBERS[match[1]]
        weekday = _WEEKDAYS[match[3]] if match[3] else None
        return DayRule(text, nth, weekday, working=bool(match[4]))
    return None
