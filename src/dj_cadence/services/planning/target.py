"""What one duty asks of whom: organizations to cohorts, cohorts to dated slots.

Both are worked out once for all organizations that are alike, however many there are.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

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
from dj_cadence.domain.rules.duty import Clock, Duty, Every, Term, TermNotice
from dj_cadence.domain.rules.override import Segment
from dj_cadence.fingerprint import digest
from dj_cadence.services.planning.plan_source import PlanSource
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow, AnySelect
from dj_cadence.store.planning import cohorts, equivalence_classes, memberships, target_tables
from dj_cadence.store.planning.equivalence_classes import EquivalenceClasses
from dj_cadence.store.planning.memberships import CohortAssignments, Membership
from dj_cadence.store.planning.org_selection import OrgSelection
from dj_cadence.store.roster import orgs

_OFTEN_READ = ALWAYS_READ | {"top_of_school", "has_committee", "groups", "branches_below"}
"""They tell some dozen classes apart: found once for all duties of periods that read no more."""


class PlanTarget:
    """One duty over one window, laid out beside what is stored."""

    def __init__(self, source: PlanSource, duty: Duty, span: DateRange) -> None:
        self._source = source
        self._catalogue = source.catalogue
        self._duty = duty
        self._span = span
        self._signatures: dict[Hashable, str] = {}
        self._cohorts: dict[str, Cohort] = {}
        self._slots: dict[str, list[Slot]] = {}
        recurrence = duty.recurrence
        about: frozenset[str] = frozenset()
        if isinstance(recurrence, TermNotice):
            about = facts_read(self._catalogue.duties[recurrence.term_of])
        read = facts_read(duty)
        often = isinstance(recurrence, Every) and read <= _OFTEN_READ
        self._own = source.reading(_OFTEN_READ if often else read)
        self._about = source.reading(about)
        event = recurrence.event if isinstance(recurrence, Clock) else ""
        self.found_by = f"{type(recurrence).__name__} {event}"
        """Equal for duties whose organizations are found by the same `rows`."""
        self.asks_for = f"{self.found_by} {self._own.key} {self._about.key}"
        """Equal for duties with the same memberships."""

    def stage(
        self, session: Session, part: OrgSelection, segments: list[Segment], *, create: bool
    ) -> None:
        """Fill the temporary tables with all that the duty asks of anyone in `part`.

        `create` stores cohorts that are new.
        """
        target_tables.stage(session, segments)
        segmented = bool(segments)
        asked = (self.asks_for, self._duty.key if segmented else "", part.changed_after)
        classes = equivalence_classes.known_classes(session, asked) or self._find_classes(
            session, asked, part, segmented=segmented
        )
        signed = {
            kind: signature
            for kind, member in classes.items()
            if (signature := self._signature(member, segments))
        }
        used = {s: cohorts.as_json(self._cohorts[s]) for s in signed.values()}
        ids = cohorts.cohort_ids(session, self._duty.key, used, create=create)
        each = self._by_representative(self._planned(part, segmented=segmented))
        target_tables.fill(
            session,
            {ids[s]: known_by for s, known_by in used.items() if ids[s] < 0},
            {kind: ids[s] for kind, s in signed.items()},
            [
                self._source.slot_row(slot, self._duty.remind, ids[s], new=create)
                for s in used
                for slot in self._slots_of(s)
            ],
            equivalence_classes.assigned(session, asked, part, each),
        )

    def _by_representative(self, source: AnySelect) -> AnySelect:
        return memberships.by_representative(source, self._own.key, self._about.key)

    def _find_classes(
        self, session: Session, asked: Hashable, part: OrgSelection, *, segmented: bool
    ) -> EquivalenceClasses:
        """The classes of all organizations that are asked, with profiles read alike."""
        each = self._each(OrgSelection(changed_after=part.changed_after), segmented=segmented)
        if isinstance(self._duty.recurrence, Every) and not segmented:
            each = memberships.by_profile(each)
        alike = self._by_representative(each)
        classes = equivalence_classes.find_classes(session, asked, alike)
        if any(memberships.UNREAD in member[:2] for member in classes.values()):
            ids = memberships.profiles(session, each)
            memberships.know_profiles(session, ids, self._source.facts)
            for reading in filter(lambda reading: reading.key, (self._own, self._about)):
                read = {profile_id: reading.representative(profile_id) for profile_id in ids}
                memberships.keep_representatives(session, reading.key, read)
            classes = equivalence_classes.find_classes(session, asked, alike)
        self._know(session, classes.values())
        return classes

    def _know(self, session: Session, members: Iterable[Membership]) -> None:
        ids = {id_ for member in members for id_ in member[:2]} - {0}
        memberships.know_profiles(session, ids, self._source.facts)

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
        each = self._each(part, segmented=segmented)
        if isinstance(self._duty.recurrence, Every):
            return each.where(~orgs.is_handed_over())
        return each

    def _each(self, part: OrgSelection, *, segmented: bool) -> AnySelect:
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
        about = self._about.representative(member.about_profile_id)
        alike = (self._own.representative(member.profile_id), about, *member[2:])
        if alike not in self._signatures:
            cohort = self._cohort(member)
            if cohort and member.segment:
                cohort = replace(cohort, overrides=segments[member.segment - 1].overrides)
            self._signatures[alike] = ""
            if cohort:
                dates, known_by = self._catalogue.dates_digest(self._duty), cohorts.as_json(cohort)
                signature = digest(dates, known_by, cohort.case, cohort.overrides)
                self._signatures[alike] = signature
                self._cohorts[signature] = cohort
        return self._signatures[alike]

    def _cohort(self, member: Membership) -> Cohort | None:
        duty, day, start = self._duty, member.anchor_day, self._source.site_start
        facts = self._source.facts
        own = facts[member.profile_id]
        match duty.recurrence:
            case Every():
                return cohort_of(duty, own, start)
            case Term():
                return term_cohort(duty, own, day, start)
            case TermNotice(term_of=term):
                of, about = self._catalogue.duties[term], facts[member.about_profile_id]
                return notice_cohort(duty, own, of, about, day, member.known_on, start)
            case Clock():
                return case_cohort(duty, own, day, member.case_id, start)

    def _slots_of(self, signature: str) -> list[Slot]:
        if signature not in self._slots:
            cohort, span = self._cohorts[signature], self._span
            self._slots[signature] = slots_of(
                self._duty, cohort, self._catalogue, span.since, span.until
            )
        return self._slots[signature]
