"""The daemon's rounds: an address outside hears of a site only while all is well."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import update

from dj_cadence import clock
from dj_cadence.entrypoints.daemon_jobs import DaemonJobs
from dj_cadence.entrypoints.steady_jobs import SteadyJob, SteadyScheduler
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.services.site import switch_sending
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery.sign_of_life import give_sign_of_life
from dj_cadence.store.schema import message
from dj_cadence.store.site import site as sites
from tests.world.engine import SETTINGS, Channel, a_site, at, everything


@contextmanager
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address, and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on the terminal."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/ping", asked
        server.shutdown()


def test_a_heartbeat_goes_out_only_while_all_is_well(
    shipped_district: Database, stop_clock: Callable[[datetime], None], tmp_path: Path
) -> None:
    stop_clock(at(date(2026, 3, 2)))
    with (
        listener() as (url, asked),
        give_sign_of_life(shipped_district, tmp_path, "daemon") as life,
    ):
        settings = replace(SETTINGS, heartbeat_url=url)
        engine = a_site(shipped_district, Channel(), settings)
        rounds = DaemonJobs(engine, life)

        rounds.heartbeat()
        assert asked == []  # no pass was made yet
        rounds.tick()
        rounds.audit()
        rounds.heartbeat()
        assert asked == ["/ping"]

        with shipped_district.write() as session:  # none of them was ever in doubt
            session.execute(update(message).values(state="quarantined"))
        rounds.heartbeat()
        assert asked == ["/ping"]
        rounds.audit()  # finds it, and sets it right
        rounds.heartbeat()
        assert asked == ["/ping", "/ping"]  # back with the first clean look


def test_no_heartbeat_while_a_channel_is_shut(
    shipped_district: Database, stop_clock: Callable[[datetime], None], tmp_path: Path
) -> None:
    stop_clock(at(date(2026, 3, 2)))
    mail = Channel()
    with (
        listener() as (url, asked),
        give_sign_of_life(shipped_district, tmp_path, "daemon") as life,
    ):
        rounds = DaemonJobs(
            a_site(shipped_district, mail, replace(SETTINGS, heartbeat_url=url)), life
        )
        mail.fault = DeliveryError("550 Connection frequency limited", Blame.CHANNEL)
        rounds.tick()
        rounds.heartbeat()
        assert asked == []

        mail.fault = None
        stop_clock(at(date(2026, 3, 2), 9))
        rounds.tick()
        rounds.heartbeat()
        assert asked == ["/ping"]


def test_a_held_copy_neither_reads_returned_mail_nor_says_that_all_is_well(
    shipped_district: Database, stop_clock: Callable[[datetime], None], tmp_path: Path
) -> None:
    stop_clock(at(date(2026, 3, 2)))
    box = CountingBox()
    with (
        listener() as (url, asked),
        give_sign_of_life(shipped_district, tmp_path, "daemon") as life,
    ):
        settings = replace(SETTINGS, heartbeat_url=url)
        engine = replace(a_site(shipped_district, Channel(), settings), open_bounces=lambda: box)
        with shipped_district.write() as session:
            sites.hold(session, date(2026, 3, 2))
        rounds = DaemonJobs(engine, life)
        rounds.tick()
        rounds.heartbeat()
        assert (box.readings, asked) == (0, [])

        switch_sending(engine, on=True, today=date(2026, 3, 2))
        stop_clock(at(date(2026, 3, 2), 9))
        rounds.tick()
        rounds.heartbeat()
        assert (box.readings, asked) == (1, ["/ping"])


class CountingBox:
    """A mailbox in which nothing lies."""

    readings = 0

    def read(self, handle: Callable[[bytes], bool]) -> None:
        self.readings += 1


def test_a_job_that_hangs_does_not_keep_the_scheduler_from_its_end() -> None:
    begun, released = Event(), Event()

    def hang() -> None:
        begun.set()
        released.wait()

    scheduler = SteadyScheduler([SteadyJob(hang, 60, 0)])
    scheduler.start()
    assert begun.wait(20)
    assert scheduler.end(0.1) is False
    released.set()


def test_a_run_that_fell_due_during_the_one_before_follows_it_at_once() -> None:
    """Due at 2 while the first runs until 2.5: APScheduler alone would wait for the 4th second."""
    begins: list[float] = []
    both = Event()

    def work() -> None:
        begins.append(clock.steady())
        if len(begins) == 2:
            both.set()
        else:
            both.wait(2.5)

    scheduler = SteadyScheduler([SteadyJob(work, 2, 0)])
    scheduler.start()
    assert both.wait(20)
    assert scheduler.end(20) is True

    assert 2.5 <= begins[1] - begins[0] < 3.5


def test_a_pass_that_fails_is_no_whole_pass(
    shipped_district: Database, stop_clock: Callable[[datetime], None], tmp_path: Path
) -> None:
    stop_clock(at(date(2026, 3, 2)))
    with give_sign_of_life(shipped_district, tmp_path, "daemon") as life:
        rounds = DaemonJobs(a_site(shipped_district, Channel()), life)
        rounds.tick()
        assert (rounds.passes.health.reason, rounds.passes.health.last_tick) == (
            "",
            at(date(2026, 3, 2)),
        )
        with shipped_district.write() as session:
            session.connection().exec_driver_sql("ALTER TABLE site RENAME TO gone")
        rounds.tick()
        assert rounds.passes.health.reason == "pass_failed"


def test_while_the_clock_is_doubtful_nothing_is_done_and_nothing_is_told(
    shipped_district: Database, stop_clock: Callable[[datetime], None], tmp_path: Path
) -> None:
    stop_clock(at(date(2026, 3, 2)))
    with (
        listener() as (url, asked),
        give_sign_of_life(shipped_district, tmp_path, "daemon") as life,
    ):
        engine = a_site(shipped_district, Channel(), replace(SETTINGS, heartbeat_url=url))
        rounds = DaemonJobs(engine, life)
        rounds.tick()
        before = everything(shipped_district)
        stop_clock(at(date(2026, 4, 11)))
        rounds.tick()
        rounds.audit()
        rounds.heartbeat()
        assert rounds.passes.health.reason == "clock_held"
        assert everything(shipped_district) == before
        assert asked == []
