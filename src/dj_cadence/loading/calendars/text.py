"""The one way in which an imported calendar is written down."""

from collections.abc import Iterable, Sequence
from datetime import date
from io import StringIO
from itertools import groupby
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.dates.working_days import Semester
from dj_cadence.loading.calendars.rule import HolidayYearRule, days_of


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
            "days_off": _days(holiday.days_off),
            "make_up_days": _days(holiday.make_up_days),
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


def _days(texts: Sequence[str]) -> Any:
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
