"""Organizations that come to a running site: from when they owe, and what never begins anew."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import last_answer_day
from dj_cadence.loading.records_file import RecordRow, RecordsFile
from dj_cadence.services.explain import explain
from dj_cadence.services.planning.apply import horizon, preview
from dj_cadence.services.planning.first_duties import first_duties
from dj_cadence.services.tasks import record
from dj_cadence.services.tasks.record_import import import_records
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.schema import org, profile
from tests.world.engine import (
    B2,
    CALENDAR,
    EVERYTHING,
    SHANGHAI,
    START,
    Cells,
    advance_to,
    apply,
    at,
    found_district,
    load,
    roll,
    tasks,
    the_task,
)

LATER = date(2026, 11, 28)
NEW: Cells = {**B2, "code": "N", "name": "新支部", "last_election": ""}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Database]:
    database = a_running_site(tmp_path / "site.db")
    yield database
    database.engine.dispose()


def a_running_site(path: Path) -> Database:
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    found_district(database)
    apply(database, EVERYTHING)
    return database


def live(database: Database, day: date) -> None:
    roll(database, EVERYTHING, day)
    advance_to(database, EVERYTHING, day)


def beginning(database: Database, code: str) -> tuple[date | None, date | None]:
    with database.read() as session:
        query = select(profile.c.facts).join_from(org, profile).where(org.c.code == code)
        facts = Facts.from_json(session.execute(query).scalar_one())
    return facts.starts_on, facts.known_on


def owed(database: Database, code: str) -> set[tuple[str, str]]:
    return {(row.duty, row.label) for row in tasks(database, org=code) if row.state != "withdrawn"}


def test_who_comes_later_begins_that_day_and_is_not_reproached(site: Database) -> None:
    load(site, [NEW], today=LATER)

    live(site, LATER)

    until = {one for one in owed(site, "N") if one[1] < "2027"}
    assert until == {("winter", "2026"), ("lecture", "2026-Q4"), ("party_day", "2026-12")}
    assert {row.state for row in tasks(site, org="N")} == {"open", "planned"}


def test_a_start_in_the_past_is_honoured_and_asked_about(site: Database) -> None:
    load(site, [{**NEW, "starts_on": "2026-09-01"}], today=LATER)
    live(site, LATER)

    past = [row for row in tasks(site, org="N") if row.due < LATER]
    assert {(row.duty, row.label) for row in past} == {
        ("party_day", "2026-09"),
        ("party_day", "2026-10"),
        ("lecture", "2026-Q3"),
    }
    assert {(row.state, row.asked_on) for row in past} == {("unrecorded", LATER)}
    last = last_answer_day(LATER, CALENDAR)
    live(site, last)
    assert {row.state for row in tasks(site, org="N") if row.due < LATER} == {"unrecorded"}
    live(site, date(2026, 12, 19))
    assert {row.state for row in tasks(site, org="N") if row.due < LATER} == {"overdue"}


def test_the_import_says_what_they_will_owe(site: Database) -> None:
    report = load(site, [NEW], today=LATER)

    told = first_duties(EVERYTHING, report.newcomers, START, LATER).sentences(EVERYTHING)

    asked = "党课（2026年第四季度）1项、组织生活会（2026年）1项"
    assert told == [
        "1个组织自2026年11月28日（周六）起用：今后一年共16项任务（不含流程环节）。",
        f"其中2项在起用或录入时已经开始，会先问是否已经办过：{asked}。",
        "办过的按当时的日期登记，到2026年12月18日（周五）为止不算逾期。",
    ]
    assert load(site, [NEW], today=date(2026, 12, 3)).newcomers == ()


@pytest.mark.parametrize(
    "again",
    [
        [NEW],
        [{**NEW, "supervisor": "E"}],
        [{**NEW, "name": "改名支部", "full_members": "12"}],
        [{**NEW, "dissolved": "2026-12-10", "successor": "B1"}, NEW],
    ],
    ids=["again", "moved", "renamed", "revived"],
)
def test_nothing_that_is_imported_again_begins_anew(site: Database, again: list[Cells]) -> None:
    load(site, [NEW], today=LATER)
    live(site, LATER)
    before, was = owed(site, "N"), beginning(site, "N")

    for number, cells in enumerate(again):
        day = date(2026, 12, 2 + number)
        load(site, [cells], today=day)
        live(site, day)

    assert beginning(site, "N") == was == (LATER, LATER)
    assert owed(site, "N") == before


def test_who_takes_over_begins_where_the_other_ended(site: Database) -> None:
    gone = {**B2, "dissolved": "2026-11-16", "successor": "N"}

    load(site, [gone, {**NEW, "founded": "2026-11-16"}], today=LATER)

    assert beginning(site, "N") == (date(2026, 11, 1), LATER)


def test_a_day_before_the_start_counts_by_every_way(site: Database) -> None:
    load(site, [NEW, {**NEW, "code": "M", "name": "另一支部"}], today=LATER)
    live(site, LATER)
    early = date(2026, 10, 15)
    one, other = (the_task(site, "winter", code, "2026").id for code in ("N", "M"))
    how = Actor("x", at(LATER), LATER)

    with site.write() as session:
        record.done(session, EVERYTHING, one, how, on=early)
        file = RecordsFile([RecordRow("r:2", other, early, 1, "")], [])
        import_records(session, EVERYTHING, file, how)

    for code in ("N", "M"):
        row = the_task(site, "winter", code, "2026")
        assert (row.state, row.completed_on) == ("done", early)


def test_an_explanation_says_why_it_is_owed_and_not_late(site: Database) -> None:
    load(site, [NEW], today=LATER)
    live(site, LATER)

    with site.read() as session:
        number = the_task(site, "winter", "N", "2026").id
        told = explain(session, EVERYTHING, number, today=LATER, zone=SHANGHAI)

    assert (
        "  2026年11月28日（周六）起用或录入时已经开始、还没有结束，仍要办理：先问一次是否已经办过，"
        "到2026年12月18日（周五）为止不算逾期。"
    ) in told


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(day=st.dates(date(2026, 3, 2), date(2027, 2, 28)))
def test_on_whatever_day_somebody_comes(
    tmp_path_factory: pytest.TempPathFactory, day: date
) -> None:
    database = a_running_site(tmp_path_factory.mktemp("site") / "site.db")
    load(database, [NEW], today=day)
    live(database, day)
    mine = tasks(database, org="N")
    last = last_answer_day(day, CALENDAR)
    for row in mine:
        assert row.opens >= day or (row.duty != "party_day" and row.due >= day)
        assert row.asked_on == (day if row.opens < day else None)
    for looked_at in (day, last):
        live(database, looked_at)
        late = [row for row in tasks(database, org="N") if row.state == "overdue"]
        assert [row for row in late if row.opens < day] == []
    span = DateRange(START, horizon(last))
    assert preview(database, EVERYTHING, span, anew=True).counts == {}
    database.engine.dispose()
