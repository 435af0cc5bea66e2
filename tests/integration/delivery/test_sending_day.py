"""The end of the sending day, on both databases: what comes too late waits, and is folded."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from threading import Event
from time import monotonic

import pytest
from sqlalchemy import select, update

from dj_cadence.domain.messages.notifier import Letter
from dj_cadence.errors import DeliveryError
from dj_cadence.services.delivery.deliver import DeliveryCounts, deliver
from dj_cadence.services.delivery.log import retry
from dj_cadence.services.digest.views import digests_of_a_pass
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import attempt, message, notice, site
from tests.world.engine import SETTINGS, Channel, a_site, at, morning, shipped

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
FRIDAY, SATURDAY, NEXT_MONDAY = date(2026, 3, 6), date(2026, 3, 7), date(2026, 3, 9)
EVERYBODY = ["li@example.cn", "sun@example.cn", "wu@example.cn", "zhao@example.cn"]


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def engine(shipped_district: Database, channel: Channel) -> Site:
    return a_site(shipped_district, channel)


def addressees(channel: Channel) -> list[str]:
    return sorted(letter.to for letter in channel.letters)


def states(engine: Site) -> list[str]:
    with engine.database.read() as session:
        return list(session.scalars(select(message.c.state).order_by(message.c.id)))


def waiting(engine: Site, day: date) -> list[object]:
    with engine.database.read() as session:
        owed = (notice.c.outcome == "", notice.c.due_on <= day)
        return list(session.execute(select(notice.c.id).where(*owed)))


@pytest.mark.parametrize(("hour", "minute"), [(20, 0), (23, 40)])
def test_a_machine_that_comes_back_in_the_evening_writes_to_nobody(
    engine: Site, channel: Channel, hour: int, minute: int
) -> None:
    report = tick(engine, at(MONDAY, hour, minute), owner="test")
    assert (report.bundled, report.sent) == (0, 0)
    assert channel.letters == []

    tick(engine, at(TUESDAY, 8, 29), owner="test")
    assert channel.letters == []
    tick(engine, at(TUESDAY), owner="test")
    assert addressees(channel) == EVERYBODY
    assert waiting(engine, TUESDAY) == []


def test_what_is_not_out_by_the_evening_is_folded_into_the_next_working_day(
    engine: Site, channel: Channel
) -> None:
    """A channel that is down on a Friday: no try by night and at the weekend, one on Monday."""
    channel.fault = DeliveryError("连接不上")
    tick(engine, at(FRIDAY), owner="test")
    assert states(engine) == ["retry"] * len(EVERYBODY)
    channel.fault = None
    with engine.database.write() as session:
        again = update(message).where(message.c.state == "retry").values(send_at=at(FRIDAY, 19, 59))
        session.execute(again)
    for day, hour in ((FRIDAY, 20), (FRIDAY, 23), (SATURDAY, 0), (SATURDAY, 10)):
        tick(engine, at(day, hour), owner="test")
    assert channel.letters == []
    assert states(engine) == ["superseded"] * len(EVERYBODY)

    tick(engine, at(NEXT_MONDAY), owner="test")
    assert addressees(channel) == EVERYBODY
    assert waiting(engine, NEXT_MONDAY) == []


def test_an_unknown_outcome_is_not_tried_again_on_a_day_off(engine: Site, channel: Channel) -> None:
    channel.fault = DeliveryError("没有答复", unknown=True)
    tick(engine, at(MONDAY), owner="test")
    channel.fault = None
    with engine.database.write() as session:  # as if that Monday had been a Friday
        session.execute(update(message).values(day=FRIDAY, send_at=at(FRIDAY)))
    tick(engine, at(SATURDAY, 10), owner="test")
    assert channel.letters == []
    tick(engine, at(NEXT_MONDAY), owner="test")
    assert set(EVERYBODY) <= set(addressees(channel))


def test_a_retry_that_a_person_asks_for_goes_out_at_any_hour(
    engine: Site, channel: Channel
) -> None:
    tick(engine, at(MONDAY), owner="test")
    channel.letters.clear()
    with engine.database.write() as session:
        session.execute(update(message).values(state="quarantined"))
        retry(session, [1], MONDAY, at(MONDAY, 23, 40))
    tick(engine, at(MONDAY, 23, 40), owner="test")
    assert len(channel.letters) == 1


class Slow(Channel):
    """A channel that is not through with its first letter before some seconds have passed."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.until = monotonic() + seconds

    def send(self, letter: Letter) -> str:
        Event().wait(max(0.0, self.until - monotonic()))
        return super().send(letter)


def test_a_batch_that_began_in_time_stops_in_time(shipped_district: Database) -> None:
    rules = shipped().catalogue
    assert morning(shipped_district, rules, MONDAY) == len(EVERYBODY)
    seconds = 6  # to write the letters
    channel = Slow(seconds + 2)
    engine = a_site(shipped_district, channel)
    counts = deliver(
        shipped_district,
        templates=engine.templates,
        notifiers=engine.notifiers,
        catalogue=rules,
        settings=engine.settings,
        owner="test",
        now=at(MONDAY, 20, 0) - timedelta(seconds=seconds),
        digest_view=digests_of_a_pass(rules, engine.settings, MONDAY),
    )
    assert counts == DeliveryCounts(sent=1)
    assert sorted(states(engine)) == ["retry"] * (len(EVERYBODY) - 1) + ["sent"]
    with shipped_district.read() as session:
        assert list(session.scalars(select(attempt.c.outcome))) == ["sent"]
    (in_time,) = addressees(channel)
    channel.letters.clear()

    tick(engine, at(TUESDAY), owner="test")
    assert set(EVERYBODY) - set(addressees(channel)) <= {in_time}
    assert len(set(addressees(channel))) == len(channel.letters)
    assert waiting(engine, TUESDAY) == []


@pytest.mark.parametrize(
    ("local", "sent"), [("2026-03-02T13:59", 0), ("2026-03-02T14:00", 4), ("2026-03-02T14:10", 0)]
)
def test_the_hours_are_the_site_s_own(
    shipped_district: Database, channel: Channel, local: str, sent: int
) -> None:
    settings = replace(SETTINGS, send_at=time(14), send_until=time(14, 10))
    now = datetime.fromisoformat(local).replace(tzinfo=SETTINGS.time_zone)
    assert tick(a_site(shipped_district, channel, settings), now, owner="test").sent == sent


def test_a_pass_late_in_the_evening_is_no_day_on_which_one_could_speak(engine: Site) -> None:
    tick(engine, at(date(2026, 3, 2), 9), owner="test")
    tick(engine, datetime(2026, 3, 3, 23, 40, tzinfo=SETTINGS.time_zone), owner="test")
    with engine.database.read() as session:
        assert session.scalar(select(site.c.last_sending_day)) == date(2026, 3, 2)
