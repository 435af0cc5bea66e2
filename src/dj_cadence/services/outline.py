"""What one duty asks of whom: organizations to cohorts, cohorts to dated slots.

Both are worked out once for all organizations that are alike, however many there are.
"""

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import date

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
from dj_cadence.domain.duty import Clock, Duty, Every, Term, TermNotice
from dj_cadence.domain.override import Segment
from dj_cadence.domain.slot import Slot
from dj_cadence.domain.slots import slots_of
from dj_cadence.services.first_days import FirstDays
from dj_cadence.services.profiles import Profiles
from dj_cadence.store import memberships, orgs, wanted
from dj_cadence.store.differences import Span
from dj_cadence.store.memberships import Enrolled, Membership
from dj_cadence.store.types import AnyRow, AnySelect
from dj_cadence.store.wanted import Part

_FOUND = "memberships"
"""Where a session, which is one transaction, keeps those it has found."""


class Outline:
    """One duty over one window, laid out beside what is stored."""

    def __init__(
        self,
        catalogue: Catalogue,
        duty: Duty,
        site_start: date,
        span: Span,
        profiles: Profiles,
        first_days: FirstDays,
    ) -> None:
        """`profiles` and `first_days` are what is known already; others are added."""
        self._catalogue = catalogue
        self._duty = duty
        self._site_start = site_start
        self._span = span
        self._facts = profiles.facts
        self._signatures: dict[Hashable, str] = {}
        self._cohorts: dict[str, Cohort] = {}
        self._known_by: dict[str, object] = {}
        self._slots: dict[str, list[dict[str, object]]] = {}
        self._first_days = first_days
        term = _term_of(duty, catalogue)
        self._own = profiles.reading(facts_read(duty))
        self._about = profiles.reading(facts_read(term)) if term else None

    def lay_out(
        self, session: Session, part: Part, segments: list[Segment], *, create: bool
    ) -> None:
        """Fill the temporary tables with all that the duty asks of anyone in `part`.

        `create` stores cohorts that are new.
        """
        wanted.lay_out(session, segments)
        each = self._planned(part, segmented=bool(segments))
        whole = Part(changed_after=part.changed_after)
        signed = [
            (member, signature)
            for member in self._members(session, whole, segmented=bool(segments))
            if (signature := self._signature(member, segments))
        ]
        used = {signature: self._known_by[signature] for _, signature in signed}
        ids = wanted.cohort_ids(session, self._duty.key, used, create=create)
        # How dates come about is kept with new slots, and never compared.
        unsaid: dict[str, object] = {} if create else {"derivation": []}
        wanted.fill(
            session,
            {ids[s]: known_by for s, known_by in used.items() if ids[s] < 0},
            [{**member._asdict(), "cohort_id": ids[s]} for member, s in signed],
            [{**slot, **unsaid, "cohort_id": ids[s]} for s in used for slot in self._slots_of(s)],
            self._read_alike(each),
        )

    def _kinds(self, part: Part, *, segmented: bool) -> AnySelect:
        each = self._source(part, segmented=segmented)
        if isinstance(self._duty.recurrence, Every) and not segmented:
            return memberships.kinds_by_profile(each)
        return memberships.kinds(each)

    def _read_alike(self, source: AnySelect) -> AnySelect:
        about = self._about.key if self._about else None
        return memberships.read_alike(source, self._own.key, about)

    def _members(self, session: Session, part: Part, *, segmented: bool) -> Sequence[Membership]:
        """The distinct memberships in the part, with profiles read alike."""
        if segmented:
            return self._found(session, part, segmented=True)
        key = (self.asks_for, part)
        found: dict[Hashable, list[Membership]] = session.info.setdefault(_FOUND, {})
        if key not in found:
            found[key] = self._found(session, part, segmented=False)
        return found[key]

    def _found(self, session: Session, part: Part, *, segmented: bool) -> list[Membership]:
        kinds = self._kinds(part, segmented=segmented)
        alike = self._read_alike(kinds)
        if self._facts and not memberships.any_alike(session, self._own.key):
            self._keep_alike(session, list(self._facts))
        members = memberships.memberships(session, alike)
        if any(memberships.UNREAD in member[:2] for member in members):
            ids = memberships.profiles(session, kinds)
            memberships.know_profiles(session, ids, self._facts)
            self._keep_alike(session, ids)
            members = memberships.memberships(session, alike)
        self._know(session, members)
        return members

    def _keep_alike(self, session: Session, profiles: Collection[int]) -> None:
        for reading in filter(None, (self._own, self._about)):
            alike = {profile_id: reading.stands_for(profile_id) for profile_id in profiles}
            memberships.keep_alike(session, reading.key, alike)

    def _know(self, session: Session, members: Collection[Membership]) -> None:
        ids = {id_ for member in members for id_ in member[:2]} - {0}
        memberships.know_profiles(session, ids, self._facts)

    @property
    def found_by(self) -> str:
        """Equal for duties whose organizations are found by the same `rows`."""
        recurrence = self._duty.recurrence
        event = recurrence.event if isinstance(recurrence, Clock) else ""
        return f"{type(recurrence).__name__} {event}"

    @property
    def asks_for(self) -> str:
        """Equal for duties with the same memberships."""
        about = self._about.key if self._about else 0
        return f"{self.found_by} {self._own.key} {about}"

    def rows(self, session: Session, part: Part) -> Sequence[AnyRow]:
        """The organizations of the part, each with what decides its cohort."""
        return session.execute(self._planned(part, segmented=False)).all()

    def memberships(self, session: Session, rows: Sequence[AnyRow]) -> Enrolled:
        """Who of `rows` belongs to which cohort, where superiors have laid nothing over it."""
        members = [Membership(*row[3:]) for row in rows]
        self._know(session, members)
        return {
            (row.org_id, row.instance): (signature, row.anchor_id)
            for row, member in zip(rows, members, strict=True)
            if (signature := self._signature(member, []))
        }

    def _planned(self, part: Part, *, segmented: bool) -> AnySelect:
        """The source without those whose periods a successor has taken on.

        What decides the cohorts is found without this question: its index does not answer it.
        """
        each = self._source(part, segmented=segmented)
        if isinstance(self._duty.recurrence, Every):
            return each.where(~orgs.is_handed_over())
        return each

    def _source(self, part: Part, *, segmented: bool) -> AnySelect:
        match self._duty.recurrence:
            case Every():
                return memberships.each_organization(part, segmented=segmented)
            case Term():
                return memberships.each_term(part)
            case TermNotice():
                return memberships.each_term_below(part)
            case Clock(event=event):
                return memberships.each_case(part, event)

    def _signature(self, member: Membership, segments: list[Segment]) -> str:
        """The signature of the member's cohort, empty where nothing is owed."""
        about = self._about.stands_for(member.about_profile_id) if self._about else 0
        alike = (self._own.stands_for(member.profile_id), about, *member[2:])
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
        known_by = wanted.as_json(cohort)
        dates = self._catalogue.dates_digest(self._duty)
        signature = digest(dates, known_by, cohort.case, cohort.overrides)
        self._cohorts[signature] = cohort
        self._known_by[signature] = known_by
        return signature

    def _slots_of(self, signature: str) -> list[dict[str, object]]:
        if signature not in self._slots:
            self._slots[signature] = list(self._slot_rows(self._cohorts[signature]))
        return self._slots[signature]

    def _slot_rows(self, cohort: Cohort) -> Iterator[dict[str, object]]:
        span = self._span
        for slot in slots_of(self._duty, cohort, self._catalogue, span.since, span.until):
            yield slot_row(slot, self._first_days.of(slot, self._duty.remind))


def slot_row(slot: Slot, first_on: date) -> dict[str, object]:
    """The slot as a row of the temporary table, without its cohort."""
    names = ("period", "step", "label", "opens", "planned", "due", "provisional")
    more = ("target", "unit", "theme")
    row = {name: getattr(slot, name) for name in names + more}
    return {**row, "first_on": first_on, "derivation": list(slot.derivation)}


def _term_of(duty: Duty, catalogue: Catalogue) -> Duty | None:
    """The duty whose term a notice is about."""
    recurrence = duty.recurrence
    return catalogue.duties[recurrence.term_of] if isinstance(recurrence, TermNotice) else None
