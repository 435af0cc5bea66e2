"""A copy of a site in a file of its own, to walk the clock over without touching the site."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from dj_cadence.services.site import Site
from dj_cadence.store.core.database import open_file
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.site import site as sites
from dj_cadence.store.site.copying import copy_rows


def copy_site(original: Site, folder: Path, since: date) -> tuple[Site, date, bool]:
    """The copy, the day it stands at, and whether it goes on from the last pass.

    The copy is a new SQLite file, and the original is only read.
    """
    database = open_file(folder / "simulation.db")
    migrate(database)
    copied = replace(original, database=database)
    with original.database.read() as source, database.write(durable=False) as target:
        row = sites.load(source)
        last = original.today(row.last_tick) if row.last_tick else None
        goes_on = last is not None and last <= since
        first = last if last and goes_on else min(row.starts_on, since)
        copy_rows(source, target, original.home, None if goes_on else first)
    return copied, first, goes_on
