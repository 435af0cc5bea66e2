"""What is known of working days and semesters, and what a new calendar would do to tasks."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from dj_cadence.domain.dates.working_days import CalendarStatus, HolidayYear, Semester
from dj_cadence.loading.calendars.rule import to_holiday_year, to_semester
from dj_cadence.loading.rules.catalogue import (
    LoadedRules,
    catalogue_from_content,
    shipped_schedules,
)
from dj_cadence.loading.rules.layers import Layers, lay, read_folder
from dj_cadence.loading.rules.yaml_file import YamlFile
from dj_cadence.services.planning.apply import AHEAD, PlanReport, default_span, preview
from dj_cadence.store.core.database import Database
from dj_cadence.store.planning.cohorts import provisional_slots
from dj_cadence.store.rules import catalogue as catalogues
from dj_cadence.store.site import site as sites


class Source(NamedTuple):
    """Where an entry of the calendar is written."""

    file: str
    """Like schedules/calendars/holidays-2027.yaml; empty for a year that has no table."""
    shipped: bool


def calendars(
    schedules: Path | None, today: date
) -> tuple[Sequence[tuple[HolidayYear, Source]], Sequence[tuple[Semester, Source]]]:
    """The shipped calendars with those in `schedules` laid over them: years, and semesters.

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
    return years, semesters


def _entries(layers: Layers, section: str, shipped: Sequence[YamlFile]) -> list[tuple[Any, Source]]:
    return [
        (entry.model, Source(entry.file.name, entry.file in shipped))
        for entry in layers.entries.values()
        if entry.section == section
    ]


# --- what a new calendar would do -------------------------------------------------------------


def effect(
    database: Database, before: LoadedRules, after: LoadedRules, today: date
) -> tuple[PlanReport, int]:
    """What the calendar that `after` has and `before` has not would do to the rules in force.

    Before the first apply, to the rules of `before`. Nothing is written. The number is that of
    tasks whose dates would no longer be provisional.
    """
    with database.read() as session:
        span = default_span(sites.load(session).starts_on, today)
        stored = catalogues.applied(session)
    in_force = stored.content if stored else before.content
    changed = catalogue_from_content(_laid_over(in_force, before.content, after.content))
    anyway = preview(database, catalogue_from_content(in_force), span)
    report = preview(database, changed, span)
    samples = [sample for sample in report.samples if sample not in anyway.samples]
    plan = PlanReport(report.counts - anyway.counts, samples, report.owed_before)
    calendar, definite = changed.calendar, 0
    with database.read() as session:
        for tasks, period, days, place in provisional_slots(session):
            semesters = calendar.semesters_for(*place)
            unsure = any(term.label == period and term.provisional for term in semesters)
            if not unsure and not calendar.is_provisional(*filter(None, days)):
                definite += tasks
    return plan, definite


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
