"""A rule about the rows of one table, and how it is asked and mended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, case, delete, exists, func, select, update
from sqlalchemy.orm import Session

SHOWN = 10
"""So many of the rows that break a rule are named."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the rules are held against: the last whole pass, not the clock.

    What a pass has still to do is no fault, and a clock that is wrong makes none.
    """

    now: datetime
    """What the clock says."""
    seen: datetime
    """When the last whole pass began; what was due by then had its turn."""
    day: date
    """The local day of `seen`."""
    latest: date
    """The later one of `day` and today: nothing can have happened after it."""
    waits_until: date
    """A day on which whatever waits for the next working day has had its turn to be due."""
    latest_week: str
    """The week of `latest`, like 2026-W48."""


Values = Mapping[str, Any]
Broken = ColumnElement[bool] | Callable[[Moment], ColumnElement[bool]]


@dataclass(frozen=True, slots=True, eq=False)
class Invariant:
    """What no row of a table may be."""

    broken: Broken
    """The condition, over columns of the table."""
    mend: Values | Callable[[Moment], Values] | None = None
    """The values that set such a row right."""
    remove: bool = False
    """Whether such a row is taken away."""
    beside: Sequence[Callable[[Session, Sequence[Any], Moment], None]] = ()
    """What else is to be done about the rows that were mended, by their keys.

    Without `mend` and `remove` it is all that is done about them.
    """
    text: str = ""
    """What is said of them, where it does not follow from the kind of finding."""

    @property
    def is_mended(self) -> bool:
        return self.remove or self.mend is not None or bool(self.beside)

    def condition(self, moment: Moment) -> ColumnElement[bool]:
        return self.broken(moment) if callable(self.broken) else self.broken


AuditedTable = Table
Rule = tuple[str, Invariant]
"""With the kind of finding that it makes, in English, for programs."""
Rules = Mapping[Table, Mapping[str, Invariant]]
"""By table and by that kind."""


def is_gone(table: Table, key: ColumnElement[int]) -> ColumnElement[bool]:
    """That no row has this id."""
    return ~exists().where(table.c.id == key)


def broken_rules(
    session: Session, table: Table, rules: Sequence[Rule], moment: Moment
) -> list[tuple[str, Invariant, int]]:
    """How many rows break each of these rules about one table; one look at the table."""
    counts = [
        func.count(case((rule.condition(moment), 1))).label(f"n{n}")
        for n, (_, rule) in enumerate(rules)
    ]
    row = session.execute(select(*counts).select_from(table)).one()
    return [(kind, rule, n) for (kind, rule), n in zip(rules, row, strict=True) if n]


def rows_of(
    session: Session, table: Table, rule: Invariant, moment: Moment, limit: int | None = None
) -> list[Any]:
    """The keys of the rows that break a rule, in order; of several columns, the first."""
    key = _key(table)
    query = select(key).where(rule.condition(moment)).distinct().order_by(key).limit(limit)
    return list(session.scalars(query))


def set_right(
    session: Session, table: Table, rule: Invariant, keys: Sequence[Any], moment: Moment
) -> int:
    """Mend those of these rows that still break the rule; returns how many."""
    key = _key(table)
    still = (key.in_(keys), rule.condition(moment))
    if rule.remove:
        changed = session.scalars(delete(table).where(*still).returning(key)).all()
    elif rule.mend:
        values = rule.mend(moment) if callable(rule.mend) else rule.mend
        changed = session.scalars(update(table).where(*still).values(**values).returning(key)).all()
    else:
        changed = session.scalars(select(key).where(*still).with_for_update()).all()
    for also_do in rule.beside if changed else ():
        also_do(session, changed, moment)
    return len(changed)


def _key(table: Table) -> ColumnElement[Any]:
    return next(iter(table.primary_key))
