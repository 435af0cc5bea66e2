"""Whatever people do and take back: the site is, and sends, as if it had never been done.

A site is lived twice: in one nothing is done, in the other deeds are done and taken back, in
the reverse order, with or without a pass of the engine between. Tasks, steps, elections, what
waits to be said and the calendar are then the same, the auditor agrees, the plan has nothing to
change; and what goes out in the three weeks that follow is the same, letter by letter.
"""

import re
import shutil
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import and_, or_, select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.loading.records_file import RecordRow, RecordsFile
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.audit import audit
from dj_cadence.services.feeds.address import feed_address
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.services.planning import apply
from dj_cadence.services.tasks import cases, superior_decisions
from dj_cadence.services.tasks import record as records
from dj_cadence.services.tasks.record_import import import_records
from dj_cadence.services.undo import take_back_case, undo
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.planning.differences import DateRange
from dj_cadence.store.schema import notice, org, record, record_task, slot, start_event, task
from dj_cadence.store.site import site as sites
from tests.world.audit.walked_site import FIRST, World, content, open_world, world_settings
from tests.world.engine import DISTRICT, OFFICES, at, load, shipped

TODAY = date(2026, 4, 8)
"""A Wednesday: March waits to be recorded, the quarter's tasks are open."""
CASE, REPORTED = "member_development_case", "party_lecture_branch"
DUTIES = (CASE,)
"""Beside those of the world: one with a clock."""
THREE_WEEKS = 21 * DAY
ONE_MINUTE = timedelta(minutes=1)
few = settings(
    derandomize=True,
    max_examples=4,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # to make one smaller takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@cache
def told_content() -> dict[str, Any]:
    """The world's rules, a case, and 党课 confirmed by the superior."""
    on = {"enabled": True, "effective": None}
    more = [{**rule, **on} for rule in shipped().content["duties"] if rule["key"] in DUTIES]
    found = content()
    duties = [
        {**rule, "confirm": True} if rule["key"] == REPORTED else rule for rule in found["duties"]
    ]
    return {**found, "duties": [*duties, *more]}


@cache
def rules() -> Catalogue:
    return catalogue_from_content(told_content())


# --- two sites ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def lived(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a site that was lived through its first weeks."""
    folder = tmp_path_factory.mktemp("lived")
    path = Path(shutil.copyfile(sqlite_template, folder / "dj-cadence.db"))
    world = founded(open_database(f"sqlite:///{path}"), folder)
    live_to(world, TODAY)
    world.database.engine.dispose()
    return path


def founded(database: Database, folder: Path) -> World:
    """The district on its first day, with these rules."""
    with database.write() as session:
        sites.create(session, "5eed", FIRST)
    load(database, DISTRICT, OFFICES, today=FIRST)
    span = apply.default_span(FIRST, FIRST)
    apply.apply(database, rules(), told_content(), span, by="管理员", today=FIRST, now=at(FIRST, 9))
    world = open_world(database, world_settings(folder))
    world.switch_on()
    return world


def live_to(world: World, day: date, since: date = FIRST) -> None:
    """The passes of each morning, the last day's included."""
    while since <= day:
        world.tick(at(since, 8, 30))
        since += DAY


@dataclass
class Life:
    """One site, its people, and the deeds that nobody took back yet."""

    world: World
    now: datetime = field(default_factory=lambda: at(TODAY, 9))
    stack: list[tuple[str, int]] = field(default_factory=list)

    @property
    def database(self) -> Database:
        return self.world.database

    @property
    def today(self) -> date:
        return self.world.site.today(self.now)

    @property
    def who(self) -> Actor:
        return Actor("李书记", self.now, self.today)

    def let_pass(self, gap: int) -> None:
        """Nothing but a minute, a pass of the engine, or a night with the next morning's."""
        self.now += ONE_MINUTE
        if gap == 2:
            self.now = at(self.today + DAY, 9)
            self.world.tick(at(self.today, 8, 30))
        if gap:
            self.world.tick(self.now)

    def do(self, kind: str, number: int) -> bool:
        """Somebody does something, if there is anything to do it to."""
        self.now += ONE_MINUTE
        with self.database.read() as session:
            rows = session.execute(candidates(kind, self.today)).all()
        for row in rows[number % len(rows) :] if rows else ():
            try:
                with self.database.write() as session:
                    self.stack.append(self._do(session, kind, row, number))
            except Refused:
                continue
            return True
        return False

    def _do(self, session: Any, kind: str, row: Any, number: int) -> tuple[str, int]:
        if kind == "case":
            code = session.scalar(select(org.c.code).where(org.c.id == row.org_id))
            number = cases.open_case(session, rules(), CASE, code, self.who, on=self.today, ref="")
            return "case", number
        DOING[kind](session, row, number, self.who)
        return "task", row.id

    def take_back_last(self) -> None:
        """As it was done last; nothing may stand in the way of that."""
        self.now += ONE_MINUTE
        what, number = self.stack.pop()
        take_back = take_back_case if what == "case" else undo
        with self.database.write() as session:
            take_back(session, rules(), number, self.who, reason="误登")


OPEN = ("open", "unrecorded", "overdue", "returned")


def done(session: Any, row: Any, _number: int, who: Actor) -> None:
    records.done(session, rules(), row.id, who, on=who.today)


def joint(session: Any, row: Any, number: int, who: Actor) -> None:
    """One activity for two tasks of the organization; which may go together the rules say."""
    mine = and_(task.c.org_id == row.org_id, task.c.id != row.id, task.c.step == "")
    beside = select(task.c.id).where(mine, task.c.duty != row.duty, task.c.state.in_(OPEN))
    also = session.scalars(beside.order_by(task.c.id)).all()
    if not also:
        raise Refused("nothing beside it")
    one = also[number % len(also)]
    records.done(session, rules(), row.id, who, on=who.today, also=[one])


def imported(session: Any, row: Any, _number: int, who: Actor) -> None:
    line = RecordRow("第 2 行", row.id, who.today, 1, "")
    import_records(session, rules(), RecordsFile([line], []), who)


def missed(session: Any, row: Any, _number: int, who: Actor) -> None:
    records.missed(session, rules(), row.id, who, reason="停课")


def planned(session: Any, row: Any, number: int, who: Actor) -> None:
    on = who.today + number % 15 * DAY
    records.set_planned(session, rules(), row.id, who, on=on)


def postpone(session: Any, row: Any, number: int, who: Actor) -> None:
    until = max(row.due, who.today) + (3 + number % 20) * DAY
    superior_decisions.postpone(session, rules(), row.id, who, until=until, reason="批复")


def shorten(session: Any, row: Any, _number: int, who: Actor) -> None:
    """Back to what the rule says."""
    due = session.scalar(select(slot.c.due).where(slot.c.id == row.slot_id))
    superior_decisions.postpone(session, rules(), row.id, who, until=due, reason="恢复")


def waive(session: Any, row: Any, _number: int, who: Actor) -> None:
    superior_decisions.waive(session, rules(), row.id, who, reason="合并")


def accept(session: Any, row: Any, _number: int, who: Actor) -> None:
    superior_decisions.accept(session, rules(), row.id, who)


def sent_back(session: Any, row: Any, _number: int, who: Actor) -> None:
    superior_decisions.return_(session, rules(), row.id, who, reason="不全")


DOING = {
    "done": done,
    "report": done,
    "election": done,
    "joint": joint,
    "import": imported,
    "missed": missed,
    "planned": planned,
    "postpone": postpone,
    "shorten": shorten,
    "waive": waive,
    "accept": accept,
    "return": sent_back,
}


def candidates(kind: str, today: date) -> Any:
    """The tasks to which something of that kind may be done, in a fixed order."""
    query = select(task).order_by(task.c.duty, task.c.org_id, task.c.due, task.c.id)
    is_open, soon = task.c.state.in_(OPEN), task.c.opens <= today + 40 * DAY
    own, past = task.c.step == "", task.c.due < today
    only = {
        "report": and_(task.c.duty == REPORTED, is_open),
        "election": and_(task.c.duty == "committee_term", own, is_open),
        "missed": and_(or_(past, ~own), is_open),
        "accept": task.c.state == "submitted",
        "return": task.c.state == "submitted",
        "shorten": and_(task.c.postponed_to.is_not(None), is_open),
        "case": task.c.duty == "theme_party_day",
        **dict.fromkeys(("done", "import", "joint"), is_open),
    }
    return query.where(only.get(kind, and_(task.c.state.in_((*OPEN, "planned")), soon)))


# --- what is compared --------------------------------------------------------------------------

KEY = (org.c.code, task.c.duty, task.c.subject_id, start_event.c.day, task.c.period, task.c.step)
FACTS = (
    *("state", "opens", "planned", "planned_time", "place", "planned_by_person", "due"),
    *("postponed_to", "target", "amount", "completed_on", "settled_at", "has_acts"),
)


def tasks_of(database: Database) -> list[tuple[Any, ...]]:
    """Every task that is not withdrawn, with all that people and plan say of it."""
    query = select(*KEY, *(task.c[name] for name in FACTS)).join(org, org.c.id == task.c.org_id)
    query = query.outerjoin(start_event, start_event.c.id == task.c.start_event_id)
    with database.read() as session:
        return sorted(map(repr, session.execute(query.where(task.c.state != "withdrawn"))))


def elections_of(database: Database) -> list[tuple[Any, ...]]:
    query = select(
        start_event.c.org_id,
        start_event.c.kind,
        start_event.c.day,
        start_event.c.current,
        start_event.c.source,
    )
    with database.read() as session:
        return sorted(map(tuple, session.execute(query.where(start_event.c.voided_at.is_(None)))))


def counted(database: Database) -> list[tuple[Any, ...]]:
    """The records that count."""
    stands = and_(record.c.voided_at.is_(None), record_task.c.voided_in.is_(None))
    query = select(record_task.c.task_id, record.c.day, record_task.c.amount).join(record)
    with database.read() as session:
        return sorted(map(tuple, session.execute(query.where(stands))))


def notices_of(database: Database, *outcomes: str) -> set[str]:
    """What has one of these outcomes, of tasks that are not withdrawn."""
    columns = (notice.c.reminder_step, notice.c.occurrence, notice.c.level, notice.c.office)
    query = select(*KEY, *columns).join_from(notice, task).join(org, org.c.id == task.c.org_id)
    query = query.outerjoin(start_event, start_event.c.id == task.c.start_event_id)
    query = query.where(notice.c.outcome.in_(outcomes), task.c.state != "withdrawn")
    with database.read() as session:
        return set(map(repr, session.execute(query)))


_HISTORY = re.compile(r"^(SEQUENCE|LAST-MODIFIED|DTSTAMP)[:;].*\r\n", re.MULTILINE)
_EVENT = re.compile(r"BEGIN:VEVENT.*?END:VEVENT\r\n", re.DOTALL)


def calendar_of(life: Life, code: str) -> set[str]:
    """The entries of an organization's calendar, without their history and what is cancelled."""
    with life.database.read() as session:
        number = session.scalar(select(org.c.id).where(org.c.code == code))
    site, subject = life.world.site, f"org:{number}"
    feed_address(life.database, site.settings, subject, life.now)
    body = Feeds(life.database, site.settings, lambda _: rules()).body(subject, life.now)
    entries = _EVENT.findall(_HISTORY.sub("", body.decode()))
    return {entry for entry in entries if "STATUS:CANCELLED" not in entry}


def check_alike(life: Life, twin: Life, *, same_day: bool) -> None:
    assert tasks_of(life.database) == tasks_of(twin.database)
    assert elections_of(life.database) == elections_of(twin.database)
    assert counted(life.database) == counted(twin.database)
    if same_day:
        assert notices_of(life.database, "") == notices_of(twin.database, "")
    for code in ("B1", "S"):
        assert calendar_of(life, code) == calendar_of(twin, code)
    check_sound(life)


def check_sound(life: Life) -> None:
    """The auditor agrees, and the plan has nothing to change but what somebody has acted on."""
    life.world.tick(life.now)
    assert audit(life.world.site, life.now) == []
    with life.database.read() as session:
        start = sites.load(session).starts_on
    span = DateRange(start, apply.horizon(life.today))
    found = apply.preview(life.database, rules(), span, anew=True)
    assert [change for _, change in found.counts if change != "keep"] == []


_LINK = re.compile(r"/t/[\w-]+")


def letters_of(life: Life, since: date) -> list[tuple[str, str, str, str]]:
    """(day, to, subject, text) of what went out after that day."""
    return [
        (letter.date[:10], letter.to, letter.subject, _LINK.sub("/t/…", letter.text))
        for letter in life.world.postman.letters
        if letter.date[:10] > since.isoformat()
    ]


# --- the property ------------------------------------------------------------------------------

KINDS = (*DOING, "case")
a_gap = st.integers(0, 2)
some_deeds = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 60), a_gap), min_size=1, max_size=4
)


@few
@given(deeds=some_deeds, gaps=st.lists(a_gap, min_size=4, max_size=4))
def test_what_is_taken_back_leaves_no_trace(
    lived: Path,
    tmp_path_factory: pytest.TempPathFactory,
    deeds: list[tuple[str, int, int]],
    gaps: list[int],
) -> None:
    life, twin = (a_life(lived, tmp_path_factory.mktemp("life")) for _ in range(2))
    try:
        live_and_compare(life, twin, deeds, gaps)
    finally:
        for one in (life, twin):
            one.database.engine.dispose()


def a_life(lived: Path, folder: Path) -> Life:
    """A copy of the site on the morning of the day."""
    path = Path(shutil.copyfile(lived, folder / "dj-cadence.db"))
    world = open_world(open_database(f"sqlite:///{path}"), world_settings(folder))
    world.switch_on()
    return Life(world)


def live_and_compare(
    life: Life, twin: Life, deeds: list[tuple[str, int, int]], gaps: list[int]
) -> None:
    passed = []
    for kind, number, gap in deeds:
        if life.do(kind, number):
            passed.append(gap)
            life.let_pass(gap)
            check_sound(life)
    for gap in gaps[: len(life.stack)]:
        life.take_back_last()
        passed.append(gap)
        life.let_pass(gap)
    life.world.tick(life.now)
    twin.now = life.now
    live_to(twin.world, life.today, TODAY + DAY)
    twin.world.tick(twin.now)
    check_alike(life, twin, same_day=not any(passed))
    last = life.today
    for one in (life, twin):
        live_to(one.world, last + THREE_WEEKS, last + DAY)
    if not any(passed):
        assert letters_of(life, last) == letters_of(twin, last)
    heard = ("sent", "folded")
    assert notices_of(twin.database, *heard) - notices_of(life.database, *heard) == set()


def test_each_deed_is_taken_back_on_both_databases(database: Database, tmp_path: Path) -> None:
    life = Life(founded(database, tmp_path))
    live_to(life.world, TODAY)
    idle, left = [], []
    for kind in KINDS:
        for first in NEEDS.get(kind, ()):
            assert life.do(first, 0), first
        before = seen(life)
        assert life.do(kind, 0), kind
        idle += [kind] if seen(life) == before else []
        life.take_back_last()
        left += [kind] if seen(life) != before else []
        while life.stack:
            life.take_back_last()

    assert (idle, left) == ([], [])
    check_sound(life)


NEEDS = {"shorten": ("postpone",), "accept": ("report",), "return": ("report",)}


def seen(life: Life) -> list[Any]:
    """What people see and what is to be sent."""
    database = life.database
    return [
        tasks_of(database),
        elections_of(database),
        counted(database),
        notices_of(database, ""),
        calendar_of(life, "B1"),
        calendar_of(life, "S"),
    ]
