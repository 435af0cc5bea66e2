"""A workflow as an author writes it, and what it means."""

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from dj_cadence.domain.documents.kind import DocumentKind
from dj_cadence.domain.rules.workflow import Mark, Offset, Step, Workflow
from dj_cadence.loading.rules.duty import BasisRule, Key, Office, Text, to_basis
from dj_cadence.loading.rules.yaml_file import RuleModel

StepKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=24)]


class OffsetRule(RuleModel):
    """How far from a day; at most one of the lengths is given, and nothing means that day."""

    days: Annotated[int, Field(ge=-750, le=1500)] = 0
    working_days: Annotated[int, Field(ge=-500, le=500)] = 0
    months: Annotated[int, Field(ge=-36, le=60)] = 0

    @field_validator("working_days", "months")
    @classmethod
    def _one_length(cls, value: int, info: ValidationInfo) -> int:
        if value and any(info.data.get(name) for name in ("days", "working_days", "months")):
            raise ValueError("days、working_days、months 只能写一个")
        return value


class StepRule(RuleModel):
    """One entry below `steps`; exactly one of them is the duty's `own` task."""

    title: Text
    own: bool = False
    from_: StepKey | None = Field(alias="from", default=None)
    not_before: OffsetRule = OffsetRule()
    not_after: OffsetRule | None = None
    by_planning: bool = False
    office: Office | None = None
    instructions: str = ""
    checklist: tuple[Text, ...] = ()
    letters: tuple[DocumentKind, ...] = ()
    in_calendar: bool = False
    basis: tuple[BasisRule, ...] = ()


class WorkflowRule(RuleModel):
    """One entry below `workflows`."""

    title: Text
    remind: Key
    steps: Annotated[dict[StepKey, StepRule], Field(min_length=2)]


class WorkflowFile(RuleModel):
    """A file in workflows/."""

    workflows: dict[Key, WorkflowRule]


_ALIKE = {"title", "office", "instructions", "checklist", "by_planning", "letters"}
"""What a rule and its meaning call alike."""
MARKS = tuple(mark.value for mark in Mark)


def to_workflow(key: str, rule: WorkflowRule) -> Workflow:
    """The workflow that a faultless `rule` means."""
    steps = tuple(
        Step(
            key=name,
            counted_from=step.from_ or "",
            not_before=Offset(**dict(step.not_before)),
            not_after=Offset(**dict(step.not_after or ())),
            basis=tuple(map(to_basis, step.basis)),
            in_calendar=step.in_calendar or step.own,
            **step.model_dump(include=_ALIKE, exclude_none=True),
        )
        for name, step in rule.steps.items()
    )
    return Workflow(key, rule.title, rule.remind, steps)
