"""Who is to be told what today: notices looked up by office, level and address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from sqlalchemy import Select, or_, select, text

from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.reminders.plan import DECIDE, ReminderPlan
from dj_cadence.domain.reminders.quiet_period import Quiet, speaks_on
from dj_cadence.domain.reminders.recipient import Addressee, addressee, digest_reader
from dj_cadence.services.reminders.address_book import AddressBook
from dj_cadence.services.reminders.plan_snapshot import plan_of_snapshot, through_quiet
from dj_cadence.settings import Settings
from dj_cadence.store.core.database import Session
from dj_cadence.store.core.types import AnyRow
from dj_cadence.store.delivery.recovery import withdrawn_since
from dj_cadence.store.reminders.quiet_periods import is_silent
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import notice, org, task
from dj_cadence.store.site import site as sites


@dataclass(frozen=True, slots=True)
class Told:
    """One notice in a bundle."""

    notice_id: int
    org_id: int
    """The organization at the notice's level."""
    relay: str


@dataclass
class Bundle:
    """What one person is to be told today."""

    person_id: int
    ways: Mapping[str, str]
    """Addresses by channel, in the order of the site's preference."""
    notices: list[Told] = field(default_factory=list)
    digests: list[int] = field(default_factory=list)
    """Superiors whose digest it carries."""
    wanted: tuple[str, ...] = ()
    """Channels, as the most pressing notice that names any wants them."""
    late: bool = False
    """Whether something in it was held up: the engine stood still, or a channel did."""
    expected: date = LAST_DAY
    """When the first of what it says should have gone out."""

    @property
    def way(self) -> tuple[str, str]:
        """(channel, address)."""
        channel = next((name for name in self.wanted if name in self.ways), next(iter(self.ways)))
        return channel, self.ways[channel]


@dataclass
class Recipients:
    """What `gather` found."""

    bundles: dict[int, Bundle] = field(default_factory=dict)
    unaddressed: list[tuple[int, int | None]] = field(default_factory=list)
    """(notice, organization): nobody there can be reached; None where there is no such level."""
    upwards: list[AnyRow] = field(default_factory=list)
    """Those of them that the next level must hear instead."""


def waiting(session: Session, quiets: Sequence[Quiet], today: date) -> Select[tuple[int]]:
    """The notices that are to be told and not in a message yet.

    Without those held by a quiet period of the organization whose task it is.
    """
    query = (
        select(notice.c.id)
        .join_from(notice, task, task.c.id == notice.c.task_id)
        .where(text("notice.message_id IS NULL AND notice.outcome = ''"))  # as the index has it
        .where(notice.c.due_on <= today)
    )
    if not any(one.since <= today <= one.until for one in quiets):
        return query
    speaks = or_(~is_silent(quiets, today), task.c.plan_snapshot_id.in_(through_quiet(session)))
    return query.join(org, org.c.id == task.c.org_id).where(speaks)


def gather(
    session: Session,
    calendar: WorkCalendar,
    settings: Settings,
    quiets: Sequence[Quiet],
    readers: Sequence[int],
    today: date,
) -> Recipients:
    """The bundles of today, and the notices that have nobody to go to.

    What falls into a quiet period is left out, unless its plan speaks all the same.
    `readers` are the superiors whose digest is to be sent.
    """
    rows = _waiting(session, quiets, today)
    look = _Lookup(session, calendar, settings, quiets, rows, readers, today)
    found = Recipients()
    for row in look.rows:
        look.place(found, row)
    for org_id in readers:
        reader = digest_reader(look.book.holders(org_id), look.book.reachable)
        if reader and look.may_speak((org_id,)):
            _bundle_for(found.bundles, reader, look.book).digests.append(org_id)
    _mark_late(session, found.bundles.values(), today)
    return found


def _mark_late(session: Session, bundles: Iterable[Bundle], today: date) -> None:
    """What should have gone out on a day on which it could not.

    What is due from before because it was only now planned, imported or switched on was held
    up by nothing, and neither was what waited a day because one message a day is enough.
    """
    past = {one.person_id: one for one in bundles if one.expected < today}
    if not past:
        return
    last_sending_day = sites.load(session).last_sending_day
    stuck = withdrawn_since(session, past, today)
    for person_id, one in past.items():
        stood_still = last_sending_day is None or last_sending_day < one.expected
        one.late = stood_still or stuck.get(person_id, FIRST_DAY) >= one.expected


def _waiting(session: Session, quiets: Sequence[Quiet], today: date) -> list[AnyRow]:
    """The most pressing first: what has come up to superiors, then the oldest."""
    names = (
        "id",
        "task_id",
        "due_revision",
        "reminder_step",
        "occurrence",
        "level",
        "office",
        "due_on",
    )
    columns = (*(notice.c[name] for name in names), task.c.org_id, task.c.plan_snapshot_id)
    query = waiting(session, quiets, today).with_only_columns(*columns)
    return list(session.execute(query.order_by(notice.c.level.desc(), notice.c.id)))


@dataclass(frozen=True)
class _Lookup:
    session: Session
    calendar: WorkCalendar
    settings: Settings
    quiets: Sequence[Quiet]
    rows: Sequence[AnyRow]
    readers: Sequence[int]
    today: date

    def place(self, found: Recipients, row: AnyRow) -> None:
        """Put a notice where it belongs, or leave it for after a quiet period."""
        there, plan = self._org_at_level(row), self._plans[row.plan_snapshot_id]
        places = [row.org_id, *([there] if there else [])]
        if not plan.through_quiet and not self.may_speak(places):
            return
        fallback, channels = plan.way(row.reminder_step, row.level)
        to = there and addressee(
            row.office, self.book.holders(there), self.book.reachable, fallback
        )
        if not to or not there:
            found.unaddressed.append((row.id, there))
            if 0 < row.level < len(self._line(row)):
                found.upwards.append(row)
            return
        one = _bundle_for(found.bundles, to, self.book)
        one.notices.append(Told(row.id, there, to.relay))
        one.wanted = one.wanted or channels
        one.expected = min(one.expected, self._expected_on(row, plan, places))

    def may_speak(self, org_ids: Iterable[int]) -> bool:
        return speaks_on(self.quiets, self._places(org_ids), self.today) == self.today

    def _expected_on(self, row: AnyRow, plan: ReminderPlan, org_ids: Iterable[int]) -> date:
        """When it should have gone out: after a quiet period, on the first working day."""
        due_on: date = row.due_on
        if plan.through_quiet or not self.quiets:
            return due_on
        day = speaks_on(self.quiets, self._places(org_ids), due_on)
        return due_on if day == due_on else self.calendar.on_or_after(day)

    def _org_at_level(self, row: AnyRow) -> int | None:
        """None where the reporting line is not that long."""
        if not row.level:
            return int(row.org_id)
        above = self._line(row)
        return above[row.level - 1] if row.level <= len(above) else None

    def _line(self, row: AnyRow) -> Sequence[int]:
        """Who hears of it, one after the other; of what waits for a decision, who decides."""
        lines = self._deciding if row.reminder_step == DECIDE else self._above
        return lines.get(row.org_id, ())

    @cached_property
    def _deciding(self) -> Mapping[int, Sequence[int]]:
        asking = {row.org_id for row in self.rows if row.reminder_step == DECIDE}
        return orgs.deciding(self.session, asking) if asking else {}

    @cached_property
    def _above(self) -> Mapping[int, Sequence[int]]:
        return orgs.superiors(self.session, {row.org_id for row in self.rows if row.level})

    @cached_property
    def book(self) -> AddressBook:
        concerned = {there for row in self.rows if (there := self._org_at_level(row))}
        return AddressBook(self.session, concerned | set(self.readers), self.today, self.settings)

    @cached_property
    def _plans(self) -> Mapping[int, ReminderPlan]:
        chains = {row.plan_snapshot_id for row in self.rows}
        return {
            plan_snapshot_id: plan_of_snapshot(self.session, plan_snapshot_id)
            for plan_snapshot_id in chains
        }

    def _places(self, org_ids: Iterable[int]) -> list[int]:
        return [self._positions[org_id] for org_id in org_ids] if self.quiets else []

    @cached_property
    def _positions(self) -> Mapping[int, int]:
        concerned = {row.org_id for row in self.rows} | set(self.readers)
        lines = (*self._above.values(), *self._deciding.values())
        above = {org_id for line in lines for org_id in line}
        return orgs.positions(self.session, concerned | above)


def _bundle_for(bundles: dict[int, Bundle], to: Addressee, book: AddressBook) -> Bundle:
    if to.person_id not in bundles:
        bundles[to.person_id] = Bundle(to.person_id, book.ways(to.person_id))
    return bundles[to.person_id]
