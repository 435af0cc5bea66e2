"""What people did: records, what they count for, papers, and every change of a task."""

from sqlalchemy import ColumnElement, Text, and_, exists, func, or_, select, type_coerce

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.actor import Way
from dj_cadence.domain.tasks.task import SETTLED, State
from dj_cadence.store.audit.invariant import Invariant, Rules
from dj_cadence.store.schema import act, evidence, record, record_task, task

KINDS = (
    "accept",
    "done",
    "evidence",
    "handover",
    "missed",
    "move",
    "planned",
    "postpone",
    "release",
    "reopen",
    "return",
    "surplus",
    "take_back",
    "undo",
    "waive",
    "withdraw",
)
_CLOSED = sorted(SETTLED - {State.WITHDRAWN})
_AFTER = type_coerce(act.c.after, Text)
"""As it is written: the same value is always the same text."""


def _last_word() -> ColumnElement[object]:
    """The newest act of a task that says in which state it is."""
    speaks = or_(_AFTER.contains('"state":'), act.c.kind.in_(("withdraw", "reopen")))
    last = select(func.max(act.c.id)).where(act.c.task_id == task.c.id, speaks).correlate(task)
    return last.scalar_subquery()


def _says(state: ColumnElement[str]) -> ColumnElement[bool]:
    is_said = _AFTER.contains('"state":"' + state + '"')
    return or_(is_said, and_(act.c.kind == "withdraw", state == State.WITHDRAWN.value))


def _settled_without_a_word() -> ColumnElement[bool]:
    told = exists().where(act.c.id == _last_word(), _says(task.c.state)).correlate(task)
    return and_(task.c.settled_at.is_not(None), task.c.state.in_(sorted(SETTLED)), ~told)


def _open_against_the_word() -> ColumnElement[bool]:
    closed = or_(
        *(_AFTER.contains(f'"state":"{state}"') for state in _CLOSED), act.c.kind == "withdraw"
    )
    told = exists().where(act.c.id == _last_word(), closed).correlate(task)
    return and_(task.c.settled_at.is_(None), task.c.state.not_in(sorted(SETTLED)), told)


RULES: Rules = {
    record: {
        "record_of_no_task": Invariant(
            ~exists().where(record_task.c.record_id == record.c.id),
            "条办理记录不属于任何任务；请从备份恢复，或忽略（编号 {ids}）",
        ),
        "record_ahead": Invariant(
            lambda m: record.c.day > m.latest + DAY,
            "条办理记录的日期在将来；请在任务页撤销后重新登记（编号 {ids}）",
        ),
        "record_voided_before": Invariant(
            record.c.voided_at < record.c.recorded_at,
            "条办理记录的撤销早于登记；已改为同时",
            {"voided_at": record.c.recorded_at},
        ),
    },
    record_task: {
        "record_amount": Invariant(
            record_task.c.amount < 0, "条办理记录的数量是负数；已改为 0", {"amount": 0}
        )
    },
    evidence: {
        "evidence_hash": Invariant(
            or_(func.length(evidence.c.sha256) != 64, evidence.c.size < 0),
            "份附件的摘要或大小不对，文件打不开；请从备份恢复（编号 {ids}）",
        )
    },
    act: {
        "act_kind": Invariant(
            act.c.kind.not_in(KINDS), "条经过的种类不认识；请从备份恢复，或忽略（编号 {ids}）"
        ),
        "act_via": Invariant(
            act.c.via.not_in(("", *sorted(Way))), "条经过不知从哪里来；已改为不注明", {"via": ""}
        ),
    },
    task: {
        "task_settled_without_act": Invariant(
            _settled_without_a_word(),
            "项任务已办结，经过里却没有这一步；请看 task 编号，核实后撤销或重新登记（任务 {ids}）",
        ),
        "task_open_against_act": Invariant(
            _open_against_the_word(),
            "项任务未办结，经过里却已办结；请看 task 编号，核实后重新登记（任务 {ids}）",
        ),
    },
}
