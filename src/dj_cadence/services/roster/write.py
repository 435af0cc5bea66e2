"""Writing what an import changes, in bulk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from dj_cadence.domain.roster.people import RosterPerson
from dj_cadence.domain.roster.term_change import TermChange
from dj_cadence.services.roster.draft import RosterDraft
from dj_cadence.store.core.database import Session
from dj_cadence.store.roster import roster as store
from dj_cadence.store.schema import address, appointment, org, person, start_event
from dj_cadence.store.site import site as sites
from dj_cadence.store.tasks import overrides


@dataclass(frozen=True, slots=True)
class Election:
    """An imported election that settles the running term; its task is the caller's to settle."""

    org_id: int
    old_anchor_id: int
    new_anchor_id: int
    day: date


def write_draft(
    session: Session, draft: RosterDraft, now: datetime, today: date, by: str
) -> tuple[Election, ...]:
    """Write what differs; returns the elections that settle a running term."""
    ids = _write_orgs(session, draft, now)
    elections = _write_terms(session, draft, ids, now, today, by)
    _write_people(session, draft, ids)
    return elections


def _mark_changed(
    session: Session, draft: RosterDraft, ids: dict[str, int], values: dict[str, dict[str, Any]]
) -> None:
    """Mark those whose plan must be worked out again, and the superiors they had."""
    changed = {ids[code] for code in draft.terms}
    in_order = list(draft.seats)
    for code, seat in draft.seats.items():
        known = draft.stored[code].columns if code in draft.stored else None
        if known is None or known["profile_id"] != values[code]["profile_id"]:
            changed.add(ids[code])
        if known and known["supervisor_id"] != values[code]["supervisor_id"]:
            changed |= {ids[below] for below in in_order[seat.position - 1 : seat.end]}
            changed.add(known["supervisor_id"] or 0)
    if changed:
        sites.data_changed(session, changed)


def _write_orgs(session: Session, draft: RosterDraft, now: datetime) -> dict[str, int]:
    """Ids by code. New ones come first without links, for a link needs the other's id."""
    profiles = store.ensure_profiles(session, draft.facts.values())
    values = {code: _org_values(draft, code, profiles) for code in draft.seats}
    unlinked = {"supervisor_id": None, "approver_id": None, "successor_id": None}
    new = [code for code in draft.seats if code not in draft.stored]
    store.add_rows(
        session,
        org,
        [
            {
                "code": code,
                **values[code],
                **unlinked,
                "joined_on": draft.beginnings[code].joined_on,
            }
            for code in new
        ],
    )
    ids = store.org_ids(session) if new else {c: known.id for c, known in draft.stored.items()}
    changed = []
    for code, seat in draft.seats.items():
        values[code]["supervisor_id"] = ids.get(draft.orgs[code].supervisor)
        values[code]["approver_id"] = ids.get(seat.approver)
        values[code]["successor_id"] = ids.get(draft.orgs[code].successor)
        if code not in draft.stored or values[code] != draft.stored[code].columns:
            changed.append({"id": ids[code], **values[code]})
    store.change_rows(session, org, changed)
    _mark_changed(session, draft, ids, values)
    overrides.follow(session, _left_behind(draft, ids), now)
    return ids


def _left_behind(draft: RosterDraft, ids: dict[str, int]) -> list[tuple[int, int]]:
    """(organization, its superior until now) where that superior is dissolved."""
    codes = {known.id: code for code, known in draft.stored.items()}
    found = []
    for code, known in draft.stored.items():
        above = known.columns["supervisor_id"]
        if above and ids.get(draft.orgs[code].supervisor) != above:
            found += [(known.id, above)] if draft.orgs[codes[above]].dissolved else []
    return found


def _org_values(draft: RosterDraft, code: str, profiles: dict[Any, int]) -> dict[str, Any]:
    """All of store.ORG_VALUES but the links."""
    org_, seat = draft.orgs[code], draft.seats[code]
    cells = org_.cells()
    cells.pop("last_election", None)  # the running term's anchor has it
    return {
        "name": org_.name,
        "kind": org_.kind.value,
        "dissolved": org_.dissolved,
        "position": seat.position,
        "subtree_end": seat.end,
        "profile_id": profiles[draft.facts[code]],
        "roster": cells,
    }


def _write_terms(
    session: Session, draft: RosterDraft, ids: dict[str, int], now: datetime, today: date, by: str
) -> tuple[Election, ...]:
    origin = {"source": "roster", "recorded_at": now, "recorded_by": by}
    of = {
        change: [c for c, found in draft.terms.items() if found is change] for change in TermChange
    }
    days = {code: draft.orgs[code].last_election for code in draft.terms}
    corrected = [
        {"id": draft.stored[code].start_event_id, "day": days[code], **origin}
        for code in of[TermChange.CORRECTION]
    ]
    over = [
        {"id": draft.stored[code].start_event_id, "current": False}
        for code in (*of[TermChange.ELECTION], *of[TermChange.CLEARED])
    ]
    begun = [
        {
            "org_id": ids[code],
            "kind": "election",
            "day": days[code],
            "current": True,
            "known_on": today,
            **origin,
        }
        for code in (*of[TermChange.FIRST], *of[TermChange.ELECTION])
    ]
    store.change_rows(session, start_event, corrected)
    store.change_rows(session, start_event, over)
    store.add_rows(session, start_event, begun)
    running = store.running_terms(session) if over else {}
    return tuple(
        Election(ids[code], draft.stored[code].start_event_id, running[ids[code]], day)
        for code in of[TermChange.ELECTION]
        if (day := days[code])
    )


def _write_people(session: Session, draft: RosterDraft, ids: dict[str, int]) -> None:
    renamed = [
        {"id": p.stored.id, "key": p.key, "name": p.name}
        for p in draft.people
        if p.stored and (p.key, p.name) != (p.stored.key, p.stored.name)
    ]
    new = [{"key": p.key, "name": p.name} for p in draft.people if not p.stored]
    store.change_rows(session, person, renamed)
    store.add_rows(session, person, new)
    by_key = store.person_ids(session) if new else {}
    of = {id(p): p.stored.id if p.stored else by_key[p.key] for p in draft.people}
    _write_addresses(session, [(of[id(p)], p) for p in draft.people])
    created = [
        {
            "org_id": ids[row.org],
            "office": row.office,
            "person_id": of[id(p)],
            "since": row.since,
            "until": row.until,
            "acting": row.acting,
        }
        for p, row in draft.held.created
    ]
    changed = [
        {"id": known.id, "since": row.since, "until": row.until, "acting": row.acting}
        for known, row in draft.held.changed
    ]
    store.change_rows(session, appointment, changed)
    store.add_rows(session, appointment, created)


def _write_addresses(session: Session, people: Iterable[tuple[int, RosterPerson]]) -> None:
    removed: list[tuple[int, str, str]] = []
    added: list[dict[str, Any]] = []
    for person_id, p in people:
        known = p.stored.addresses if p.stored else frozenset()
        wanted = p.addresses()
        removed += ((person_id, *pair) for pair in sorted(known - wanted))
        added += (
            {"person_id": person_id, "channel": channel, "value": value}
            for channel, value in sorted(wanted - known)
        )
    store.remove_addresses(session, removed)
    store.add_rows(session, address, added)
