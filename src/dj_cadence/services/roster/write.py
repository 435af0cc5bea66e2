"""Writing what an import changes, in bulk."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dj_cadence.domain.organizations.facts import Facts
from dj_cadence.domain.roster.appointment_changes import span
from dj_cadence.domain.roster.term_change import TermChange
from dj_cadence.services.roster.draft import RosterChanges
from dj_cadence.store.core.batching import Values
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery import addresses
from dj_cadence.store.roster import orgs, people
from dj_cadence.store.tasks import overrides, start_events


@dataclass(frozen=True, slots=True)
class Election:
    """An imported election that settles the running term; its task is the caller's to settle."""

    org_id: int
    old_anchor_id: int
    day: date


def write_draft(
    session: Session, draft: RosterChanges, now: datetime, today: date, by: str
) -> tuple[Election, ...]:
    """Write what differs; returns the elections that settle a running term."""
    org_ids = _write_orgs(session, draft)
    overrides.follow(session, _left_behind(draft, org_ids), now)
    elections = _write_terms(session, draft, org_ids, now, today, by)
    _write_people(session, draft, org_ids)
    return elections


def _write_orgs(session: Session, draft: RosterChanges) -> dict[str, int]:
    """Ids by code. New organizations come first without links, for a link needs an id."""
    profiles = orgs.ensure_profiles(session, draft.facts.values())
    ids = {code: stored.row.id for code, stored in draft.stored.items()}
    if new := [code for code in draft.tree_positions if code not in draft.stored]:
        orgs.add(session, [_values(draft, code, profiles, ids) for code in new])
        ids = orgs.ids(session)
    values = {code: _values(draft, code, profiles, ids) for code in draft.tree_positions}
    changed = [
        {"id": ids[code], **of_org}
        for code, of_org in values.items()
        if code not in draft.stored or (row := draft.stored[code].row) != row._replace(**of_org)
    ]
    orgs.change(session, changed)
    if planned_anew := _planned_anew(draft, ids, values):
        orgs.mark_changed(session, planned_anew)
    return ids


def _values(
    draft: RosterChanges, code: str, profiles: Mapping[Facts, int], ids: Mapping[str, int]
) -> dict[str, Any]:
    """What the roster says of an organization.

    Its row is kept without 上次换届日期: the running term's start event has it.
    """
    org, tree_position = draft.orgs[code], draft.tree_positions[code]
    cells = org.cells()
    cells.pop("last_election", None)
    return {
        "code": code,
        "joined_on": draft.beginnings[code].joined_on,
        "name": org.name,
        "kind": org.kind.value,
        "supervisor_id": ids.get(org.supervisor),
        "approver_id": ids.get(tree_position.approver),
        "dissolved": org.dissolved,
        "successor_id": ids.get(org.successor),
        "position": tree_position.position,
        "subtree_end": tree_position.end,
        "profile_id": profiles[draft.facts[code]],
        "roster": cells,
    }


def _planned_anew(
    draft: RosterChanges, ids: Mapping[str, int], values: Mapping[str, Values]
) -> set[int]:
    """Those whose plan must be worked out again, and the superiors they had."""
    changed = {ids[code] for code in draft.terms}
    in_order = list(draft.tree_positions)
    for code, tree_position in draft.tree_positions.items():
        before = draft.stored[code].row if code in draft.stored else None
        if before is None or before.profile_id != values[code]["profile_id"]:
            changed.add(ids[code])
        if before and before.supervisor_id != values[code]["supervisor_id"]:
            changed |= {
                ids[below] for below in in_order[tree_position.position - 1 : tree_position.end]
            }
            changed.add(before.supervisor_id or 0)
    return changed


def _left_behind(draft: RosterChanges, ids: Mapping[str, int]) -> list[tuple[int, int]]:
    """(organization, its superior until now) where that superior is dissolved."""
    gone = {stored.row.id for code, stored in draft.stored.items() if draft.orgs[code].dissolved}
    return [
        (stored.row.id, above)
        for code, stored in draft.stored.items()
        if (above := stored.row.supervisor_id) in gone
        and above
        and ids.get(draft.orgs[code].supervisor) != above
    ]


def _write_terms(
    session: Session,
    draft: RosterChanges,
    ids: Mapping[str, int],
    now: datetime,
    today: date,
    by: str,
) -> tuple[Election, ...]:
    origin = {"source": "roster", "recorded_at": now, "recorded_by": by}
    corrected: list[Values] = []
    begun: list[Values] = []
    ended: list[int] = []
    elections: list[Election] = []
    for code, change in draft.terms.items():
        day = draft.orgs[code].last_election
        before = draft.stored[code].start_event_id if code in draft.stored else 0
        if change is TermChange.CORRECTION:
            corrected.append({"id": before, "day": day, **origin})
        if change in {TermChange.ELECTION, TermChange.CLEARED}:
            ended.append(before)
        if change in {TermChange.ELECTION, TermChange.FIRST}:
            begun.append({"org_id": ids[code], "day": day, "known_on": today, **origin})
        if change is TermChange.ELECTION and day:
            elections.append(Election(ids[code], before, day))
    start_events.write_elections(session, corrected=corrected, ended=ended, begun=begun)
    return tuple(elections)


def _write_people(session: Session, draft: RosterChanges, org_ids: Mapping[str, int]) -> None:
    added = [{"key": p.key, "name": p.name} for p in draft.people if not p.stored]
    renamed = [
        {"id": p.stored.id, "key": p.key, "name": p.name}
        for p in draft.people
        if p.stored and (p.key, p.name) != (p.stored.key, p.stored.name)
    ]
    people.write_people(session, added, renamed)
    ids = people.ids(session)
    moved = [
        (ids[p.key], p.stored.addresses if p.stored else frozenset(), p.addresses())
        for p in draft.people
    ]
    gone = [(number, *pair) for number, before, now in moved for pair in sorted(before - now)]
    addresses.remove(session, gone)
    new = [(number, *pair) for number, before, now in moved for pair in sorted(now - before)]
    addresses.add(session, new)
    created = [
        {"org_id": org_ids[row.org], "office": row.office, "person_id": ids[p.key], **span(row)}
        for p, row, stored in draft.held
        if stored is None
    ]
    changed = [
        {"id": stored.id, **span(row)}
        for _, row, stored in draft.held
        if stored and span(stored) != span(row)
    ]
    people.write_appointments(session, created, changed)
