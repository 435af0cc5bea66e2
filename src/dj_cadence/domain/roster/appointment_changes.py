"""Appointments of a file beside those that are stored: what changes, and where two are 书记."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import permutations

from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.roster.appointment_rows import RosterAppointment
from dj_cadence.domain.roster.people import RosterPerson, StoredAppointment

_LOOKED_AT = 50
"""So many of one organization are enough to say so; each is held against each."""


Match = tuple[RosterPerson, RosterAppointment, StoredAppointment | None]
"""A row with its person, and the stored appointment that it speaks of."""


def matched(
    people: Iterable[RosterPerson], held: Iterable[StoredAppointment]
) -> tuple[list[Match], list[StoredAppointment]]:
    """Each row of the people as a match, and the stored ones of which no row speaks."""
    by_person: dict[int, list[StoredAppointment]] = {}
    for appointment in held:
        by_person.setdefault(appointment.person_id, []).append(appointment)
    matches: list[Match] = []
    for person in people:
        theirs = by_person.get(person.stored.id, []) if person.stored else []
        matches += ((person, *pair) for pair in _pairs(person.rows, theirs))
    return matches, sorted(left for theirs in by_person.values() for left in theirs)


def _pairs(
    rows: Sequence[RosterAppointment], left: list[StoredAppointment]
) -> list[tuple[RosterAppointment, StoredAppointment | None]]:
    """Each row with the stored appointment it speaks of, which is taken out of `left`.

    That is one with the same first day, else one that overlaps, for nobody holds one
    office twice at a time.
    """
    taken: dict[int, StoredAppointment] = {}
    for fits in (_begin_alike, _overlap):
        for index, row in enumerate(rows):
            stored = next((stored for stored in left if fits(row, stored)), None)
            if stored and index not in taken:
                taken[index] = stored
                left.remove(stored)
    return [(row, taken.get(index)) for index, row in enumerate(rows)]


def _begin_alike(row: RosterAppointment, stored: StoredAppointment) -> bool:
    return (row.org, row.office, row.since) == (stored.org, stored.office, stored.since)


def _overlap(row: RosterAppointment, stored: StoredAppointment) -> bool:
    same = (row.org, row.office) == (stored.org, stored.office)
    return same and row.since <= stored.until and stored.since <= row.until


def span(appointment: RosterAppointment | StoredAppointment) -> dict[str, date | bool]:
    """From when to when it is held, and whether for somebody who is missing."""
    return {name: getattr(appointment, name) for name in ("since", "until", "acting")}


def concurrent_secretaries(
    stored: Iterable[StoredAppointment], people: Iterable[RosterPerson], today: date
) -> Iterator[tuple[str, str, str]]:
    """(organization, place, sentence) where several are 书记 together on some day from today on.

    `stored` stands in the order in which it was stored, the rows of `people` come after it.
    The place is where the last of them is written; empty where none is.
    """
    held: list[tuple[object, StoredAppointment | RosterAppointment]] = [
        *((term.person_id, term) for term in stored),
        *((p.stored.id if p.stored else p.key, row) for p in people for row in p.rows),
    ]
    by_org: dict[str, list[tuple[object, StoredAppointment | RosterAppointment]]] = {}
    for person, term in held:
        if term.office == SECRETARY and term.until >= today:
            by_org.setdefault(term.org, []).append((person, term))
    for org, terms in by_org.items():
        meeting = [
            (term, other)
            for (person, term), (rival, other) in permutations(terms[:_LOOKED_AT], 2)
            if person != rival and term.since <= other.until and other.since <= term.until
        ]
        if not meeting:
            continue
        together = list({id(term): term for term, _ in meeting}.values())
        # As messages choose on the first day on which two are there.
        day = min(max(today, term.since, other.since) for term, other in meeting)
        there = [term for term in together if term.since <= day <= term.until]
        written_to = max(reversed(there), key=lambda term: (term.acting, term.since))
        places = [t.row.place("office") for t in together if isinstance(t, RosterAppointment)]
        names = "、".join(dict.fromkeys(term.name for term in together))
        text = (
            f"{names}同时是书记，提醒只发给{written_to.name}"
            "（主持工作的优先，其余以任职日期最近的为准）；已经离任的，请填离任日期。"
        )
        yield org, places[-1] if places else "", text
