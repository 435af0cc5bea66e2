"""The one row about the installation."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.errors import Refused
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.schema import catalogue, org, site


@dataclass(frozen=True, slots=True)
class KnownTimes:
    """What the database knows of the time."""

    applied: datetime
    """When the rules in force were applied."""
    last_pass: datetime | None

    @property
    def newest(self) -> datetime:
        """The instant by which a clock is judged."""
        return self.last_pass or self.applied


def known_times(session: Session) -> KnownTimes | None:
    """None before rules were applied: then there is nothing to make a pass over."""
    applied = select(catalogue.c.applied_at).where(catalogue.c.current).scalar_subquery()
    row = session.execute(select(applied, site.c.last_tick)).one_or_none()
    return KnownTimes(*row) if row and row[0] else None


def create(session: Session, uid: str, starts_on: date) -> None:
    """Write the row, if there is none. Sending is off until somebody switches it on."""
    row = {"id": 1, "uid": uid, "starts_on": starts_on, "sending": False, "home": ""}
    session.execute(insert_or_ignore(site).values(row))


def is_there(session: Session) -> bool:
    """Whether a site was ever set up."""
    return session.scalar(select(site.c.id)) is not None


def is_untouched(session: Session) -> bool:
    """Whether nothing has happened since the site was set up."""
    done = (site.c.last_tick.is_not(None), org.c.id > 0, catalogue.c.current)
    return not session.scalar(select(or_(*(exists().where(one) for one in done))))


def load(session: Session) -> AnyRow:
    """The row. Raises Refused where the site was never set up."""
    row = session.execute(select(site)).one_or_none()
    if row is None:
        raise Refused("数据库是空的，里面没有站点。请检查 site.toml 里的数据库地址，或放回备份。")
    return row


def set_sending(session: Session, *, sending: bool, home: str, today: date | None = None) -> None:
    """Switch all sending on or off; `home` is where this installation lives.

    What fell due while it was off was not held up by anything: `today` begins anew.
    """
    begun = site.update().where(~site.c.sending).values(last_sending_day=today)
    if sending and today:
        session.execute(begun)
    session.execute(update(site).values(sending=sending, home=home, sending_paused_on=None))


def hold(session: Session, today: date) -> None:
    """Switch sending off because this is a copy; remember since when."""
    session.execute(update(site).values(sending=False, sending_paused_on=today))


def note(session: Session, **values: Any) -> None:
    """Write values of the row.

    What the plan is rolled forward with stands in `planned_with`; empty: a pass looks again.
    """
    session.execute(update(site).values(**values))


def last_sending_day(session: Session, today: date) -> None:
    """Remember that messages could go out today."""
    earlier = or_(site.c.last_sending_day.is_(None), site.c.last_sending_day < today)
    session.execute(update(site).where(site.c.sending, earlier).values(last_sending_day=today))


def count_pass(session: Session) -> int:
    """Count a pass that may send; returns how many there have been."""
    counted = update(site).values(pass_count=site.c.pass_count + 1).returning(site.c.pass_count)
    return int(session.execute(counted).scalar_one())


def catch_up_passes(session: Session, passes: int) -> None:
    """Count no fewer passes than these: a person has seen that the database is an older one."""
    session.execute(update(site).where(site.c.pass_count < passes).values(pass_count=passes))


def shown_changed(session: Session) -> None:
    """Say that something changed that calendars show beside tasks: a name, an office, a rule."""
    session.execute(update(site).values(shown_version=site.c.shown_version + 1))


def next_data_version(session: Session) -> int:
    """Say that something changed that plans hang on; returns the version with it."""
    counted = update(site).values(data_version=site.c.data_version + 1)
    return int(session.execute(counted.returning(site.c.data_version)).scalar_one())
