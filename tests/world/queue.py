"""Rows and parts for the tests of delivery: a small district, messages put into the queue."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

import dj_cadence
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.digest.digest import NOTHING, DigestView
from dj_cadence.domain.messages.notifier import Letter, Notifier
from dj_cadence.domain.organizations.facts import OrgKind
from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.rules.duty import Duty, Every, OwedBy, Tier
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery.deliver import DeliveryCounts, deliver, recover
from dj_cadence.settings import ChannelSettings, Settings
from dj_cadence.store import schema
from dj_cadence.store.core.database import Database
from dj_cadence.transport.message_id import make_message_id
from tests.world.builder import DAY, MORNING, add

SHIPPED = Path(dj_cadence.__file__).parent / "templates"
MINUTE = timedelta(minutes=1)
SETTINGS = Settings(
    folder=Path("site"),
    name="某县学校党建",
    time_zone=ZoneInfo("Asia/Shanghai"),
    database="",
    send_at=time(8, 30),
    web_address="https://dj.example.cn",
    sender_name="党建节拍",
    sender_address="dj@example.cn",
    channels={},
    local_administrator=False,
    key=b"0123456789abcdef0123456789abcdef",
)
DUTY = Duty(
    key="theme_party_day",
    title="主题党日",
    tier=Tier.A,
    rows=("2.4",),
    owed_by=OwedBy(frozenset({OrgKind.BRANCH})),
    recurrence=Every(Unit.MONTH),
    office="书记",
    remind="monthly",
    basis=(Basis(Certainty.STANDARD, ("duty", "period"), "山东省中小学校党建工作基本要求", "2.4"),),
    instructions="组织党员学习，做好记录。",
)
CATALOGUE = Catalogue({DUTY.key: DUTY}, {}, WorkCalendar(), "hash")


class Recorder:
    """A channel that takes everything, or fails as it is told."""

    def __init__(self, *failures: Exception | None) -> None:
        self.letters: list[Letter] = []
        self.closed = 0
        self._failures = list(failures)

    def send(self, letter: Letter) -> str:
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise failure
        self.letters.append(letter)
        return "250 ok"

    def close(self) -> None:
        self.closed += 1


def message_id(number: int, edition: int = 0) -> str:
    """The Message-ID that only the site itself can make."""
    return make_message_id(SETTINGS.key, "5eed", number, edition, SETTINGS.sender_address)


def digest_of(_session: Session, org_id: int, week: str) -> DigestView:
    return DigestView(str(org_id), f"第{org_id}组织", week, DAY, DAY, NOTHING, None, ())


def send_all(
    database: Database,
    *connections: Notifier,
    now: datetime = MORNING,
    owner: str = "one",
    templates: Path = SHIPPED,
) -> DeliveryCounts:
    """Over so many connections of one channel."""
    email, free = ChannelSettings("email", "smtp", {}, len(connections)), iter(connections)
    recover(database, SETTINGS.folder, owner, now.astimezone(SETTINGS.time_zone).date(), now)
    return deliver(
        database,
        templates=Templates(list(dict.fromkeys([templates, SHIPPED]))),
        notifiers={"email": lambda: next(free)},
        catalogue=CATALOGUE,
        settings=replace(SETTINGS, channels={"email": email}),
        owner=owner,
        now=now,
        digest_view=digest_of,
    )


def add_site(session: Session) -> None:
    """The site, and the rows that every organization and task hangs on."""
    for table in (schema.site, schema.profile, schema.plan_snapshot, schema.cohort):
        add(session, table)
    add(session, schema.slot, id=1, period="2026-03", planned=date(2026, 3, 5))


def add_org(session: Session, org_id: int, name: str = "第一小学党支部") -> None:
    add(session, schema.org, id=org_id, name=name)


def add_person(session: Session, person_id: int, address: str | None = None) -> str:
    address = address or f"p{person_id}@example.cn"
    add(session, schema.person, id=person_id)
    add(session, schema.address, person_id=person_id, value=address)
    return address


def add_task(session: Session, task_id: int, org_id: int, **values: object) -> None:
    ordinary = {"planned": date(2026, 3, 5), "reminded_until": DAY}
    add(session, schema.task, ordinary | values, id=task_id, org_id=org_id)


def add_message(session: Session, message_id: int, person_id: int, **values: object) -> None:
    add(session, schema.message, {"send_at": MORNING} | values, id=message_id, person_id=person_id)


def add_notice(
    session: Session, notice_id: int, task_id: int, message_id: int, **values: object
) -> None:
    named = {"task_id": task_id, "message_id": message_id, "occurrence": notice_id}
    add(session, schema.notice, named | values, id=notice_id)


def fill(database: Database, persons: int) -> None:
    """A site with `persons` messages ready: message, task and notice n are person n's."""
    with database.write() as session:
        add_site(session)
        for n in range(1, persons + 1):
            add_org(session, n)
            add_person(session, n)
            add_task(session, n, n)
            add_message(session, n, n)
            add_notice(session, n, n, n)


def states(database: Database) -> dict[int, str]:
    with database.read() as session:
        rows = session.execute(select(schema.message.c.id, schema.message.c.state))
        return {row.id: row.state for row in rows}


def outcomes(database: Database) -> dict[int, str]:
    """Of the notices."""
    with database.read() as session:
        rows = session.execute(select(schema.notice.c.id, schema.notice.c.outcome))
        return {row.id: row.outcome for row in rows}


def attempts(database: Database) -> list[tuple[int, int, str, str]]:
    """(message, n, outcome, reply) of each."""
    table = schema.attempt.c
    with database.read() as session:
        rows = session.execute(
            select(table.message_id, table.n, table.outcome, table.reply).order_by(
                table.message_id, table.n
            )
        )
        return [tuple(row) for row in rows]


def column(database: Database, name: str, message_id: int = 1) -> object:
    """One value of one message."""
    with database.read() as session:
        query = select(schema.message.c[name]).where(schema.message.c.id == message_id)
        return session.execute(query).scalar_one()


def text_of(message: EmailMessage) -> str:
    """The plain text of an e-mail."""
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
