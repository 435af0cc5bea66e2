"""The appointments of a file against those that are stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from dj_cadence.domain.roster.appointment_rows import RosterAppointment
from dj_cadence.domain.roster.people import RosterPerson, StoredAppointment


@dataclass(frozen=True)
class AppointmentChanges:
    """What a file makes of them."""

    created: Sequence[tuple[RosterPerson, RosterAppointment]]
    changed: Sequence[tuple[StoredAppointment, RosterAppointment]]
    unchanged: int
    left: Sequence[StoredAppointment]
    """Stored ones of which the file does not speak."""


def appointment_changes(
    people: Iterable[RosterPerson], held: Iterable[StoredAppointment]
) -> AppointmentChanges:
    """Each row of the people with the stored appointment it speaks of, and what is left."""
    by_person: dict[int, list[StoredAppointment]] = {}
    for appointment in held:
        by_person.setdefault(appointment.person_id, []).append(appointment)
    created: list[tuple[RosterPerson, RosterAppointment]] = []
    changed: list[tuple[StoredAppointment, RosterAppointment]] = []
    unchanged = 0
    for person in people:
        theirs = by_person.get(person.stored.id, []) if person.stored else []
        for row, stored in _pairs(person.rows, theirs):
            if stored is None:
                created.append((person, row))
            elif span(row) != span(stored):
                changed.append((stored, row))
            else:
                unchanged += 1
    left = sorted(appointment for theirs in by_person.values() for appointment in theirs)
    return AppointmentChanges(created, changed, unchanged, left)


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
