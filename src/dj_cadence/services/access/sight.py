"""What of an organization's tasks a visitor reads: to see an organization is not to see all of it.

What is about a person is read by the organization itself and by the one that approves for it.
Who may open a superior only because they approve for it does not read of those below.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from dj_cadence.domain.access.visitor import Right, Visitor
from dj_cadence.domain.digest.digest import CONFIDENTIAL
from dj_cadence.store.access.reach import reached_among
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks.task_list import TaskRow


def readable(
    session: Session, visitor: Visitor, rows: Iterable[TaskRow], today: date
) -> list[TaskRow]:
    """Of `rows`, those the visitor may read; the name of what they may not see is left out."""
    listed = list(rows)
    private = {row.org_id for row in listed if row.confidential}
    near = reached_among(session, visitor, Right.READ_PERSONAL, private, today)
    named = {row.subject_id for row in listed if row.subject_id > 0}
    seen = reached_among(session, visitor, Right.SEE, named, today)
    return [
        _without_name(row) if row.subject_id > 0 and row.subject_id not in seen else row
        for row in listed
        if not row.confidential or row.org_id in near
    ]


def discreet(row: TaskRow) -> TaskRow:
    """The same where a login was not asked for: its number and dates, and not what it is."""
    if not row.confidential:
        return row
    rule = row.rule and replace(
        row.rule, title=CONFIDENTIAL, instructions="", basis=(), rows=(), evidence=()
    )
    stage = row.stage and replace(row.stage, title=CONFIDENTIAL, instructions="", checklist=())
    return replace(row, title=CONFIDENTIAL, instructions="", theme="", rule=rule, stage=stage)


def _without_name(row: TaskRow) -> TaskRow:
    return replace(row, title=row.title.removesuffix(f"：{row.about}"), about="")
