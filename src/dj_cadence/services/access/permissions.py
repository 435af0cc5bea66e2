"""Where it is decided who may see and change what; `Right` says which office gives what.

To see an organization is not to see all of it: what is about a person is read by the
organization itself and by the one that approves for it. Who may open a superior only because
they approve for it does not read of those below.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date
from functools import partial

from dj_cadence.domain.access.visitor import ADMINISTRATOR, STRANGER, Right, Visitor
from dj_cadence.domain.digest.digest import CONFIDENTIAL
from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.store.access import reach
from dj_cadence.store.access.reach import person_visitor
from dj_cadence.store.core.database import Session
from dj_cadence.store.tasks.task_list import TaskRow

__all__ = ["ADMINISTRATOR", "STRANGER", "Visitor", "person_visitor"]


def has(right: Right, session: Session, visitor: Visitor, org_id: int, today: date) -> bool:
    """Whether the visitor has the right at the organization, by the offices held on that day."""
    return bool(reach.reached_among(session, visitor, right, [org_id], today))


oversees, reads_personal, may_act, may_grant, may_announce = (
    partial(has, right)
    for right in (Right.OVERSEE, Right.READ_PERSONAL, Right.ACT, Right.GRANT, Right.ANNOUNCE)
)


def holds_at(session: Session, person_id: int, org_ids: Collection[int], today: date) -> set[int]:
    """Of these organizations, those at which the person holds an office."""
    return {at for at, *_ in reach.offices_at(session, person_id, today) if at in org_ids}


def decides_for(session: Session, visitor: Visitor, today: date) -> list[int]:
    """The organizations for which the visitor decides on what is handed up to them."""
    held = reach.offices_at(session, visitor.person_id, today)
    return sorted({at for at, office, _ in held if office in (SECRETARY, CLERK)})


def readable(
    session: Session, visitor: Visitor, rows: Iterable[TaskRow], today: date
) -> list[TaskRow]:
    """Of `rows`, those the visitor may read; the name of what they may not see is left out."""
    listed = list(rows)
    private = {row.org_id for row in listed if row.confidential}
    near = reach.reached_among(session, visitor, Right.READ_PERSONAL, private, today)
    named = {row.subject_id for row in listed if row.subject_id > 0}
    seen = reach.reached_among(session, visitor, Right.SEE, named, today)
    return [
        replace(row, title=row.title.removesuffix(f"：{row.about}"), about="")
        if row.subject_id > 0 and row.subject_id not in seen
        else row
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
