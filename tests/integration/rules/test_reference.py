"""docs/reference names every word of the rules and every duty that is shipped."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel

from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.reminders.plan import From
from dj_cadence.domain.rules.basis import EVIDENCE, Certainty
from dj_cadence.domain.rules.duty import (
    Clock,
    DayOfYear,
    Duty,
    Every,
    Recurrence,
    Term,
    TermNotice,
    Tier,
    Vacation,
)
from dj_cadence.loading.calendars.rule import HolidayYearRule, SemesterRule
from dj_cadence.loading.rules.duty import DutyFile, StandardFile
from dj_cadence.loading.rules.reminder_plan import PlanRule
from dj_cadence.loading.rules.workflow import MARKS, WorkflowFile
from dj_cadence.problem_texts import keys_at
from tests.world import ROOT
from tests.world.shipped import shipped

DUTIES = shipped().catalogue.duties
REFERENCE = ROOT / "docs" / "reference" / "rules.md"


def test_the_table_of_duties_says_what_the_rules_say() -> None:
    text = (REFERENCE.parent / "duties.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `[a-z_]+` \| [^`].*$", text, re.MULTILINE) == [
        row(d) for d in DUTIES.values()
    ]


def test_the_pages_at_the_front_count_what_is_shipped() -> None:
    root, on = REFERENCE.parents[2], [duty for duty in DUTIES.values() if duty.enabled]
    listed = [duty for duty in on if duty.tier is Tier.C]
    off = [duty for duty in DUTIES.values() if duty.tier is Tier.C and not duty.enabled]
    total, texts = len(DUTIES), ("README.md", "README.zh-CN.md", "docs/reference/duties.md")
    english, chinese, reference = (
        " ".join((root / name).read_text(encoding="utf-8").split()) for name in texts
    )

    assert f"in {total} duties, {len(on)} of them on" in english
    assert f"共 {total} 项职责，其中 {len(on)} 项默认启用" in chinese
    assert f"{len(listed)} of C are on as items of their owner's list" in reference
    assert f"the other {len(off)} of C are off" in reference


def test_the_table_of_workflows_says_what_the_rules_say() -> None:
    text = (REFERENCE.parent / "duties.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `[a-z_]+` \| `.*$", text, re.MULTILINE) == [
        workflow_row(duty) for duty in DUTIES.values() if duty.workflow
    ]


def workflow_row(duty: Duty) -> str:
    """A workflow's line in docs/reference/duties.md."""
    assert duty.workflow
    titles = [f"**{s.title}**" if s.is_own else s.title for s in duty.workflow.steps]
    return f"| `{duty.workflow.key}` | `{duty.key}` | {' → '.join(titles)} |"


def row(duty: Duty) -> str:
    """A duty's line in docs/reference/duties.md."""
    cells = (
        f"`{duty.key}`",
        duty.title,
        " ".join(duty.rows),
        duty.tier.value,
        period(duty.recurrence),
        "on" if duty.enabled else "off",
        duty.certainty.value,
    )
    return f"| {' | '.join(cells)} |"


def period(recurrence: Recurrence) -> str:
    match recurrence:
        case Every() as every:
            return every_text(every)
        case Term(years=years):
            return f"term of {' or '.join(map(str, sorted(set(years.values()))))} years"
        case TermNotice(term_of=term, months_before=months):
            return f"{months} months before a `{term}` ends"
        case Clock(event=event, days=days, working_days=working_days, months=months):
            length = days or working_days or months
            what = "working day" if working_days else "day" if days else "month"
            return f"{length} {what}{'s' if length > 1 else ''} after `{event}`"


def every_text(every: Every) -> str:
    parts = [every.unit.value]
    if every.times != 1:
        parts = [
            f"{every.unit.value} × {every.times} {every.counted_in}".replace("groups 次", "groups")
        ]
    if every.opens and every.due:
        until = f"before {'、'.join(every.before)}, else {day_text(every.due)}"
        parts.append(f"{day_text(every.opens)} … {until if every.before else day_text(every.due)}")
    if every.due_day:
        parts.append(f"due {every.due_day}")
    if every.vacation is not Vacation.KEEP:
        parts.append(f"vacation: {every.vacation.value}")
    return ", ".join(parts)


def day_text(day: DayOfYear) -> str:
    year = {-1: "previous ", 0: "", 1: "next "}[day.year]
    return f"{year}{day.month:02}-{day.day:02}"


def test_the_reference_names_every_key_that_may_be_written() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    models = {
        model
        for root in (DutyFile, WorkflowFile, PlanRule, HolidayYearRule, SemesterRule, StandardFile)
        for model in models_in(root)
    }
    words = {key for model in models for key in keys_at(model)}
    words |= {unit.value for unit in Unit} | {kind.value for kind in OrgKind}
    words |= {certainty.value for certainty in Certainty} | set(EVIDENCE)
    words |= {base.value for base in From} | {"plans", "semesters", "previous", "next", *MARKS}

    assert sorted(word for word in words if f"`{word}`" not in text) == []


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from models_in(field.annotation)
    elif not isinstance(annotation, type) or isinstance(annotation, UnionType):
        for inner in get_args(annotation):
            yield from models_in(inner)
