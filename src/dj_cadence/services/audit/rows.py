"""The rules about rows, table by table: asked at once, and mended where that is safe."""

from collections.abc import Iterator
from contextlib import contextmanager

from dj_cadence.services.audit.finding import SENTENCES, AuditFinding
from dj_cadence.store.audit import RULES
from dj_cadence.store.audit.invariant import (
    SHOWN,
    AuditedTable,
    Invariant,
    Moment,
    broken_rules,
    rows_of,
    set_right,
)
from dj_cadence.store.core import stored_bytes
from dj_cadence.store.core.batching import batched
from dj_cadence.store.core.database import Database

Findings = list[AuditFinding]


def look_at_rows(database: Database, moment: Moment, *, mend: bool) -> Iterator[AuditFinding]:
    """A finding for each rule that rows break. A table that cannot be read is one by itself."""
    for about in RULES:
        findings: Findings = []
        with unreadable(about.name, findings):
            findings += _table(database, about, moment, mend=mend)
        yield from findings


@contextmanager
def unreadable(what: str, findings: Findings) -> Iterator[None]:
    """Note that something could not be read or written, and go on with the rest."""
    try:
        yield
    except stored_bytes.FAILURES as error:
        cause = f"{what}：{stored_bytes.reason(error)}"
        text = f"处数据读不出来（{cause}）；请停止 run，用 restore 从备份恢复"
        findings.append(AuditFinding("unreadable", 1, text))


def _table(database: Database, about: AuditedTable, moment: Moment, *, mend: bool) -> Findings:
    with database.read() as session:
        broken = broken_rules(session, about, RULES[about], moment)
    findings: Findings = []
    for kind, rule, number in broken:
        if rule.is_mended:
            mended = _mend(database, about, rule, moment) if mend else number
            findings.append(AuditFinding(kind, mended, rule.text or SENTENCES[kind], mended=mend))
    if broken:  # asked once more: what was mended may have set others right, or made them true
        with database.read() as session:
            for kind, rule, number in broken_rules(session, about, RULES[about], moment):
                if not rule.is_mended:
                    ids = " ".join(map(str, rows_of(session, about, rule, moment, SHOWN)))
                    text = (rule.text or SENTENCES[kind]).format(ids=ids)
                    findings.append(AuditFinding(kind, number, text))
    return findings


def _mend(database: Database, about: AuditedTable, rule: Invariant, moment: Moment) -> int:
    """So many at a time that nobody waits for long; each is looked at again before."""
    with database.read() as session:
        keys = rows_of(session, about, rule, moment)
    number = 0
    for some in batched(keys):
        with database.write() as session:
            number += set_right(session, about, rule, some, moment)
    return number
