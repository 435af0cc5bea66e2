"""Why a task exists, why on that date, what was said about it, what comes next: in Chinese."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.period import chinese_label
from dj_cadence.domain.planning.slot import TERM
from dj_cadence.domain.reminders.plan import next_reminder
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.citation import full_citation, standard_cited
from dj_cadence.domain.rules.duty import Duty
from dj_cadence.domain.rules.duty_in_words import owed_by_text
from dj_cadence.domain.tasks.task import Task, dates_of, next_change
from dj_cadence.services.delivery.log import told
from dj_cadence.services.reminders import escalation
from dj_cadence.services.tasks import evidence
from dj_cadence.services.tasks.workflow import steps_beside
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import Condition
from dj_cadence.store.reminders import plan_snapshots, quiet_periods
from dj_cadence.store.roster import orgs
from dj_cadence.store.tasks import acts, tasks
from dj_cadence.store.tasks.tasks import TaskSlot


def explain(
    session: Session, catalogue: Catalogue, task_id: int, *, today: date, zone: ZoneInfo
) -> list[str]:
    """The lines of the explanation. Raises Refused where there is no such task."""
    task = tasks.find(session, task_id)
    slot = tasks.slot_of(session, task)
    duty = catalogue.duties.get(task.duty)
    org_name = orgs.names(session, [task.org_id])[task.org_id]
    title = catalogue.title(task.duty, task.step)
    return [
        f"任务 {task.id}：{org_name} · {title} · {chinese_label(slot.label)}",
        f"状态：{task.state.label}{_held(task, slot)}",
        "",
        "一、为什么有这项任务",
        *_why(catalogue, task, duty),
        *_workflow(session, catalogue, task),
        "",
        "二、日期怎么来的",
        *_dates(task, slot),
        "",
        "三、有过哪些变动",
        *([f"  {line}" for line in history(session, task_id, zone)] or ["  没有变动。"]),
        *_papers(session, task_id),
        "",
        "四、发过哪些提醒",
        *([f"  {line}" for line in told(session, task_id, zone)] or ["  还没有提醒。"]),
        "",
        "五、接下来",
        _next(session, task, duty, catalogue, today),
    ]


def _held(task: Task, slot: TaskSlot) -> str:
    """When it was done, and how late; how much of it is done."""
    if task.completed_on:
        late = (task.completed_on - task.due).days
        return f"，{day_text(task.completed_on)}办理" + (f"，迟{late}天" if late > 0 else "")
    return f"，已办{task.amount}{slot.unit}" if task.amount else ""


def _why(catalogue: Catalogue, task: Task, duty: Duty | None) -> list[str]:
    if duty is None:
        return ["  规则已从制度库中移除，任务按原样保留。"]
    office = catalogue.office(task.duty, task.step)
    named = f"，对应{standard_cited(duty.rows)}" if duty.rows else ""
    step = catalogue.step(task.duty, task.step)
    bases = duty.basis if step is None or step.is_own else step.basis
    return [
        f"  规则 {duty.key}{named}，由{office}办理。",
        f"  承担：{owed_by_text(duty.owed_by)}。",
        *(f"  依据：{full_citation(basis, duty.rows)}" for basis in bases),
        *([] if bases else ["  依据：这一环节的日期是本系统默认，可在流程文件里改。"]),
    ]


def _workflow(session: Session, catalogue: Catalogue, task: Task) -> list[str]:
    """The steps beside the task, in their order, and what belongs to its own."""
    duty = catalogue.duties.get(task.duty)
    if duty is None or duty.workflow is None:
        return []
    there = {beside.step: beside for beside in steps_beside(session, task)}
    steps = duty.workflow.steps
    lines = [_step_line(step.title, there.get(duty.workflow.task_step(step.key))) for step in steps]
    step = catalogue.step(task.duty, task.step)
    checklist = [f"    · {item}" for item in step.checklist] if step else []
    return ["  流程：", *lines, *(["  本环节要点（不提醒）：", *checklist] if checklist else [])]


def _step_line(title: str, task: Task | None) -> str:
    if task is None:
        return f"    {title}：前一环节定下日期后安排"
    day = day_text(task.completed_on) if task.completed_on else f"截止{day_text(task.due)}"
    return f"    {title}：{task.state.label}，{day}（任务 {task.id}）"


def _dates(task: Task, slot: TaskSlot) -> list[str]:
    planned = day_text(task.planned) if task.planned else "未定"
    if task.planned_by_person:
        clock = f" {task.planned_time}" if task.planned_time else ""
        planned += f"{clock}（由本组织自行确定）"
    reasons = list(slot.derivation)
    if task.postponed_to is not None and task.due != slot.due:  # which goes before the rule
        granted = f"上级批准{'延期' if task.due > slot.due else '提前'}"
        if task.period == TERM and task.subject_id:
            granted = "任期的截止日经上级批准改变，提醒随之移动"
        reasons.append(f"{granted}，截止日由{day_text(slot.due)}改为{day_text(task.due)}")
    times = f"，共{task.target}{slot.unit}" if task.target > 1 else ""
    return [
        *(f"  {sentence}。" for sentence in reasons),
        f"  因此：{day_text(task.opens)}起办理，计划日{planned}，截止{day_text(task.due)}{times}。",
    ]


def history(
    session: Session, task_id: int, zone: ZoneInfo, people: Condition | None = None
) -> list[str]:
    """What was done to a task, by whom and by which door: a sentence each.

    `people`: at which organizations (a condition on `org`) those who acted are named; None: all.
    """
    lines = []
    for line in acts.history(session, task_id, people):
        day = line.at.astimezone(zone).date()
        door = f"（{line.via.label}）" if line.via else ""
        why = f"，{line.reason}" if line.reason else ""
        change = _change(line.before, line.after)
        lines.append(f"{day} {line.who}{door}：{line.kind.label}{change}{why}。")
    return lines


def _papers(session: Session, task_id: int) -> list[str]:
    """The papers that stand behind its records."""
    papers = evidence.of_tasks(session, [task_id], taken_back=True).get(task_id, [])
    return [
        f"  附件 {p.id}：{p.name}（{-(-p.size // 1024)} KB，{p.sha256[:12]}）"
        f"{'' if p.counts else '，登记已撤回'}"
        for p in papers
    ]


def _change(before: dict[str, Any], after: dict[str, Any]) -> str:
    names = {"due": "截止日", "planned": "计划日"}
    changed = [
        f"{names[name]}{before.get(name) or '未定'} → {value or '未定'}"
        for name, value in after.items()
        if name in names and before.get(name) != value
    ]
    return f"（{'，'.join(changed)}）" if changed else ""


def _next(
    session: Session, task: Task, duty: Duty | None, catalogue: Catalogue, today: date
) -> str:
    if task.state.is_settled or duty is None:
        return "  已办结，不再提醒。" if task.state.is_settled else "  等待人工处理。"
    dates = dates_of(task)
    calendar, plan = catalogue.calendar, plan_snapshots.load(session, task.plan_snapshot_id)
    speaks = next_reminder(plan, dates, calendar, today)
    grace = catalogue.recording_grace(task.duty, task.step)
    changes = next_change(today, dates, grace, calendar)
    coming = []
    if speaks:
        coming.append(f"{day_text(speaks)}再次提醒{catalogue.office(task.duty, task.step)}")
    if changes == task.opens:
        coming.append(f"{day_text(changes)}开始办理")
    elif changes:
        coming.append(f"到{day_text(changes)}仍未登记，转为到期待登记或逾期")
    if ahead := escalation.escalation_ahead(session, catalogue, task, plan):
        rise, org_id = ahead
        above = orgs.names(session, [org_id])[org_id]
        after = f"仍未办结的，{day_text(rise.day)}起" if rise.day else "前一级收到后仍未办结的，再"
        coming.append(f"{after}直接报{above}")
    position = orgs.positions(session, [task.org_id])[task.org_id]
    silences = [period for period in quiet_periods.every(session) if period.holds(position, today)]
    quiet = max(silences, key=lambda period: period.until, default=None)
    if quiet and not plan.through_quiet:
        coming.append(
            f"暂缓提醒期（{quiet.reason}）到{day_text(quiet.until)}为止，期间不发，之后合并发送"
        )
    return f"  {'；'.join(coming)}。" if coming else "  没有更多提醒。"
