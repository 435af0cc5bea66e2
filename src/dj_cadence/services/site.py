"""One installation, opened: what every use case works on."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from dj_cadence.domain.letter import OpenNotifier
from dj_cadence.domain.week import week_label
from dj_cadence.rendering import Templates
from dj_cadence.settings import Settings
from dj_cadence.store import site as sites
from dj_cadence.store.database import Database
from dj_cadence.store.schema import message, notice

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """Settings, database, templates and channels, put together by bootstrap."""

    settings: Settings
    database: Database
    templates: Templates
    notifiers: Mapping[str, OpenNotifier]
    """By channel."""

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
        held = sites.load(session).held_on is not None
        unknown = _leave_to_people(session, today) if on and held else 0
        if held:
            sites.set_digest_week(session, week_label(today))
        sites.set_sending(session, sending=on, home=site.home if on else "")
    return unknown


def _leave_to_people(session: Session, today: date) -> int:
    """Close what is waiting to be said, without saying it."""
    unsent = message.c.state.in_(("ready", "retry", "leased"))
    session.execute(update(message).where(unsent).values(state="unknown", send_at=None))
    waiting = (notice.c.outcome == "", notice.c.due_on <= today)
    closing = update(notice).where(*waiting).values(outcome="unknown")
    return len(session.execute(closing.returning(notice.c.id)).all())


def hold_if_moved(site: Site, today: date) -> bool:
    """Switch sending off where the site was copied or moved; True if it was.

    A copy that goes on sending would say everything twice.
    """
    with site.database.read() as session:
        row = sites.load(session)
    if not row.sending or row.home == site.home:
        return False
    with site.database.write() as session:
        sites.hold(session, today)
    _log.warning("sending_held home=%s", site.home)
    return True
