"""A duty as an author writes it, and what it means."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from dj_cadence.domain.dates.day_rule import EXAMPLES, parse_day_rule
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.organizations.facts import STAGES, OrgKind
from dj_cadence.domain.organizations.offices import canonical_office, nearest_office
from dj_cadence.domain.rules.basis import EVIDENCE, Basis, Certainty
from dj_cadence.domain.rules.duty import (
    Clock,
    DayOfYear,
    Duty,
    Every,
    OwedBy,
    PartialPeriod,
    Recurrence,
    Term,
    TermNotice,
    Tier,
    Vacation,
)
from dj_cadence.domain.rules.workflow import Workflow
from dj_cadence.loading.rules.yaml_file import RuleModel
from dj_cadence.problem_texts import checked, one_of

_DAY_OF_YEAR = re.compile(r"(?:(previous|next) )?(\d{2})-(\d{2})")
_YEARS = {None: 0, "previous": -1, "next": 1}


def day_of_year(text: str) -> DayOfYear | None:
    """`10-01`, `next 03-31` or `previous 12-31`; None where it is no day of every year."""
    match = _DAY_OF_YEAR.fullmatch(text.strip())
    if match:
        with suppress(ValueError):
            day = date(2001, int(match[2]), int(match[3]))
            return DayOfYear(_YEARS[match[1]], day.month, day.day)
    return None


def _checked_office(text: str) -> str:
    office = canonical_office(text)
    if office is None:
        raise ValueError(f"没有“{text}”这个职务{nearest_office(text)}")
    return office


def _checked_times(value: Any) -> Any:
    if value == "groups" or (type(value) is int and 1 <= value <= 366):
        return value
    raise ValueError("应为 1 到 366 的整数，或 groups（每个党小组一次）")


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=48)]
SentenceKey = Annotated[str, Field(pattern=r"^[1-9]\.[1-9]\.[1-9][0-9]?$")]
Text = Annotated[str, Field(min_length=1)]
NumberOrText = Annotated[str, BeforeValidator(_number_as_text)]
_A_DAY_OF_YEAR = "“{}”应为每年都有的一天，如 10-01、next 03-31、previous 12-31"
DayOfYearText = Annotated[str, AfterValidator(checked(day_of_year, _A_DAY_OF_YEAR.format))]
_A_DAY = f"看不懂日子“{{}}”，应如 {EXAMPLES}"
DayText = Annotated[str, AfterValidator(checked(parse_day_rule, _A_DAY.format))]
Office = Annotated[str, AfterValidator(_checked_office)]
Stage = Annotated[str, AfterValidator(one_of(STAGES))]
Months = Annotated[int, Field(ge=1, le=24)]
Holiday = Literal["元旦", "春节", "清明", "劳动", "端午", "中秋", "国庆"]


class OwedByRule(RuleModel):
    kind: Annotated[list[OrgKind], Field(min_length=1)]
    top_of_school: bool | None = None
    has_committee: bool | None = None
    has_groups: bool | None = None
    branches_below: bool | None = None
    stage: Annotated[list[Stage], Field(min_length=1)] | None = None
    ownership: Annotated[list[Text], Field(min_length=1)] | None = None
    boarding: bool | None = None


class WindowRule(RuleModel):
    from_: DayOfYearText = Field(alias="from")
    until: DayOfYearText
    before: tuple[Holiday, ...] = ()


class TermRule(RuleModel):
    from_: Literal["election"] = Field(alias="from")
    years: Annotated[dict[OrgKind, Annotated[int, Field(ge=1, le=10)]], Field(min_length=1)]
    opens_months_before: Months = 6


class TermNoticeRule(RuleModel):
    of: Key
    months_before: Months = 6
    opens_months_before: Months = 7


class ClockRule(RuleModel):
    """How long after the event; exactly one of the lengths is given."""

    event: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=24)]
    days: Annotated[int, Field(ge=1, le=730)] | None = None
    working_days: Annotated[int, Field(ge=1, le=250)] | None = None
    months: Annotated[int, Field(ge=1, le=36)] | None = None
    extend_at_most: Annotated[int, Field(ge=1, le=365)] | None = None


class EffectiveRule(RuleModel):
    from_: date | None = Field(alias="from", default=None)
    until: date | None = None


class BasisRule(RuleModel):
    certainty: Certainty
    supports: Annotated[list[Literal["duty", "period", "due", "notice"]], Field(min_length=1)]
    document: str = ""
    article: NumberOrText = ""
    note: str = ""


class DutyRule(RuleModel):
    """One entry below `duties`. Exactly one of every, term, term_notice and clock is given."""

    title: Text
    tier: Tier
    rows: tuple[NumberOrText, ...] = ()
    sentences: tuple[SentenceKey, ...] = ()
    owed_by: OwedByRule
    every: Unit | None = None
    day: DayText | None = None
    own_day: Literal["theme_day"] | None = None
    window: WindowRule | None = None
    due_day: DayText | None = None
    times: Annotated[int | str, BeforeValidator(_checked_times)] = 1
    counted_in: Literal["次", "学时"] = "次"
    vacation: Vacation = Vacation.KEEP
    partial_period: PartialPeriod | None = None
    term: TermRule | None = None
    term_notice: TermNoticeRule | None = None
    clock: ClockRule | None = None
    workflow: Key | None = None
    effective: EffectiveRule | None = None
    office: Office
    remind: Key
    counts_for: tuple[Key, ...] = ()
    evidence: tuple[Annotated[str, AfterValidator(one_of(EVIDENCE))], ...] = ()
    recording_grace: Annotated[int, Field(ge=0, le=60)] | None = None
    confirm: bool = False
    confidential: bool | None = None
    instructions: str = ""
    enabled: bool = True
    basis: Annotated[list[BasisRule], Field(min_length=1)]


class DutyFile(RuleModel):
    """A file in duties/."""

    rows: list[NumberOrText] | None = None
    duties: dict[Key, DutyRule]


class SentenceRule(RuleModel):
    """One entry below `sentences`: a sentence of the standard, or a part of one."""

    text: Text
    state: Text | None = None
    """Why no duty keeps it, where there is nothing to be dated."""


class StandardFile(RuleModel):
    """standard.yaml."""

    sentences: dict[SentenceKey, SentenceRule]


_OF_A_DUTY = {
    *("title", "tier", "rows", "sentences", "office", "remind", "enabled", "counts_for"),
    *("evidence", "confirm", "instructions"),
}
OF_A_PERIOD = {*("day", "own_day", "due_day", "times", "counted_in", "vacation", "partial_period")}
"""What a rule and its meaning call alike."""


def to_duty(key: str, rule: DutyRule, workflows: Mapping[str, Workflow]) -> Duty:
    """The duty that a faultless `rule` means."""
    grace = rule.recording_grace
    if grace is None:
        grace = 5 if rule.every else 0
    return Duty(
        key=key,
        owed_by=_owed_by(rule.owed_by),
        recurrence=_recurrence(rule),
        basis=tuple(map(to_basis, rule.basis)),
        workflow=workflows[rule.workflow] if rule.workflow else None,
        recording_grace=grace,
        effective_from=rule.effective.from_ if rule.effective else None,
        effective_until=rule.effective.until if rule.effective else None,
        # An event is mostly something about a person: a rule says so where it is not.
        confidential=bool(rule.clock) if rule.confidential is None else rule.confidential,
        **rule.model_dump(include=_OF_A_DUTY),
    )


def _owed_by(rule: OwedByRule) -> OwedBy:
    return OwedBy(
        frozenset(rule.kind),
        stages=frozenset(rule.stage) if rule.stage else None,
        ownership=frozenset(rule.ownership) if rule.ownership else None,
        **rule.model_dump(exclude={"kind", "stage", "ownership"}),
    )


def _recurrence(rule: DutyRule) -> Recurrence:
    if rule.term:
        return Term(rule.term.years, rule.term.opens_months_before)
    if rule.term_notice:
        notice = rule.term_notice
        return TermNotice(notice.of, notice.months_before, notice.opens_months_before)
    if rule.clock:
        return Clock(**rule.clock.model_dump(exclude_none=True))
    assert rule.every is not None
    return Every(
        rule.every,
        opens=day_of_year(rule.window.from_) if rule.window else None,
        due=day_of_year(rule.window.until) if rule.window else None,
        before=rule.window.before if rule.window else (),
        **rule.model_dump(include=OF_A_PERIOD, exclude_none=True),
    )


def to_basis(rule: BasisRule) -> Basis:
    """The basis that `rule` means."""
    return Basis(**{**dict(rule), "supports": tuple(rule.supports)})
