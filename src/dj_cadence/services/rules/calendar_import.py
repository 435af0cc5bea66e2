"""A calendar on its way into the site's own files: checked as a whole, then put in place."""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dj_cadence import whole_file
from dj_cadence.chinese import os_reason
from dj_cadence.errors import Refused
from dj_cadence.loading.calendars.checks import PlacedSemester, semester_faults
from dj_cadence.loading.calendars.file import CalendarFile, read_calendar
from dj_cadence.loading.calendars.rule import semesters_text, year_text
from dj_cadence.loading.rules.catalogue import LoadedRules, load_catalogue, shipped_schedules
from dj_cadence.problems import Problem, faults
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import orgs

FOLDER = "calendars"
_ANYWHERE = "各地"
"""In the name of a file of semesters that name no city; `semesters.yaml` is the shipped one."""


@dataclass(frozen=True)
class CalendarImport:
    """A calendar that was read and checked and is not stored yet."""

    before: LoadedRules
    after: LoadedRules
    """The rules as they are, and with the calendar among them."""
    given: CalendarFile
    texts: Mapping[str, str]
    """What to store, by the name of the file."""
    problems: tuple[Problem, ...]

    @property
    def changes_nothing(self) -> bool:
        return self.before.catalogue.hash == self.after.catalogue.hash


def prepare(schedules: Path, file: Path) -> CalendarImport:
    """Read `file` and see what becomes of the rules in `schedules`, the site's own folder.

    Nothing is written there. With faults among `problems`, nothing may be stored.
    """
    given = read_calendar(file)
    texts, problems = _texts(schedules / FOLDER, given)
    before = load_catalogue([shipped_schedules(), schedules])
    after = _with_files(schedules, texts)
    new = [p for p in faults(after.problems) if p not in before.problems]
    return CalendarImport(before, after, given, texts, (*given.problems, *problems, *new))


def store(schedules: Path, arrival: CalendarImport) -> list[str]:
    """Put the files in place; returns their names. Raises Refused where that is not possible."""
    folder = schedules / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in arrival.texts.items():
            whole_file.replace(folder / name, text.encode())
    except OSError as error:
        raise Refused(f"{folder} 写不进去：{os_reason(error.errno)}。") from error
    return [f"schedules/{FOLDER}/{name}" for name in arrival.texts]


def unheard_of(session: Session, semesters: Iterable[PlacedSemester]) -> Iterator[Problem]:
    """A warning for each semester of a city and stage that no organization has."""
    schools = orgs.schools(session)
    for placed in semesters:
        city, stage = placed.semester.city, placed.semester.stage
        if not any(city in ("", school[0]) and stage in ("", school[1]) for school in schools):
            message = (
                f"花名册里没有{city}{stage}的组织，这个学期暂时不影响任何任务，请核对城市和学段"
            )
            yield Problem(placed.place, message, warning=True)


# --- which files -----------------------------------------------------------------------------


def _texts(folder: Path, given: CalendarFile) -> tuple[dict[str, str], list[Problem]]:
    """The text of each file to store, and what clashes with what is there."""
    if given.holidays:
        return {f"holidays-{given.holidays.year}.yaml": year_text(given.holidays)}, []
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for name in sorted({_file_of(placed) for placed in given.semesters}):
        new = {placed.key: placed for placed in given.semesters if _file_of(placed) == name}
        stored = read_calendar(folder / name) if (folder / name).exists() else CalendarFile()
        merged = list(({placed.key: placed for placed in stored.semesters} | new).values())
        problems += [*faults(stored.problems), *semester_faults(merged)]
        texts[name] = semesters_text(placed.semester for placed in merged)
    return texts, problems


def _file_of(placed: PlacedSemester) -> str:
    city = re.sub(r"\W+", "-", placed.semester.city)
    return f"semesters-{city or _ANYWHERE}.yaml"


def _with_files(schedules: Path, texts: Mapping[str, str]) -> LoadedRules:
    """The rules as they would be with these files among the site's calendars."""
    with TemporaryDirectory() as copied:
        copy = Path(copied, "schedules")
        if schedules.exists():
            shutil.copytree(schedules, copy, ignore_dangling_symlinks=True)
        (copy / FOLDER).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (copy / FOLDER / name).write_text(text, encoding="utf-8")
        return load_catalogue([shipped_schedules(), copy])
