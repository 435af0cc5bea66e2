"""Whatever stands in a roster: no traceback, and a second import of it changes nothing."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dj_cadence.domain.roster.columns import APPOINTMENT_COLUMNS, ORG_COLUMNS, Column
from dj_cadence.domain.roster.rows import Origin, RosterSheets, TableRow
from dj_cadence.services.roster.import_roster import import_roster
from dj_cadence.store.core.database import Database
from dj_cadence.store.site import site as sites

HOW: dict[str, Any] = {
    "now": datetime(2026, 3, 5, tzinfo=UTC),
    "today": date(2026, 3, 5),
    "by": "管理员",
}
CODES = ["S", "C", "B1", "B2"]
ORG_CELLS = {
    "code": CODES,
    "name": ["甲", "乙"],
    "kind": ["党委", "党委", "党委", "党支部", "党小组"],
    "supervisor": ["", "", "", "", "", "S", "C"],
    "full_members": ["", "3", "9", "12", "²"],
    "has_committee": ["", "", "是"],
    "last_election": ["", "", "2020-01-01", "2023-05-10", "2025-12-01", "9999-12-31"],
}
OFFICE_CELLS = {
    "org": CODES,
    "office": ["书记", "校长", "书记、校长"],
    "name": ["甲", "乙", "丙"],
    "person": ["", "", "1", "2"],
    "email": ["", "", "a@example.org", "b@example.org"],
    "phone": ["", "", "13800000000"],
    "since": ["", "2024-01-01", "2025-01-01"],
}


def sheet(columns: tuple[Column, ...], cells: dict[str, list[str]]) -> st.SearchStrategy[Any]:
    origin = Origin("花名册", {c.key: n for n, c in enumerate(columns, 1)}, lettered=True)
    empty = {c.key: "" for c in columns}
    row = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in cells.items()})
    return st.lists(row, max_size=4).map(
        lambda rows: tuple(
            TableRow(origin, number, empty | found) for number, found in enumerate(rows, 2)
        )
    )


ROSTERS = st.builds(
    RosterSheets, sheet(ORG_COLUMNS, ORG_CELLS), sheet(APPOINTMENT_COLUMNS, OFFICE_CELLS)
)
BASE = RosterSheets(
    tuple(
        TableRow(
            Origin("花名册", {"code": 1, "name": 2, "kind": 3}, lettered=True),
            number,
            {"code": code, "name": "甲", "kind": "党委"},
        )
        for number, code in enumerate(CODES, 2)
    ),
    (),
)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(earlier=st.lists(ROSTERS, max_size=2), roster=ROSTERS, correct=st.booleans())
def test_importing_any_roster_twice_changes_nothing(
    sqlite_database: Database, earlier: list[RosterSheets], roster: RosterSheets, correct: bool
) -> None:
    with sqlite_database.write() as session:
        sites.create(session, "site", HOW["today"])
        for sheets in (BASE, *earlier, roster):
            report = import_roster(session, sheets, correct=correct, **HOW)
        if report.applied:
            again = import_roster(session, roster, correct=correct, **HOW)
            assert again.sentences() == ["无变化。"]
        session.rollback()
