"""Jobs that run again and again as time passes, whatever is done to the clock meanwhile.

APScheduler reckons by the clock: one that is put back by hours leaves the next run hours ahead,
and one that is put forward by years brings a list of all the runs in between. So a job is due
so long after the run before, and a thread that waits by the time that nobody can set sees to it
that no job ever waits for longer than its interval. One that takes longer is followed at once by
the run that fell due meanwhile, which waits for its turn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event, Lock, Thread

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
    turn: Lock = field(default_factory=Lock)


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
        begins = clock.wall()
        self._each = LOOKS_EACH
        for job in jobs:
            self._each = min(self._each, job.seconds)
            self._scheduler.add_job(
                self._run,
                After(job.seconds),
                [job],
                next_run_time=begins + timedelta(seconds=job.first_after),
                coalesce=True,
                max_instances=2,
                misfire_grace_time=None,
            )
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

    def _run(self, job: SteadyJob) -> None:
        with job.turn:
            if not self._leaving.is_set():
                job.work()

    def _keep_in_step(self) -> None:
        while not self._leaving.wait(self._each):
            now = clock.wall()
            for job in self._scheduler.get_jobs():
                if job.next_run_time > now + job.trigger.interval:
                    job.modify(next_run_time=now + job.trigger.interval)
