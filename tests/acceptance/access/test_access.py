"""Who may see and change what: offices, the tree, approval, and days in office."""

from datetime import date

import pytest
from sqlalchemy import update

from dj_cadence.domain.access.visitor import Right
from dj_cadence.services.access.permissions import (
    ADMINISTRATOR,
    STRANGER,
    Visitor,
    has,
    may_act,
    person_visitor,
)
from dj_cadence.store.schema import appointment, org
from tests.world.builder import add
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, DANA, GONE, TODAY, District

ORGS = (1, 2, 3, 4, 5)


def seen(district: District, visitor: Visitor, day: date = TODAY) -> list[int]:
    with district.database.read() as session:
        return [number for number in ORGS if has(Right.SEE, session, visitor, number, day)]


def ruled(district: District, visitor: Visitor, day: date = TODAY) -> list[int]:
    with district.database.read() as session:
        return [number for number in ORGS if may_act(session, visitor, number, day)]


@pytest.mark.parametrize(
    ("person", "sees", "acts"),
    [
        (CLERK, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]),
        (ALICE, [2, 3, 4], [2, 3, 4]),
        (DANA, [2, 3, 4], [2]),  # 组织委员: acts at home only
        (BOB, [3], [3]),
        (CHARLIE, [5], [5]),
        (GONE, [], []),
    ],
)
def test_offices_open_the_organization_and_what_lies_below(
    any_district: District, person: int, sees: list[int], acts: list[int]
) -> None:
    visitor = Visitor(person)
    assert seen(any_district, visitor) == sees
    assert ruled(any_district, visitor) == acts


def test_the_last_day_in_office_counts(any_district: District) -> None:
    gone = Visitor(GONE)
    assert seen(any_district, gone, date(2026, 2, 28)) == [3]
    assert ruled(any_district, gone, date(2026, 3, 1)) == []


def test_an_office_counts_from_its_first_day(district: District) -> None:
    with district.database.write() as session:
        held = {"person_id": GONE, "org_id": 5, "acting": True}
        add(session, appointment, held, since=date(2026, 3, 12))
    assert ruled(district, Visitor(GONE), date(2026, 3, 11)) == []
    assert ruled(district, Visitor(GONE), date(2026, 3, 12)) == [5]


def test_an_approver_sees_an_organization_and_does_not_act(any_district: District) -> None:
    with any_district.database.write() as session:
        session.execute(update(org).where(org.c.id == 5).values(approver_id=2))
    assert seen(any_district, Visitor(ALICE)) == [2, 3, 4, 5]
    assert ruled(any_district, Visitor(ALICE)) == [2, 3, 4]


def test_a_stranger_sees_nothing_and_the_administrator_everything(any_district: District) -> None:
    assert seen(any_district, STRANGER) == ruled(any_district, STRANGER) == []
    assert seen(any_district, ADMINISTRATOR) == ruled(any_district, ADMINISTRATOR) == [*ORGS]
    with any_district.database.read() as session:
        assert person_visitor(session, 99) == STRANGER
