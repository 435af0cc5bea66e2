"""A small district that was walked through months of work: what the auditor is tried on.

Eight duties of the shipped rules over five organizations, one working day after the other.
People record about half of what is open, one branch lets things lie, one hands in a paper,
one address refuses its mail for a while.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import DeliveryError, Refused
from dj_cadence.loading.evidence_file import EvidenceFile
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.access import logins
from dj_cadence.services.feeds.address import feed_address
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.services.tasks import evidence, record, superior_decisions
from dj_cadence.services.undo import undo
from dj_cadence.settings import ChannelSettings, Settings
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.schema import message, org, task
from dj_cadence.store.site import site as sites
from tests.world.engine import DISTRICT, OFFICES, SETTINGS, Channel, a_site, at, load, shipped

FIRST = date(2026, 3, 2)
DUTIES = (
    "theme_party_day",
    "branch_general_meeting",
    "branch_committee_meeting",
    "party_group_meeting",
    "party_lecture_branch",
    "org_life_meeting",
    "election_reminder",
    "committee_term",
)
"""So few that a year is walked in seconds."""
_TRIES = 3


@cache
def content() -> dict[str, Any]:
    """The shipped rules with these duties only."""
    whole = shipped().content
    duties = [rule for rule in whole["duties"] if rule["key"] in DUTIES]
    kept = [
        {**rule, "counts_for": [key for key in rule.get("counts_for", ()) if key in DUTIES]}
        for rule in duties
    ]
    return {**whole, "duties": kept}


@cache
def rules() -> Catalogue:
    return catalogue_from_content(content())


class Postman(Channel):
    """Takes every letter, but for those to one address on its bad days."""

    def __init__(self) -> None:
        super().__init__()
        self.is_shut = False
        self.meanwhile: Callable[[], None] | None = None
        """Done once, while a letter is on its way."""

    def send(self, letter: Any) -> str:
        if self.meanwhile:
            done, self.meanwhile = self.meanwhile, None
            done()
        if self.is_shut:
            raise DeliveryError("451 later")
        return super().send(letter)


@dataclass
class World:
    """A site in a folder of its own, and the channel that it sends over."""

    site: Site
    postman: Postman = field(default_factory=Postman)

    @property
    def database(self) -> Database:
        return self.site.database

    def switch_on(self) -> None:
        """Sending, from where the site lives now."""
        with self.database.write() as session:
            sites.set_sending(session, sending=True, home=self.site.home)

    def tick(self, now: datetime) -> None:
        tick(self.site, now, owner="walker")

    def work(self, day: date) -> None:
        """People do about half of what is open; 明湖中学 lets everything lie."""
        now = at(day, 15)
        with self.database.write() as session:
            catalogue = applied_catalogue(session)
            lazy = session.scalar(select(org.c.id).where(org.c.code == "T"))
            open_ = select(task.c.id).where(
                task.c.state.in_(("open", "unrecorded", "overdue")), task.c.org_id != lazy
            )
            for task_id in session.scalars(open_.order_by(task.c.id)).all():
                if (task_id + day.day) % 5 == 0:
                    self._record(session, catalogue, task_id, day, now)

    def _record(
        self, session: Any, catalogue: Catalogue, task_id: int, day: date, now: datetime
    ) -> None:
        actor = Actor("李书记", now, day)
        try:
            with session.begin_nested():
                if task_id % 4 == 0:
                    return record.set_planned(session, catalogue, task_id, actor, on=day)
                record.done(session, catalogue, task_id, actor, on=day)
                if task_id % 11 == 0:
                    undo(session, catalogue, task_id, actor, reason="记错了")
        except Refused:
            return None  # not today: before its time, or after what it waits for
        return None

    def hand_in(self, day: date) -> None:
        """A paper with the last record."""
        body = b"%PDF-1.4 minutes"
        paper = EvidenceFile("会议记录.pdf", "application/pdf", sha256(body).hexdigest(), body)
        aside = evidence.set_aside(self.site.settings, [paper])
        with aside as papers, self.database.write() as session:
            done = select(func.max(task.c.id)).where(task.c.state == "done")
            by = Actor("李书记", at(day, 16), day)
            evidence.add(session, session.scalar(done), papers, by)

    def postpone(self, day: date) -> None:
        """A superior gives a task more time, and lets another off."""
        with self.database.write() as session:
            catalogue = applied_catalogue(session)
            owed = {
                row.duty: row
                for row in session.execute(
                    select(task)
                    .join(org, org.c.id == task.c.org_id)
                    .where(org.c.code == "T", task.c.state == "open", task.c.step == "")
                )
            }
            meeting, lecture = owed["branch_general_meeting"], owed["party_lecture_branch"]
            how = Actor("赵干事", at(day, 16), day)
            until = meeting.due + 20 * DAY
            superior_decisions.postpone(
                session, catalogue, meeting.id, how, until=until, reason="疫情"
            )
            superior_decisions.waive(session, catalogue, lecture.id, how, reason="合并")

    def subscribe(self, day: date) -> None:
        """Somebody logs in; a calendar is asked for, and read."""
        with self.database.write() as session:
            number = session.scalar(select(org.c.id).where(org.c.code == "B1"))
            logins.log_in(session, 1, "电脑·Edge", day, at(day, 17))
        settings, now = self.site.settings, at(day, 17)
        feed_address(self.database, settings, f"org:{number}", now)
        Feeds(self.database, settings, lambda _: rules()).body(f"org:{number}", now)

    def busiest_day(self) -> tuple[int, date]:
        """(letters, day) of the day with most."""
        with self.database.read() as session:
            number = func.count().label("n")
            query = select(number, message.c.day).group_by(message.c.day).order_by(number.desc())
            row = session.execute(query.order_by(message.c.day).limit(1)).one_or_none()
        return (row[0], row[1]) if row else (0, FIRST)


def found_world(database: Database, folder: Path, *, sending: bool = True) -> World:
    """The district on its first day, rules applied, nothing sent yet."""
    settings = world_settings(folder)
    with database.write() as session:
        sites.create(session, "5eed", FIRST)
    load(database, DISTRICT, OFFICES, today=FIRST)
    now = at(FIRST, 9)
    span = planner.default_span(FIRST, FIRST)
    planner.apply(database, rules(), content(), span, by="管理员", today=FIRST, now=now)
    world = open_world(database, settings)
    with database.write() as session:
        home = world.site.home if sending else ""
        sites.set_sending(session, sending=sending, home=home)
    return world


def world_settings(folder: Path) -> Settings:
    channels = {"email": ChannelSettings("email", "memory", {})}
    return replace(SETTINGS, folder=folder, channels=channels, send_at=time(8, 30))


def open_world(database: Database, settings: Settings) -> World:
    postman = Postman()
    return World(a_site(database, postman, settings), postman)


def walk(world: World, last: date) -> None:
    """Day by day from the second on, at weekends too."""
    day = FIRST + DAY
    while day <= last:
        live_through(world, day)
        day += DAY
    world.tick(at(last, 17))  # the plan follows what was said last


def live_through(world: World, day: date) -> None:
    """One day with its passes, its work, and what is done on certain days only."""
    world.postman.is_shut = day.day in (9, 10)
    world.tick(at(day, 8, 30))
    world.postman.is_shut = False
    world.work(day)
    if day.day == 12 and day.month % 3 == 0:
        world.hand_in(day)
        world.subscribe(day)
    if (day.day, day.month) == (20, 4):
        world.postpone(day)


def copied(folder: Path, source: Path) -> World:
    """A copy of a walked site, to be damaged."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    database = open_database(f"sqlite:///{folder / 'dj-cadence.db'}")
    world = open_world(database, world_settings(folder))
    world.switch_on()
    return world
