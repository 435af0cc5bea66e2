"""Delivery reports that were dealt with: there are mailboxes that bring them again and again."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.schema import report_seen


def is_new(session: Session, key: str, now: datetime) -> bool:
    """Whether a report is seen for the first time, which is noted."""
    noted = insert_or_ignore(session, report_seen).values(hash=key, seen_at=now)
    return bool(session.execute(noted.returning(report_seen.c.hash)).all())


def forget(session: Session, before: datetime) -> None:
    """Those that nobody would believe any more."""
    session.execute(delete(report_seen).where(report_seen.c.seen_at < before))
