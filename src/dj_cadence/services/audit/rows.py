"""The rules about rows, table by table: asked at once, and mended where that is safe."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from dj_cadence.services.audit.finding import AuditFinding
from dj_cadence.store.audit.invariant import (
    SHOWN,
    AuditedTable,
    Invariant,
    Moment,
    broken_rules,
    rows_of,
    set_right,
)
from dj_cadence.store.audit.rules import RULES
from dj_cadence.store.core import stored_bytes
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Database

Findings = list[AuditFinding]


def look_at_rows(database: Database, moment: Moment, *, mend: bool) -> Iterator[AuditFinding]:
    """A finding for each rule that rows break. A table that cannot be read is one by itself."""
    for about in RULES:
        findings: Findings = []
        with unreadable(about.name, findings.append):
            findings += _table(database, about, moment, mend=mend)
        yield from findings


def unreadable(what: str, tell: Callable[[AuditFinding], None]) -> AbstractContextManager[None]:
    """Say that something could not be read or written, and go on with the rest."""

    def say(reason: str) -> None:
        text = f"处数据读不出来（{what}：{reason}）；请停止 run，用 restore 从备份恢复"
        tell(AuditFinding("unreadable", 1, text))

    return stored_bytes.failure_told(say)


def _table(database: Database, about: AuditedTable, moment: Moment, *, mend: bool) -> Findings:
    with database.read() as session:
        broken = broken_rules(session, about, RULES[about], moment)
    findings: Findings = []
    for kind, rule, number in broken:
        if rule.is_mended:
            mended = _mend(database, about, rule, moment) if mend else number
            findings.append(AuditFinding(kind, mended, rule.text, mended=mend))
    return findings + (_named(database, about, moment) if broken else [])


def _mend(database: Database, about: AuditedTable, rule: Invariant, moment: Moment) -> int:
    """So many at a time that nobody waits for long; each is looked at again before."""
    with database.read() as session:
        keys = rows_of(session, about, rule, moment)
    number = 0
    for some in batched(keys):
        with database.write() as session:
            number += set_right(session, about, rule, some, moment)
    return number


def _named(database: Database, about: AuditedTable, moment: Moment) -> Findings:
    """Asked once more: what was mended meanwhile may have set them right, or made them true."""
    with database.read() as session:
        broken = broken_rules(session, about, RULES[about], moment)
        named = [(kind, rule, n) for kind, rule, n in broken if not rule.is_mended]
        ids = [rows_of(session, about, rule, moment, SHOWN) for _, rule, _ in named]
    return [
        AuditFinding(kind, n, rule.text.format(ids=" ".join(map(str, keys))))
        for (kind, rule, n), keys in zip(named, ids, strict=True)
    ]
