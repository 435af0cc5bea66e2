"""The query behind the page, the `tasks` command and the feed."""

from datetime import date

import pytest

from dj_cadence.domain.tasks.task import State
from dj_cadence.store.tasks.task_list import tasks
from tests.world.web_district import TODAY, District


def ids(district: District, **asked: object) -> list[int]:
    with district.database.read() as session:
        rows = tasks(session, district.context.catalogue(session), today=TODAY, **asked)  # type: ignore[arg-type]
        return [row.id for row in rows]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [8, 5, 1, 9, 2, 3, 4, 6, 7]),
        ({"org_code": "S1-1"}, [5, 1, 9, 2, 3, 4]),
        ({"org_code": "S1"}, []),
        ({"org_code": "S1", "subtree": True}, [5, 1, 9, 2, 3, 4, 6]),
        ({"org_code": "S2", "subtree": True}, [7]),
        ({"org_code": "no-such", "subtree": True}, []),
        ({"states": [State.OVERDUE, State.UNRECORDED]}, [1, 2]),
        ({"states": []}, []),
        ({"ids": [7, 1]}, [1, 7]),
        ({"duty": "election_reminder"}, [8]),
        ({"due_from": date(2026, 3, 31)}, [3, 4, 7]),
        ({"due_until": date(2026, 1, 30)}, [5, 1]),
        ({"due_from": date(2026, 3, 13), "due_until": date(2026, 3, 20)}, [8, 6]),
        ({"org_code": "E1", "subtree": True, "states": [State.OPEN]}, [8, 3, 6, 7]),
    ],
)
def test_tasks_are_listed_in_the_organizations_own_order(
    any_district: District, asked: dict[str, object], found: list[int]
) -> None:
    assert ids(any_district, **asked) == found


def test_a_task_as_scripts_read_it(any_district: District) -> None:
    with any_district.database.read() as session:
        catalogue = any_district.context.catalogue(session)
        [overdue, done] = tasks(session, catalogue, today=TODAY, ids=[1, 5])[::-1]
        [reminder] = tasks(session, catalogue, today=TODAY, ids=[8])
    assert overdue.as_json() == {
        "id": 1,
        "org": "S1-1",
        "duty": "theme_party_day",
        "step": "",
        "title": "主题党日",
        "period": "2026-01",
        "opens": "2026-01-01",
        "planned": "2026-01-05",
        "due": "2026-01-30",
        "state": "overdue",
        "overdue_days": 41,
        "provisional": False,
        "target": 1,
        "unit": "次",
        "done": 0,
        "office": "书记",
        "completed_on": None,
        "late_days": 0,
    }
    assert done.as_json() | {"completed_on": "2026-01-02", "late_days": 2} == done.as_json()
    assert reminder.title.endswith("：青禾小学第一党支部")
    assert reminder.period == "term-2023-09-20"


def test_a_duty_that_left_the_catalogue_still_reads(district: District) -> None:
    with district.database.read() as session:
        catalogue = district.context.catalogue(session)
        empty = type(catalogue)({}, catalogue.plans, catalogue.calendar, "h")
        [row] = tasks(session, empty, today=TODAY, ids=[1])
    assert (row.title, row.office, row.rule) == ("theme_party_day", "书记", None)
