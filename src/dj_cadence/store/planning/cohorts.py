"""Cohorts, their slots, and who belongs to which: the only place where they are written."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from sqlalchemy import and_, delete, exists, func, literal, select, true, update
from sqlalchemy.orm import Session

from dj_cadence.domain.planning.cohort import Cohort
from dj_cadence.domain.tasks.task import OWED
from dj_cadence.store.core.batching import add_rows, batched
from dj_cadence.store.core.database import insert_or_ignore
from dj_cadence.store.planning import target_tables
from dj_cadence.store.planning.differences import ComparedTasks
from dj_cadence.store.planning.memberships import CohortAssignments
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.planning.target_tables import target_org, target_slot
from dj_cadence.store.schema import cohort, org_cohort, plan_run, slot, task


def cohort_ids(
    session: Session, duty: str, wanted: Mapping[str, object], *, create: bool
) -> dict[str, int]:
    """An id for each signature. Unknown ones are created, or get ids below zero.

    `wanted` has what each cohort is known by, as JSON.
    """
    stored = _stored_cohorts(session, wanted)
    missing = [signature for signature in wanted if signature not in stored]
    if not create:
        return stored | {signature: -n for n, signature in enumerate(missing, 1)}
    add_rows(session, cohort, [
        {"duty": duty, "signature": s, "facts": wanted[s]} for s in missing
    ])  # fmt: skip
    return stored | _stored_cohorts(session, missing)


def _stored_cohorts(session: Session, signatures: Collection[str]) -> dict[str, int]:
    columns = select(cohort.c.signature, cohort.c.id)
    return {
        row.signature: row.id
        for some in batched(signatures)
        for row in session.execute(columns.where(cohort.c.signature.in_(some)))
    }


def as_json(wanted: Cohort) -> dict[str, object]:
    """What a cohort is known by."""
    anchored = {"start_event": wanted.start_event.isoformat()} if wanted.start_event else {}
    return {"facts": wanted.facts.as_json(), **anchored}


def store_slots(session: Session) -> None:
    """Keep the wanted slots. A cohort's slots never change, so only new ones are written."""
    names = [column.name for column in target_slot.columns if column.name != "slot_id"]
    rows = select(*(target_slot.c[name] for name in names)).where(target_slot.c.slot_id.is_(None))
    session.execute(insert_or_ignore(slot).from_select(names, rows))
    target_tables.find_slot_ids(session)


def assign(session: Session, scope: ComparedTasks) -> None:
    """Keep who belongs to which cohort of the duty."""
    mine = and_(org_cohort.c.duty == scope.duty, scope.part.holds(org_cohort.c.org_id))
    names = ("org_id", "subject_id", "cohort_id", "start_event_id")
    wanted = exists().where(*(target_org.c[name] == org_cohort.c[name] for name in names))
    session.execute(delete(org_cohort).where(mine, ~wanted.correlate(org_cohort)))
    rows = select(literal(scope.duty), *(target_org.c[name] for name in names)).where(true())
    session.execute(insert_or_ignore(org_cohort).from_select(["duty", *names], rows))


def assigned(session: Session, part: OrgSelection) -> dict[str, CohortAssignments]:
    """Who is assigned in what, by duty."""
    query = select(org_cohort, cohort.c.signature).join_from(org_cohort, cohort)
    duties = select(plan_run.c.duty)  # the first part of the key, so that it is used
    mine = and_(org_cohort.c.duty.in_(duties), part.holds(org_cohort.c.org_id))
    by_duty: dict[str, CohortAssignments] = {}
    for row in session.execute(query.where(mine)):
        of_duty = by_duty.setdefault(row.duty, {})
        of_duty[row.org_id, row.subject_id] = (row.signature, row.start_event_id)
    return by_duty


def assign_as_task(session: Session, task_id: int) -> None:
    """Enrol a reopened task's organization where the task still hangs.

    What a settled task did not take part in is then found out by the next plan.
    """
    query = select(task.c.duty, task.c.org_id, task.c.subject_id, slot.c.cohort_id)
    joined = query.join_from(task, slot, slot.c.id == task.c.slot_id)
    *mine, cohort_id = session.execute(joined.where(task.c.id == task_id)).one()
    key = (org_cohort.c.duty, org_cohort.c.org_id, org_cohort.c.subject_id)
    same = and_(*(column == value for column, value in zip(key, mine, strict=True)))
    session.execute(update(org_cohort).where(same).values(cohort_id=cohort_id))


def provisional_slots(
    session: Session,
) -> Iterator[tuple[int, str, tuple[date | None, ...], tuple[str, str]]]:
    """(tasks owed, period, days, city and stage) of those that hang on a provisional calendar."""
    owed = select(task.c.slot_id, func.count().label("n")).where(task.c.state.in_(sorted(OWED)))
    tasks = owed.group_by(task.c.slot_id).subquery()
    query = (
        select(tasks.c.n, slot.c.period, slot.c.planned, slot.c.due, cohort.c.facts)
        .join_from(tasks, slot, slot.c.id == tasks.c.slot_id)
        .join(cohort, cohort.c.id == slot.c.cohort_id)
        .where(slot.c.provisional)
    )
    for n, period, planned, due, known_by in session.execute(query):
        facts = known_by["facts"]
        yield n, period, (planned, due), (facts.get("city", ""), facts.get("stage", ""))
