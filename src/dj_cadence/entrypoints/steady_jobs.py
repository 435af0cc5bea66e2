"""Jobs that run again and again as time passes, whatever is done to the clock meanwhile.

APScheduler reckons by the clock: one that is put back by hours leaves the next run hours ahead,
and one that is put forward by years brings a list of all the runs in between. So a job is due
so long after the run before, and a thread that waits by the time that nobody can set sees to it
that no job ever waits for longer than its interval. One that takes longer is followed at once by
the run that fell due meanwhile, which APScheduler would leave out.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread

from apscheduler.events import (
    EVENT_JOB_ERROR,
    EVENT_JOB_EXECUTED,
    EVENT_JOB_MAX_INSTANCES,
    JobEvent,
)
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from dj_cadence import clock

LOOKS_EACH = 1.0
"""Seconds between two looks at the next runs, or an interval where that is shorter."""


@dataclass(frozen=True)
class SteadyJob:
    """Something to be done again and again, never twice at once."""

    work: Callable[[], None]
    seconds: float
    """From one run to the next."""
    first_after: float
    """Seconds until the first run."""


class After(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """So long after now, and no run for those that were slept through."""

    def __init__(self, seconds: float) -> None:
        self.interval = timedelta(seconds=seconds)

    def get_next_fire_time(self, _previous: datetime | None, now: datetime) -> datetime:
        return now + self.interval


class SteadyScheduler:
    """APScheduler with these jobs, kept in step with the time that passes."""

    def __init__(self, jobs: Iterable[SteadyJob]) -> None:
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._leaving = Event()
        self._owed: set[str] = set()
        """Jobs whose time came while they were at work."""
        self._scheduler.add_listener(self._owe, EVENT_JOB_MAX_INSTANCES)
        self._scheduler.add_listener(self._follow, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        begins = clock.wall()
        shortest = LOOKS_EACH
        for job in jobs:
            shortest = min(shortest, job.seconds)
            self._scheduler.add_job(
                job.work,
                After(job.seconds),
                next_run_time=begins + timedelta(seconds=job.first_after),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._each = shortest
        self._keeper = Thread(target=self._keep_in_step, name="keeper", daemon=True)

    def start(self) -> None:
        self._scheduler.start()
        self._keeper.start()

    def end(self, patience: float) -> bool:
        """Begin nothing more. Returns whether what is under way came to its end in time."""
        self._leaving.set()
        ending = Thread(target=self._scheduler.shutdown, name="ending", daemon=True)
        ending.start()
        ending.join(patience)
        return not ending.is_alive()

    def _owe(self, event: JobEvent) -> None:
        self._owed.add(event.job_id)

    def _follow(self, event: JobEvent) -> None:
        """At the end of a run: the one that is owed begins now."""
        if event.job_id in self._owed:
            self._owed.discard(event.job_id)
            self._scheduler.modify_job(event.job_id, next_run_time=clock.wall())

    def _keep_in_step(self) -> None:
        while not self._leaving.wait(self._each):
            now = clock.wall()
            for job in self._scheduler.get_jobs():
                if job.next_run_time > now + job.trigger.interval:
                    job.modify(next_run_time=now + job.trigger.interval)
