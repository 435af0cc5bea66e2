"""What one duty asks of whom: organizations to cohorts, cohorts to dated slots.

Both are worked out once for all organizations that are alike, however many there are.
"""

from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import replace
from datetime import date

from dj_cadence.domain.dates.arithmetic import FIRST_DAY
from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.planning.cohort import (
    ALWAYS_READ,
    Cohort,
    case_cohort,
    cohort_of,
    facts_read,
    notice_cohort,
    term_cohort,
)
from dj_cadence.domain.planning.slot import Slot
from dj_cadence.domain.planning.slots import slots_of
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Clock, Duty, Every, Term, TermNotice
from dj_cadence.domain.rules.override import Segment
from dj_cadence.fingerprint import digest
from dj_cadence.services.planning.first_days import FirstDays
from dj_cadence.services.planning.profiles import Profiles
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow, AnySelect
from dj_cadence.store.planning import cohorts, equivalence_classes, memberships, target_tables
from dj_cadence.store.planning.equivalence_classes import EquivalenceClasses
from dj_cadence.store.planning.memberships import CohortAssignments, Membership
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.roster import orgs

_OFTEN_READ = ALWAYS_READ | {"top_of_school", "has_committee", "groups", "branches_below"}
"""They tell some dozen classes apart: found once for all duties that read nothing else."""


class PlanTarget:
    """One duty over one window, laid out beside what is stored."""

    def __init__(
        self,
        catalogue: Catalogue,
        duty: Duty,
        site_start: date,
        span: DateRange,
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
        self._slots: dict[str, list[Slot]] = {}
        self._first_days = first_days
        term = _term_of(duty, catalogue)
        self._own = profiles.reading(_told_apart_by(duty))
        self._about = profiles.reading(facts_read(term)) if term else None

    def stage(
        self, session: Session, part: OrgSelection, segments: list[Segment], *, create: bool
    ) -> None:
        """Fill the temporary tables with all that the duty asks of anyone in `part`.

        `create` stores cohorts that are new.
        """
        target_tables.stage(session, segments)
        segmented = bool(segments)
        asked = (self.asks_for, self._duty.key if segmented else "", part.changed_after)
        signed = {
            kind: signature
            for kind, member in self._classes(session, asked, part, segmented=segmented).items()
            if (signature := self._signature(member, segments))
        }
        used = {signature: self._known_by[signature] for signature in signed.values()}
        ids = cohorts.cohort_ids(session, self._duty.key, used, create=create)
        each = self._by_representative(self._planned(part, segmented=segmented))
        target_tables.fill(
            session,
            {ids[s]: known_by for s, known_by in used.items() if ids[s] < 0},
            {kind: ids[s] for kind, s in signed.items()},
            [
                {**slot_row(slot, self._first_on(slot) if create else None), "cohort_id": ids[s]}
                for s in used
                for slot in self._slots_of(s)
            ],
            equivalence_classes.assigned(session, asked, part, each),
        )

    def _by_representative(self, source: AnySelect) -> AnySelect:
        about = self._about.key if self._about else None
        return memberships.by_representative(source, self._own.key, about)

    def _classes(
        self, session: Session, asked: Hashable, part: OrgSelection, *, segmented: bool
    ) -> EquivalenceClasses:
        """The classes of all organizations that are asked, with profiles read alike."""
        classes = equivalence_classes.known_classes(session, asked)
        if classes is None:
            source = self._source(
                OrgSelection(changed_after=part.changed_after), segmented=segmented
            )
            if isinstance(self._duty.recurrence, Every) and not segmented:
                source = memberships.by_profile(source)
            classes = self._find_classes(session, asked, source)
            self._know(session, classes.values())
        return classes

    def _find_classes(
        self, session: Session, asked: Hashable, source: AnySelect
    ) -> EquivalenceClasses:
        if self._facts and not memberships.any_representative(session, self._own.key):
            self._keep_representatives(session, list(self._facts))
        classes = equivalence_classes.find_classes(session, asked, self._by_representative(source))
        if any(memberships.UNREAD in member[:2] for member in classes.values()):
            ids = memberships.profiles(session, source)
            memberships.know_profiles(session, ids, self._facts)
            self._keep_representatives(session, ids)
            classes = equivalence_classes.find_classes(
                session, asked, self._by_representative(source)
            )
        return classes

    def _keep_representatives(self, session: Session, profiles: Collection[int]) -> None:
        for reading in filter(None, (self._own, self._about)):
            alike = {profile_id: reading.representative(profile_id) for profile_id in profiles}
            memberships.keep_representatives(session, reading.key, alike)

    def _know(self, session: Session, members: Iterable[Membership]) -> None:
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

    def rows(self, session: Session, part: OrgSelection) -> Sequence[AnyRow]:
        """The organizations of the part, each with what decides its cohort."""
        return session.execute(self._planned(part, segmented=False)).all()

    def memberships(self, session: Session, rows: Sequence[AnyRow]) -> CohortAssignments:
        """Who of `rows` belongs to which cohort, where superiors have laid nothing over it."""
        members = [Membership(*row[3:]) for row in rows]
        self._know(session, members)
        return {
            (row.org_id, row.subject_id): (signature, row.start_event_id)
            for row, member in zip(rows, members, strict=True)
            if (signature := self._signature(member, []))
        }

    def _planned(self, part: OrgSelection, *, segmented: bool) -> AnySelect:
        """The source without those whose periods a successor has taken on.

        What decides the cohorts is found without this question: its index does not answer it.
        """
        each = self._source(part, segmented=segmented)
        if isinstance(self._duty.recurrence, Every):
            return each.where(~orgs.is_handed_over())
        return each

    def _source(self, part: OrgSelection, *, segmented: bool) -> AnySelect:
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
        about = self._about.representative(member.about_profile_id) if self._about else 0
        alike = (self._own.representative(member.profile_id), about, *member[2:])
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
        known_by = cohorts.as_json(cohort)
        dates = self._catalogue.dates_digest(self._duty)
        signature = digest(dates, known_by, cohort.case, cohort.overrides)
        self._cohorts[signature] = cohort
        self._known_by[signature] = known_by
        return signature

    def _slots_of(self, signature: str) -> list[Slot]:
        if signature not in self._slots:
            cohort, span = self._cohorts[signature], self._span
            slots = slots_of(self._duty, cohort, self._catalogue, span.since, span.until)
            self._slots[signature] = slots
        return self._slots[signature]

    def _first_on(self, slot: Slot) -> date:
        return self._first_days.of(slot, self._duty.remind)


def slot_row(slot: Slot, first_on: date | None) -> dict[str, object]:
    """The slot as a row of the temporary table, without its cohort.

    None as its first day where it is only looked at: that day and how the dates come about
    are kept with new slots, and never compared.
    """
    names = ("period", "step", "label", "opens", "planned", "due", "provisional")
    more = ("target", "unit", "theme", "asked_on")
    row = {name: getattr(slot, name) for name in names + more}
    derivation = list(slot.derivation) if first_on else []
    return {**row, "first_on": first_on or FIRST_DAY, "derivation": derivation}


def _told_apart_by(duty: Duty) -> frozenset[str]:
    """The facts by which organizations are told apart for the duty: a few more than it reads."""
    read = facts_read(duty)
    return _OFTEN_READ if isinstance(duty.recurrence, Every) and read <= _OFTEN_READ else read


def _term_of(duty: Duty, catalogue: Catalogue) -> Duty | None:
    """The duty whose term a notice is about."""
    recurrence = duty.recurrence
    return catalogue.duties[recurrence.term_of] if isinstance(recurrence, TermNotice) else None
