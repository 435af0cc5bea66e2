"""Rules in force, slots, tasks and how far each duty is planned; what people did about tasks."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, exists, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.act import ActKind
from dj_cadence.domain.tasks.actor import Way
from dj_cadence.domain.tasks.task import OWED, SETTLED, SILENT, State
from dj_cadence.store.audit.invariant import Invariant, Moment, Rules, is_gone
from dj_cadence.store.schema import (
    act,
    catalogue,
    cohort,
    evidence,
    notice,
    org,
    org_cohort,
    plan_run,
    record,
    record_task,
    slot,
    start_event,
    task,
)
from dj_cadence.store.site import site as sites
from dj_cadence.store.tasks.records import is_counted

_REACH = timedelta(days=470)
"""Further than the engine or a person plans beyond today."""
_newer = catalogue.alias("newer")
_ITS_RECORDS = (record_task.c.task_id == task.c.id, record.c.id == record_task.c.record_id)
_HAS_LIVE_RECORD = exists().where(*_ITS_RECORDS, is_counted())
_RECORDED = select(func.coalesce(func.sum(record_task.c.amount), 0))
_AMOUNT = _RECORDED.where(*_ITS_RECORDS, is_counted()).correlate(task).scalar_subquery()
"""What the records that count for a task add up to."""
_NEWEST_SAID = select(func.max(notice.c.due_revision)).where(notice.c.task_id == task.c.id)
_DUE_REVISION = func.coalesce(_NEWEST_SAID.correlate(task).scalar_subquery(), 0)
_AFTER = type_coerce(act.c.after, Text)
"""As it is written: the same value is always the same text."""
_SPEAKS = or_(_AFTER.contains('"state":'), act.c.kind.in_((ActKind.WITHDRAW, ActKind.REOPEN)))
_LAST = select(func.max(act.c.id)).where(act.c.task_id == task.c.id, _SPEAKS).correlate(task)
_IS_LAST_WORD = act.c.id == _LAST.scalar_subquery()
"""Whether an act is the newest of its task that says in which state it is."""
_SAYS_STATE = or_(
    _AFTER.contains('"state":"' + task.c.state + '"'),
    and_(act.c.kind == ActKind.WITHDRAW, task.c.state == State.WITHDRAWN.value),
)
_SAYS_CLOSED = or_(
    *(_AFTER.contains(f'"state":"{state}"') for state in sorted(SETTLED - {State.WITHDRAWN})),
    act.c.kind == ActKind.WITHDRAW,
)


def _last_day_recorded(moment: Moment) -> ColumnElement[object]:
    last = select(func.max(record.c.day)).where(*_ITS_RECORDS, record.c.day <= moment.latest)
    return func.coalesce(last.correlate(task).scalar_subquery(), moment.latest)


def _roll_again(session: Session, _keys: Sequence[Any], _moment: Moment) -> None:
    sites.note(session, planned_with="")


RULES: Rules = {
    catalogue: {
        "catalogue_twice_in_force": Invariant(
            and_(
                catalogue.c.current, exists().where(_newer.c.current, _newer.c.id > catalogue.c.id)
            ),
            {"current": False},
        )
    },
    slot: {
        "slot_dates": Invariant(
            or_(
                slot.c.opens > slot.c.due,
                and_(slot.c.first_on > slot.c.due, slot.c.asked_on.is_(None)),
            )
        ),
        "slot_target": Invariant(slot.c.target < 1),
    },
    cohort: {"cohort_duty": Invariant(cohort.c.duty == "")},
    org_cohort: {
        "cohort_member_start_event": Invariant(
            and_(
                org_cohort.c.start_event_id != 0, is_gone(start_event, org_cohort.c.start_event_id)
            )
        )
    },
    task: {
        "task_state": Invariant(
            task.c.state.not_in(sorted(State)),
            lambda m: {
                "state": State.PLANNED.value,
                "settled_at": None,
                "next_on": m.day,
                "sequence": task.c.sequence + 1,
            },
        ),
        "task_settled_without_instant": Invariant(
            and_(task.c.state.in_(sorted(SETTLED)), task.c.settled_at.is_(None)),
            {"settled_at": task.c.changed_at},
        ),
        "task_owed_with_instant": Invariant(
            and_(task.c.state.in_(sorted(OWED)), task.c.settled_at.is_not(None)),
            {"settled_at": None},
        ),
        "task_settled_with_next_day": Invariant(
            and_(task.c.state.in_(sorted(SILENT)), task.c.next_on.is_not(None)), {"next_on": None}
        ),
        "task_done_day": Invariant(
            lambda m: and_(
                task.c.state.in_((State.DONE.value, State.SUBMITTED.value)),
                or_(task.c.completed_on.is_(None), task.c.completed_on > m.latest),
            ),
            lambda m: {"completed_on": _last_day_recorded(m), "sequence": task.c.sequence + 1},
        ),
        "task_amount": Invariant(
            or_(task.c.amount < 0, and_(_HAS_LIVE_RECORD, task.c.amount < _AMOUNT)),
            {"amount": _AMOUNT, "sequence": task.c.sequence + 1},
        ),
        "task_target": Invariant(
            and_(task.c.target < 1, task.c.state.not_in(sorted(OWED))), {"target": 1}
        ),
        "task_without_act_mark": Invariant(
            and_(~task.c.has_acts, _HAS_LIVE_RECORD), {"has_acts": True}
        ),
        "task_hour": Invariant(
            and_(task.c.planned_time != "", task.c.planned_time.not_like("__:__")),
            {"planned_time": "", "sequence": task.c.sequence + 1},
        ),
        "task_opens_after_due": Invariant(
            and_(task.c.opens > task.c.due, task.c.state.not_in(sorted(OWED))),
            {"opens": task.c.due},
        ),
        "task_dated_ahead": Invariant(
            lambda m: task.c.redated_on > m.latest + DAY, lambda m: {"redated_on": m.latest}
        ),
        "task_revision": Invariant(
            or_(task.c.due_revision < 0, task.c.due_revision < _DUE_REVISION),
            {
                "due_revision": _DUE_REVISION,
                "redated_on": func.coalesce(task.c.redated_on, task.c.opens),
            },
        ),
        "task_start_event": Invariant(
            and_(task.c.start_event_id > 0, is_gone(start_event, task.c.start_event_id))
        ),
        "task_about_nobody": Invariant(
            or_(
                and_(task.c.subject_id > 0, is_gone(org, task.c.subject_id)),
                and_(task.c.subject_id < 0, is_gone(start_event, -task.c.subject_id)),
            )
        ),
        "task_settled_without_act": Invariant(
            and_(
                task.c.settled_at.is_not(None),
                task.c.state.in_(sorted(SETTLED)),
                ~exists().where(_IS_LAST_WORD, _SAYS_STATE).correlate(task),
            )
        ),
        "task_open_against_act": Invariant(
            and_(
                task.c.settled_at.is_(None),
                task.c.state.not_in(sorted(SETTLED)),
                exists().where(_IS_LAST_WORD, _SAYS_CLOSED).correlate(task),
            )
        ),
    },
    record: {
        "record_of_no_task": Invariant(~exists().where(record_task.c.record_id == record.c.id)),
        "record_ahead": Invariant(lambda m: record.c.day > m.latest + DAY),
        "record_voided_before": Invariant(
            record.c.voided_at < record.c.recorded_at, {"voided_at": record.c.recorded_at}
        ),
    },
    record_task: {"record_amount": Invariant(record_task.c.amount < 0, {"amount": 0})},
    evidence: {
        "evidence_hash": Invariant(or_(func.length(evidence.c.sha256) != 64, evidence.c.size < 0))
    },
    act: {
        "act_kind": Invariant(act.c.kind.not_in(tuple(ActKind))),
        "act_via": Invariant(act.c.via.not_in(("", *sorted(Way))), {"via": ""}),
    },
    plan_run: {
        "plan_run_window": Invariant(
            lambda m: or_(
                plan_run.c.since > plan_run.c.until, plan_run.c.until > m.latest + _REACH
            ),
            {"inputs": "", "until": plan_run.c.since},
            beside=(_roll_again,),
        ),
        "plan_run_version": Invariant(
            plan_run.c.data_version < 0, {"inputs": "", "data_version": 0}, beside=(_roll_again,)
        ),
    },
}
