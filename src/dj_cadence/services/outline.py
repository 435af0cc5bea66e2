"""What one duty asks of whom: organizations to cohorts, cohorts to dated slots.

Both are worked out once for all organizations that are alike, however many there are.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from operator import attrgetter

from sqlalchemy.orm import Session

from dj_cadence.domain.canonical import digest
from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.cohort import (
    Cohort,
    case_cohort,
    cohort_of,
    facts_read,
    notice_cohort,
    term_cohort,
)
from dj_cadence.domain.dates import FIRST_DAY
from dj_cadence.domain.duty import Clock, Duty, Every, Term, TermNotice
from dj_cadence.domain.organization import Facts
from dj_cadence.domain.override import Segment
from dj_cadence.domain.reminder_plan import TaskDates, next_reminder
from dj_cadence.domain.slot import Slot
from dj_cadence.domain.slots import slots_of
from dj_cadence.store import wanted
from dj_cadence.store.differences import Span
from dj_cadence.store.types import AnySelect
from dj_cadence.store.wanted import Enrolled, Membership, Part


class Outline:
    """One duty over one window, laid out beside what is stored."""

    def __init__(
        self,
        catalogue: Catalogue,
        duty: Duty,
        site_start: date,
        span: Span,
        facts: dict[int, Facts],
    ) -> None:
        """`facts` are of the profiles that are known already; others are added."""
        self._catalogue = catalogue
        self._duty = duty
        self._site_start = site_start
        self._span = span
        self._facts = facts
        self._signatures: dict[Hashable, str] = {}
        self._cohorts: dict[str, Cohort] = {}
        self._slots: dict[str, list[dict[str, object]]] = {}
        self._first_days: dict[TaskDates, date] = {}
        self._own = _Alike(duty, facts)
        self._about = _Alike(_term_of(duty, catalogue) or duty, facts)

    def lay_out(
        self, session: Session, part: Part, segments: list[Segment], *, create: bool
    ) -> None:
        """Fill the temporary tables with all that the duty asks of anyone in `part`.

        `create` stores cohorts that are new.
        """
        wanted.lay_out(session, segments)
        source = self._source(part, segmented=bool(segments))
        if isinstance(self._duty.recurrence, Every) and not segments:
            members = wanted.lone_memberships(session, part)
        else:
            members = wanted.memberships(session, source)
        wanted.know_profiles(session, _profiles(members), self._facts)
        signed = [(m, s) for m in members if (s := self._signature(m, segments))]
        cohorts = {s: self._cohorts[s] for _, s in signed}
        known_by = {s: wanted.as_json(one) for s, one in cohorts.items()}
        ids = wanted.cohort_ids(session, self._duty.key, known_by, create=create)
        wanted.fill(
            session,
            {ids[s]: one for s, one in cohorts.items()},
            [(m, ids[s]) for m, s in signed],
            [{**slot, "cohort_id": ids[s]} for s in cohorts for slot in self._slots_of(s)],
            source,
        )

    def memberships(self, session: Session, part: Part) -> Enrolled:
        """Who belongs to which cohort; not for duties that superiors have laid something over."""
        rows = session.execute(self._source(part, segmented=False)).all()
        members = {(row.org_id, row.instance): Membership(*row[3:]) for row in rows}
        wanted.know_profiles(session, _profiles(members.values()), self._facts)
        return {
            (row.org_id, row.instance): (signature, row.anchor_id)
            for row in rows
            if (signature := self._signature(members[row.org_id, row.instance], []))
        }

    def _source(self, part: Part, *, segmented: bool) -> AnySelect:
        match self._duty.recurrence:
            case Every():
                return wanted.each_organization(part, segmented=segmented)
            case Term():
                return wanted.each_term(part)
            case TermNotice():
                return wanted.each_term_below(part)
            case Clock(event=event):
                return wanted.each_case(part, event)

    def _signature(self, member: Membership, segments: list[Segment]) -> str:
        """The signature of the member's cohort, empty where nothing is owed."""
        own, about = (
            self._own.number(member.profile_id),
            self._about.number(member.about_profile_id),
        )
        alike = (own, about, *member[2:])
        if alike not in self._signatures:
            cohort = self._cohort(member)
            if cohort and member.segment:
                cohort = replace(cohort, overrides=segments[member.segment - 1].overrides)
            self._signatures[alike] = self._sign(cohort) if cohort else ""
        return self._signatures[alike]

    def _cohort(self, member: Membership) -> Cohort | None:
        duty, day, start = self._duty, member.anchor_day, self._site_start
        own = self._facts[member.profile_id]
        match duty.recurrence:
            case Every():
                return cohort_of(duty, own, start)
            case Term():
                return term_cohort(duty, own, day, start)
            case TermNotice(term_of=term):
                of, about = self._catalogue.duties[term], self._facts[member.about_profile_id]
                return notice_cohort(duty, own, of, about, day, member.known_on, start)
            case Clock():
                return case_cohort(duty, own, day, member.case_id, start)

    def _sign(self, cohort: Cohort) -> str:
        signature = digest(self._catalogue.dates_digest(self._duty), cohort)
        self._cohorts[signature] = cohort
        return signature

    def _slots_of(self, signature: str) -> list[dict[str, object]]:
        if signature not in self._slots:
            self._slots[signature] = list(self._slot_rows(self._cohorts[signature]))
        return self._slots[signature]

    def _slot_rows(self, cohort: Cohort) -> Iterator[dict[str, object]]:
        span = self._span
        for slot in slots_of(self._duty, cohort, self._catalogue, span.since, span.until):
            yield slot_row(slot, self._first_on(slot))

    def _first_on(self, slot: Slot) -> date:
        """The first day on which the task opens or is spoken of."""
        dates = TaskDates(slot.opens, slot.planned, slot.due)
        if dates not in self._first_days:
            plan, calendar = self._catalogue.plans[self._duty.remind], self._catalogue.calendar
            spoken = next_reminder(plan, dates, calendar, FIRST_DAY) or slot.opens
            self._first_days[dates] = min(slot.opens, spoken)
        return self._first_days[dates]


def slot_row(slot: Slot, first_on: date) -> dict[str, object]:
    """The slot as a row of the temporary table, without its cohort."""
    names = ("period", "step", "label", "opens", "planned", "due", "provisional")
    more = ("target", "unit", "theme")
    row = {name: getattr(slot, name) for name in names + more}
    return {**row, "first_on": first_on, "derivation": list(slot.derivation)}


class _Alike:
    """Numbers the profiles, the same where all that a duty reads of them is the same."""

    def __init__(self, duty: Duty, facts: dict[int, Facts]) -> None:
        self._read = attrgetter(*sorted(facts_read(duty)), "changes")
        self._facts = facts
        self._by_facts: dict[Hashable, int] = {}
        self._by_profile = {0: 0}

    def number(self, profile_id: int) -> int:
        if profile_id not in self._by_profile:
            read = self._read(self._facts[profile_id])
            number = self._by_facts.setdefault(read, len(self._by_facts) + 1)
            self._by_profile[profile_id] = number
        return self._by_profile[profile_id]


def _profiles(members: Iterable[Membership]) -> set[int]:
    return {id_ for m in members for id_ in (m.profile_id, m.about_profile_id)} - {0}


def _term_of(duty: Duty, catalogue: Catalogue) -> Duty | None:
    """The duty whose term a notice is about."""
    recurrence = duty.recurrence
    return catalogue.duties[recurrence.term_of] if isinstance(recurrence, TermNotice) else None
