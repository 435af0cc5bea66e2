"""Least burden: a school that does its things on time hears of them on few days."""

from collections import Counter
from datetime import date, datetime
from typing import Any

from dj_cadence.services.simulation.simulate import parse_answer, simulate
from dj_cadence.store.core.database import Database
from tests.world.engine import Channel, a_site, apply_shipped, found_district, holds

SCHOOL = {
    "code": "B",
    "name": "青禾小学党支部",
    "kind": "党支部",
    "full_members": "20",
    "has_committee": "是",
    "groups": "2",
    "stage": "小学",
    "theme_day": "5日",
    "last_election": "2025-05-10",
}
OFFICES = (holds("B", "书记", "李书记", "li@example.cn"),)
BESIDE_IT = {
    "工会": ("工会主席", {"last_election": "2025-05-10", "term_years": "3"}),
    "教代会": ("工会主席", {"last_election": "2025-05-10", "term_years": "3"}),
    "少先队": ("少先队总辅导员", {}),
    "妇委会": ("妇委会主任", {}),
}
AT_MOST = 40


def test_a_single_branch_that_is_on_time_hears_of_it_on_at_most_40_days(
    sqlite_database: Database,
) -> None:
    found_district(sqlite_database, (SCHOOL,), OFFICES)
    apply_shipped(sqlite_database)

    days = message_days(sqlite_database, 2026)

    assert days == {1: 1, 2: 2, 3: 3, 4: 3, 5: 1, 6: 4, 7: 2, 8: 1, 9: 4, 10: 2, 11: 3, 12: 8}
    assert days.total() == 34 <= AT_MOST


def test_holding_the_mass_organizations_offices_too_stays_within_the_limit(
    sqlite_database: Database,
) -> None:
    orgs = tuple(
        {"code": kind, "name": f"青禾小学{kind}", "kind": kind, "supervisor": "B", "stage": "小学"}
        | more
        for kind, (_, more) in BESIDE_IT.items()
    )
    offices = tuple(
        holds(kind, office, "李书记", "li@example.cn") for kind, (office, _) in BESIDE_IT.items()
    )
    found_district(sqlite_database, (SCHOOL, *orgs), (*OFFICES, *offices))
    apply_shipped(sqlite_database)

    assert message_days(sqlite_database, 2026).total() == 37 <= AT_MOST


def test_a_branch_in_its_election_year_stays_within_the_limit(sqlite_database: Database) -> None:
    found_district(sqlite_database, (SCHOOL,), OFFICES)
    apply_shipped(sqlite_database)

    assert message_days(sqlite_database, 2028).total() == 39 <= AT_MOST


def message_days(database: Database, year: int) -> Counter[int]:
    """The days of a year with a message, by month, everything answered on time.

    The walk begins a year earlier, so that what was begun before is owed too.
    """
    told: list[dict[str, Any]] = []
    simulate(
        a_site(database, Channel()),
        date(year - 1, 1, 1),
        date(year, 12, 31),
        parse_answer("on-time"),
        lambda event: told.append(dict(event)),
    )
    messages = [event for event in told if event["event"] == "message"]
    days = {datetime.fromisoformat(event["at"]).date() for event in messages}
    return Counter(day.month for day in sorted(days) if day.year == year)
