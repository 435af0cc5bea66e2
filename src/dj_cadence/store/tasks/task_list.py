"""Reading tasks: the one query behind the page, the `tasks` command and the feed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, func, select
from sqlalchemy.orm import Session

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.workflow import Step
from dj_cadence.domain.tasks.task import OWED, State, last_answer_day, overdue_days
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import in_subtree
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.schema import org, slot, task
from dj_cadence.store.tasks.overrides import adopted, binds

_PROMISED = (
    *("id", "org", "duty", "step", "title", "period", "opens", "planned", "due", "state"),
    *("overdue_days", "provisional", "target", "unit", "done", "office", "completed_on"),
    "late_days",
)
_OF_TASK = (
    *("id", "org_id", "duty", "step", "subject_id", "state", "opens", "planned", "planned_time"),
    *("place", "due", "target", "completed_on", "settled_at", "sequence", "changed_at"),
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
        values = ((name, getattr(self, name)) for name in _PROMISED)
        return {name: v.isoformat() if isinstance(v, date) else v for name, v in values}


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
        *(_in_org(org_code, subtree=subtree) if org_code else []),
        *([task.c.org_id.in_(org_ids)] if org_ids is not None else []),
        *([among(task.c.id, ids)] if ids is not None else []),
        *([task.c.state.in_([str(state) for state in states])] if states is not None else []),
        *([task.c.duty == duty] if duty else []),
        *([task.c.due >= due_from] if due_from else []),
        *([task.c.due <= due_until] if due_until else []),
        *seen,
    ]
    rows = session.execute(_rows().where(*conditions)).mappings()
    return [_task_row(row, catalogue, today) for row in rows]


def _in_org(code: str, *, subtree: bool) -> list[ColumnElement[bool]]:
    if not subtree:
        return [org.c.code == code]
    top = org.alias("top")
    return [select(top.c.id).where(top.c.code == code, in_subtree(top)).exists()]


def _rows() -> AnySelect:
    return (
        select(
            *(task.c[name] for name in _OF_TASK),
            task.c.amount.label("done"),
            task.c.asked_on,
            task.c.postponed_to,
            org.c.code.label("org"),
            org.c.name.label("org_name"),
            slot.c.label.label("period"),
            slot.c.provisional,
            slot.c.unit,
            slot.c.theme,
            slot.c.due.label("rule_due"),
            func.coalesce(_subject.c.name, "").label("about"),
        )
        .join(org, org.c.id == task.c.org_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .outerjoin(_subject, _subject.c.id == task.c.subject_id)
        .order_by(org.c.position, task.c.due, task.c.duty, task.c.id)
    )


def _task_row(columns: RowMapping, catalogue: Catalogue, today: date) -> TaskRow:
    values: dict[str, Any] = dict(columns)
    duty, step, due, state = values["duty"], values["step"], values["due"], State(values["state"])
    title, about, done_on = catalogue.title(duty, step), values["about"], values["completed_on"]
    asked_on = values.pop("asked_on")
    is_asked = asked_on is not None and state in OWED
    answer_by = last_answer_day(asked_on, catalogue.calendar) if is_asked else None
    calculated = {
        "state": state,
        "title": f"{title}：{about}" if about else title,
        "overdue_days": overdue_days(today, due, state),
        "office": catalogue.office(duty, step),
        "late_days": max((done_on - due).days, 0) if done_on else 0,
        "instructions": catalogue.instructions(duty, step),
        "rule": catalogue.duties.get(duty),
        "stage": catalogue.step(duty, step),
        "answer_by": answer_by if answer_by and answer_by >= today else None,
        "postponed": values.pop("postponed_to") is not None,
        "confidential": catalogue.is_confidential(duty, values["subject_id"]),
    }
    return TaskRow(**(values | calculated))
