"""What messages are made of: their open notices with the tasks meant, and their digests."""

from collections.abc import Collection, Sequence

from sqlalchemy import RowMapping, or_, select
from sqlalchemy.orm import Session

from dj_cadence.store.schema import digest, notice, org, slot, task


def open_items(session: Session, message_ids: Sequence[int]) -> Sequence[RowMapping]:
    """One row for each open notice, in the organizations' own order, then by date."""
    about = org.alias()
    return (
        session.execute(
            select(
                notice.c.message_id,
                notice.c.task_id,
                *(notice.c[name] for name in ("rung", "level", "office", "relay")),
                notice.c.org_id.label("told_org_id"),
                *(task.c[name] for name in ("duty", "step", "opens", "planned", "due", "state")),
                *(task.c[name] for name in ("target", "amount")),
                (task.c.instance < 0).label("of_case"),
                *(slot.c[name] for name in ("label", "provisional", "unit", "theme")),
                org.c.name.label("org_name"),
                about.c.name.label("about"),
            )
            .join(task, task.c.id == notice.c.task_id)
            .join(slot, slot.c.id == task.c.slot_id)
            .join(org, org.c.id == task.c.org_id)
            .outerjoin(about, about.c.id == task.c.instance)
            .where(notice.c.message_id.in_(message_ids), notice.c.outcome == "")
            .order_by(org.c.position, task.c.due, task.c.id)
        )
        .mappings()
        .all()
    )


def upwards(session: Session, task_ids: Collection[int]) -> Sequence[RowMapping]:
    """(task_id, level, name, reached) of each superior that was to be told of these tasks.

    The nearest first; only what concerns the lateness they have now.
    """
    reached = notice.c.message_id.is_not(None)
    closed = or_(reached, notice.c.outcome == "no_addressee")
    query = (
        select(notice.c.task_id, notice.c.level, org.c.name, reached.label("reached"))
        .join(task, task.c.id == notice.c.task_id)
        .join(org, org.c.id == notice.c.org_id)
        .where(notice.c.task_id.in_(task_ids), notice.c.level > 0, closed)
        .where(notice.c.due_on > task.c.due)
        .order_by(notice.c.task_id, notice.c.level, notice.c.id)
    )
    return session.execute(query).mappings().all()


def digests(session: Session, message_ids: Sequence[int]) -> Sequence[RowMapping]:
    """message_id, org_id and week of each digest, in the organizations' own order."""
    return (
        session.execute(
            select(digest.c.message_id, digest.c.org_id, digest.c.week)
            .join(org, org.c.id == digest.c.org_id)
            .where(digest.c.message_id.in_(message_ids))
            .order_by(org.c.position, digest.c.week)
        )
        .mappings()
        .all()
    )
