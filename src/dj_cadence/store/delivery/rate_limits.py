"""Limits of channels, kept for all processes: a bucket of tokens for each.

A token comes back a whole `limit.seconds` after it was taken, and not little by little:
then no stretch of that length ever sees more than `limit.messages`, whereas a bucket that
refills evenly lets nearly twice as many through when it was full before.
"""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.notifier import Limit
from dj_cadence.store.core.compiled import CompiledStatement, DriverTransaction
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.types import instant_text
from dj_cadence.store.schema import rate_token


def take(
    transaction: DriverTransaction, bucket: str, limit: Limit, now: datetime
) -> datetime | None:
    """Take a token; None if there was one, else the instant at which one will be back.

    Every change compares what it found: two processes never take the same token.
    """
    pause = timedelta(seconds=limit.seconds)
    mine = {"name": bucket, "most": limit.messages}
    while True:
        used = int(transaction.row(_USED, **mine)[0])
        if used < limit.messages:
            change, found = _TAKE_NEW, {"number": used}
        else:
            number, taken = transaction.row(_OLDEST, **mine)
            taken_at = datetime.fromisoformat(taken)
            # Taken long from now: a clock was set back, and must not shut the channel.
            if now - pause < taken_at <= now + pause:
                return taken_at + pause
            change, found = _TAKE_AGAIN, {"number": number, "found": taken}
        if transaction.run(change, name=bucket, instant=instant_text(now), **found):
            return None


def forget(session: Session, beginning: str, before: datetime) -> None:
    """Drop the tokens of buckets whose names begin so that were taken before an instant."""
    old = (rate_token.c.bucket.startswith(beginning), rate_token.c.taken_at < before)
    session.execute(delete(rate_token).where(*old))


_MINE = (rate_token.c.bucket == bindparam("name"), rate_token.c.n < bindparam("most"))
_USED = CompiledStatement(select(func.count()).where(*_MINE))
_OLDEST = CompiledStatement(
    select(rate_token.c.n, rate_token.c.taken_at)
    .where(*_MINE)
    .order_by(rate_token.c.taken_at)
    .limit(1)
)
_TAKE_NEW = CompiledStatement(
    insert_or_ignore(rate_token).values(
        bucket=bindparam("name"), n=bindparam("number"), taken_at=bindparam("instant")
    )
)
_TAKE_AGAIN = CompiledStatement(
    update(rate_token)
    .where(
        rate_token.c.bucket == bindparam("name"),
        rate_token.c.n == bindparam("number"),
        rate_token.c.taken_at == bindparam("found"),
    )
    .values(taken_at=bindparam("instant"))
)
