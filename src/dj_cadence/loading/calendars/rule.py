"""A year of holidays and the semesters as an author writes them, and what they mean."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from io import StringIO
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, Semester
from dj_cadence.domain.organizations.facts import city_name
from dj_cadence.loading.rules.duty import Text
from dj_cadence.loading.rules.yaml_file import RuleModel
from dj_cadence.problem_texts import checked

_LABEL = re.compile(r"(\d{4})-(\d{4})-S[12]")


def days_of(text: str) -> list[date]:
    """The days of `2026-10-01..2026-10-07` or of `2026-10-01`; raises ValueError in Chinese."""
    first, _, last = text.partition("..")
    ends = []
    with suppress(ValueError):
        ends = [date.fromisoformat(end.strip()) for end in (first, last or first)]
    return stretch(text, ends)


def stretch(text: str, ends: Sequence[date | None]) -> list[date]:
    """The days from the first to the last of `ends`, which `text` names."""
    if not ends or ends[0] is None or ends[-1] is None:
        raise ValueError(f"看不懂日期“{text}”，应如 2026-10-01 或 2026-10-01..2026-10-07")
    first, last = ends[0], ends[-1]
    if not first <= last <= first + 31 * DAY:
        raise ValueError(f"“{text}”应从早到晚，且不超过一个月")
    return [first + n * DAY for n in range((last - first).days + 1)]


def _checked_days(text: str) -> str:
    days_of(text)
    return text


_checked_label = checked(
    lambda text: (years := _LABEL.fullmatch(text)) and int(years[2]) == int(years[1]) + 1,
    "学期“{}”应写成 2025-2026-S1 或 2025-2026-S2".format,
)
Days = Annotated[
    tuple[Annotated[str, AfterValidator(_checked_days)], ...],
    BeforeValidator(lambda days: [days] if isinstance(days, str) else days),
]


class HolidayRule(RuleModel):
    name: Text
    days_off: Annotated[Days, Field(min_length=1)]
    make_up_days: Days = ()


class HolidayYearRule(RuleModel):
    """One file calendars/holidays-….yaml."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    status: Literal["official", "statutory_only"]
    source: Text
    holidays: Annotated[list[HolidayRule], Field(min_length=1)]


class SemesterRule(RuleModel):
    """One entry below `semesters`."""

    label: Annotated[str, AfterValidator(_checked_label)]
    first: date
    last: date
    provisional: bool
    source: Text
    city: str = ""
    stage: str = ""

    @field_validator("last")
    @classmethod
    def _in_order(cls, last: date, info: ValidationInfo) -> date:
        first = info.data.get("first")
        if first and not first < last <= first + 300 * DAY:
            raise ValueError("学期的最后一天应晚于第一天，且不超过 300 天")
        return last


class SemestersOutline(RuleModel):
    """The outline of a file of semesters."""

    semesters: list[dict[str, Any]]


def to_holiday_year(rule: HolidayYearRule) -> HolidayYear:
    """The table that `rule` means."""
    return HolidayYear(
        rule.year,
        CalendarStatus(rule.status),
        rule.source,
        frozenset(_days(*(text for holiday in rule.holidays for text in holiday.days_off))),
        frozenset(_days(*(text for holiday in rule.holidays for text in holiday.make_up_days))),
        tuple((holiday.name, min(_days(*holiday.days_off))) for holiday in rule.holidays),
    )


def to_semester(rule: SemesterRule) -> Semester:
    """The semester that `rule` means."""
    return Semester(**{**rule.model_dump(), "city": city_name(rule.city)})


def _days(*ranges: str) -> list[date]:
    return [day for text in ranges for day in days_of(text)]


# --- the one way in which an imported calendar is written down --------------------------------


def as_ranges(days: Sequence[date]) -> list[str]:
    """Dates in order as `2027-02-05..2027-02-11`, or alone as `2027-02-20`."""
    runs = groupby(enumerate(days), lambda pair: pair[1] - pair[0] * DAY)
    stretches = ([day.isoformat() for _, day in run] for _, run in runs)
    return ["..".join(dict.fromkeys((days[0], days[-1]))) for days in stretches]


def canonical(year: HolidayYearRule) -> HolidayYearRule:
    """The same days, written in one way only."""
    holidays = [
        holiday.model_copy(
            update={name: _ranges(getattr(holiday, name)) for name in ("days_off", "make_up_days")}
        )
        for holiday in year.holidays
    ]
    return year.model_copy(update={"holidays": holidays})


def _ranges(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(as_ranges(sorted({day for text in texts for day in days_of(text)})))


def year_text(year: HolidayYearRule) -> str:
    """A year as the text of a file in calendars/."""
    holidays = (
        {
            "name": holiday.name,
            "days_off": _plain_days(holiday.days_off),
            "make_up_days": _plain_days(holiday.make_up_days),
        }
        for holiday in year.holidays
    )
    head = {"year": year.year, "status": year.status, "source": year.source}
    return _text({**head, "holidays": _lines(holidays)})


def semesters_text(semesters: Iterable[Semester]) -> str:
    """Semesters, in order, as the text of a file in calendars/."""
    names = ("label", "city", "stage", "first", "last", "provisional", "source")
    ordered = sorted(semesters, key=lambda s: (s.label, s.city, s.stage))
    return _text({"semesters": _lines({n: getattr(s, n) for n in names} for s in ordered)})


def _plain_days(texts: Sequence[str]) -> Any:
    """One alone without brackets, and a date without quotes."""
    plain = [text if ".." in text else date.fromisoformat(text) for text in texts]
    return plain[0] if len(plain) == 1 else plain


def _lines(entries: Iterable[dict[str, Any]]) -> CommentedSeq:
    """One entry to a line; empty words are left out."""
    lines = CommentedSeq()
    for entry in entries:
        line = CommentedMap({key: v for key, v in entry.items() if v not in ("", [])})
        line.fa.set_flow_style()
        lines.append(line)
    return lines


def _text(content: dict[str, Any]) -> str:
    yaml, out = YAML(), StringIO()
    yaml.width = 10_000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.dump(content, out)
    return out.getvalue()
