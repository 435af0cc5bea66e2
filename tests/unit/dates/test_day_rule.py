from datetime import date

import pytest

from dj_cadence.domain.dates.arithmetic import month_end
from dj_cadence.domain.dates.day_rule import EXAMPLES, DayRule, parse_day_rule
from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, WorkCalendar

CALENDAR = WorkCalendar(
    {
        2026: HolidayYear(
            2026,
            CalendarStatus.OFFICIAL,
            "",
            days_off=frozenset({date(2026, 5, n) for n in range(1, 6)}),
            make_up_days=frozenset({date(2026, 5, 9)}),
        )
    }
)


def resolve(text: str, first: date) -> tuple[date, date]:
    rule = parse_day_rule(text)
    assert rule is not None
    return rule.resolve(first, month_end(first), CALENDAR)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("5日", DayRule("5日", 5)),
        ("5号", DayRule("5号", 5)),
        (" 每月15日 ", DayRule("每月15日", 15)),
        ("31日", DayRule("31日", 31)),
        ("第一个星期五", DayRule("第一个星期五", 1, 4)),
        ("每月第二周一", DayRule("每月第二周一", 2, 0)),
        ("第五个星期天", DayRule("第五个星期天", 5, 6)),
        ("最后一个工作日", DayRule("最后一个工作日", -1, working=True)),
        ("最后一个星期三", DayRule("最后一个星期三", -1, 2)),
        ("第三个工作日", DayRule("第三个工作日", 3, working=True)),
    ],
)
def test_a_day_rule_is_parsed_as_people_write_it(text: str, rule: DayRule) -> None:
    assert parse_day_rule(text) == rule


@pytest.mark.parametrize("text", ["", "0日", "32日", "第六个星期一", "星期五", "5", "下旬", "五日"])
def test_what_is_not_understood(text: str) -> None:
    assert parse_day_rule(text) is None


def test_the_examples_shown_to_people_are_understood() -> None:
    assert [text for text in EXAMPLES.split("、") if parse_day_rule(text) is None] == []


@pytest.mark.parametrize(
    ("text", "month", "named", "moved"),
    [
        ("5日", date(2026, 3, 1), date(2026, 3, 5), date(2026, 3, 5)),
        # a Sunday: the next working day
        ("15日", date(2026, 3, 1), date(2026, 3, 15), date(2026, 3, 16)),
        # a holiday, then a working Wednesday
        ("1日", date(2026, 5, 1), date(2026, 5, 1), date(2026, 5, 6)),
        # a Saturday that is a make-up day
        ("9日", date(2026, 5, 1), date(2026, 5, 9), date(2026, 5, 9)),
        # a Sunday at the month's end: back to the Friday
        ("31日", date(2026, 5, 1), date(2026, 5, 31), date(2026, 5, 29)),
        # a day the month lacks is its last day, here a Saturday
        ("30日", date(2026, 2, 1), date(2026, 2, 28), date(2026, 2, 27)),
        ("31日", date(2024, 2, 1), date(2024, 2, 29), date(2024, 2, 29)),
        ("第一个星期五", date(2026, 5, 1), date(2026, 5, 1), date(2026, 5, 6)),
        ("第二个星期四", date(2026, 3, 1), date(2026, 3, 12), date(2026, 3, 12)),
        # five Mondays in March 2026, four in April
        ("第五个星期一", date(2026, 3, 1), date(2026, 3, 30), date(2026, 3, 30)),
        ("第五个星期一", date(2026, 4, 1), date(2026, 4, 27), date(2026, 4, 27)),
        ("最后一个星期五", date(2026, 3, 1), date(2026, 3, 27), date(2026, 3, 27)),
        ("最后一个工作日", date(2026, 5, 1), date(2026, 5, 29), date(2026, 5, 29)),
        ("第一个工作日", date(2026, 5, 1), date(2026, 5, 6), date(2026, 5, 6)),
        ("第四个工作日", date(2026, 5, 1), date(2026, 5, 9), date(2026, 5, 9)),
    ],
)
def test_a_day_rule_gives_a_day_in_each_month(
    text: str, month: date, named: date, moved: date
) -> None:
    assert resolve(text, month) == (named, moved)


def test_in_a_quarter_a_day_lies_in_its_first_month_and_the_last_in_its_last() -> None:
    quarter = (date(2026, 4, 1), date(2026, 6, 30))

    assert DayRule("", 10).resolve(*quarter, CALENDAR) == (date(2026, 4, 10), date(2026, 4, 10))
    last = DayRule("", -1, working=True)
    assert last.resolve(*quarter, CALENDAR) == (date(2026, 6, 30), date(2026, 6, 30))


def test_the_day_never_leaves_the_period() -> None:
    semester = (date(2026, 3, 5), date(2026, 7, 6))

    assert DayRule("", 1).resolve(*semester, CALENDAR) == (date(2026, 3, 5), date(2026, 3, 5))
    last = DayRule("", -1, working=True)
    assert last.resolve(*semester, CALENDAR) == (date(2026, 7, 6), date(2026, 7, 6))
