"""Tokens by their hash."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.signing import token_hash
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.schema import token as tokens


def remember(
    session: Session,
    links: Sequence[tuple[str, str]],
    purpose: str,
    now: datetime,
    expires_at: datetime | None = None,
    *,
    generation: int = 1,
) -> None:
    """Make tokens valid, given as (token, subject); those that are known stay as they are."""
    shared = {"purpose": purpose, "generation": generation, "made_at": now}
    mine = [{"hash": token_hash(token), "subject": subject} for token, subject in links]
    if mine:
        rows = [row | shared | {"expires_at": expires_at} for row in mine]
        session.execute(insert_or_ignore(tokens), rows)


def find(session: Session, token: str) -> Row[tuple[object, ...]] | None:
    """The row of `token`, revoked or expired ones included, or None if it never was one."""
    return session.execute(select(tokens).where(tokens.c.hash == token_hash(token))).one_or_none()


def revoke(session: Session, token: str, now: datetime) -> bool:
    """Make `token` invalid for good; whether it was valid until now.

    Of several that ask at once the database answers one with yes.
    """
    standing = (tokens.c.hash == token_hash(token), tokens.c.revoked_at.is_(None))
    revoked = update(tokens).where(*standing).values(revoked_at=now)
    return session.connection().execute(revoked).rowcount == 1


def valid(session: Session, links: Collection[str], now: datetime) -> dict[str, datetime | None]:
    """Those of these tokens that open something now, with the instant at which they end."""
    by_hash = {token_hash(token): token for token in links}
    query = select(tokens.c.hash, tokens.c.expires_at).where(
        tokens.c.hash.in_(by_hash),
        tokens.c.revoked_at.is_(None),
        or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now),
    )
    return {by_hash[row.hash]: row.expires_at for row in session.execute(query)}
