"""One installation, opened: what every use case works on."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from dj_cadence import whole_file
from dj_cadence.domain.dates.iso_week import week_label
from dj_cadence.domain.messages.notifier import OpenNotifier
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Database, DriverError, Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery import messages
from dj_cadence.store.reminders import notices
from dj_cadence.store.rules import catalogue as catalogues
from dj_cadence.store.site import site as sites

if TYPE_CHECKING:  # slow to load, and not needed where nothing is sent
    from dj_cadence.rendering.templates import Templates
    from dj_cadence.transport.mailbox import BounceBox

__all__ = ["Database", "DriverError", "Session", "Site"]  # the rest is used by services

PASSES = "passes"
"""The file in the site's folder that counts passes as the database does."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """Settings and database, with what opens templates and channels, put together by bootstrap."""

    settings: Settings
    database: Database
    open_templates: Callable[[], "Templates"]
    open_notifiers: Callable[[], Mapping[str, OpenNotifier]]
    open_bounces: Callable[[], "BounceBox"] | None = None
    """Where returned mail is read; None: nowhere."""

    @cached_property
    def templates(self) -> "Templates":
        return self.open_templates()

    @cached_property
    def notifiers(self) -> Mapping[str, OpenNotifier]:
        """By channel."""
        return self.open_notifiers()

    def today(self, now: datetime) -> date:
        """The local date of an instant."""
        return now.astimezone(self.settings.time_zone).date()

    @property
    def home(self) -> str:
        """Where this installation lives; a copy elsewhere sends nothing by itself."""
        return str(self.settings.folder.resolve())


def switch_sending(site: Site, *, on: bool, today: date) -> int:
    """The main switch: while off, reminders are written down and nothing goes out.

    After a hold, what fell due in between may have gone out from elsewhere: it ends as
    unknown and is not sent. Returns how many notices that were.
    """
    with site.database.write() as session:
        held = sites.load(session).sending_paused_on is not None
        unknown = 0
        if on and held:  # what waits to be said is closed without saying it
            messages.leave_to_people(session)
            unknown = notices.close_unknown(session, today)
        if held:
            sites.note(session, digest_week=week_label(today))
        sites.set_sending(session, sending=on, home=site.home if on else "", today=today)
        if on:
            sites.catch_up_passes(session, _passes_known(site))
    return unknown


def hold_if_moved(site: Site, today: date) -> bool:
    """Switch sending off where the site was copied, moved or set back; True if it was.

    A copy that goes on sending would say everything twice, and so would an old backup in
    the database's place: it counts fewer passes than the folder knows of.
    """
    passes = _passes_known(site)  # before the row: another process may be counting meanwhile
    with site.database.read() as session:
        row = sites.load(session)
    if not row.sending or (row.home == site.home and row.pass_count >= passes):
        return False
    with site.database.write() as session:
        sites.hold(session, today)
    _log.warning("sending_held home=%s", site.home)
    return True


def count_pass(site: Site) -> None:
    """Count a pass that may send, in the database for good and then beside it."""
    with site.database.write() as session:
        passes = sites.count_pass(session)
    with suppress(OSError):  # no such folder, or not to be written: then without
        whole_file.replace(site.settings.folder / PASSES, f"{passes}\n".encode())


def _passes_known(site: Site) -> int:
    try:
        return int((site.settings.folder / PASSES).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def state_of(database: Database) -> tuple[AnyRow, bool]:
    """The site's row, and whether rules were ever applied. Raises Refused for one never set up."""
    with database.read() as session:
        return sites.load(session), catalogues.applied_hash(session) is not None
