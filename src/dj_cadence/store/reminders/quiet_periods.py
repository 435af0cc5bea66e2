"""The quiet periods that people have set."""

from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import ColumnElement, case, delete, false, func, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.domain.organizations.organization import WHOLE_TREE
from dj_cadence.domain.reminders.notice import QuietPeriod
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import in_subtree
from dj_cadence.store.schema import notice, org, quiet_period, task

EVERYWHERE = 0
"""Stands for the whole site."""
_everywhere = quiet_period.c.org_id == EVERYWHERE


def every(session: Session) -> list[QuietPeriod]:
    """All of them in order, those over included: they say why something was held."""
    q = quiet_period.c
    first = case((_everywhere, 0), else_=org.c.position)
    last = case((_everywhere, WHOLE_TREE.last), else_=org.c.subtree_end)
    code, name = func.coalesce(org.c.code, ""), func.coalesce(org.c.name, "")
    query = (
        select(first, last, q.since, q.until, q.reason, q.id, code, name, q.made_by)
        .outerjoin_from(quiet_period, org, org.c.id == q.org_id)
        .order_by(q.since, q.id)
    )
    return [QuietPeriod(*row) for row in session.execute(query)]


def is_silent(quiets: Iterable[QuietPeriod], today: date) -> ColumnElement[bool]:
    """The condition on `org` that holds where one of the periods is running."""
    return or_(
        false(),
        *(org.c.position.between(one.first, one.last) for one in quiets if one.runs_on(today)),
    )


def end_of(session: Session, number: int) -> date | None:
    """The last day of the quiet period with that number, held; None where there is none."""
    query = select(quiet_period.c.until).where(quiet_period.c.id == number).with_for_update()
    return session.scalars(query).one_or_none()


def add(
    session: Session, org_id: int, since: date, until: date, actor: Actor, *, reason: str
) -> bool:
    """Write one down; False where one of that place begins on the same day."""
    row = {
        "org_id": org_id,
        "since": since,
        "until": until,
        "reason": reason,
        "made_by": actor.name,
        "made_at": actor.now,
    }
    adding = insert_or_ignore(quiet_period).values(row).returning(quiet_period.c.id)
    return session.execute(adding).first() is not None


def shorten(session: Session, number: int, until: date) -> None:
    """Let one end on `until`; one that would begin later is taken out."""
    this = quiet_period.c.id == number
    session.execute(delete(quiet_period).where(this, quiet_period.c.since > until))
    session.execute(update(quiet_period).where(this).values(until=until))


def reasons_held(session: Session, message_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """By message, why open notices in it were held until now; those held by nothing are missing."""
    if session.execute(select(quiet_period.c.id).limit(1)).first() is None:
        return {}
    there, about, q = org.alias("there"), org.alias("about"), quiet_period.c
    within = or_(_everywhere, in_subtree(org, there), in_subtree(org, about))
    is_open = notice.c.outcome == NoticeOutcome.OPEN
    query = (
        select(notice.c.message_id, q.reason)
        .select_from(notice)
        .join(task, task.c.id == notice.c.task_id)
        .join(about, about.c.id == task.c.org_id)
        .join(there, there.c.id == notice.c.org_id)
        .join(quiet_period, notice.c.due_on.between(q.since, q.until))
        .outerjoin(org, org.c.id == q.org_id)
        .where(among(notice.c.message_id, message_ids), is_open, within)
        .group_by(notice.c.message_id, q.reason)
        .order_by(notice.c.message_id, func.max(q.until), q.reason)
    )
    reasons: dict[int, tuple[str, ...]] = {}
    for message_id, reason in session.execute(query):
        reasons[message_id] = (*reasons.get(message_id, ()), reason)
    return reasons
