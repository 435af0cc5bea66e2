"""Single workflows of the shipped rules, walked through step by step."""

from dataclasses import replace
from datetime import date
from typing import Any

from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.services.tasks import record, superior_decisions
from dj_cadence.store.core.database import Database
from tests.world.engine import at, roll, shipped, tasks

RULES = shipped().catalogue


def only(*keys: str, enabled: bool = True) -> Catalogue:
    """The shipped rules with no other duties than these."""
    duties = {key: replace(RULES.duties[key], enabled=enabled) for key in keys}
    return replace(RULES, duties=duties, hash="-".join(keys))


LIFE, TERMS = only("org_life_meeting"), only("committee_term")


NOTICES = only("committee_term", "election_reminder")


def _rows(database: Database, org: str, label: str = "") -> list[Any]:
    """The tasks of the organization; without a label not what runs at the start, and not 2027's."""
    found, beside = tasks(database, org=org), ("2025", "2027")
    return [row for row in found if row.label == label or (not label and row.label not in beside)]


def steps(database: Database, org: str = "B1", label: str = "") -> list[tuple[Any, ...]]:
    """(step, opens, due, state) of each task at the organization."""
    return [(row.step, row.opens, row.due, row.state) for row in _rows(database, org, label)]


def the_step(database: Database, step: str, org: str = "B1") -> Any:
    (found,) = [row for row in _rows(database, org) if row.step == step]
    return found


def act(
    database: Database, rules: Catalogue, what: str, task_id: int, day: date, **how: Any
) -> None:
    """An act of a person at five in the afternoon, and the plan that follows."""
    doing = {"done": record.done, "missed": record.missed, "planned": record.set_planned}
    doing |= {"postpone": superior_decisions.postpone, "waive": superior_decisions.waive}  # type: ignore[dict-item]
    with database.write() as session:
        doing[what](session, rules, task_id, Actor("李书记", at(day, 17), day), **how)
    roll(database, rules, day)
