"""What never comes back: a notifier, on one channel or on all of its connections.

Every letter has an end of its time, and nobody else waits for it.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from threading import Event

import pytest
from sqlalchemy import update

from dj_cadence.domain.messages.notifier import Letter, OpenNotifier, Traits
from dj_cadence.errors import DeliveryError
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery import deliver as delivering
from dj_cadence.services.delivery.deliver import DeliveryCounts, deliver, recover, running
from dj_cadence.services.delivery.worker import connections
from dj_cadence.services.delivery.worker.connection import living
from dj_cadence.settings import ChannelSettings
from dj_cadence.store import schema
from dj_cadence.store.core.database import Database
from tests.world import queue as rows
from tests.world.queue import DAY, MINUTE, MORNING, SETTINGS, Recorder, fill

IN_THE_DARK = "超过 0 秒没有结果，结果不明"
LATER = MORNING + 6 * MINUTE


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody needs to wait for long here."""
    monkeypatch.setattr(connections, "OVERTIME", 0.0)
    monkeypatch.setattr(connections, "HEAD_START", 0.1)
    monkeypatch.setattr(delivering, "PATIENCE", 2.0)


@pytest.fixture
def released() -> Iterator[Event]:
    """Until it is set, and at the end of the test it is, what hangs does so."""
    event = Event()
    yield event
    event.set()


class Hanging(Recorder):
    """Never comes back from some letters until it is released."""

    traits = Traits(deadline_seconds=0.3)

    def __init__(self, released: Event, *stuck_on: str, may_be_out: bool = True) -> None:
        super().__init__()
        self._released = released
        self._stuck_on = stuck_on
        self.may_be_out = may_be_out

    def send(self, letter: Letter) -> str:
        if letter.to in self._stuck_on:
            self._released.wait()
        return super().send(letter)


def send_over(
    database: Database,
    notifiers: Mapping[str, OpenNotifier],
    *,
    many: int = 1,
    leaving: Event | None = None,
    now: datetime = MORNING,
) -> DeliveryCounts:
    """As a pass does."""
    recover(database, SETTINGS.folder, "one", DAY, now)
    channels = {name: ChannelSettings(name, "own", {}, many) for name in notifiers}
    return deliver(
        database,
        templates=Templates([rows.SHIPPED]),
        notifiers=notifiers,
        catalogue=rows.CATALOGUE,
        settings=replace(SETTINGS, channels=channels),
        owner="one",
        now=now,
        digest_view=rows.digest_of,
        leaving=leaving,
    )


def results(database: Database) -> dict[int, tuple[str, list[str]]]:
    """Of each message: its state, and the outcomes of its tries."""
    tried: dict[int, list[str]] = {}
    for number, _, outcome, _ in rows.attempts(database):
        tried.setdefault(number, []).append(outcome)
    return {n: (state, tried.get(n, [])) for n, state in rows.states(database).items()}


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


ONCE = ("sent", ["sent"])


@pytest.mark.parametrize("many", [1, 3])
def test_a_notifier_that_never_returns_loses_its_letter_and_holds_up_no_other(
    database: Database, released: Event, many: int
) -> None:
    fill(database, 5)
    opened: OpenNotifier = lambda: Hanging(released, "p2@example.cn")  # noqa: E731

    counts = send_over(database, {"email": opened}, many=many)

    assert counts == DeliveryCounts(sent=4, deferred=1)
    assert results(database) == dict.fromkeys((1, 3, 4, 5), ONCE) | {2: ("retry", ["unknown"])}
    assert (2, 1, "unknown", IN_THE_DARK) in rows.attempts(database)


def test_one_that_says_that_nothing_was_handed_over_yet_is_put_off(
    sqlite_database: Database, released: Event
) -> None:
    fill(sqlite_database, 2)

    def opened() -> Hanging:
        return Hanging(released, "p1@example.cn", may_be_out=False)

    assert send_over(sqlite_database, {"email": opened}) == DeliveryCounts(sent=1, deferred=1)
    assert rows.attempts(sqlite_database)[0] == (1, 1, "retry", "超过 0 秒没有结果")


def test_one_that_comes_back_late_still_says_that_its_letter_arrived(
    sqlite_database: Database, released: Event
) -> None:
    fill(sqlite_database, 3)

    class Slow(Hanging):
        def send(self, letter: Letter) -> str:
            if letter.to == "p2@example.cn":  # by then the first one is given up
                released.set()
                time.sleep(0.2)
            return super().send(letter)

    counts = send_over(sqlite_database, {"email": lambda: Slow(released, "p1@example.cn")})

    assert counts == DeliveryCounts(sent=3, deferred=1)
    assert results(sqlite_database) == dict.fromkeys((1, 2, 3), ONCE)


def test_a_channel_with_too_many_stuck_threads_is_down_until_one_returns(
    sqlite_database: Database, released: Event
) -> None:
    fill(sqlite_database, 6)
    everybody = [f"p{n}@example.cn" for n in range(1, 7)]
    notifiers: dict[str, OpenNotifier] = {"email": lambda: Hanging(released, *everybody)}

    assert send_over(sqlite_database, notifiers) == DeliveryCounts(deferred=3)
    assert living(notifiers["email"]) == 3
    waiting = {n: ("retry", []) for n in (4, 5, 6)}
    in_the_dark = {n: ("retry", ["unknown"]) for n in (1, 2, 3)}
    assert results(sqlite_database) == waiting | in_the_dark
    assert [rows.column(sqlite_database, "attempts", n) for n in (4, 5, 6)] == [0, 0, 0]

    assert send_over(sqlite_database, notifiers) == DeliveryCounts()
    assert living(notifiers["email"]) == 3
    assert results(sqlite_database) == waiting | in_the_dark

    released.set()
    wait_until(lambda: living(notifiers["email"]) == 0)
    assert send_over(sqlite_database, notifiers) == DeliveryCounts()  # shut: tried in a while
    assert send_over(sqlite_database, notifiers, now=LATER) == DeliveryCounts(sent=6)
    twice = dict.fromkeys((1, 2, 3), ("sent", ["unknown", "sent"]))
    assert results(sqlite_database) == dict.fromkeys((4, 5, 6), ONCE) | twice


def test_passes_go_on_beside_a_channel_that_is_stuck(database: Database, released: Event) -> None:
    """Each returns when the others are through, and leaves what the stuck one holds alone."""
    fill(database, 4)
    with database.write() as session:
        slow = update(schema.message).where(schema.message.c.id <= 2)
        session.execute(slow.values(channel="wecom"))
        late = update(schema.message).where(schema.message.c.id == 4)
        session.execute(late.values(send_at=None))
    patient = Traits(deadline_seconds=60)

    class Stuck(Hanging):
        traits = patient

    quick, leaving = Recorder(), Event()
    notifiers: dict[str, OpenNotifier] = {
        "email": lambda: quick,
        "wecom": lambda: Stuck(released, "p1@example.cn"),
    }

    assert send_over(database, notifiers, leaving=leaving) == DeliveryCounts(sent=1)
    assert [worker.channel for worker in running(database, "one")] == ["wecom"]
    with database.write() as session:
        session.execute(late.values(send_at=MORNING))
    assert send_over(database, notifiers, leaving=leaving) == DeliveryCounts(sent=1)
    assert [letter.to for letter in quick.letters] == ["p3@example.cn", "p4@example.cn"]
    assert results(database)[1] == ("leased", ["sending"])

    released.set()
    wait_until(lambda: not running(database, "one"))
    assert results(database) == dict.fromkeys((1, 2, 3, 4), ONCE)


def test_leaving_waits_some_seconds_and_records_the_known_outcomes(
    sqlite_database: Database, released: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "FAREWELL", 0.2)
    fill(sqlite_database, 3)

    class Stuck(Hanging):
        traits = Traits(deadline_seconds=60)

    leaving = Event()
    notifiers: dict[str, OpenNotifier] = {"email": lambda: Stuck(released, "p1@example.cn")}
    send_over(sqlite_database, notifiers, leaving=leaving)
    leaving.set()
    delivering.wait_for_workers(sqlite_database, "one")

    assert running(sqlite_database, "one") == []
    assert results(sqlite_database) == {1: ("retry", ["unknown"])} | {
        n: ("retry", []) for n in (2, 3)
    }
    assert rows.attempts(sqlite_database)[0][3] == "程序停止时还没有结果，结果不明"


@pytest.mark.parametrize(
    "error",
    [
        asyncio.CancelledError(),
        SystemExit(3),
        KeyboardInterrupt(),
        RecursionError(),
        MemoryError(),
        GeneratorExit(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("where", ["send", "close", "open"])
def test_whatever_a_notifier_raises_every_letter_has_an_outcome(
    sqlite_database: Database, error: BaseException, where: str
) -> None:
    fill(sqlite_database, 3)

    class Raising(Recorder):
        def send(self, letter: Letter) -> str:
            if where == "send" and letter.to == "p2@example.cn":
                raise error
            return super().send(letter)

        def close(self) -> None:
            if where == "close":
                raise error

    def opened() -> Recorder:
        if where == "open":
            raise error
        return Raising()

    send_over(sqlite_database, {"email": opened})

    retry = ("retry", ["retry"])
    expected = {
        "send": {1: ONCE, 2: retry, 3: ONCE},
        "close": dict.fromkeys((1, 2, 3), ONCE),
        "open": dict.fromkeys((1, 2, 3), retry),
    }
    assert results(sqlite_database) == expected[where]


class _Odd(DeliveryError):
    """As somebody may write it who has not read on."""

    def __init__(self) -> None:
        """Nothing is set."""


def test_an_error_that_says_nothing_is_an_outcome_too(sqlite_database: Database) -> None:
    fill(sqlite_database, 2)

    class Raising(Recorder):
        def send(self, _letter: Letter) -> str:
            raise _Odd

    assert send_over(sqlite_database, {"email": Raising}) == DeliveryCounts(deferred=2)


@pytest.mark.parametrize("where", ["open", "traits", "close"])
def test_one_that_hangs_outside_of_a_letter_keeps_nobody(
    sqlite_database: Database, released: Event, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "OPENING", 0.2)
    monkeypatch.setattr(connections, "CLOSING", 0.1)
    fill(sqlite_database, 2)

    class Sluggish(Recorder):
        @property
        def traits(self) -> Traits:
            if where == "traits":
                released.wait()
            return Traits()

        def close(self) -> None:
            if where == "close":
                released.wait()

    def opened() -> Recorder:
        if where == "open":
            released.wait()
        return Sluggish()

    notifiers: dict[str, OpenNotifier] = {"email": opened}
    for _ in range(5):
        send_over(sqlite_database, notifiers)

    assert living(opened) == (1 if where == "close" else 3)
    assert results(sqlite_database) == (
        dict.fromkeys((1, 2), ONCE) if where == "close" else dict.fromkeys((1, 2), ("ready", []))
    )
