"""A small district with tasks in every state, and a browser for each of its people.

Today is Thursday 2026-03-12, 10:00 in Shanghai. Charlie is 书记 of a school next door:
Charlie exists to be kept out.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

from httpx2 import Response
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from dj_cadence.domain.dates.arithmetic import LAST_DAY
from dj_cadence.domain.messages.notifier import Letter
from dj_cadence.domain.reminders.plan import ReminderPlan
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.entrypoints.web import WebContext, make_app
from dj_cadence.fingerprint import plain
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.access.link_tokens import login_address
from dj_cadence.services.delivery.skeletons import Filled, Skeleton, pack
from dj_cadence.services.site import Site
from dj_cadence.settings import Settings
from dj_cadence.signing import make_token
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import letters
from dj_cadence.store.schema import (
    appointment,
    cohort,
    message,
    metadata,
    notice,
    org,
    person,
    plan_snapshot,
    profile,
    site,
    slot,
    task,
)
from dj_cadence.store.site import tokens
from tests.world.builder import add

NOW = datetime(2026, 3, 12, 2, tzinfo=UTC)
TODAY = date(2026, 3, 12)
ADDRESS = "https://dj.example.org"
CLERK, ALICE, BOB, CHARLIE, DANA, GONE = 1, 2, 3, 4, 5, 6
"""Ids of the people below."""
SILENT = ReminderPlan("silent", "不提醒", ())
EVIL = "<script>alert(1)</script>\"'&"

# id, code, name, kind, supervisor, position, subtree_end
ORGS = [
    (1, "E1", "云溪区教育工委", "supervisor", None, 1, 5),
    (2, "S1", "青禾小学党委", "party_committee", 1, 2, 4),
    (3, "S1-1", "青禾小学第一党支部", "branch", 2, 3, 3),
    (4, "S1-2", f"第二党支部{EVIL}", "branch", 2, 4, 4),
    (5, "S2", "明湖中学党支部", "branch", 1, 5, 5),
]
# id, key, name, organization, office, until
PEOPLE = [
    (1, "p-clerk", "党务员甲", 1, "党务工作者", LAST_DAY),
    (2, "p-alice", "书记爱", 2, "书记", LAST_DAY),
    (3, "p-bob", "书记博", 3, "书记", LAST_DAY),
    (4, "p-charlie", "书记查", 5, "书记", LAST_DAY),
    (5, "p-dana", "委员旦", 2, "组织委员", LAST_DAY),
    (6, "p-gone", "前书记", 3, "书记", date(2026, 2, 28)),
]
# id, organization, duty, label, opens, planned, due, state, instance
TASKS = [
    (1, 3, "theme_party_day", "2026-01", "2026-01-01", "2026-01-05", "2026-01-30", "overdue", 0),
    (2, 3, "theme_party_day", "2026-02", "2026-02-01", None, "2026-03-10", "unrecorded", 0),
    (3, 3, "theme_party_day", "2026-03", "2026-03-01", "2026-03-05", "2026-03-31", "open", 0),
    (4, 3, "theme_party_day", "2026-04", "2026-04-01", None, "2026-04-30", "planned", 0),
    (5, 3, "theme_party_day", "2025-12", "2025-12-01", None, "2025-12-31", "done", 0),
    (6, 4, "theme_party_day", "2026-03", "2026-03-01", None, "2026-03-13", "open", 0),
    (7, 5, "theme_party_day", "2026-03", "2026-03-01", None, "2026-03-31", "open", 0),
    (8, 1, "election_reminder", "term-2023-09-20", "2026-02-20", None, "2026-03-20", "open", 3),
    (9, 3, "theme_party_day", "2025-11", "2025-11-01", None, "2026-02-27", "withdrawn", 0),
]


class Browser(TestClient):
    """A client that fills in the forms it sees."""

    def csrf(self, page: str) -> str:
        """The secret in the forms of a page."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get(page).text)
        assert found, f"no form on {page}"
        return found[1]

    def send_form(self, page: str, path: str, **fields: object) -> Response:
        """Fill in and send a form that stands on `page`."""
        return self.post(path, data={"csrf": self.csrf(page)} | fields)


@dataclass
class District:
    """A database with the district in it, and the application over it."""

    database: Database
    context: WebContext

    def client(self, *, address: str = "203.0.113.7", host: str = "dj.example.org") -> Browser:
        """A browser that nobody is logged in with."""
        return Browser(
            make_app(self.context),
            base_url=f"https://{host}",
            client=(address, 50000),
            follow_redirects=False,
            raise_server_exceptions=False,
        )

    def login(self, person_id: int) -> Browser:
        """A browser logged in by a one-time link."""
        client, path = self.client(), self.login_path(person_id)
        assert client.send_form(path, path).status_code == 303
        return client

    def login_path(self, person_id: int) -> str:
        """The path of a new one-time link."""
        with self.database.write() as session:
            address = login_address(session, self.context.settings, person_id, NOW)
        return address.removeprefix(ADDRESS)

    def later(self, **passed: int) -> "District":
        """The same district when some time has passed."""
        clock = lambda: NOW + timedelta(**passed)  # noqa: E731  said shorter than a function
        return replace(self, context=replace(self.context, clock=clock))

    def over(self, database: Database) -> "District":
        """The same district, read through other connections."""
        site = replace(self.context.site, database=database)
        return replace(self, context=replace(self.context, site=site))

    def under(self, settings: Settings) -> "District":
        """The same district with other settings."""
        site = replace(self.context.site, settings=settings)
        return replace(self, context=replace(self.context, site=site))

    def link(self, message_id: int) -> str:
        """The path of the link in a message."""
        key = self.context.settings.key
        return f"/t/{make_token(key, 'message', f'message:{message_id}', 1)}"

    def state(self, task_id: int) -> str:
        with self.database.read() as session:
            found = session.execute(select(task.c.state).where(task.c.id == task_id))
            return str(found.scalar_one())

    def contents(self) -> dict[str, list[tuple[object, ...]]]:
        """Every row of every table."""
        with self.database.read() as session:
            return {
                table.name: [tuple(row) for row in session.execute(select(table))]
                for table in metadata.sorted_tables
            }


def make_district(database: Database, catalogue: Catalogue, folder: Path) -> District:
    settings = Settings(
        folder=folder,
        name="云溪区党建节拍",
        time_zone=ZoneInfo("Asia/Shanghai"),
        database="",
        send_at=time(8, 30),
        web_address=ADDRESS,
        sender_name="党建节拍",
        sender_address="dj@example.org",
        channels={},
        local_administrator=True,
        key=b"k" * 32,
    )
    with database.write() as session:
        _insert_people(session)
        _insert_tasks(session)
        _insert_messages(session, settings)
    folders = [Path(str(files("dj_cadence") / "templates"))]
    return District(
        database,
        WebContext(
            Site(settings, database, Templates(folders), {}),
            folders,
            lambda _session: catalogue,
            lambda: NOW,
            on_loopback=True,
        ),
    )


def _insert_people(session: Session) -> None:
    add(session, site, uid="u1.example", starts_on=date(2025, 9, 1), home="", last_tick=NOW)
    add(session, profile)
    names = ("id", "code", "name", "kind", "supervisor_id", "position", "subtree_end")
    add(session, org, *(dict(zip(names, o, strict=True)) for o in ORGS))
    add(session, person, *({"id": p[0], "key": p[1], "name": p[2]} for p in PEOPLE))
    names = ("person_id", "org_id", "office", "until")
    add(session, appointment, *(dict(zip(names, (p[0], *p[3:]), strict=True)) for p in PEOPLE))


def _insert_tasks(session: Session) -> None:
    add(session, plan_snapshot, content=plain(SILENT))
    add(session, cohort, duty="any")
    for number, org_id, duty, label, opens, planned, due, state, subject_id in TASKS:
        dates = {
            "opens": date.fromisoformat(opens),
            "planned": date.fromisoformat(planned) if planned else None,
            "due": date.fromisoformat(due),
        }
        add(session, slot, dates, id=number, label=label, provisional=number == 4)
        add(
            session,
            task,
            dates,
            id=number,
            org_id=org_id,
            duty=duty,
            subject_id=subject_id,
            period=label[:16],
            slot_id=number,
            state=state,
            completed_on=date(2026, 1, 2) if state == "done" else None,
            sequence=number,
            changed_at=datetime(2026, 3, 1, 0, 0, number, tzinfo=UTC),
        )


def _insert_messages(session: Session, settings: Settings) -> None:
    """Message 1 to 书记博 with two tasks, 2 to 书记查, 3 to 前书记 with one task."""
    for number, person_id, task_ids in ((1, 3, [2, 3]), (2, 4, [7]), (3, 6, [3])):
        token = make_token(settings.key, "message", f"message:{number}", 1)
        letter = Letter(
            message_id=f"m{number}@example.org",
            to="someone@example.org",
            to_name="某人",
            subject=f"党建提醒 {number} {EVIL}",
            text=f"请办理：{ADDRESS}/t/{token}\n{EVIL}",
            html=f"<p>请办理<a href='{ADDRESS}/t/{token}'>打开</a></p>",
            date="2026-02-27T08:30:00+08:00",
        )
        add(
            session,
            message,
            id=number,
            person_id=person_id,
            day=date(2026, 2, 27),
            address="someone@example.org",
            state="sent",
            created_at=NOW,
            sent_at=NOW,
        )
        packed = pack(letter, Filled(Skeleton(letter.subject, letter.text, letter.html)), token)
        letters.keep_of_new(session, number, packed)
        subject = f"message:{number}"
        until = NOW + timedelta(days=120)
        tokens.remember(session, [(token, subject)], "message", NOW, until)
        for task_id in task_ids:
            add(
                session,
                notice,
                task_id=task_id,
                reminder_step=f"r{number}",
                due_on=date(2026, 2, 27),
                person_id=person_id,
                message_id=number,
                outcome="sent",
            )
