"""Which reminders and escalations of some tasks become notices today."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from dj_cadence.domain.dates.arithmetic import DAY, FIRST_DAY
from dj_cadence.domain.reminders.notice import Notice
from dj_cadence.domain.reminders.plan import ESCALATED, From, Reminder, ReminderPlan
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.task import Task
from dj_cadence.services.reminders.escalation import ReportingLines, escalations
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import notice_history


def due_reminders(
    session: Session,
    catalogue: Catalogue,
    due: Sequence[tuple[Task, Sequence[Reminder]]],
    today: date,
) -> list[Notice]:
    """The notices of these tasks with the reminders that have fallen due."""
    told = notice_history.reminders_told(session, [row.id for row, _ in due if row.due_revision])
    to_superiors = [(row, one.level) for row, reminders in due for one in reminders if one.level]
    heard_above = _heard_above(session, catalogue, to_superiors)
    return [
        Notice(
            row.id,
            row.due_revision,
            reminder.reminder_step,
            reminder.occurrence,
            reminder.level,
            reminder.office or catalogue.office(row.duty, row.step),
            _due_on(row, reminder, catalogue, today),
        )
        for row, reminders in due
        for reminder in reminders
        if (reminder.level == 0 or (row.id, reminder.level) in heard_above)
        and not (_is_repetition(row, reminder, told) or _is_known_to_planner(row, reminder))
    ]


def _heard_above(
    session: Session, catalogue: Catalogue, to_superiors: Sequence[tuple[Task, int]]
) -> set[tuple[int, int]]:
    """(task, level) of these where there is such a superior and it concerns them."""
    if not to_superiors:
        return set()
    lines = ReportingLines(session, catalogue, [row for row, _ in to_superiors])
    return {
        (row.id, level)
        for row, level in to_superiors
        if level <= len(lines.above(row)) and lines.binds(row)
    }


def _due_on(task: Task, reminder: Reminder, catalogue: Catalogue, today: date) -> date:
    """Its day; what re-dating made due at once is due from then on, and so not late."""
    earliest = task.redated_on if task.due_revision else None
    if task.step and task.reminded_until == FIRST_DAY:  # it has only just been dated
        earliest = today
    if earliest is None:
        return reminder.day
    return max(reminder.day, catalogue.calendar.on_or_after(earliest))


def _is_repetition(task: Task, reminder: Reminder, told: set[tuple[int, str, int, int]]) -> bool:
    """What was told is told again only if re-dating put its day back in the future."""
    key = (task.id, reminder.reminder_step, reminder.occurrence, reminder.level)
    if not task.due_revision or key not in told:
        return False
    return bool(task.redated_on and reminder.day <= (task.redated_on or date.min))


def _is_known_to_planner(task: Task, reminder: Reminder) -> bool:
    """Who has just set the day need not be told that it is near."""
    of_planned_day = reminder.counted_from in (From.PLANNED, From.TARGET)
    return bool(
        task.planned_by_person and of_planned_day and reminder.day <= (task.redated_on or date.min)
    )


def due_escalations(
    session: Session,
    catalogue: Catalogue,
    tasks: Sequence[Task],
    plans: Mapping[int, ReminderPlan],
    today: date,
) -> tuple[list[Notice], Mapping[date, Sequence[int]]]:
    """What superiors are to be told today; and by day, the tasks to be looked at again then."""
    ahead = escalations(session, catalogue, tasks, plans, today)
    due = [
        Notice(row.id, row.due_revision, ESCALATED, 0, next_up.level, next_up.office, next_up.day)
        for row in tasks
        if (next_up := ahead.get(row.id)) and next_up.day and next_up.day <= today
    ]
    next_days: defaultdict[date, list[int]] = defaultdict(list)
    for task_id, next_up in ahead.items():
        day = next_up.day if next_up.day and next_up.day > today else today + DAY
        next_days[day].append(task_id)
    return due, next_days
