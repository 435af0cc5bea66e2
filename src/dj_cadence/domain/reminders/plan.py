"""When a task is spoken of: the rungs of a reminder plan, as days."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from dj_cadence.domain.dates.arithmetic import DAY, add_months
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.domain.tasks.task import last_answer_day

ESCALATED = "up"
"""The rung of what is told a superior because nobody acted."""
NEWCOMER = "newcomer"
"""The rung of what somebody finds open who has just taken over an office."""
ASKED = "asked"
"""The rung that asks whether what was under way at the start is done already."""
DECIDE = "decide"
"""The rung of what is handed up and waits for somebody's decision."""
SENT_BACK = "sent_back"
"""The rung of what a superior sent back, to whom has to do it again."""
RESERVED = (ESCALATED, NEWCOMER, ASKED, DECIDE, SENT_BACK)


class From(StrEnum):
    """The date a rung is counted from."""

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
    """A named list of rungs, and how far up the reporting line it goes when nobody acts."""

    key: str
    title: str
    rungs: tuple[ReminderStep, ...]
    escalate: tuple[EscalationStep, ...] = ()
    """The first is for level 1."""
    through_quiet: bool = False
    """Whether it speaks in a quiet period too: a legal deadline does not wait."""

    def way(self, reminder_step: str, level: int) -> tuple[str, tuple[str, ...]]:
        """(fallback, channels) of a notice; of what the plan does not say, the usual ones."""
        if reminder_step == ESCALATED and level:
            steps = self.escalate[level - 1 : level] or self.escalate[-1:]
            return next(((s.fallback, s.channels) for s in steps), (SECRETARY, ()))
        found = (one for one in self.rungs if one.key == reminder_step)
        return next(((one.fallback, one.channels) for one in found), (SECRETARY, ()))

    def channels(self) -> frozenset[str]:
        """Every channel that it names."""
        rungs = (name for reminder_step in self.rungs for name in reminder_step.channels)
        return frozenset(rungs).union(name for step in self.escalate for name in step.channels)

    def about_lateness(self) -> frozenset[str]:
        """The rungs that speak only once the due date is past."""
        return frozenset(
            one.key
            for one in self.rungs
            if one.counted_from is From.DUE and max(one.days, one.working_days, one.months) > 0
        )


@dataclass(frozen=True, slots=True)
class TaskDates:
    """The dates of one task, local."""

    opens: date
    planned: date | None
    due: date
    asked_on: date | None = None
    """When it was asked whether it is done already; None: it was not under way at the start."""


@dataclass(frozen=True, slots=True, order=True)
class Reminder:
    """A rung on its day; `occurrence` counts repeats from 0."""

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
    found = (
        reminder
        for each in _each_rung(plan, dates, calendar, after, until, on=until)
        for reminder in each
        if after < reminder.day <= until
    )
    return sorted(found)


def next_reminder(
    plan: ReminderPlan, dates: TaskDates, calendar: WorkCalendar, after: date
) -> date | None:
    """The first reminder's day after `after`, or None when no rung is left."""
    last = dates.asked_on or dates.due
    until = max(after, dates.due, dates.opens, last) + 100 * DAY  # rules reach 2 months at most
    firsts = (
        next((r.day for r in each if r.day > after), None)
        for each in _each_rung(plan, dates, calendar, after, until, on=after)
        # in order, so that repeats are worked out only if needed
    )
    return min((day for day in firsts if day and day <= until), default=None)


def _each_rung(
    plan: ReminderPlan,
    dates: TaskDates,
    calendar: WorkCalendar,
    after: date,
    until: date,
    *,
    on: date,
) -> Iterator[Iterator[Reminder]]:
    """The reminders of one rung after the other, each in order.

    What is asked about replaces what was to be said before; as long as `on`, the day of the
    look, lies before that day, all is said as ever.
    """
    rungs = (_of_rung(reminder_step, dates, calendar, after, until) for reminder_step in plan.rungs)
    if dates.asked_on is None:
        yield from rungs
        return
    asks = calendar.on_or_after(dates.asked_on)
    yield iter([Reminder(asks, ASKED, 0, From.OPENS)])
    if on < dates.asked_on:
        yield from rungs
        return
    answered = last_answer_day(dates.asked_on, calendar)
    for each in rungs:
        yield (r for r in each if r.day > asks and not dates.due < r.day <= answered)


def _of_rung(
    reminder_step: ReminderStep, dates: TaskDates, calendar: WorkCalendar, after: date, until: date
) -> Iterator[Reminder]:
    base = _base(reminder_step, dates)
    if base is None:
        return
    base += (dates.due - dates.opens) * reminder_step.percent // 100
    first = _first_day(reminder_step, base, calendar)
    yield _reminder(reminder_step, first, 0)
    if not (reminder_step.repeat_weeks or reminder_step.repeat_months):
        return
    occurrence = _skipped(reminder_step, first, after)
    day = first
    while day <= until:
        occurrence += 1
        start = _repeated(reminder_step, base, first, occurrence)
        day = calendar.on_or_after(start)
        if (
            reminder_step.repeat_months or day - start < 7 * DAY
        ):  # a week without a working day has none
            yield _reminder(reminder_step, day, occurrence)


def _reminder(reminder_step: ReminderStep, day: date, occurrence: int) -> Reminder:
    office = reminder_step.office or (CLERK if reminder_step.level else "")
    return Reminder(
        day, reminder_step.key, occurrence, reminder_step.counted_from, reminder_step.level, office
    )


def _base(reminder_step: ReminderStep, dates: TaskDates) -> date | None:
    match reminder_step.counted_from:
        case From.OPENS:
            return dates.opens
        case From.PLANNED:
            return dates.planned
        case From.TARGET:
            return dates.planned or dates.due
        case From.DUE_MONTH:
            return max(dates.due.replace(day=1), dates.opens)
        case From.DUE:
            return dates.due


def _first_day(reminder_step: ReminderStep, base: date, calendar: WorkCalendar) -> date:
    day = add_months(base, reminder_step.months) + reminder_step.days * DAY
    if reminder_step.working_days:
        day = calendar.add_working_days(day, reminder_step.working_days)
    return calendar.on_or_before(day) if reminder_step.is_before else calendar.on_or_after(day)


def _skipped(reminder_step: ReminderStep, first: date, after: date) -> int:
    """Weekly occurrences that surely lie before `after`, so that years are not walked."""
    weeks = (after - first).days // 7
    return max(0, weeks // reminder_step.repeat_weeks - 3) if reminder_step.repeat_weeks else 0


def _repeated(reminder_step: ReminderStep, base: date, first: date, occurrence: int) -> date:
    """The Monday of the week, or the day of the month, of a repeat."""
    if reminder_step.repeat_weeks:
        return first + (7 * occurrence * reminder_step.repeat_weeks - first.weekday()) * DAY
    return (
        add_months(base, reminder_step.months + occurrence * reminder_step.repeat_months)
        + reminder_step.days * DAY
    )
