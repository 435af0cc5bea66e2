"""Two people who are 书记 of one organization at a time: who is written to, and a word about it."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import permutations

from dj_cadence.domain.organizations.offices import SECRETARY
from dj_cadence.domain.roster.appointment_rows import RosterAppointment
from dj_cadence.domain.roster.people import RosterPerson, StoredAppointment

_LOOKED_AT = 50
"""So many of one organization are enough to say so; each is held against each."""


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
