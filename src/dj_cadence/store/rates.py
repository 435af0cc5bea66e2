"""Limits of channels, kept for all processes: a bucket of tokens for each.

A token comes back a whole `limit.seconds` after it was taken, and not little by little:
then no stretch of that length ever sees more than `limit.messages`, whereas a bucket that
refills evenly lets nearly twice as many through when it was full before.
"""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.letter import Limit
from dj_cadence.store.database import insert_or_ignore
from dj_cadence.store.schema import rate


def take(session: Session, bucket: str, limit: Limit, now: datetime) -> datetime | None:
    """Take a token; None if there was one, else the instant at which one will be back.

    Every change compares what it found: two processes never take the same token.
    """
    pause = timedelta(seconds=limit.seconds)
    mine = (rate.c.bucket == bucket, rate.c.n < limit.messages)
    while True:
        used = session.scalar(select(func.count()).where(*mine)) or 0
        if used < limit.messages:
            taken = _take_new(session, bucket, used, now)
        else:
            query = select(rate.c.n, rate.c.taken_at).where(*mine).order_by(rate.c.taken_at)
            oldest = session.execute(query.limit(1)).one()
            n, taken_at = int(oldest.n), oldest.taken_at
            # Taken long from now: a clock was set back, and must not shut the channel.
            if now - pause < taken_at <= now + pause:
                free_at: datetime = taken_at + pause
                return free_at
            taken = _take_again(session, bucket, n, taken_at, now)
        if taken:
            return None


def _take_new(session: Session, bucket: str, n: int, now: datetime) -> bool:
    adding = insert_or_ignore(session, rate).values(bucket=bucket, n=n, taken_at=now)
    return session.execute(adding.returning(rate.c.n)).first() is not None


def _take_again(session: Session, bucket: str, n: int, taken_at: datetime, now: datetime) -> bool:
    changing = update(rate).where(
        rate.c.bucket == bucket, rate.c.n == n, rate.c.taken_at == taken_at
    )
    return session.execute(changing.values(taken_at=now).returning(rate.c.n)).first() is not None
