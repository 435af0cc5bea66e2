"""A new site: its folder, its database, and for a look around an invented district."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

from dj_cadence.chinese import os_reason
from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.loading.rules.catalogue import LoadedRules
from dj_cadence.services.operations.new_site_database import Founding, remember, remembered
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.roster.import_roster import import_roster
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.simulation.demo_roster import demo_rows
from dj_cadence.services.simulation.simulate import answer
from dj_cadence.services.site import Site, switch_sending
from dj_cadence.settings import KEY_FILE, SITE_FILE
from dj_cadence.settings.site_key import make_site_key
from dj_cadence.store.site import simulated

_FOLDERS = ("schedules", "notifiers", "templates")
_DEMO = "演示"
_EVENING = time(17)


def lay_out_folder(folder: Path, settings_text: str, starts_on: date) -> None:
    """Write the settings, the site's key and the folders for its own files.

    The database is set up when the site is opened, and begins with `starts_on`. Raises Refused
    where there is a site already, or the folder cannot be written.
    """
    if (folder / SITE_FILE).exists():
        raise Refused(f"{folder.resolve()} 里已经有站点，没有改动。")
    with _writable(folder):
        _make_folders(folder)
        make_site_key(folder)
        remember(folder, Founding(starts_on=starts_on.isoformat()))
        (folder / SITE_FILE).write_text(settings_text, encoding="utf-8")


def complete_folder(folder: Path, starts_on: date | None) -> list[str]:
    """Add what is missing in the folder of a site that was begun; returns what that was.

    A key is made anew only where no database was set up yet: links that are out hang on it.
    """
    memory = remembered(folder)
    with _writable(folder):
        made = _make_folders(folder)
        if not memory.database:
            if not (folder / KEY_FILE).exists():
                make_site_key(folder)
                made.append(KEY_FILE)
            if starts_on:
                remember(folder, replace(memory, starts_on=starts_on.isoformat()))
    return made


def _make_folders(folder: Path) -> list[str]:
    missing = [name for name in _FOLDERS if not (folder / name).is_dir()]
    for name in missing:
        (folder / name).mkdir(parents=True)
    return missing


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Refused(f"{folder.resolve()} 写不进去：{os_reason(error.errno)}。") from error


def fill_with_demo(site: Site, rules: LoadedRules, starts_on: date, now: datetime) -> None:
    """An invented district that has been at work since `starts_on`, sending on."""
    today = site.today(now)
    beginning = datetime.combine(starts_on, time(0), site.settings.time_zone)
    with site.database.write() as session:
        report = import_roster(
            session, demo_rows(starts_on, today), now=beginning, today=starts_on, by=_DEMO
        )
        assert report.applied, report.problems
    planner.apply(
        site.database,
        rules.catalogue,
        rules.content,
        planner.default_span(starts_on, starts_on),
        by=_DEMO,
        today=starts_on,
        now=beginning,
    )
    switch_sending(site, on=True, today=starts_on)
    day = starts_on
    while day < today:
        _live(site, day)
        day += DAY
    tick(site, now, owner=_DEMO)


def _live(site: Site, day: date) -> None:
    """One past day: the morning's messages, and in the evening some record what they did."""
    zone = site.settings.time_zone
    tick(site, datetime.combine(day, site.settings.send_at, zone), owner=_DEMO)
    evening = datetime.combine(day, _EVENING, zone)
    with site.database.write(durable=False) as session:
        rules = applied_catalogue(session)
        for task_id in simulated.tasks_meant_by(session, day, all_of_them=False):
            answer(session, rules, task_id, Actor(_DEMO, evening, day))
