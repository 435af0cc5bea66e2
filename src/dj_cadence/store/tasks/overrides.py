"""What superiors have laid over the rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, insert, literal, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.organizations.organization import Organization
from dj_cadence.domain.rules.override import Override, OverrideKey, Spread
from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.shared_conditions import in_subtree
from dj_cadence.store.schema import org, override, task
from dj_cadence.store.tasks.tasks import change_where

_UPWARD = (OverrideKey.ADOPTED.value, OverrideKey.ESCALATE.value)
"""What superiors are told of; no date hangs on it."""
_dates = and_(override.c.ended_at.is_(None), override.c.key.not_in(_UPWARD))


def lay_over(
    session: Session,
    org_id: int,
    duty: str,
    period: str,
    values: Mapping[OverrideKey, str],
    actor: Actor,
    *,
    reason: str,
) -> None:
    """Set these values for the subtree; an earlier value of the same kind ends."""
    place = {"org_id": org_id, "duty": duty, "period": period}
    same = (override.c[name] == value for name, value in place.items())
    current = (*same, override.c.key.in_(sorted(values)), override.c.ended_at.is_(None))
    session.execute(update(override).where(*current).values(ended_at=actor.now))
    said = {"reason": reason, "made_by": actor.name, "made_at": actor.now}
    rows = [{**place, **said, "key": key.value, "value": value} for key, value in values.items()]
    session.execute(insert(override), rows)


def take_back(session: Session, org_id: int, duty: str, now: datetime) -> list[OverrideKey]:
    """End what was laid over a duty there last; what it had ended holds again.

    Returns the keys that it was about; none where nothing holds.
    """
    mine = (override.c.org_id == org_id, override.c.duty == duty)
    current = (*mine, override.c.ended_at.is_(None))
    last = session.scalar(select(func.max(override.c.made_at)).where(*current))
    if last is None:
        return []
    ending = update(override).where(*current, override.c.made_at == last).values(ended_at=now)
    ended = session.execute(ending.returning(override.c.period, override.c.key)).all()
    for period, key in ended:
        same = (override.c.period == period, override.c.key == key)
        before = update(override).where(*mine, *same, override.c.ended_at == last)
        session.execute(before.where(override.c.made_at < last).values(ended_at=None))
    return [OverrideKey(key) for _, key in ended]


def wake(session: Session, above: Organization, duty: str) -> None:
    """Have the engine's next pass look at what is overdue of a duty in a subtree."""
    below = select(org.c.id).where(in_subtree(above))
    late = and_(task.c.duty == duty, task.c.org_id.in_(below), task.c.state == State.OVERDUE.value)
    change_where(session, late, {"next_on": task.c.due})


def follow(session: Session, pairs: Iterable[tuple[int, int]], now: datetime) -> None:
    """Lay what a dissolved superior had announced over each organization that leaves it.

    `pairs` are (organization, that superior). What the organization announced itself stays.
    """
    for org_id, above_id in pairs:
        mine = override.alias("mine")
        same = exists().where(
            mine.c.org_id == org_id,
            mine.c.ended_at.is_(None),
            *(mine.c[name] == override.c[name] for name in ("duty", "period", "key")),
        )
        kept = ("duty", "period", "key", "value", "reason", "made_by")
        rows = select(
            literal(org_id),
            *(override.c[name] for name in kept),
            literal(now, override.c.made_at.type),
        ).where(override.c.org_id == above_id, override.c.ended_at.is_(None), ~same)
        session.execute(insert(override).from_select(["org_id", *kept, "made_at"], rows))


def standing_at(session: Session, org_id: int) -> Sequence[tuple[str, str, str, str]]:
    """(duty, period, key, value) of what was laid over there and holds, in a fixed order."""
    columns = (override.c.duty, override.c.period, override.c.key, override.c.value)
    mine = (override.c.org_id == org_id, override.c.ended_at.is_(None))
    return [tuple(row) for row in session.execute(select(*columns).where(*mine).order_by(*columns))]


def by_duty(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Everything that dates hang on, by duty and in a fixed order."""
    columns = (override.c.org_id, override.c.period, override.c.key, override.c.value)
    query = select(override.c.duty, *columns).where(_dates).order_by(*columns)
    overrides: dict[str, list[tuple[object, ...]]] = {}
    for duty, *values in session.execute(query):
        overrides.setdefault(duty, []).append(tuple(values))
    return overrides


def spreads(session: Session, duty: str) -> list[Spread]:
    """Every value that dates hang on, with the positions of the subtree it holds for."""
    query = select(org.c.position, org.c.subtree_end, override).join_from(override, org)
    query = query.where(override.c.duty == duty, _dates)
    return [
        Spread(row.position, row.subtree_end, Override(row.period, OverrideKey(row.key), row.value))
        for row in session.execute(query.order_by(override.c.id))
    ]


class UpwardChoice(NamedTuple):
    """What a superior chose to be told of a duty, for the positions of its subtree."""

    key: OverrideKey
    value: str
    org_id: int
    first: int
    last: int


def upward(session: Session, duties: Collection[str]) -> dict[str, list[UpwardChoice]]:
    """What superiors chose to be told of these duties, the uppermost superior's first."""
    columns = (override.c.key, override.c.value, override.c.org_id)
    query = (
        select(override.c.duty, *columns, org.c.position, org.c.subtree_end)
        .join_from(override, org)
        .where(override.c.key.in_(_UPWARD), override.c.ended_at.is_(None))
        .where(override.c.duty.in_(sorted(duties)))
        .order_by(org.c.position)
    )
    choices: dict[str, list[UpwardChoice]] = {}
    for duty, key, *rest in session.execute(query):
        choices.setdefault(duty, []).append(UpwardChoice(OverrideKey(key), *rest))
    return choices


def adopted(session: Session) -> list[str]:
    """The duties that any superior has adopted."""
    current = (override.c.key == OverrideKey.ADOPTED.value, override.c.ended_at.is_(None))
    query = select(override.c.duty).where(*current).distinct().order_by(override.c.duty)
    return list(session.scalars(query))


def binds(duties: Collection[str], adopted: Collection[str]) -> ColumnElement[bool]:
    """Whether superiors see `task` as late: its period binds, or one of them adopted it.

    `duties` are those whose period binds, `adopted` those that anybody adopted. The steps
    of workflows are the organization's own affair.
    """
    binding = and_(task.c.duty.in_(duties), task.c.step == OWN)
    if not adopted:
        return binding
    of_duties = task.c.duty.in_([*duties, *adopted])  # the index is by duty
    return and_(of_duties, task.c.step == OWN, or_(binding, is_adopted()))


def is_adopted() -> ColumnElement[bool]:
    """Whether a superior of `org` has adopted the default period of `task`'s duty."""
    above = org.alias("adopting")
    return (
        exists()
        .where(
            override.c.key == OverrideKey.ADOPTED.value,
            override.c.ended_at.is_(None),
            override.c.duty == task.c.duty,
            above.c.id == override.c.org_id,
            in_subtree(above),
        )
        .correlate(task, org)
    )
