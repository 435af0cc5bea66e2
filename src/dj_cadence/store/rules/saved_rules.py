"""What was found in the saved rule files when they were looked at last."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select, update

from dj_cadence.store.core.database import Session
from dj_cadence.store.schema import saved_rules


class RuleFileTrouble(NamedTuple):
    """What is wrong with the saved files."""

    trouble: str
    """The same for the same trouble."""
    problems: Sequence[str]
    """With place and line; none: the files are sound, and not applied."""
    since: datetime
    told_at: datetime | None
    """When the administrators were told."""


def rule_file_trouble(session: Session) -> RuleFileTrouble | None:
    """The trouble that was found last; None where all is well."""
    columns = (saved_rules.c[name] for name in RuleFileTrouble._fields)
    row = session.execute(select(*columns)).one_or_none()
    return RuleFileTrouble(*row) if row and row.trouble else None


def note(session: Session, trouble: str, problems: Sequence[str], now: datetime) -> None:
    """Keep what was found in place of what was found before; no trouble: all is well."""
    row = {"id": 1, "trouble": trouble, "problems": list(problems), "since": now}
    session.execute(delete(saved_rules))
    session.execute(insert(saved_rules).values(row))


def mark_told(session: Session, trouble: str, now: datetime) -> bool:
    """Remember that this trouble is told; False where another process was quicker."""
    once = saved_rules.c.trouble == trouble, saved_rules.c.told_at.is_(None)
    told = update(saved_rules).where(*once).values(told_at=now)
    return session.execute(told.returning(saved_rules.c.id)).first() is not None
