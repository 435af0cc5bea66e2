"""A small district and a literal catalogue for the tests of the engine.

E 教育工委 (书记, 党务工作者)
├─ S 青禾小学党委 (书记)
│  ├─ B1 第一党支部: a committee, two groups, the 5th, elected 2023-08-31
│  └─ B2 第二党支部: the same 书记, a 组织委员, elected 2025-03-01
└─ T 明湖中学党支部: next door, to be kept out; elected 2024-06-01
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.messages.notifier import Letter, Notifier
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.reminders.plan import From, ReminderPlan, ReminderStep
from dj_cadence.domain.roster.columns import APPOINTMENT_COLUMNS, ORG_COLUMNS, Column
from dj_cadence.domain.roster.rows import Origin, RosterSheets, TableRow
from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import (
    DayOfYear,
    Duty,
    Every,
    OwedBy,
    Recurrence,
    Term,
    TermNotice,
    Tier,
)
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import DeliveryError
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.planning.apply import PlanReport, horizon
from dj_cadence.services.reminders.daily_update import advance
from dj_cadence.services.roster.import_roster import ImportReport, import_roster
from dj_cadence.services.site import Site
from dj_cadence.services.tasks.record_import import settle_elections
from dj_cadence.settings import ChannelSettings, Settings
from dj_cadence.store import schema
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import metadata
from dj_cadence.store.site import site as sites
from tests.world.shipped import shipped

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = date(2026, 3, 1)
SETTINGS = Settings(
    folder=Path("/nowhere/site"),
    name="某区学校党建",
    time_zone=SHANGHAI,
    database="",
    send_at=time(8, 30),
    web_address="https://dj.example.cn",
    sender_name="党建节拍",
    sender_address="dj@example.cn",
    channels={"email": ChannelSettings("email", "memory", {})},
    local_administrator=False,
    key=b"0123456789abcdef0123456789abcdef",
)


def at(day: date, hour: int = 8, minute: int = 30) -> datetime:
    """An hour of a local day, as an instant."""
    return datetime.combine(day, time(hour, minute), SHANGHAI).astimezone(UTC)


CALENDAR = shipped().catalogue.calendar
"""2025 and 2026 as published, 2027 as far as it is known."""

# --- rules ------------------------------------------------------------------------------------

BRANCH = frozenset({OrgKind.BRANCH})
SURE = Basis(Certainty.STANDARD, ("duty", "period"), "基本要求", "2.4")
OURS = Basis(Certainty.DEFAULT, ("period",), note="本系统默认")
LATE = ReminderStep("late", From.DUE, working_days=1, repeat_weeks=1)
MONTHLY = ReminderPlan(
    "monthly",
    "每月",
    (
        ReminderStep("list", From.DUE_MONTH),
        ReminderStep("nudge", From.PLANNED, working_days=-3),
        LATE,
    ),
)
YEARLY = ReminderPlan("yearly", "每年", (ReminderStep("week", From.TARGET, days=-7), LATE))
TERM_PLAN = ReminderPlan(
    "term",
    "换届",
    (
        ReminderStep("five_months", From.DUE, months=-5),
        ReminderStep("one_month", From.DUE, months=-1),
        ReminderStep("late", From.DUE, days=1, repeat_months=1),
    ),
)
NOTICE_PLAN = ReminderPlan("notice", "换届提醒", (ReminderStep("opens", From.OPENS), LATE))
PLANS = {plan.key: plan for plan in (MONTHLY, YEARLY, TERM_PLAN, NOTICE_PLAN)}


def a_duty(
    key: str,
    title: str,
    recurrence: Recurrence,
    *,
    remind: str = "monthly",
    office: str = "书记",
    owed_by: OwedBy | None = None,
    basis: Basis = SURE,
    recording_grace: int = 5,
) -> Duty:
    return Duty(
        key=key,
        title=title,
        tier=Tier.A,
        rows=("2.4",),
        owed_by=owed_by or OwedBy(BRANCH),
        recurrence=recurrence,
        office=office,
        remind=remind,
        basis=(basis,),
        recording_grace=recording_grace,
    )


PARTY_DAY = a_duty("party_day", "主题党日", Every(Unit.MONTH, own_day="theme_day"))
GROUPS = a_duty(
    "groups",
    "党小组会",
    Every(Unit.MONTH, times="groups"),
    office="党小组长",
    owed_by=OwedBy(BRANCH, has_groups=True),
)
LECTURE = a_duty("lecture", "党课", Every(Unit.QUARTER), basis=OURS)
WINTER = a_duty(
    "winter",
    "组织生活会",
    Every(Unit.YEAR, opens=DayOfYear(0, 10, 1), due=DayOfYear(1, 3, 31)),
    remind="yearly",
)
TERM = a_duty(
    "term",
    "按期换届",
    Term({OrgKind.BRANCH: 3, OrgKind.PARTY_COMMITTEE: 5}),
    remind="term",
    owed_by=OwedBy(frozenset({OrgKind.BRANCH, OrgKind.PARTY_COMMITTEE})),
    recording_grace=0,
)
NOTICE = a_duty(
    "notice",
    "换届提醒",
    TermNotice("term"),
    remind="notice",
    office="党务工作者",
    owed_by=OwedBy(frozenset({OrgKind.SUPERVISOR, OrgKind.PARTY_COMMITTEE})),
    recording_grace=0,
)


def catalogue(*duties: Duty, version: str = "v1", **changed: Any) -> Catalogue:
    return replace(
        Catalogue({duty.key: duty for duty in duties}, PLANS, CALENDAR, version), **changed
    )


NO_CONTENT: dict[str, list[object]] = {
    part: [] for part in ("duties", "plans", "holidays", "semesters")
}
"""Stored for a literal catalogue, which no file says."""
TERMS = catalogue(TERM, NOTICE)
MONTHS = catalogue(PARTY_DAY)
EVERYTHING = catalogue(PARTY_DAY, GROUPS, LECTURE, WINTER, TERM, NOTICE)


# --- the roster -------------------------------------------------------------------------------

Cells = Mapping[str, str]
E: Cells = {"code": "E", "name": "云溪区教育工委", "kind": "上级机关"}
S: Cells = {"code": "S", "name": "青禾小学党委", "kind": "党委", "supervisor": "E"}
B1: Cells = {
    "code": "B1",
    "name": "第一党支部",
    "kind": "党支部",
    "supervisor": "S",
    "full_members": "12",
    "has_committee": "是",
    "groups": "2",
    "theme_day": "5日",
    "last_election": "2023-08-31",
}
B2: Cells = {
    "code": "B2",
    "name": "第二党支部",
    "kind": "党支部",
    "supervisor": "S",
    "full_members": "5",
    "last_election": "2025-03-01",
}
T: Cells = {
    "code": "T",
    "name": "明湖中学党支部",
    "kind": "党支部",
    "supervisor": "E",
    "full_members": "6",
    "last_election": "2024-06-01",
}
DISTRICT = (E, S, B1, B2, T)


def holds(org: str, office: str, name: str, email: str = "", **more: str) -> Cells:
    return {"org": org, "office": office, "name": name, "email": email, **more}


OFFICES = (
    holds("E", "书记", "钱书记", "qian@example.cn"),
    holds("E", "党务工作者", "赵干事", "zhao@example.cn"),
    holds("S", "书记", "孙书记", "sun@example.cn"),
    holds("B1", "书记", "李书记", "li@example.cn"),
    holds("B2", "书记", "李书记", "li@example.cn"),
    holds("T", "书记", "吴书记", "wu@example.cn"),
)


def sheets(orgs: Sequence[Cells] = (), offices: Sequence[Cells] = ()) -> RosterSheets:
    return RosterSheets(
        _rows("组织", ORG_COLUMNS, orgs), _rows("任职", APPOINTMENT_COLUMNS, offices)
    )


def _rows(name: str, columns: Sequence[Column], found: Sequence[Cells]) -> tuple[TableRow, ...]:
    used = [c.key for c in columns if any(c.key in cells for cells in found)]
    origin = Origin(name, {key: n for n, key in enumerate(used, 1)}, lettered=True)
    return tuple(
        TableRow(origin, n, {c.key: cells.get(c.key, "") for c in columns})
        for n, cells in enumerate(found, 2)
    )


def load(
    database: Database,
    orgs: Sequence[Cells] = (),
    offices: Sequence[Cells] = (),
    *,
    today: date = START,
    correct: bool = False,
) -> ImportReport:
    """Import rows as `roster import` does."""
    now = at(today)
    with database.write() as session:
        report = import_roster(
            session, sheets(orgs, offices), now=now, today=today, by="管理员", correct=correct
        )
        settle_elections(session, EVERYTHING, report.elections, Actor("管理员", now, today))
    assert report.applied, report.problems
    return report


def found_district(
    database: Database,
    orgs: Sequence[Cells] = DISTRICT,
    offices: Sequence[Cells] = OFFICES,
    *,
    starts_on: date = START,
) -> None:
    """A site with the district in it, sending on."""
    with database.write() as session:
        sites.create(session, "5eed", starts_on)
        sites.set_sending(session, sending=True, home=str(SETTINGS.folder.resolve()))
    load(database, orgs, offices, today=starts_on)


# --- the engine by hand ------------------------------------------------------------------------


def apply(
    database: Database,
    rules: Catalogue,
    *,
    today: date = START,
    until: date = date(2026, 6, 30),
    allow_withdrawals: int = 0,
) -> PlanReport:
    return planner.apply(
        database,
        rules,
        NO_CONTENT,
        DateRange(START, until),
        by="管理员",
        today=today,
        now=at(today),
        allow_withdrawals=allow_withdrawals,
    )


def settle_what_ran(database: Database) -> None:
    """Of what ran at the start all but the notice of a term had been done before."""
    table = schema.task
    ran = table.c.asked_on.is_not(None) & table.c.duty.in_(("lecture", "winter"))
    done = {"state": "done", "next_on": None, "completed_on": table.c.opens}
    with database.write() as session:
        session.execute(update(table).where(ran).values(**done, settled_at=at(START)))


def apply_shipped(database: Database) -> None:
    """Put the rules that come with the package in force, planned as the command plans."""
    planner.apply(
        database,
        shipped().catalogue,
        shipped().content,
        planner.default_span(START, START),
        by="管理员",
        today=START,
        now=at(START, 0, 0),
    )


def roll(database: Database, rules: Catalogue, today: date) -> bool:
    return planner.roll(database, rules, until=horizon(today), today=today, now=at(today))


def advance_to(database: Database, rules: Catalogue, today: date) -> int:
    return advance(database, rules, today=today, now=at(today, 0, 1))


def morning(database: Database, rules: Catalogue, day: date, settings: Settings = SETTINGS) -> int:
    """States and notices of a day, and its messages; they stay where bundling leaves them."""
    advance_to(database, rules, day)
    return bundle(database, rules, settings, now=at(day))


class Channel:
    """A channel in memory. `fault` is raised instead of taking letters, `faults` for some."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.fault: DeliveryError | None = None
        self.faults: dict[str, DeliveryError] = {}

    def send(self, letter: Letter) -> str:
        if fault := self.faults.get(letter.to, self.fault):
            raise fault
        self.letters.append(letter)
        return "250 ok"

    def close(self) -> None:
        pass


def a_site(database: Database, channel: Notifier, settings: Settings = SETTINGS) -> Site:
    templates = Templates([Path(planner.__file__).parents[2] / "templates"])
    notifiers = dict.fromkeys(settings.channels, lambda: channel)
    return Site(settings, database, lambda: templates, lambda: notifiers)


# --- looking ---------------------------------------------------------------------------------


def everything(database: Database, *without: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables."""
    with database.read() as session:
        return {
            table.name: [
                tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
            if table.name not in without
        }


def tasks(database: Database, duty: str = "", org: str = "") -> list[Any]:
    """Rows of tasks with their organization's code and label, in the order of the district."""
    task, slot = schema.task, schema.slot
    query = (
        select(task, schema.org.c.code, slot.c.label, slot.c.theme)
        .join(schema.org, schema.org.c.id == task.c.org_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .order_by(schema.org.c.position, task.c.duty, task.c.due, task.c.id)
    )
    with database.read() as session:
        found = session.execute(query).all()
    return [row for row in found if duty in ("", row.duty) and org in ("", row.code)]


def the_task(database: Database, duty: str, org: str, label: str) -> Any:
    (found,) = [row for row in tasks(database, duty, org) if row.label == label]
    return found


def notices(database: Database, task_id: int) -> list[tuple[str, int, date, str]]:
    """(rung, due_revision, due_on, outcome) of each."""
    table = schema.notice.c
    query = select(table.reminder_step, table.due_revision, table.due_on, table.outcome)
    query = query.where(table.task_id == task_id).order_by(table.due_on, table.id)
    with database.read() as session:
        return [tuple(row) for row in session.execute(query)]


def acts(database: Database, task_id: int) -> list[tuple[str, str, str]]:
    """(kind, by, reason) of each."""
    table = schema.act.c
    query = select(table.kind, table.done_by, table.reason).where(table.task_id == task_id)
    with database.read() as session:
        return [tuple(row) for row in session.execute(query.order_by(table.id))]
