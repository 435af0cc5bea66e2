"""A reminder plan as an author writes it, and what it means."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from dj_cadence.domain.reminder_plan import From, ReminderPlan, Rung
from dj_cadence.loading.rule import Key, Text
from dj_cadence.loading.yaml_file import Written

Offset = Annotated[int, Field(ge=-750, le=750)]
Repeat = Annotated[int, Field(ge=1, le=52)]
RungKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=16)]


class RungRule(Written):
    """At most one of days, working_days and months; at most one way to repeat."""

    key: RungKey
    from_: From = Field(alias="from")
    days: Offset = 0
    working_days: Offset = 0
    months: Annotated[int, Field(ge=-24, le=24)] = 0
    repeat_weeks: Repeat | None = None
    repeat_months: Annotated[int, Field(ge=1, le=12)] | None = None

    @field_validator("working_days", "months")
    @classmethod
    def _one_offset(cls, value: int, info: ValidationInfo) -> int:
        if value and (info.data.get("days") or info.data.get("working_days")):
            raise ValueError("days、working_days、months 只能写一个")
        return value

    @field_validator("repeat_months")
    @classmethod
    def _one_repeat(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value and info.data.get("repeat_weeks"):
            raise ValueError("repeat_weeks、repeat_months 只能写一个")
        return value


class PlanRule(Written):
    """One entry below `plans`."""

    title: Text
    rungs: Annotated[list[RungRule], Field(min_length=1)]

    @field_validator("rungs")
    @classmethod
    def _different_keys(cls, rungs: list[RungRule]) -> list[RungRule]:
        keys = [rung.key for rung in rungs]
        if repeated := sorted({key for key in keys if keys.count(key) > 1}):
            raise ValueError(f"提醒 {'、'.join(repeated)} 写了两次，请换一个 key")
        return rungs


class PlanFileShape(Written):
    """The outline of reminder-plans.yaml."""

    plans: dict[Key, dict[str, Any]]


def to_plan(key: str, rule: PlanRule) -> ReminderPlan:
    """The reminder plan that `rule` means."""
    return ReminderPlan(key, rule.title, tuple(_rung(rung) for rung in rule.rungs))


def _rung(rule: RungRule) -> Rung:
    return Rung(
        rule.key,
        rule.from_,
        days=rule.days,
        working_days=rule.working_days,
        months=rule.months,
        repeat_weeks=rule.repeat_weeks or 0,
        repeat_months=rule.repeat_months or 0,
    )
