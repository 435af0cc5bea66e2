"""Who is asked, each with what decides its cohort: found once for all duties that read alike.

The tables are kept for one transaction, in which nobody changes roster or elections.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

from sqlalchemy import (
    Column,
    Date,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    and_,
    delete,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session

from dj_cadence.store.core.database import analyze
from dj_cadence.store.core.temporary_tables import make_anew
from dj_cadence.store.core.types import AnySelect
from dj_cadence.store.planning.memberships import Membership
from dj_cadence.store.planning.org_selection import OrgSelection

_FEW = 10
_of_transaction = MetaData()

target_class = Table(
    "target_class",  # what decides cohorts, once for all organizations that are alike
    _of_transaction,
    Column("class_id", Integer, primary_key=True),
    Column("asked", Integer, nullable=False),  # a number for duties that ask alike
    Column("profile_id", Integer, nullable=False),
    Column("about_profile_id", Integer, nullable=False),
    Column("anchor_day", Date, nullable=False),
    Column("case_id", Integer, nullable=False),
    Column("known_on", Date, nullable=False),
    Column("segment", Integer, nullable=False),
    UniqueConstraint("asked", *Membership._fields),
    prefixes=["TEMPORARY"],
)
target_assignment = Table(
    "target_assignment",
    _of_transaction,
    Column("listed", Integer, primary_key=True),  # a number for a part of those that are asked
    Column("org_id", Integer, primary_key=True),
    Column("subject_id", Integer, primary_key=True),
    Column("start_event_id", Integer, primary_key=True),
    Column("class_id", Integer, nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)


EquivalenceClasses = dict[int, Membership]
"""The distinct memberships of all that are asked, by number."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the tables hold, which are those of one transaction."""

    transaction: object
    classes: dict[Hashable, EquivalenceClasses] = field(default_factory=dict)
    numbers: dict[Hashable, int] = field(default_factory=dict)
    """Of what is asked alike, and of each part that is listed of it."""


def _known(session: Session) -> _Known:
    session.connection()  # which begins one where there is none
    remembered: _Known | None = session.info.get(_Known)
    if remembered is None or remembered.transaction is not session.get_transaction():
        make_anew(session, _of_transaction)
        remembered = session.info[_Known] = _Known(session.get_transaction())
    return remembered


def known_classes(session: Session, asked: Hashable) -> EquivalenceClasses | None:
    """The classes among those that are asked alike; None where nobody has looked yet."""
    return _known(session).classes.get(asked)


def find_classes(session: Session, asked: Hashable, source: AnySelect) -> EquivalenceClasses:
    """Find the classes of organizations among `source`, in place of those found before."""
    remembered = _known(session)
    number = remembered.numbers.setdefault(asked, len(remembered.numbers))
    mine = target_class.c.asked == number
    names = Membership._fields
    columns = (source.selected_columns[name] for name in names)
    rows = source.with_only_columns(literal(number), *columns).distinct()
    session.execute(delete(target_class).where(mine))
    session.execute(insert(target_class).from_select(["asked", *names], rows))
    query = select(target_class.c.class_id, *(target_class.c[name] for name in names))
    classes = {row[0]: Membership(*row[1:]) for row in session.execute(query.where(mine)).all()}
    if len(classes) > _FEW:
        analyze(session, target_class)
    remembered.classes[asked] = classes
    return classes


def assigned(session: Session, asked: Hashable, part: OrgSelection, source: AnySelect) -> AnySelect:
    """The organizations of `source`, which are those of the part, with the number of their kind.

    The first to ask for them has them written down. Their classes are found before.
    """
    numbers, names = _known(session).numbers, ("org_id", "subject_id", "start_event_id")
    if (asked, part) not in numbers:
        listed = numbers[asked, part] = len(numbers)
        each = source.subquery("each")
        same = (target_class.c[name] == each.c[name] for name in Membership._fields)
        alike = and_(target_class.c.asked == numbers[asked], *same)
        columns = (literal(listed), *(each.c[name] for name in names), target_class.c.class_id)
        rows = select(*columns).join_from(each, target_class, alike)
        session.execute(insert(target_assignment).from_select(list(target_assignment.c), rows))
    query = select(*(target_assignment.c[name] for name in (*names, "class_id")))
    return query.where(target_assignment.c.listed == numbers[asked, part])
