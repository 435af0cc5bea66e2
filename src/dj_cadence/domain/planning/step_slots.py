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
        leads_to_own = workflow.task_step(step.key) in workflow.before(OWN)
        is_from_own = step.counted_from == workflow.own.key
        if reference.is_planned and (step.by_planning or (leads_to_own and is_from_own)):
            continue  # what is known of the own task makes it needless
        slot = _slot(workflow, step, reference, calendar)
        # As with periods, what was over at the start is not asked for; but terms and cases go on
        # whole, and where others are counted from the step its day must be known.
        whole = slot.period in (TERM, CASE) or slot.step in workflow.references
        if whole or slot.due >= reference.asked_on:
            yield asked(slot, reference.asked_on, calendar)


def _slot(workflow: Workflow, step: Step, reference: Reference, calendar: WorkCalendar) -> Slot:
    day = reference.day
    opens, due = (offset.from_(day, calendar) for offset in (step.not_before, step.not_after))
    uncertain = any(offset.working_days for offset in (step.not_before, step.not_after))
    label = reference.label
    return Slot(
        period=next((key for key in (TERM, CASE) if label.startswith(f"{key}-")), label),
        label=label,
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
