"""Walks the clock over a copy: what would happen, day by day, without sending anything."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.messages.view import Observe
from dj_cadence.domain.rules.catalogue import Catalogue
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.domain.tasks.task import SILENT
from dj_cadence.errors import Refused
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.planning.apply import horizon, roll
from dj_cadence.services.reminders.daily_update import advance
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.services.site import Site
from dj_cadence.services.tasks.record import done, set_planned
from dj_cadence.services.tasks.succession import hand_over
from dj_cadence.store.core.database import Session, open_file
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.delivery import messages
from dj_cadence.store.reminders import notices
from dj_cadence.store.site import simulated
from dj_cadence.store.site import site as sites
from dj_cadence.store.site.copying import copy_rows
from dj_cadence.store.tasks import tasks

_EVENING = time(17)
"""The local hour at which simulated people record what they did."""
_OWNER = "simulate"


NOTICE_OF_A_MEETING = 14 * DAY


def parse_answer(text: str) -> int | None:
    """How many days late people act: never (None), on-time or late:N. Else raises Refused."""
    if text == "never":
        return None
    if text == "on-time":
        return 0
    head, _, days = text.partition(":")
    if head == "late" and days.isdecimal():
        return int(days)
    raise Refused(f"--answer 应为 never、on-time 或 late:天数，现在是“{text}”。")


def simulate(original: Site, since: date, until: date, late: int | None, tell: Observe) -> None:
    """Tell `tell` every event from `since` to `until`, and at last a summary.

    People act so many days `late` after the planned or due day, or never. The copy is a new
    SQLite file, and the original is only read. From the day of the last pass
    on it goes on with all that is open and was said. A day before that is come to from the
    site's beginning, by people who did everything in time; one before the beginning is the
    beginning. The days until `since` are walked without a word.
    """
    with TemporaryDirectory(prefix="dj-cadence-") as folder:
        copy, first, goes_on = _copy_site(original, Path(folder), since)
        try:
            walk = _Walk(copy, tell, horizon(until))
            walk.go(first, since - DAY, late if goes_on else 0, silent=True)
            walk.go(since, until, late, silent=False)
            walk.sum_up(since, until)
        finally:
            copy.database.close()


def _copy_site(original: Site, folder: Path, since: date) -> tuple[Site, date, bool]:
    """The copy, the day it stands at, and whether it goes on from the last pass."""
    database = open_file(folder / "simulation.db")
    migrate(database)
    copied = replace(original, database=database)
    with original.database.read() as source, database.write(durable=False) as target:
        row = sites.load(source)
        last = original.today(row.last_tick) if row.last_tick else None
        goes_on = last is not None and last <= since
        first = last if last and goes_on else min(row.starts_on, since)
        copy_rows(source, target, original.home, None if goes_on else first)
    return copied, first, goes_on


def answer(session: Session, catalogue: Catalogue, task_id: int, actor: Actor) -> bool:
    """Do today what a task asks for: fix the day of a meeting, or hold it.

    So do invented secretaries, here and in the demonstration. False where there is nothing
    left to do: it was settled together with another.
    """
    task = tasks.locked(session, task_id)
    step = catalogue.step(task.duty, task.step)
    if step and task.state in SILENT:
        return False
    if step and step.by_planning:
        last = tasks.own_task(session, task).due
        held = min(catalogue.calendar.on_or_after(actor.today + NOTICE_OF_A_MEETING), last)
        set_planned(session, catalogue, task_id, actor, on=held)
        return True
    for _ in range(task.target - task.amount):
        done(session, catalogue, task_id, actor, on=actor.today)
    return True


class _Walk:
    """The days of a simulation, and what is counted on the way."""

    def __init__(self, site: Site, tell: Observe, planned_to: date) -> None:
        self.site = site
        self.planned_to = planned_to
        self.acted = True
        self.silent = False
        with site.database.read() as session:
            self.rules = applied_catalogue(session)
        self.tell = tell
        self.events: Counter[str] = Counter()
        self.days: defaultdict[str, set[date]] = defaultdict(set)
        self.about: dict[int, dict[str, Any]] = {}

    def go(self, day: date, until: date, late: int | None, *, silent: bool) -> None:
        """Walk through the days; nobody is told of `silent` ones."""
        self.silent = silent
        while day <= until:
            self._begin(day)
            self._post(day)
            if late is not None:
                self._act(day, late)
            day += DAY

    def _at(self, day: date, hour: time) -> datetime:
        return datetime.combine(day, hour, self.site.settings.time_zone)

    def _begin(self, day: date) -> None:
        """Midnight: the plan rolls forward, states change, reminders are written down."""
        database, at = self.site.database, self._at(day, time(0))
        if self.acted:  # nothing else can change the plan
            roll(database, self.rules, until=self.planned_to, today=day, now=at)
            self.acted = False
        self.acted |= hand_over(database, self.rules, today=day, now=at)
        advance(database, self.rules, today=day, now=at, observe=self._observe)

    def _post(self, day: date) -> None:
        """The sending hour: every message arrives. The ledger's care is not needed here."""
        at = self._at(day, self.site.settings.send_at)
        database, settings = self.site.database, self.site.settings
        if not bundle(database, self.rules, settings, now=at, observe=self._observe):
            return
        with self.site.database.write(durable=False) as session:
            letters = simulated.ready_messages(session)
            messages.pretend_sent(session, at)
            notices.close_sent(session)
        for letter in letters:
            self._observe({"at": at, "event": "message", **letter})
            for code in letter["digests"]:
                self._observe({"at": at, "event": "digest", "org": code, "to": letter["to"]})

    def _act(self, day: date, late: int) -> None:
        """What people get done today, recorded the same evening."""
        at = self._at(day, _EVENING)
        with self.site.database.write(durable=False) as session:
            for task_id in simulated.tasks_meant_by(session, day - late * DAY):
                if answer(session, self.rules, task_id, Actor(_OWNER, at, day)):
                    self.acted = True
                    self._observe({"at": at, "event": "done", "task": task_id})

    # --- telling ---------------------------------------------------------------------------

    def _observe(self, event: Mapping[str, object]) -> None:
        if self.silent:
            return
        told = dict(event)
        at = told["at"]
        if isinstance(at, datetime):
            told["at"] = at.astimezone(self.site.settings.time_zone).isoformat()
        if isinstance(task_id := told.get("task"), int):
            if task_id not in self.about:
                with self.site.database.read() as session:
                    self.about = simulated.describe_tasks(session)
            told |= self.about[task_id]
        self.events[str(told["event"])] += 1
        if told["event"] == "message":
            self.days[str(told["to"])].add(datetime.fromisoformat(str(told["at"])).date())
        self.tell(told)

    def sum_up(self, since: date, until: date) -> None:
        """The last event."""
        days = {to: len(written) for to, written in sorted(self.days.items())}
        with self.site.database.read() as session:
            states = simulated.task_states(session)
        self.tell(
            {
                "event": "summary",
                "from": since.isoformat(),
                "until": until.isoformat(),
                "events": dict(sorted(self.events.items())),
                "tasks": dict(sorted(states.items())),
                "message_days": days,
                "most_message_days": max(days.values(), default=0),
            }
        )
