"""Rows of the schema, each with ordinary values for all that a test does not name.

The site, organizations, people, offices, dates, tasks, messages and notices of every district
that is not imported as a roster come from here.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY

Values = Mapping[str, Any]

DAY = date(2026, 3, 2)
MORNING = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
"""08:30 of DAY in Shanghai."""


def add(session: Session, table: Table, *rows: Values, **shared: Any) -> None:
    """Insert rows, or one of the `shared` values alone; what none of them names is ordinary."""
    given = [{**shared, **row} for row in rows or ({},)]
    whole = [{**_ORDINARY[table.name](row), **row} for row in given]
    for _, alike in groupby(whole, key=frozenset):
        session.execute(insert(table), list(alike))


def _site(row: Values) -> Values:
    return {"id": 1, "uid": "5eed", "starts_on": DAY, "sending": True, "home": "here"}


def _profile(row: Values) -> Values:
    return {"id": 1, "hash": "p", "facts": {}}


def _plan_snapshot(row: Values) -> Values:
    return {"id": 1, "hash": "c", "content": {}}


def _cohort(row: Values) -> Values:
    return {"id": 1, "duty": "theme_party_day", "signature": "s", "facts": {}}


def _org(row: Values) -> Values:
    position = row.get("position", row["id"])
    return {
        "code": f"X{row['id']}",
        "name": "第一小学党支部",
        "kind": "branch",
        "position": position,
        "subtree_end": position,
        "profile_id": 1,
        "roster": {},
    }


def _person(row: Values) -> Values:
    return {"key": f"P{row['id']}", "name": "李老师"}


def _address(row: Values) -> Values:
    return {"channel": "email", "value": f"p{row['person_id']}@example.cn"}


def _appointment(row: Values) -> Values:
    return {"office": "书记", "since": FIRST_DAY, "until": LAST_DAY, "acting": False}


def _slot(row: Values) -> Values:
    """The March of 2026, at its first cohort."""
    opens = row.get("opens", date(2026, 3, 1))
    return {
        "cohort_id": 1,
        "period": f"slot-{row['id']}",
        "step": "",
        "label": "2026-03",
        "opens": opens,
        "planned": None,
        "due": date(2026, 3, 31),
        "provisional": False,
        "target": 1,
        "unit": "次",
        "first_on": opens,
        "derivation": [],
    }


def _task(row: Values) -> Values:
    """An open task of March 2026."""
    opens = row.get("opens", date(2026, 3, 1))
    return {
        "duty": "theme_party_day",
        "subject_id": 0,
        "start_event_id": 0,
        "period": f"task-{row['id']}",
        "step": "",
        "slot_id": 1,
        "state": "open",
        "opens": opens,
        "planned": None,
        "due": date(2026, 3, 31),
        "target": 1,
        "plan_snapshot_id": 1,
        "reminded_until": opens,
        "changed_at": MORNING,
    }


def _message(row: Values) -> Values:
    """A bundle of the day, ready to be sent."""
    return {
        "day": DAY,
        "serial": 0,
        "kind": "bundle",
        "channel": "email",
        "address": f"p{row['person_id']}@example.cn",
        "late": False,
        "state": "ready",
        "created_at": MORNING,
    }


def _notice(row: Values) -> Values:
    return {
        "due_revision": 0,
        "reminder_step": "list",
        "occurrence": 0,
        "level": 0,
        "office": "书记",
        "due_on": DAY,
    }


def _digest(row: Values) -> Values:
    return {
        "worth_sending": True,
        "org_id": 1,
        "week": "2026-W10",
        "counts": {},
        "made_at": MORNING,
    }


_ORDINARY: dict[str, Callable[[Values], Values]] = {
    "address": _address,
    "appointment": _appointment,
    "cohort": _cohort,
    "digest": _digest,
    "message": _message,
    "notice": _notice,
    "org": _org,
    "person": _person,
    "plan_snapshot": _plan_snapshot,
    "profile": _profile,
    "site": _site,
    "slot": _slot,
    "task": _task,
}
