"""One installation, opened: what every use case works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from dj_cadence.domain.letter import Notifier
from dj_cadence.rendering import Templates
from dj_cadence.settings import Settings
from dj_cadence.store import site as sites
from dj_cadence.store.database import Database


@dataclass(frozen=True)
class Site:
    """Settings, database, templates and channels, put together by bootstrap."""

    settings: Settings
    database: Database
    templates: Templates
    notifiers: Mapping[str, Notifier]
    """By channel."""

    def today(self, now: datetime) -> date:
        """The local date of an instant."""
        return now.astimezone(self.settings.time_zone).date()

    @property
    def home(self) -> str:
        """Where this installation lives; a copy elsewhere sends nothing by itself."""
        return str(self.settings.folder.resolve())


def switch_sending(site: Site, *, on: bool) -> None:
    """The main switch: while off, reminders are written down and nothing goes out."""
    with site.database.write() as session:
        sites.load(session)
        sites.set_sending(session, sending=on, home=site.home if on else "")


def hold_if_moved(site: Site) -> bool:
    """Switch sending off where the site was copied or moved; True if it was.

    A copy that goes on sending would say everything twice.
    """
    with site.database.read() as session:
        row = sites.load(session)
    if not row.sending or row.home == site.home:
        return False
    switch_sending(site, on=False)
    return True
