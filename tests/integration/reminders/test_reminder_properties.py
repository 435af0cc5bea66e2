"""Whatever people do: each notice has one outcome, nobody hears twice a day, no level is
skipped in silence, nothing goes up that does not bind, and quiet is quiet."""

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.messages.claim import StoredLetter
from dj_cadence.domain.reminders.notice import speaks_on
from dj_cadence.domain.reminders.plan import ESCALATED, NEWCOMER, EscalationStep, From, ReminderStep
from dj_cadence.domain.reminders.plan import reminders as reminders_of
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import TaskDates
from dj_cadence.errors import Blame, DeliveryError, Refused
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.delivery.deliver import deliver, recover, supersede_stale
from dj_cadence.services.delivery.skeletons import unpack
from dj_cadence.services.digest.views import digests_of_a_pass
from dj_cadence.services.reminders import quiet_periods
from dj_cadence.services.reminders.daily_update import advance
from dj_cadence.services.rules.announce import Announcement, announce
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.services.tasks.superior_decisions import postpone, waive
from dj_cadence.services.undo import undo
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.reminders import quiet_periods as quiets
from dj_cadence.store.reminders.plan_snapshots import load as load_plan
from dj_cadence.store.schema import (
    address,
    appointment,
    letter,
    message,
    notice,
    org,
    skeleton,
    task,
)
from tests.world.engine import (
    EVERYTHING,
    START,
    TERM_PLAN,
    Channel,
    a_site,
    apply,
    at,
    found_district,
    holds,
    load,
    roll,
)

_serial = count(1)
UNTIL = date(2026, 12, 31)
ORGS = ("E", "S", "B1", "B2", "T")
GRACES = (5, 10)
HEARD = ("sent", "folded")


def _rules(version: str, late: ReminderStep) -> Catalogue:
    """Terms go up two levels; `late` is what monthly duties say once they are late."""
    monthly = EVERYTHING.plans["monthly"]
    plans = {
        **EVERYTHING.plans,
        "term": replace(
            TERM_PLAN, escalate=tuple(EscalationStep(n) for n in GRACES), through_quiet=True
        ),
        "monthly": replace(monthly, steps=(*monthly.steps[:-1], late)),
    }
    return replace(EVERYTHING, plans=plans, hash=version)


RULES = (
    _rules("v1", ReminderStep("late", From.DUE, working_days=1, repeat_weeks=1)),
    _rules(
        "v2", ReminderStep("late", From.DUE, working_days=3, repeat_weeks=2, channels=("wecom",))
    ),
    _rules("v3", ReminderStep("tell", From.DUE, days=2, level=1)),
)

numbers = st.integers(0, 400)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("walk"), st.integers(1, 12)),
        st.tuples(st.just("outage"), st.integers(4, 40)),
        *(
            st.tuples(st.just(what), numbers)
            for what in (
                *("done", "plan", "postpone", "waive", "reopen", "rules", "choose"),
                *("vacate", "fill", "unreachable", "reachable", "quiet", "speak", "refused"),
            )
        ),
    ),
    min_size=8,
    max_size=24,
)


@dataclass
class Life:
    """A district that lives through what hypothesis thinks of, each morning and afternoon."""

    database: Database
    today: date = date(2026, 7, 20)
    rules: Catalogue = RULES[0]
    channel: Channel = field(default_factory=Channel)
    chosen: set[str] = field(default_factory=set)
    postponed: Counter[int] = field(default_factory=Counter)
    rules_changed_on: date = START
    serial: int = 0

    def __post_init__(self) -> None:
        self.site = a_site(self.database, self.channel)

    def live(self, what: str, number: int) -> None:
        match what:
            case "walk":
                for _ in range(number):
                    self.today += DAY
                    self.day()
            case "outage":
                self.today += number * DAY
                self.day()
            case "refused":
                self.channel.fault = DeliveryError("no such user", Blame.ADDRESS)
                self.live("walk", 1)
                self.channel.fault = None
            case "rules":
                self.rules = RULES[number % len(RULES)]
                self.rules_changed_on = self.today
                apply(
                    self.database, self.rules, today=self.today, until=UNTIL, allow_withdrawals=99
                )
            case "vacate" | "fill" | "unreachable" | "reachable":
                self.staff(what, number)
            case "quiet" | "speak":
                self.hush(what, number)
            case "choose":
                self.choose(number)
            case _:
                self.act(what, number)

    def day(self) -> None:
        """What a tick does, at half past eight and in the afternoon."""
        database, rules, today = self.database, self.rules, self.today
        for hour in (8, 17):
            now = at(today, hour, 30)
            roll(database, rules, today)
            advance(database, rules, today=today, now=now)
            recover(database, self.site.settings.folder, "test", today, now)
            supersede_stale(database, today)
            bundle(database, rules, self.site.settings, now=now)
            deliver(
                database,
                templates=self.site.templates,
                notifiers=self.site.notifiers,
                catalogue=rules,
                settings=self.site.settings,
                digest_view=digests_of_a_pass(rules, self.site.settings, today),
                owner="test",
                now=now,
            )
        self.nothing_was_said_in_quiet()

    def act(self, what: str, number: int) -> None:
        owed = ("open", "unrecorded", "overdue")
        states = ("done", "waived") if what == "reopen" else owed
        who = Actor("x", at(self.today, 18), self.today)
        with self.database.write() as session:
            ids = session.scalars(
                select(task.c.id).where(task.c.state.in_(states)).order_by(task.c.due, task.c.id)
            ).all()
            if not ids:
                return
            one = ids[number % len(ids)]
            later = self.today + number % 40 * DAY
            try:
                match what:
                    case "done":
                        done(session, self.rules, one, who, on=self.today)
                    case "plan":
                        set_planned(session, self.rules, one, who, on=later)
                    case "postpone":
                        postpone(session, self.rules, one, who, until=later, reason="因故")
                        self.postponed[one] += 1
                    case "waive":
                        waive(session, self.rules, one, who, reason="因故")
                    case "reopen":
                        undo(session, self.rules, one, who, reason="登错了")
            except Refused:
                return

    def staff(self, what: str, number: int) -> None:
        code, office = ORGS[number % len(ORGS)], ("书记", "党务工作者", "副书记")[number % 3]
        if what == "fill":
            self.serial += 1
            email = f"new{self.serial}@example.cn" if number % 4 else ""
            since = self.today.isoformat()
            row = holds(code, office, f"新人{self.serial}", email, since=since)
            load(self.database, (), [row], today=self.today)
            return
        with self.database.write() as session:
            there = select(org.c.id).where(org.c.code == code).scalar_subquery()
            here = (appointment.c.org_id == there, appointment.c.until >= self.today)
            if what == "vacate":
                ending = update(appointment).where(*here, appointment.c.since < self.today)
                session.execute(ending.values(until=self.today - DAY))
            else:
                people = select(appointment.c.person_id).where(*here)
                state = "bad" if what == "unreachable" else "ok"
                mine = update(address).where(address.c.person_id.in_(people))
                session.execute(mine.values(state=state))

    def hush(self, what: str, number: int) -> None:
        with self.database.write() as session:
            try:
                if what == "speak":
                    rows = quiets.every(session)
                    quiet_periods.end(
                        session, rows[number % len(rows)].id if rows else 0, self.today
                    )
                else:
                    quiet_periods.add(
                        session,
                        ("", *ORGS)[number % 6],
                        Actor("x", at(self.today), self.today),
                        since=self.today + DAY,
                        until=self.today + (2 + number % 20) * DAY,
                        reason="放假",
                    )
            except Refused:
                return

    def choose(self, number: int) -> None:
        duty, how = ("lecture", "groups", "party_day")[number % 3], number % 2
        with self.database.write() as session:
            announce(
                session,
                self.rules,
                duty,
                ("E", "S")[number % 2],
                Actor("x", at(self.today, 18), self.today),
                Announcement(adopt=bool(how), escalate=None if how else (1, 2)),
            )
        self.chosen.add(duty)

    # --- what must hold ------------------------------------------------------------------------

    def nothing_was_said_in_quiet(self) -> None:
        there = org.alias("there")
        query = (
            select(org.c.position, there.c.position.label("above"), task.c.plan_snapshot_id)
            .select_from(notice)
            .join(message, message.c.id == notice.c.message_id)
            .join(task, task.c.id == notice.c.task_id)
            .join(org, org.c.id == task.c.org_id)
            .join(there, there.c.id == notice.c.org_id)
            .where(message.c.day == self.today, message.c.state == "sent")
        )
        with self.database.read() as session:
            periods = quiets.every(session)
            for row in session.execute(query).all() if periods else ():
                if not load_plan(session, row.plan_snapshot_id).through_quiet:
                    places = (row.position, row.above)
                    assert speaks_on(periods, places, self.today) == self.today

    def everything_is_told(self) -> None:
        """Live on until nothing holds anything back, and look at all of it."""
        with self.database.write() as session:
            for row in quiets.every(session):
                if row.until >= self.today:
                    quiets.shorten(session, row.id, self.today - DAY)
        self.live("walk", 1)
        while not self.rules.calendar.is_working_day(self.today):
            self.live("walk", 1)
        with self.database.read() as session:
            rows = session.execute(
                select(notice, task.c.duty, task.c.due, message.c.state, message.c.day)
                .join(task, task.c.id == notice.c.task_id)
                .outerjoin(message, message.c.id == notice.c.message_id)
                .order_by(notice.c.id)
            ).all()
        self.each_has_one_outcome(rows)
        self.only_what_binds_goes_up(rows)
        self.no_level_is_skipped(rows)
        self.newcomers_hear_once(rows)
        self.nothing_due_is_missing()
        per_day = Counter((letter.to, letter.date[:10]) for letter in self.channel.letters)
        assert max(per_day.values(), default=1) == 1

    def each_has_one_outcome(self, rows: Sequence[Any]) -> None:
        for row in rows:
            assert row.outcome in ("sent", "folded", "settled_before", "moved", "no_addressee")
            if row.outcome == "sent":
                assert row.state == "sent"
            if row.outcome == "no_addressee":
                assert row.message_id is None
        sent = {row.message_id for row in rows if row.outcome == "sent"}
        assert len(self.channel.letters) >= len(sent)

    def only_what_binds_goes_up(self, rows: Sequence[Any]) -> None:
        up = {row.duty for row in rows if row.level}
        allowed = {duty.key for duty in self.rules.duties.values() if duty.binds} | self.chosen
        assert up <= allowed

    def no_level_is_skipped(self, rows: Sequence[Any]) -> None:
        heard = [row for row in rows if row.reminder_step == ESCALATED and row.outcome in HEARD]
        for (task_id, _), times in Counter((row.task_id, row.level) for row in heard).items():
            assert times <= 1 + self.postponed[task_id]
        for row in heard:
            if row.level == 1:
                continue
            wanted = (row.task_id, row.level - 1)
            below = [one for one in rows if (one.task_id, one.level) == wanted and one.id < row.id]
            last = below[-1]
            assert last.outcome in (*HEARD, "no_addressee")
            if last.outcome == "no_addressee":
                assert "无法联系" in self.letter(row.message_id)
            else:
                assert last.day < row.day

    def letter(self, message_id: int) -> str:
        with self.database.read() as session:
            packed = select(skeleton.c.content, letter.c.content).join_from(letter, skeleton)
            found = session.execute(packed.where(letter.c.message_id == message_id)).one()
            return unpack(StoredLetter(*found)).text

    def newcomers_hear_once(self, rows: Sequence[Any]) -> None:
        lists: dict[int, set[int]] = {}
        for row in rows:
            if row.reminder_step == NEWCOMER and row.outcome == "sent":
                lists.setdefault(row.occurrence, set()).add(row.message_id)
        assert all(len(found) == 1 for found in lists.values())

    def nothing_due_is_missing(self) -> None:
        """Of tasks whose dates nobody changed, all that fell due since the rules changed."""
        with self.database.read() as session:
            columns = (notice.c.task_id, notice.c.reminder_step, notice.c.occurrence)
            said = {tuple(row) for row in session.execute(select(*columns))}
            owed = task.c.state.in_(("open", "unrecorded", "overdue"))
            for row in session.execute(select(task).where(owed, task.c.due_revision == 0)).all():
                plan = load_plan(session, row.plan_snapshot_id)
                dates = TaskDates(row.opens, row.planned, row.due, row.asked_on)
                due = reminders_of(
                    plan, dates, self.rules.calendar, self.rules_changed_on, self.today
                )
                missing = {
                    (row.id, one.reminder_step, one.occurrence) for one in due if not one.level
                }
                assert missing - said == set()


@pytest.fixture(scope="module")
def prepared(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The district in July: nobody did anything since March, all was told until then."""
    path = shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("life") / "site.db")
    database = open_database(f"sqlite:///{path}")
    found_district(database)
    apply(database, RULES[0], until=UNTIL)
    database.engine.dispose()
    return path


@settings(
    derandomize=True,
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # a life takes seconds: what fails is not made shorter
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps)
@example(
    [  # the channel is shut for a day, and what goes up waits for what did not go out
        *(("choose", 65), ("walk", 8), ("outage", 14), ("outage", 4), ("walk", 12)),
        *(("postpone", 207), ("vacate", 282), ("refused", 194), ("quiet", 192), ("choose", 127)),
        *(("outage", 13), ("unreachable", 399), ("fill", 223), ("outage", 25)),
        *(("refused", 185), ("refused", 305)),
    ]
)
def test_whatever_people_do_everything_is_told_once_and_to_the_right_people(
    prepared: Path, tmp_path: Path, happened: Sequence[tuple[str, int]]
) -> None:
    file = tmp_path / f"life-{next(_serial)}.db"  # one that failed may have left its log beside it
    database = open_database(f"sqlite:///{shutil.copyfile(prepared, file)}")
    try:
        life = Life(database)
        life.live("walk", 1)
        for what, number in happened:
            life.live(what, number)
        life.live("outage", 15)  # terms have run out by now, and superiors hear of it
        life.live("walk", 8)
        life.everything_is_told()
    finally:
        database.engine.dispose()
