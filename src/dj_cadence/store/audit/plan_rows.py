"""Rules in force, cohorts, slots, reminder plans, tasks, and how far each duty is planned."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, null, or_, select
from sqlalchemy.orm import Session

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.task import OWED, SETTLED, SILENT, State
from dj_cadence.store.audit.invariant import Invariant, Moment, Rules
from dj_cadence.store.schema import (
    catalogue,
    cohort,
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
_OPEN_STATES = sorted(State)


def _has_live_record() -> ColumnElement[bool]:
    return exists().where(
        record_task.c.task_id == task.c.id, record.c.id == record_task.c.record_id, is_counted()
    )


def _recorded() -> ColumnElement[int]:
    """What the records that count for a task add up to."""
    total = (
        select(func.coalesce(func.sum(record_task.c.amount), 0))
        .join(record, record.c.id == record_task.c.record_id)
        .where(record_task.c.task_id == task.c.id, is_counted())
        .correlate(task)
    )
    return total.scalar_subquery()


def _last_day_recorded(moment: Moment) -> ColumnElement[object]:
    last = (
        select(func.max(record.c.day))
        .join(record_task, record_task.c.record_id == record.c.id)
        .where(record_task.c.task_id == task.c.id, record.c.day <= moment.latest)
        .correlate(task)
    )
    return func.coalesce(last.scalar_subquery(), moment.latest)


def _newest_said() -> ColumnElement[int]:
    newest = select(func.max(notice.c.due_revision)).where(notice.c.task_id == task.c.id)
    return newest.correlate(task).scalar_subquery()


def _roll_again(session: Session, _keys: Sequence[Any], _moment: Moment) -> None:
    sites.set_rolled(session, "")


RULES: Rules = {
    catalogue: {
        "catalogue_twice_in_force": Invariant(
            and_(
                catalogue.c.current, exists().where(_newer.c.current, _newer.c.id > catalogue.c.id)
            ),
            "版旧规则与新规则同时有效；已停用旧的，请运行 plan 核对",
            {"current": False},
        )
    },
    slot: {
        "slot_dates": Invariant(
            or_(
                slot.c.opens > slot.c.due,
                and_(slot.c.first_on > slot.c.due, slot.c.asked_on.is_(None)),
            ),
            "个周期的开始晚于截止；请运行 plan --apply 重新推算（编号 {ids}）",
        ),
        "slot_target": Invariant(
            slot.c.target < 1, "个周期的次数不是正数；请运行 plan --apply 重新推算（编号 {ids}）"
        ),
    },
    cohort: {
        "cohort_duty": Invariant(
            cohort.c.duty == "", "组相同的组织没有写明职责；请从备份恢复（编号 {ids}）"
        )
    },
    org_cohort: {
        "cohort_member_start_event": Invariant(
            and_(
                org_cohort.c.start_event_id != 0,
                ~exists().where(start_event.c.id == org_cohort.c.start_event_id),
            ),
            "项职责的归组指向不存在的换届或事项；请从备份恢复（{ids}）",
        )
    },
    task: {
        "task_state": Invariant(
            task.c.state.not_in(_OPEN_STATES),
            "项任务的状态不认识；已改为未办结，由引擎重新判定",
            lambda m: {
                "state": State.PLANNED.value,
                "settled_at": null(),
                "next_on": m.day,
                "sequence": task.c.sequence + 1,
            },
        ),
        "task_settled_without_instant": Invariant(
            and_(task.c.state.in_(sorted(SETTLED)), task.c.settled_at.is_(None)),
            "项已办结的任务没有办结时间；已补记",
            {"settled_at": task.c.changed_at},
        ),
        "task_owed_with_instant": Invariant(
            and_(task.c.state.in_(sorted(OWED)), task.c.settled_at.is_not(None)),
            "项未办结的任务记着办结时间；已去掉",
            {"settled_at": null()},
        ),
        "task_settled_with_next_day": Invariant(
            and_(task.c.state.in_(sorted(SILENT)), task.c.next_on.is_not(None)),
            "项已办结或已报送的任务还排着下一步，会被当作未办；已去掉",
            {"next_on": null()},
        ),
        "task_done_day": Invariant(
            lambda m: and_(
                task.c.state.in_((State.DONE.value, State.SUBMITTED.value)),
                or_(task.c.completed_on.is_(None), task.c.completed_on > m.latest),
            ),
            "项已办的任务没有办理日期，或日期在将来；已按办理记录改正",
            lambda m: {"completed_on": _last_day_recorded(m), "sequence": task.c.sequence + 1},
        ),
        "task_amount": Invariant(
            or_(task.c.amount < 0, and_(_has_live_record(), task.c.amount < _recorded())),
            "项任务的完成数与办理记录不符；已改正",
            {"amount": _recorded(), "sequence": task.c.sequence + 1},
        ),
        "task_target": Invariant(
            and_(task.c.target < 1, task.c.state.not_in(sorted(OWED))),
            "项任务的应完成数不是正数；已改为 1",
            {"target": 1},
        ),
        "task_without_act_mark": Invariant(
            and_(~task.c.has_acts, _has_live_record()),
            "项任务有办理记录，却可能被计划撤回；已标明",
            {"has_acts": True},
        ),
        "task_hour": Invariant(
            and_(task.c.planned_time != "", task.c.planned_time.not_like("__:__")),
            "项任务的计划时间读不懂；已去掉时间，请重新定",
            {"planned_time": "", "sequence": task.c.sequence + 1},
        ),
        "task_opens_after_due": Invariant(
            and_(task.c.opens > task.c.due, task.c.state.not_in(sorted(OWED))),
            "项已办结的任务开始晚于截止；已改为同一天",
            {"opens": task.c.due},
        ),
        "task_dated_ahead": Invariant(
            lambda m: task.c.redated_on > m.latest + DAY,
            "项任务的改期记在将来；已改为今天",
            lambda m: {"redated_on": m.latest},
        ),
        "task_revision": Invariant(
            or_(task.c.due_revision < 0, task.c.due_revision < func.coalesce(_newest_said(), 0)),
            "项任务的改期次数少于提醒所记；已改正",
            {
                "due_revision": func.coalesce(_newest_said(), 0),
                "redated_on": func.coalesce(task.c.redated_on, task.c.opens),
            },
        ),
        "task_start_event": Invariant(
            and_(
                task.c.start_event_id > 0,
                ~exists().where(start_event.c.id == task.c.start_event_id),
            ),
            "项任务所依据的换届或事项不存在；请从备份恢复（任务 {ids}）",
        ),
        "task_about_nobody": Invariant(
            or_(
                and_(task.c.subject_id > 0, ~exists().where(org.c.id == task.c.subject_id)),
                and_(
                    task.c.subject_id < 0, ~exists().where(start_event.c.id == -task.c.subject_id)
                ),
            ),
            "项任务所说的下级组织或事项不存在；请从备份恢复（任务 {ids}）",
        ),
    },
    plan_run: {
        "plan_run_window": Invariant(
            lambda m: or_(
                plan_run.c.since > plan_run.c.until, plan_run.c.until > m.latest + _REACH
            ),
            "项职责的计划记到了不可能的日期，以后的周期会不进计划；下次检查时重新推算",
            {"inputs": "", "until": plan_run.c.since},
            beside=_roll_again,
        ),
        "plan_run_version": Invariant(
            plan_run.c.data_version < 0,
            "项职责的计划版本号不对；下次检查时重新推算",
            {"inputs": "", "data_version": 0},
            beside=_roll_again,
        ),
    },
}
