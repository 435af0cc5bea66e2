"""Who is told what today: each notice by office, level and address.

Why somebody got no mail is answered here: `gather` leaves out what a quiet period holds, and says
of which notices nobody can be reached.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.reminders.notice import (
    Addressee,
    Notice,
    QuietPeriod,
    WaitingNotice,
    addressee,
    speaks_on,
)
from dj_cadence.domain.reminders.plan import DECIDE, ReminderPlan
from dj_cadence.services.reminders.address_book import AddressBook
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.delivery.claims import withdrawn_since
from dj_cadence.store.reminders import plan_snapshots
from dj_cadence.store.reminders.waiting_notices import waiting
from dj_cadence.store.roster import orgs
from dj_cadence.store.site import site as sites


@dataclass
class Bundle:
    """What one person is to be told today."""

    person_id: int
    addresses: Mapping[str, str]
    """By channel, in the order of the site's preference."""
    notices: list[tuple[int, int, str]] = field(default_factory=list)
    """(notice, the organization at its level, whom to pass it on to)."""
    digests: list[int] = field(default_factory=list)
    """Superiors whose digest it carries."""
    channels: tuple[str, ...] = ()
    """As the most pressing notice that names any wants them."""
    late: bool = False
    """Whether something in it was held up: the engine stood still, or a channel did."""
    expected: date = LAST_DAY
    """When the first of what it says should have gone out."""

    @property
    def way(self) -> tuple[str, str]:
        """(channel, address)."""
        reaching = (channel for channel in self.channels if channel in self.addresses)
        channel = next(reaching, next(iter(self.addresses)))
        return channel, self.addresses[channel]


@dataclass(frozen=True)
class Recipients:
    """Whom notices go to today; the roster is asked for all at once, as late as needed."""

    session: Session
    calendar: WorkCalendar
    settings: Settings
    quiets: Sequence[QuietPeriod]
    readers: Sequence[int]
    """The superiors whose digest is to be sent."""
    today: date
    bundles: dict[int, Bundle] = field(default_factory=dict, init=False)
    """By person."""
    unaddressed: list[tuple[int, int | None]] = field(default_factory=list, init=False)
    """(notice, organization): nobody there can be reached; None where there is no such level."""
    passed_up: list[Notice] = field(default_factory=list, init=False)
    """What the next level must hear instead of these."""

    def gather(self) -> None:
        """Make the bundles of today, and find the notices that have nobody to go to.

        What falls into a quiet period is left out, unless its plan speaks all the same.
        """
        for notice in self.waiting:
            self._place(notice)
        for org_id in self.readers:
            reader = self.book.digest_reader(org_id)
            if reader and self._may_speak((org_id,)):
                self._bundle_for(reader).digests.append(org_id)
        self._mark_late()

    def _mark_late(self) -> None:
        """What should have gone out on a day on which it could not.

        What is due from before because it was only now planned, imported or switched on was held
        up by nothing, and neither was what waited a day because one message a day is enough.
        """
        past = {id_: one for id_, one in self.bundles.items() if one.expected < self.today}
        if not past:
            return
        last_sending_day = sites.load(self.session).last_sending_day
        stuck = withdrawn_since(self.session, past, self.today)
        for person_id, bundle in past.items():
            stood_still = last_sending_day is None or last_sending_day < bundle.expected
            bundle.late = stood_still or stuck.get(person_id, FIRST_DAY) >= bundle.expected

    @cached_property
    def waiting(self) -> Sequence[WaitingNotice]:
        return waiting(self.session, self.quiets, self.today)

    def _bundle_for(self, to: Addressee) -> Bundle:
        """The bundle of a person, begun where there is none."""
        if to.person_id not in self.bundles:
            self.bundles[to.person_id] = Bundle(to.person_id, self.book.addresses(to.person_id))
        return self.bundles[to.person_id]

    def _place(self, waiting: WaitingNotice) -> None:
        """Put a notice where it belongs, or leave it for after a quiet period."""
        notice, there = waiting.notice, self._org_at_level(waiting)
        plan = self._plans[waiting.plan_snapshot_id]
        org_ids = [waiting.org_id, *([there] if there else [])]
        if not plan.through_quiet and not self._may_speak(org_ids):
            return
        fallback, channels = plan.way(notice.reminder_step, notice.level)
        to = there and addressee(
            notice.office, self.book.holders(there), self.book.reachable, fallback
        )
        if not to or not there:
            self.unaddressed.append((waiting.id, there))
            if 0 < notice.level < len(self._line(waiting)):
                self.passed_up.append(waiting.one_level_up(self.today))
            return
        bundle = self._bundle_for(to)
        bundle.notices.append((waiting.id, there, to.relay))
        bundle.channels = bundle.channels or channels
        bundle.expected = min(bundle.expected, self._expected_on(notice.due_on, plan, org_ids))

    def _may_speak(self, org_ids: Iterable[int]) -> bool:
        """Whether none of these is in a quiet period."""
        return speaks_on(self.quiets, self._places(org_ids), self.today) == self.today

    def _expected_on(self, due_on: date, plan: ReminderPlan, org_ids: Iterable[int]) -> date:
        """When it should have gone out: after a quiet period, on the first working day."""
        if plan.through_quiet or not self.quiets:
            return due_on
        day = speaks_on(self.quiets, self._places(org_ids), due_on)
        return day if day == due_on else self.calendar.on_or_after(day)

    def _org_at_level(self, waiting: WaitingNotice) -> int | None:
        """None where the reporting line is not that long."""
        line = (waiting.org_id, *self._line(waiting))
        level = waiting.notice.level
        return line[level] if level < len(line) else None

    def _line(self, waiting: WaitingNotice) -> Sequence[int]:
        """Who hears of it, one after the other; of what waits for a decision, who decides."""
        if not waiting.notice.level:
            return ()
        is_asked = waiting.notice.reminder_step == DECIDE
        return (self._deciding if is_asked else self._above).get(waiting.org_id, ())

    @cached_property
    def _deciding(self) -> Mapping[int, Sequence[int]]:
        handed_up = {
            waiting.org_id for waiting in self.waiting if waiting.notice.reminder_step == DECIDE
        }
        return orgs.deciding(self.session, handed_up) if handed_up else {}

    @cached_property
    def _above(self) -> Mapping[int, Sequence[int]]:
        upward = {waiting.org_id for waiting in self.waiting if waiting.notice.level}
        return orgs.superiors(self.session, upward)

    @cached_property
    def book(self) -> AddressBook:
        """Of all that are written to."""
        written_to = {there for waiting in self.waiting if (there := self._org_at_level(waiting))}
        return AddressBook(self.session, written_to | set(self.readers), self.today, self.settings)

    @cached_property
    def _plans(self) -> Mapping[int, ReminderPlan]:
        snapshots = {waiting.plan_snapshot_id for waiting in self.waiting}
        return {id_: plan_snapshots.load(self.session, id_) for id_ in snapshots}

    def _places(self, org_ids: Iterable[int]) -> list[int]:
        return [self._positions[org_id] for org_id in org_ids] if self.quiets else []

    @cached_property
    def _positions(self) -> Mapping[int, int]:
        lines = (*self._above.values(), *self._deciding.values())
        above = {org_id for line in lines for org_id in line}
        own = {waiting.org_id for waiting in self.waiting}
        return orgs.positions(self.session, own | set(self.readers) | above)
