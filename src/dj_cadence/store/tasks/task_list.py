"""Reading tasks: the one query behind the page, the `tasks` command and the feed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.workflow import Step
from dj_cadence.domain.tasks.task import OWED, State, last_answer_day, overdue_days
from dj_cadence.store.core.conditions import in_subtree
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import org, slot, task
from dj_cadence.store.tasks.overrides import adopted, binds

_PROMISED = (
    *("id", "org", "duty", "step", "title", "period", "opens", "planned", "due", "state"),
    *("overdue_days", "provisional", "target", "unit", "done", "office", "completed_on"),
    "late_days",
)
_subject = org.alias("subject")


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task with all that a reader is shown of it. Dates are local."""

    id: int
    org: str
    """The organization's code."""
    duty: str
    step: str
    title: str
    period: str
    opens: date
    planned: date | None
    due: date
    state: State
    overdue_days: int
    provisional: bool
    target: int
    unit: str
    done: int
    office: str
    completed_on: date | None
    late_days: int
    """Days from the due date to the day it was done; 0 when done in time or not done."""
    subject_id: int
    """What it is about: an organization below (its id), a case (minus its id), itself (0)."""
    about: str
    """The name of the organization below that it is about; empty for none."""
    instructions: str
    org_id: int
    org_name: str
    planned_time: str
    place: str
    theme: str
    rule: Duty | None
    """None where the catalogue no longer knows the duty."""
    stage: Step | None
    """What it is in the duty's workflow; None where the duty has none."""
    sequence: int
    changed_at: datetime
    settled_at: datetime | None
    answer_by: date | None
    """Until when to say whether it was done before the start, while that is asked."""
    rule_due: date
    """The last day that the rule gives, whatever was granted."""
    postponed: bool
    confidential: bool
    """Whether only the organization and who approves for it may read more than its number."""

    @property
    def waits_for_day(self) -> bool:
        """Whether it is done by giving the own task of its workflow a day."""
        return self.stage is not None and self.stage.by_planning

    def as_json(self) -> dict[str, object]:
        """The fields that scripts rely on, dates as ISO text."""
        found = {name: getattr(self, name) for name in _PROMISED}
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in found.items()
        }


def tasks(
    session: Session,
    catalogue: Catalogue,
    *,
    today: date,
    org_code: str = "",
    subtree: bool = False,
    org_ids: Collection[int] | None = None,
    ids: Collection[int] | None = None,
    states: Collection[State] | None = None,
    duty: str = "",
    due_from: date | None = None,
    due_until: date | None = None,
    binding: bool = False,
) -> list[TaskRow]:
    """Tasks by the organizations' own order, then by due date; both due days included.

    `subtree` also takes the organizations below `org_code`. What is left out is not
    asked for; an unknown organization or duty has no tasks. `binding` leaves only what
    superiors see, as the digest counts it.
    """
    seen = [binds(catalogue.binding(), adopted(session))] if binding else []
    conditions = [
        *_in_org(org_code, subtree=subtree),
        *([task.c.org_id.in_(org_ids)] if org_ids is not None else []),
        *([among(task.c.id, ids)] if ids is not None else []),
        *([task.c.state.in_([str(state) for state in states])] if states is not None else []),
        *([task.c.duty == duty] if duty else []),
        *([task.c.due >= due_from] if due_from else []),
        *([task.c.due <= due_until] if due_until else []),
        *seen,
    ]
    found = session.execute(_rows().where(*conditions))
    return [_task_row(row, catalogue, today) for row in found]


def _in_org(code: str, *, subtree: bool) -> list[ColumnElement[bool]]:
    if not code:
        return []
    if not subtree:
        return [org.c.code == code]
    top = org.alias("top")
    within = and_(top.c.code == code, in_subtree(top))
    return [select(top.c.id).where(within).exists()]


def _rows() -> Select[tuple[object, ...]]:
    return (
        select(
            task,
            org.c.code,
            org.c.name.label("org_name"),
            slot.c.label,
            slot.c.provisional,
            slot.c.unit,
            slot.c.theme,
            slot.c.due.label("rule_due"),
            _subject.c.name.label("subject"),
        )
        .join(org, org.c.id == task.c.org_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .outerjoin(_subject, _subject.c.id == task.c.subject_id)
        .order_by(org.c.position, task.c.due, task.c.duty, task.c.id)
    )


def _task_row(row: AnyRow, catalogue: Catalogue, today: date) -> TaskRow:
    state = State(row.state)
    title = catalogue.title(row.duty, row.step)
    late = (row.completed_on - row.due).days if row.completed_on else 0
    return TaskRow(
        id=row.id,
        org=row.code,
        duty=row.duty,
        step=row.step,
        title=f"{title}：{row.subject}" if row.subject else title,
        period=row.label,
        opens=row.opens,
        planned=row.planned,
        due=row.due,
        state=state,
        overdue_days=overdue_days(today, row.due, state),
        provisional=row.provisional,
        target=row.target,
        unit=row.unit,
        done=row.amount,
        office=catalogue.office(row.duty, row.step),
        completed_on=row.completed_on,
        late_days=max(late, 0),
        subject_id=row.subject_id,
        about=row.subject or "",
        instructions=catalogue.instructions(row.duty, row.step),
        org_id=row.org_id,
        org_name=row.org_name,
        planned_time=row.planned_time,
        place=row.place,
        theme=row.theme,
        rule=catalogue.duties.get(row.duty),
        stage=catalogue.step(row.duty, row.step),
        sequence=row.sequence,
        changed_at=row.changed_at,
        settled_at=row.settled_at,
        answer_by=_answer_by(row, state, catalogue, today),
        rule_due=row.rule_due,
        postponed=row.postponed_to is not None,
        confidential=catalogue.is_confidential(row.duty, row.subject_id),
    )


def _answer_by(row: AnyRow, state: State, catalogue: Catalogue, today: date) -> date | None:
    if row.asked_on is None or state not in OWED:
        return None
    last = last_answer_day(row.asked_on, catalogue.calendar)
    return last if last >= today else None
