"""What is known of working days and semesters, and what a new calendar would do to tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, Semester, WorkCalendar
from dj_cadence.loading.calendars.rule import to_holiday_year, to_semester
from dj_cadence.loading.rules.catalogue import (
    LoadedRules,
    catalogue_from_content,
    shipped_schedules,
)
from dj_cadence.loading.rules.layers import Layers, lay, read_folder
from dj_cadence.loading.rules.yaml_file import YamlFile
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.planning.apply import AHEAD, PlanReport
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.planning.provisional_slots import ProvisionalSlot, provisional_slots
from dj_cadence.store.rules import catalogue as catalogues
from dj_cadence.store.site import site as sites


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entry of the calendar is written."""

    file: str
    """Like schedules/calendars/holidays-2027.yaml; empty for a year that has no table."""
    shipped: bool


@dataclass(frozen=True)
class Calendars:
    """All that the rule files say of working days and semesters, in order."""

    years: Sequence[tuple[HolidayYear, Source]]
    semesters: Sequence[tuple[Semester, Source]]


def calendars(schedules: Path | None, today: date) -> Calendars:
    """The shipped calendars with those in `schedules` laid over them.

    Years that are planned for and have no table are listed as missing.
    """
    shipped = read_folder(shipped_schedules())
    layers = lay([shipped, read_folder(schedules) if schedules else []])
    years = [(to_holiday_year(m), source) for m, source in _entries(layers, "holidays", shipped)]
    semesters = [(to_semester(m), source) for m, source in _entries(layers, "semesters", shipped)]
    needed = set(range(today.year, (today + AHEAD).year + 1))
    unknown = needed.difference(table.year for table, _ in years)
    years += [
        (HolidayYear(y, CalendarStatus.MISSING, ""), Source("", shipped=False)) for y in unknown
    ]
    years.sort(key=lambda pair: pair[0].year)
    semesters.sort(key=lambda pair: (pair[0].label, pair[0].city, pair[0].stage))
    return Calendars(years, semesters)


def _entries(layers: Layers, section: str, shipped: Sequence[YamlFile]) -> list[tuple[Any, Source]]:
    return [
        (entry.model, Source(entry.file.name, entry.file in shipped))
        for entry in layers.entries.values()
        if entry.section == section
    ]


# --- what a new calendar would do -------------------------------------------------------------


@dataclass(frozen=True)
class CalendarEffect:
    """What applying a new calendar, and nothing else, would change."""

    plan: PlanReport
    definite: int
    """Tasks whose dates would no longer be provisional."""


def effect(
    database: Database, before: LoadedRules, after: LoadedRules, today: date
) -> CalendarEffect:
    """What the calendar that `after` has and `before` has not would do to the rules in force.

    Before the first apply, to the rules of `before`. Nothing is written.
    """
    with database.read() as session:
        span = planner.default_span(sites.load(session).starts_on, today)
        stored = catalogues.applied(session)
    in_force = stored.content if stored else before.content
    changed = catalogue_from_content(_laid_over(in_force, before.content, after.content))
    anyway = planner.preview(database, catalogue_from_content(in_force), span)
    plan = _without(planner.preview(database, changed, span), anyway)
    with database.read() as session:
        return CalendarEffect(plan, _definite(session, changed.calendar))


def _laid_over(
    base: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of `base` with the calendar entries that are new in `after`."""
    sections = {"holidays": ("year",), "semesters": ("label", "city", "stage")}
    laid = dict(base)
    for section, names in sections.items():
        new = [entry for entry in after[section] if entry not in before[section]]
        entries = {tuple(e[name] for name in names): e for e in [*base[section], *new]}
        laid[section] = list(entries.values())
    return laid


def _without(report: PlanReport, anyway: PlanReport) -> PlanReport:
    """`report` less the changes that would come without the calendar too."""
    counts = {key: n - anyway.counts.get(key, 0) for key, n in report.counts.items()}
    return PlanReport(
        counts={key: n for key, n in counts.items() if n > 0},
        samples=[sample for sample in report.samples if sample not in anyway.samples],
        owed_before=report.owed_before,
    )


def _definite(session: Session, calendar: WorkCalendar) -> int:
    """How many provisional tasks hang only on days and semesters that `calendar` has for sure."""
    slots = provisional_slots(session)
    return sum(slot.tasks for slot in slots if _is_sure(slot, calendar))


def _is_sure(slot: ProvisionalSlot, calendar: WorkCalendar) -> bool:
    semesters = calendar.semesters_for(slot.city, slot.stage)
    if any(semester.label == slot.period and semester.provisional for semester in semesters):
        return False
    return not calendar.is_provisional(*(day for day in (slot.planned, slot.due) if day))
