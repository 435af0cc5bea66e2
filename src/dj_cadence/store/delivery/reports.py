"""Delivery reports that were dealt with: there are mailboxes that bring them again and again."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.schema import handled_report


def is_new(session: Session, key: str, now: datetime) -> bool:
    """Whether a report is seen for the first time, which is noted."""
    noted = insert_or_ignore(handled_report).values(hash=key, seen_at=now)
    return bool(session.execute(noted.returning(handled_report.c.hash)).all())


def forget(session: Session, before: datetime) -> None:
    """Those that nobody would believe any more."""
    session.execute(delete(handled_report).where(handled_report.c.seen_at < before))
