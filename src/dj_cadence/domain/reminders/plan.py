"""When a task is spoken of: the steps of a reminder plan, as days."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.domain.tasks.task import TaskDates, last_answer_day

# Steps of notices that stand in no plan:
ESCALATED = "up"
"""A superior is told because nobody acted."""
NEWCOMER = "newcomer"
"""Somebody has just taken over an office and finds this open."""
ASKED = "asked"
"""It is asked whether what was under way at the start is done already."""
DECIDE = "decide"
"""It is handed up and waits for somebody's decision."""
SENT_BACK = "sent_back"
"""A superior sent it back to whom has to do it again."""
RESERVED = (ESCALATED, NEWCOMER, ASKED, DECIDE, SENT_BACK)


class From(StrEnum):
    """The date a reminder step is counted from."""

    OPENS = "opens"
    PLANNED = "planned"
    """Only where a planned date is known."""
    TARGET = "target"
    """The planned date where one is known, else the due date."""
    DUE = "due"
    DUE_MONTH = "due_month"
    """The first day of the month that holds the due date."""


@dataclass(frozen=True, slots=True)
class ReminderStep:
    """One reminder, or one that repeats. Negative offsets lie before the date.

    At most one of `days`, `working_days`, `months` and `percent` is not zero. A repeat goes
    on until the task is settled: every `repeat_weeks` weeks on the week's first working
    day, so that what is late for different reasons is said on the same day, or every
    `repeat_months` months.
    """

    key: str
    counted_from: From
    days: int = 0
    working_days: int = 0
    months: int = 0
    percent: int = 0
    """Counted from `opens`: so much of the way to the due date."""
    repeat_weeks: int = 0
    repeat_months: int = 0
    level: int = 0
    """0 for the organization itself, 1 for its superior, and so on."""
    office: str = ""
    """Who is addressed; empty for the duty's own office, above it for the 党务工作者."""
    fallback: str = SECRETARY
    """Who hears of it where nobody in that office can be reached."""
    channels: tuple[str, ...] = ()
    """The channels it goes by, the first that reaches the person; then the site's own order."""

    @property
    def is_before(self) -> bool:
        return min(self.days, self.working_days, self.months) < 0 or self.percent > 0


@dataclass(frozen=True, slots=True)
class EscalationStep:
    """One level further up, so many working days after the level below was told."""

    grace: int
    office: str = CLERK
    fallback: str = SECRETARY
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReminderPlan:
    """A named list of steps, and how far up the reporting line it goes when nobody acts."""

    key: str
    title: str
    steps: tuple[ReminderStep, ...]
    escalate: tuple[EscalationStep, ...] = ()
    """The first is for level 1."""
    through_quiet: bool = False
    """Whether it speaks in a quiet period too: a legal deadline does not wait."""

    def way(self, step_key: str, level: int) -> tuple[str, tuple[str, ...]]:
        """(fallback, channels) of a notice; of what the plan does not say, the usual ones."""
        steps: tuple[ReminderStep | EscalationStep, ...]
        if step_key == ESCALATED and level:
            steps = self.escalate[level - 1 : level] or self.escalate[-1:]
        else:
            steps = tuple(step for step in self.steps if step.key == step_key)
        return next(((step.fallback, step.channels) for step in steps), (SECRETARY, ()))

    def channels(self) -> frozenset[str]:
        """Every channel that it names."""
        steps: tuple[ReminderStep | EscalationStep, ...] = (*self.steps, *self.escalate)
        return frozenset(name for step in steps for name in step.channels)

    def about_lateness(self) -> frozenset[str]:
        """The keys of the steps that speak only once the due date is past."""
        return frozenset(
            step.key
            for step in self.steps
            if step.counted_from is From.DUE and max(step.days, step.working_days, step.months) > 0
        )


@dataclass(frozen=True, slots=True, order=True)
class Reminder:
    """A reminder step on its day; `occurrence` counts repeats from 0."""

    day: date
    reminder_step: str
    occurrence: int
    counted_from: From = field(compare=False)
    level: int = field(default=0, compare=False)
    office: str = field(default="", compare=False)


def reminders(
    plan: ReminderPlan, dates: TaskDates, calendar: WorkCalendar, after: date, until: date
) -> list[Reminder]:
    """Every reminder on a day in (`after`, `until`], in order.

    A day that is no working day goes to the previous one when it comes before its
    date, to the next one when it comes on or after it. What was under way at the start is
    asked about then, in place of what was to be said before, and is called late only when
    the time to answer is over.
    """
    return sorted(
        reminder
        for of_step in _by_step(plan, dates, calendar, after, until, looked_on=until)
        for reminder in of_step
        if after < reminder.day <= until
    )


def next_reminder(
    plan: ReminderPlan, dates: TaskDates, calendar: WorkCalendar, after: date
) -> date | None:
    """The first reminder's day after `after`, or None when no step is left."""
    last = dates.asked_on or dates.due
    until = max(after, dates.due, dates.opens, last) + 100 * DAY  # rules reach 2 months at most
    firsts = (
        next((reminder.day for reminder in of_step if reminder.day > after), None)
        for of_step in _by_step(plan, dates, calendar, after, until, looked_on=after)
        # in order, so that repeats are worked out only if needed
    )
    return min((day for day in firsts if day and day <= until), default=None)


def _by_step(
    plan: ReminderPlan,
    dates: TaskDates,
    calendar: WorkCalendar,
    after: date,
    until: date,
    *,
    looked_on: date,
) -> Iterator[Iterator[Reminder]]:
    """The reminders of one step after the other, each in order.

    What is asked about replaces what was to be said before; as long as `looked_on` lies before
    that day, all is said as ever.
    """
    every = (_of_step(step, dates, calendar, after, until) for step in plan.steps)
    if dates.asked_on is None:
        yield from every
        return
    asks = calendar.on_or_after(dates.asked_on)
    yield iter([Reminder(asks, ASKED, 0, From.OPENS)])
    if looked_on < dates.asked_on:
        yield from every
        return
    answered = last_answer_day(dates.asked_on, calendar)
    for of_step in every:
        yield (r for r in of_step if r.day > asks and not dates.due < r.day <= answered)


def _of_step(
    step: ReminderStep, dates: TaskDates, calendar: WorkCalendar, after: date, until: date
) -> Iterator[Reminder]:
    base = _base(step, dates)
    if base is None:
        return
    base += (dates.due - dates.opens) * step.percent // 100
    first = _first_day(step, base, calendar)
    yield _reminder(step, first, 0)
    if not (step.repeat_weeks or step.repeat_months):
        return
    occurrence = _skipped(step, first, after)
    day = first
    while day <= until:
        occurrence += 1
        start = _repeated(step, base, first, occurrence)
        day = calendar.on_or_after(start)
        if step.repeat_months or day - start < 7 * DAY:  # a week without a working day has none
            yield _reminder(step, day, occurrence)


def _reminder(step: ReminderStep, day: date, occurrence: int) -> Reminder:
    office = step.office or (CLERK if step.level else "")
    return Reminder(day, step.key, occurrence, step.counted_from, step.level, office)


def _base(step: ReminderStep, dates: TaskDates) -> date | None:
    return {
        From.OPENS: dates.opens,
        From.PLANNED: dates.planned,
        From.TARGET: dates.planned or dates.due,
        From.DUE_MONTH: max(dates.due.replace(day=1), dates.opens),
        From.DUE: dates.due,
    }[step.counted_from]


def _first_day(step: ReminderStep, base: date, calendar: WorkCalendar) -> date:
    day = add_months(base, step.months) + step.days * DAY
    if step.working_days:
        day = calendar.add_working_days(day, step.working_days)
    return calendar.on_or_before(day) if step.is_before else calendar.on_or_after(day)


def _skipped(step: ReminderStep, first: date, after: date) -> int:
    """Weekly occurrences that surely lie before `after`, so that years are not walked."""
    weeks = (after - first).days // 7
    return max(0, weeks // step.repeat_weeks - 3) if step.repeat_weeks else 0


def _repeated(step: ReminderStep, base: date, first: date, occurrence: int) -> date:
    """The Monday of the week, or the day of the month, of a repeat."""
    if step.repeat_weeks:
        return first + (7 * occurrence * step.repeat_weeks - first.weekday()) * DAY
    return add_months(base, step.months + occurrence * step.repeat_months) + step.days * DAY
