"""The rules about rows, table by table: asked at once, and mended where that is safe."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import DatabaseError

from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.store.audit.invariant import (
    SHOWN,
    Invariant,
    Moment,
    broken_rules,
    rows_of,
    set_right,
)
from dj_cadence.store.audit.rules import by_table
from dj_cadence.store.core import stored_bytes
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Database

Findings = list[AuditFinding]


def look_at_rows(database: Database, moment: Moment, *, mend: bool) -> Iterator[AuditFinding]:
    """A finding for each rule that rows break. A table that cannot be read is one by itself."""
    for table, rules in by_table():
        found: Findings = []
        with unreadable(table, found.append):
            found += _table(database, rules, moment, mend=mend)
        yield from found


@contextmanager
def unreadable(what: str, tell: Callable[[AuditFinding], None]) -> Iterator[None]:
    """Say that something could not be read or written, and go on with the rest."""
    try:
        yield
    except (DatabaseError, ValueError) as error:
        reason = stored_bytes.reason(error) if isinstance(error, DatabaseError) else str(error)[:80]
        text = f"处数据读不出来（{what}：{reason}）；请停止 run，用 restore 从备份恢复"
        tell(AuditFinding("unreadable", 1, text))


def _table(
    database: Database, rules: Sequence[Invariant], moment: Moment, *, mend: bool
) -> Findings:
    with database.read() as session:
        broken = broken_rules(session, rules, moment)
    if mend:
        mended = {one: _mend(database, one, moment) for one in broken if one.is_mended}
        found = [AuditFinding(one.kind, n, one.text, mended=True) for one, n in mended.items() if n]
    else:
        found = [AuditFinding(one.kind, n, one.text) for one, n in broken.items() if one.is_mended]
    named = [one for one in rules if not one.is_mended]
    return found + _named(database, named, moment) if broken and named else found


def _mend(database: Database, one: Invariant, moment: Moment) -> int:
    """So many at a time that nobody waits for long; each is looked at again before."""
    with database.read() as session:
        keys = rows_of(session, one, moment)
    number = 0
    for some in batched(keys):
        with database.write() as session:
            number += set_right(session, one, some, moment)
    return number


def _named(database: Database, named: Sequence[Invariant], moment: Moment) -> Findings:
    """Asked once more: what was mended meanwhile may have set them right, or made them true."""
    with database.read() as session:
        broken = broken_rules(session, named, moment)
        ids = {one: rows_of(session, one, moment, SHOWN) for one in broken}
    return [
        AuditFinding(one.kind, n, one.text.format(ids=" ".join(map(str, ids[one]))))
        for one, n in broken.items()
    ]
