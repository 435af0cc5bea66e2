"""A reminder plan as an author writes it, and what it means."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dj_cadence.domain.organizations.offices import CLERK, SECRETARY
from dj_cadence.domain.reminders.plan import (
    RESERVED,
    EscalationStep,
    From,
    ReminderPlan,
    ReminderStep,
)
from dj_cadence.loading.rules.duty import Key, Office, Text
from dj_cadence.loading.rules.yaml_file import RuleModel
from dj_cadence.problem_texts import checked

Channel = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=24)]


_not_reserved = checked(
    lambda key: key not in RESERVED, f"{'、'.join(RESERVED)} 由系统自己使用，请换一个名字".format
)
RungKey = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=16), AfterValidator(_not_reserved)
]


class ReminderStepRule(RuleModel):
    """At most one of days, working_days, months and percent; at most one way to repeat."""

    key: RungKey
    from_: From = Field(alias="from")
    # After its dates a task is looked at 100 days ahead at a time: nothing may lie further off.
    days: Annotated[int, Field(ge=-750, le=60)] = 0
    working_days: Annotated[int, Field(ge=-500, le=40)] = 0
    months: Annotated[int, Field(ge=-24, le=2)] = 0
    percent: Annotated[int, Field(ge=1, le=99)] | None = None
    repeat_weeks: Annotated[int, Field(ge=1, le=8)] | None = None
    repeat_months: Annotated[int, Field(ge=1, le=2)] | None = None
    level: Annotated[int, Field(ge=0, le=5)] = 0
    office: Office | None = None
    fallback: Office = SECRETARY
    channels: tuple[Channel, ...] = ()

    @field_validator("working_days", "months", "percent", "repeat_months")
    @classmethod
    def _one_way(cls, value: int | None, info: ValidationInfo) -> int | None:
        given = {name for name, other in info.data.items() if other}
        if not value:
            return value
        if info.field_name == "repeat_months" and "repeat_weeks" in given:
            raise ValueError("repeat_weeks、repeat_months 只能写一个")
        if info.field_name != "repeat_months" and given & {"days", "working_days", "months"}:
            raise ValueError("days、working_days、months、percent 只能写一个")
        if info.field_name == "percent" and info.data.get("from_") is not From.OPENS:
            raise ValueError("percent 是从 opens 到截止日的百分之几，要和 from: opens 一起用")
        return value


class EscalationStepRule(RuleModel):
    """One level of the reporting line; the first in the list is the superior."""

    grace: Annotated[int, Field(ge=0, le=60)]
    office: Office = CLERK
    fallback: Office = SECRETARY
    channels: tuple[Channel, ...] = ()


class PlanRule(RuleModel):
    """One entry below `plans`. The rungs' keys differ."""

    title: Text
    rungs: Annotated[list[ReminderStepRule], Field(min_length=1)]
    escalate: Annotated[tuple[EscalationStepRule, ...], Field(max_length=5)] = ()
    through_quiet: bool = False


class PlanFile(RuleModel):
    """reminder-plans.yaml."""

    plans: dict[Key, PlanRule]


def to_plan(key: str, rule: PlanRule) -> ReminderPlan:
    """The reminder plan that `rule` means."""
    return ReminderPlan(
        key,
        rule.title,
        tuple(
            ReminderStep(
                counted_from=step.from_, **step.model_dump(exclude={"from_"}, exclude_none=True)
            )
            for step in rule.rungs
        ),
        tuple(EscalationStep(**dict(step)) for step in rule.escalate),
        rule.through_quiet,
    )
