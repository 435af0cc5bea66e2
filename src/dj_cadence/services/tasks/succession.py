"""What a dissolved organization leaves behind passes to the one that a person named.

Its unsettled tasks and open cases are taken on by the successor, under the same numbers;
its term goes on there unless the successor has one of its own. What is settled stays.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, exists, insert, or_, select, update

from dj_cadence.domain.planning.slot import TERM
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import TermNotice
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import OWED, State
from dj_cadence.store.core.conditions import is_current_election
from dj_cadence.store.core.database import Database, Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import org, org_cohort, slot, start_event, task
from dj_cadence.store.tasks import acts

_OPEN = sorted(OWED | {State.SUBMITTED})
_BY = "dj-cadence"


def hand_over(database: Database, catalogue: Catalogue, *, today: date, now: datetime) -> bool:
    """Pass on what dissolved organizations left open; False where there was nothing.

    To be called when the plan has been rolled forward: what is no longer owed is withdrawn
    by then. Repeating it changes nothing.
    """
    notices = [k for k, d in catalogue.duties.items() if isinstance(d.recurrence, TermNotice)]
    with database.read() as session:
        if not _left(session, today, notices):
            return False
    actor = Actor(_BY, now, today)
    with database.write() as session:
        pairs = _left(session, today, notices)
        for pair in pairs:
            _pass_term(session, pair, actor)
        for pair in pairs:
            for row in session.execute(select(task).where(_open_at(pair.id, notices))).all():
                _pass_task(session, pair, row, actor)
            orgs.mark_handed_over(session, pair.id)
        concerned = {id_ for pair in pairs for id_ in (pair.id, pair.successor_id)}
        orgs.mark_changed(session, concerned)
    return bool(pairs)


def _left(session: Session, today: date, notices: Collection[str]) -> Sequence[AnyRow]:
    """Dissolved organizations that left something open, those with the oldest term first."""
    after, own = org.alias("after"), start_event.alias("own")
    unpassed = and_(own.c.id.is_not(None), ~exists().where(_running(after.c.id)).correlate(after))
    query = (
        select(
            org.c.id,
            org.c.name,
            org.c.successor_id,
            orgs.is_handed_over().label("again"),
            after.c.name.label("to"),
            own.c.day,
        )
        .join_from(org, after, after.c.id == org.c.successor_id)
        .outerjoin(own, and_(own.c.org_id == org.c.id, is_current_election(own)))
        .where(org.c.dissolved <= today)
        .where(or_(exists().where(_open_at(org.c.id, notices)).correlate(org), unpassed))
    )
    return session.execute(query.order_by(own.c.day, org.c.id)).all()


def _running(org_id: ColumnElement[int] | int) -> ColumnElement[bool]:
    return and_(start_event.c.org_id == org_id, is_current_election())


def _open_at(org_id: ColumnElement[int] | int, notices: Collection[str]) -> ColumnElement[bool]:
    """Not settled, and not a notice about somebody below: their new superior owes it anew."""
    mine = and_(task.c.org_id == org_id, task.c.state.in_(_OPEN))
    return and_(mine, task.c.duty.not_in(notices))


def _pass_term(session: Session, pair: AnyRow, actor: Actor) -> None:
    """The successor goes on under the term, where it has no election of its own."""
    there = select(start_event.c.id).where(_running(pair.successor_id))
    if pair.day is None or session.execute(there).first():
        return
    session.execute(
        insert(start_event).values(
            org_id=pair.successor_id,
            kind="election",
            day=pair.day,
            current=True,
            source="succession",
            known_on=actor.today,
            recorded_at=actor.now,
            recorded_by=actor.name,
        )
    )


def _pass_task(session: Session, pair: AnyRow, row: AnyRow, actor: Actor) -> None:
    if row.subject_id < 0:
        _pass_case(session, pair, -row.subject_id, actor)
    elif row.period == TERM:
        _close(session, pair, row, actor, f"任期由{pair.to}接续")
    elif row.state == State.SUBMITTED or row.amount or pair.again or _is_wanted(session, row):
        about = row.subject_id or pair.id  # handed on twice, it is still about the first
        values = {"org_id": pair.successor_id, "subject_id": about}
        _take_on(session, pair, row, values, actor)
    else:
        _close(session, pair, row, actor, "本期不再要求")


def _is_wanted(session: Session, row: AnyRow) -> bool:
    """Whether it is owed under the plan as it is now, and not only kept as it was touched.

    Asked at the first handing over only: what is open later was owed when it was settled.
    """
    if row.subject_id or not row.has_acts:
        return True  # taken on before; or else the plan would have taken it back
    mine = (org_cohort.c.duty == row.duty, org_cohort.c.org_id == row.org_id)
    same = (slot.c.period == row.period, slot.c.step == row.step, org_cohort.c.subject_id == 0)
    query = select(slot.c.id).join_from(
        slot, org_cohort, org_cohort.c.cohort_id == slot.c.cohort_id
    )
    return session.execute(query.where(*mine, *same)).first() is not None


def _pass_case(session: Session, pair: AnyRow, number: int, actor: Actor) -> None:
    """A case goes as a whole, with what is settled of it: its clocks began together."""
    moved = update(start_event).where(start_event.c.id == number, start_event.c.org_id == pair.id)
    if not session.execute(
        moved.values(org_id=pair.successor_id).returning(start_event.c.id)
    ).all():
        return  # with another of its tasks
    whole = select(task).where(task.c.org_id == pair.id, task.c.subject_id == -number)
    for row in session.execute(whole).all():
        _take_on(session, pair, row, {"org_id": pair.successor_id}, actor)


def _take_on(
    session: Session,
    pair: AnyRow,
    row: AnyRow,
    values: dict[str, object],
    actor: Actor,
) -> None:
    if State(row.state) in OWED:
        values = {**values, "next_on": actor.today}
    reason = f"{pair.name}撤销，由{pair.to}承接"
    acts.change(session, row, "handover", actor, reason=reason, values=values)


def _close(session: Session, pair: AnyRow, row: AnyRow, actor: Actor, why: str) -> None:
    values = {"state": State.WAIVED.value, "settled_at": actor.now, "next_on": None}
    reason = f"{pair.name}撤销，{why}"
    acts.change(session, row, "waive", actor, reason=reason, values=values)
