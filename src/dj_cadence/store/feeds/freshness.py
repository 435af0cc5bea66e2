"""Whether what a calendar shows is still the same, asked in one cheap read."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from dj_cadence.store.core.compiled import CompiledStatement, QuickReader
from dj_cadence.store.core.database import Database
from dj_cadence.store.feeds.feeds import Facts, org_facts
from dj_cadence.store.schema import token

_valid = select(token.c.hash).where(token.c.hash == bindparam("hash"), token.c.revoked_at.is_(None))
_FACTS = CompiledStatement(org_facts(bindparam("org")).where(_valid.exists()))


class Freshness:
    """Asks on a connection of its own, which waits for no writer. For one thread."""

    def __init__(self, database: Database) -> None:
        self._reader = QuickReader(database)

    def facts(self, token_hash: str, org_ids: Iterable[int]) -> Facts | None:
        """What is true of these organizations now; None where the token is valid no longer."""
        each = [{"hash": token_hash, "org": org_id} for org_id in org_ids]
        rows = self._reader.first_rows(_FACTS, each)
        return None if None in rows else tuple(tuple(row) for row in rows if row)
