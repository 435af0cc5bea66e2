"""Slots of a workflow's steps: they hang on a date of the own task, or on a step's day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.planning.slot import CASE, TERM, Slot, asked
from dj_cadence.domain.rules.workflow import OWN, Mark, Offset, Step, Workflow


@dataclass(frozen=True, slots=True)
class Reference:
    """A day that steps are counted from, for one period of one organization."""

    counted_from: str
    """A mark of the own task, or the key of a step."""
    day: date
    label: str
    """The period as it is shown: 2026, term-2023-05-10, case-12."""
    is_planned: bool
    """Whether the own task has its day already; of its own day, whether it was held then."""
    asked_on: date = FIRST_DAY
    """When the own task was asked about, as it was under way at the start; else `FIRST_DAY`."""


def steps_from(workflow: Workflow, reference: Reference, calendar: WorkCalendar) -> Iterator[Slot]:
    """The slots of the steps that are counted from this day."""
    for step in workflow.steps:
        if step.counted_from != reference.counted_from:
            continue
        over = step.by_planning or workflow.task_step(step.key) in workflow.before(OWN)
        if over and reference.is_planned and _ends_before(workflow, step):
            continue
        slot = _slot(workflow, step, reference, calendar)
        if slot.due >= reference.asked_on or not _may_be_left_out(workflow, slot):
            yield asked(slot, reference.asked_on, calendar)


def _may_be_left_out(workflow: Workflow, slot: Slot) -> bool:
    """Whether a step whose last day is past at the start is not asked for.

    As with periods; but terms and cases go on whole, and where others are counted from the
    step its day must be known.
    """
    return slot.period not in (TERM, CASE) and slot.step not in workflow.references


def _ends_before(workflow: Workflow, step: Step) -> bool:
    """Whether what is known of the own task makes the step needless."""
    return step.by_planning or step.counted_from == workflow.own.key


def _slot(workflow: Workflow, step: Step, reference: Reference, calendar: WorkCalendar) -> Slot:
    day = reference.day
    opens, due = (offset.from_(day, calendar) for offset in (step.not_before, step.not_after))
    uncertain = any(offset.working_days for offset in (step.not_before, step.not_after))
    return Slot(
        period=period_key(reference.label),
        label=reference.label,
        opens=opens,
        planned=None,
        due=due,
        provisional=uncertain and calendar.is_provisional(day, due),
        derivation=(
            f"环节“{step.title}”，从{_origin(workflow, step)}{day_text(day)}起算",
            f"最早{_distance(step.not_before)}，{day_text(opens)}",
            f"最迟{_distance(step.not_after)}，{day_text(due)}",
        ),
        step=step.key,
    )


def period_key(label: str) -> str:
    """The period in a task's key, from the one that is shown."""
    for key in (TERM, CASE):
        if label.startswith(f"{key}-"):
            return key
    return label


def _origin(workflow: Workflow, step: Step) -> str:
    match step.counted_from:
        case Mark.OPENS:
            return "办理时段的第一天"
        case Mark.DUE:
            return "截止日"
        case key:
            return f"“{next(s.title for s in workflow.steps if s.key == key)}”的日期"


def _distance(offset: Offset) -> str:
    if not offset.sign:
        return "当天"
    return f"{offset.text}后" if offset.sign > 0 else f"提前{offset.text}"
