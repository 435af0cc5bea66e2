"""Reminders before a feast end before it in every year, by the calendar and not by fixed dates."""

from datetime import date
from pathlib import Path

import pytest

from dj_cadence.domain.organizations.facts import Facts, OrgKind
from dj_cadence.domain.planning.cohort import cohort_of
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.loading.rules.catalogue import load_catalogue, shipped_schedules
from tests.world.shipped import shipped

TOP = Facts(OrgKind.BRANCH, top_of_school=True, stage="小学")
SHIPPED = shipped().catalogue


def slot(key: str, year: int, catalogue: Catalogue = SHIPPED) -> Slot:
    duty = catalogue.duties[key]
    cohort = cohort_of(duty, TOP, date(2020, 1, 1))
    assert cohort is not None
    every = slots_of(duty, cohort, catalogue, date(year - 1, 1, 1), date(year + 1, 12, 31))
    return next(one for one in every if one.period == str(year))


@pytest.mark.parametrize(
    ("key", "year", "opens", "due", "provisional"),
    [
        # 中秋 is on 09-17, 10-06 (one holiday with 国庆), 09-25 and 09-15.
        ("eight_rules_check_autumn", 2024, "2024-09-01", "2024-09-14", False),  # made-up Saturday
        ("eight_rules_check_autumn", 2025, "2025-09-01", "2025-09-30", False),
        ("eight_rules_check_autumn", 2026, "2026-09-01", "2026-09-24", False),
        ("eight_rules_check_autumn", 2027, "2027-09-01", "2027-09-14", True),
        ("eight_rules_check_autumn", 2028, "2028-09-01", "2028-09-04", True),  # no table yet
        ("eight_rules_check_spring", 2024, "2024-03-15", "2024-04-03", False),
        ("eight_rules_check_spring", 2026, "2026-03-15", "2026-04-03", False),
        ("eight_rules_check_spring", 2027, "2027-03-15", "2027-04-02", True),
        ("eight_rules_check_spring", 2028, "2028-03-15", "2028-03-31", True),
        ("eight_rules_check", 2024, "2023-12-15", "2023-12-29", True),  # 2023 has no table
        ("eight_rules_check", 2026, "2025-12-15", "2025-12-31", False),
        ("eight_rules_check", 2027, "2026-12-15", "2026-12-31", True),
        ("eight_rules_check", 2028, "2027-12-15", "2027-12-29", True),
        ("eight_rules_check_teachers", 2026, "2026-08-25", "2026-09-09", False),
        ("visit_members_spring", 2024, "2024-01-01", "2024-02-09", False),
        ("visit_members_spring", 2026, "2026-01-01", "2026-02-14", False),  # made-up Saturday
        ("visit_members_spring", 2028, "2028-01-01", "2028-01-19", True),
    ],
)
def test_the_window_ends_before_the_feast(
    key: str, year: int, opens: str, due: str, provisional: bool
) -> None:
    found = slot(key, year)

    assert (str(found.opens), str(found.due), found.provisional) == (opens, due, provisional)


def test_it_says_what_it_ends_before_and_when_that_is_not_known() -> None:
    assert slot("eight_rules_check_autumn", 2026).derivation == (
        "周期：2026年，2026年9月1日（周二）起",
        "中秋、国庆自2026年9月25日（周五）起放假，截止日为之前最后一个工作日2026年9月24日（周四）",
    )
    assert slot("eight_rules_check_autumn", 2028).derivation[1] == (
        "日历中还没有中秋、国庆的放假安排，截止日暂按2028年9月4日（周一）"
    )


TABLE = """
year: {year}
status: official
source: 通知
holidays:
  - {{name: 清明, days_off: {year}-04-04}}
  - {{name: {name}, days_off: {days}}}
"""


@pytest.mark.parametrize(
    ("year", "name", "days", "due"),
    [
        (2028, "国庆节、中秋节", "2028-10-01..2028-10-08", "2028-09-29"),
        (2029, "中秋", "2029-09-22..2029-09-24", "2029-09-21"),
        (2030, "中秋节", "[2030-09-12]", "2030-09-11"),
        (2033, "中秋假期", "2033-09-08", "2033-09-07"),
        (2052, "中秋节", "2052-09-07..2052-09-09", "2052-09-06"),
        (2071, "国庆", "2071-10-01", "2071-09-30"),
    ],
)
def test_a_year_that_comes_in_moves_it(
    tmp_path: Path, year: int, name: str, days: str, due: str
) -> None:
    (tmp_path / "calendars").mkdir()
    file = tmp_path / "calendars" / f"holidays-{year}.yaml"
    file.write_text(TABLE.format(year=year, name=name, days=days), encoding="utf-8")
    loaded = load_catalogue([shipped_schedules(), tmp_path])

    assert not [problem for problem in loaded.problems if not problem.warning]
    assert str(slot("eight_rules_check_autumn", year, loaded.catalogue).due) == due


def test_a_feast_that_no_table_names_is_a_fault_of_the_rule(tmp_path: Path) -> None:
    (tmp_path / "duties").mkdir()
    (tmp_path / "duties" / "own.yaml").write_text(
        "duties:\n  eight_rules_check: {window: {from: 09-01, until: 09-04, before: [重阳]}}\n",
        encoding="utf-8",
    )
    (problem,) = load_catalogue([shipped_schedules(), tmp_path]).problems

    assert problem.place == "schedules/duties/own.yaml:2:68"
    assert "元旦" in problem.message
