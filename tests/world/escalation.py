"""A term that runs out, and who hears of it up the reporting line."""

from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import select, update

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.reminders.plan import EscalationStep
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import message, notice, org, person, task
from tests.world.engine import NOTICE, TERM, TERM_PLAN, catalogue, morning

TWO_LEVELS = replace(
    TERM_PLAN, escalate=(EscalationStep(5), EscalationStep(10)), through_quiet=True
)


def rules(*duties: Any, plan: Any = TWO_LEVELS) -> Catalogue:
    found = catalogue(*(duties or (TERM, NOTICE)))
    return replace(found, plans={**found.plans, plan.key: plan})


RULES = rules()


def live(
    database: Database, since: date, until: date, by_rules: Catalogue = RULES
) -> list[tuple[Any, ...]]:
    """Every morning, all messages going out. What was said of B1's term after it ran out:
    (day, to whom, level, relay)."""
    day = since
    while day <= until:
        morning(database, by_rules, day)
        with database.write() as session:
            session.execute(
                update(message).where(message.c.state == "ready").values(state="sent", send_at=None)
            )
            session.execute(
                update(notice)
                .where(notice.c.message_id.is_not(None), notice.c.outcome == "")
                .values(outcome="sent")
            )
        day += DAY
    return said(database)


def said(database: Database, duty: str = "term") -> list[tuple[Any, ...]]:
    query = (
        select(message.c.day, person.c.name, notice.c.level, notice.c.relay)
        .join_from(notice, message, message.c.id == notice.c.message_id)
        .join(person, person.c.id == notice.c.person_id)
        .join(task, task.c.id == notice.c.task_id)
        .join(org, org.c.id == task.c.org_id)
        .where(org.c.code == "B1", task.c.duty == duty, notice.c.due_on > task.c.due)
        .order_by(message.c.day, notice.c.level)
    )
    with database.read() as session:
        return [tuple(row) for row in session.execute(query)]


def outcomes(database: Database) -> list[tuple[Any, ...]]:
    """(level, office, due_on, outcome, organization) of what went upwards."""
    query = (
        select(notice.c.level, notice.c.office, notice.c.due_on, notice.c.outcome, org.c.code)
        .outerjoin(org, org.c.id == notice.c.org_id)
        .where(notice.c.level > 0)
        .order_by(notice.c.id)
    )
    with database.read() as session:
        return [tuple(row) for row in session.execute(query)]
