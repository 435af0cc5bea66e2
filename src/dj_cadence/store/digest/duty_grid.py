"""How many tasks of each duty are in which state, for several organizations at once."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from dj_cadence.domain.rules.workflow import OWN
from dj_cadence.domain.tasks.task import State
from dj_cadence.store.core.json_functions import among
from dj_cadence.store.core.shared_conditions import in_subtree
from dj_cadence.store.schema import org, task
from dj_cadence.store.tasks.overrides import binds


class StateCount(NamedTuple):
    """So many tasks of a duty are in a state, at one organization or in its subtree."""

    org_id: int
    duty: str
    state: str
    number: int


def state_counts(
    session: Session,
    org_ids: Collection[int],
    duties: Collection[str],
    adopted: Collection[str],
    due: tuple[date, date],
    *,
    with_subtrees: bool,
) -> list[StateCount]:
    """The duties' own tasks that are due on these days, without those that were withdrawn.

    Only what superiors see, as the digest counts it: of duties that bind, or were adopted.
    """
    top = org.alias("top")
    below = in_subtree(top) if with_subtrees else top.c.id == org.c.id
    query = (
        select(top.c.id, task.c.duty, task.c.state, func.count())
        .join_from(top, org, below)
        .join(task, and_(task.c.org_id == org.c.id, task.c.step == OWN, task.c.due.between(*due)))
        .where(among(top.c.id, org_ids), binds(duties, adopted))
        .where(task.c.state != State.WITHDRAWN.value)
        .group_by(top.c.id, task.c.duty, task.c.state)
    )
    return [StateCount(*row) for row in session.execute(query)]
