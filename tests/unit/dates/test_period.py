from datetime import date

import pytest

from dj_cadence.domain.dates.period import Period, Unit, chinese_label, periods
from dj_cadence.domain.dates.working_days import Semester

SEMESTERS = (
    Semester("2025-2026-S1", date(2025, 9, 1), date(2026, 1, 31), provisional=False, source=""),
    Semester("2025-2026-S2", date(2026, 3, 5), date(2026, 7, 6), provisional=True, source=""),
)


def labels(unit: Unit, since: date, until: date) -> list[str]:
    return [period.label for period in periods(unit, since, until, SEMESTERS)]


@pytest.mark.parametrize(
    ("unit", "first", "last", "label"),
    [
        (Unit.MONTH, date(2026, 2, 1), date(2026, 2, 28), "2026-02"),
        (Unit.QUARTER, date(2026, 1, 1), date(2026, 3, 31), "2026-Q1"),
        (Unit.HALF_YEAR, date(2026, 1, 1), date(2026, 6, 30), "2026-H1"),
        (Unit.YEAR, date(2026, 1, 1), date(2026, 12, 31), "2026"),
        (Unit.SCHOOL_YEAR, date(2025, 9, 1), date(2026, 8, 31), "2025-2026"),
    ],
)
def test_the_period_that_holds_a_day(unit: Unit, first: date, last: date, label: str) -> None:
    day = date(2026, 2, 14)

    assert list(periods(unit, day, day)) == [Period(unit, label, first, last)]


def test_every_period_that_shares_a_day_is_given_in_order() -> None:
    assert labels(Unit.MONTH, date(2025, 11, 30), date(2026, 2, 1)) == [
        "2025-11",
        "2025-12",
        "2026-01",
        "2026-02",
    ]
    assert labels(Unit.QUARTER, date(2025, 12, 31), date(2026, 10, 1)) == [
        "2025-Q4",
        "2026-Q1",
        "2026-Q2",
        "2026-Q3",
        "2026-Q4",
    ]
    assert labels(Unit.HALF_YEAR, date(2026, 6, 30), date(2026, 7, 1)) == ["2026-H1", "2026-H2"]
    assert labels(Unit.SCHOOL_YEAR, date(2026, 8, 31), date(2026, 9, 1)) == [
        "2025-2026",
        "2026-2027",
    ]


def test_a_semester_is_what_the_calendar_says() -> None:
    assert list(periods(Unit.SEMESTER, date(2026, 2, 1), date(2026, 7, 6), SEMESTERS)) == [
        Period(Unit.SEMESTER, "2025-2026-S2", date(2026, 3, 5), date(2026, 7, 6), provisional=True)
    ]
    assert labels(Unit.SEMESTER, date(2026, 1, 31), date(2026, 3, 5)) == [
        "2025-2026-S1",
        "2025-2026-S2",
    ]
    assert labels(Unit.SEMESTER, date(2026, 2, 1), date(2026, 3, 4)) == []


@pytest.mark.parametrize(
    ("label", "text"),
    [
        ("2026-03", "2026年3月"),
        ("2026-12", "2026年12月"),
        ("2026-Q2", "2026年第二季度"),
        ("2026-H2", "2026年下半年"),
        ("2026", "2026年"),
        ("2025-2026", "2025—2026学年"),
        ("2025-2026-S2", "2025—2026学年第二学期"),
        ("term-2023-05-10", "2023年5月10日起的一届"),
    ],
)
def test_a_label_as_a_person_reads_it(label: str, text: str) -> None:
    assert chinese_label(label) == text


def test_each_unit_has_a_chinese_name() -> None:
    assert [unit.label for unit in Unit] == ["每月", "每季度", "每半年", "每年", "每学期", "每学年"]
