"""A provider that refuses from some mail of a pass on: nothing is lost, nobody struck off."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from dj_cadence.domain.messages.notifier import Audience, Sender, Traits
from dj_cadence.notifiers.smtp import open_notifier
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site
from dj_cadence.settings import ChannelSettings
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import address, attempt, channel_state, message, notice, person
from tests.world.builder import add
from tests.world.engine import SETTINGS, Channel, a_site, at
from tests.world.servers.refusing_server import Refusing
from tests.world.servers.smtp_server import smtp_server

MONDAY = date(2026, 3, 2)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
WORDINGS = {
    "qq for a week": ("DATA", "550 Connection frequency limited", 2, WEEK),
    "163 for a day": ("DATA", "554 DT:SPM 163 smtp3,D8mowABXaXk,126 1772411400", 3, DAY),
    "m365 for an hour": ("RCPT", "554 5.2.0 Submission.Exception:SubmissionQuotaExceeded", 1, HOUR),
    "sender for a week": ("MAIL", "550 5.7.1 Daily sending quota exceeded", 4, WEEK),
    "nobody for a day": ("RCPT", "550 5.1.1 no such user", 0, DAY),
    "connect for a week": ("connect", "421 4.7.0 too many connections from your IP", 0, WEEK),
}
"""Where it is said, what, from which mail of a pass on, and for how long."""


class Chat(Channel):
    """The administrator's other way."""

    traits = Traits(Audience.CHAT)


@contextmanager
def provider(database: Database, server: Refusing, chat: Chat) -> Iterator[Site]:
    """The district with mail through `server`, and an administrator who also has a chat."""
    with smtp_server(server) as port, database.write() as session:  # type: ignore[arg-type]
        zhao = session.execute(select(person.c.id).where(person.c.name == "赵干事")).scalar_one()
        add(session, address, person_id=zhao, channel="wecom", value="zhao")
        session.commit()
        options = {"host": "127.0.0.1", "port": port, "security": "none"}
        sender = Sender(SETTINGS.sender_name, SETTINGS.sender_address)
        channels = {name: ChannelSettings(name, "memory", {}) for name in ("email", "wecom")}
        settings = replace(SETTINGS, channels=channels, administrators=("zhao@example.cn",))
        site = a_site(database, chat, settings)
        opened = {
            "email": lambda: open_notifier(options, sender, SETTINGS.folder),
            "wecom": lambda: chat,
        }
        yield replace(site, open_notifiers=lambda: opened)


def instants(first: date, last: date) -> Iterator[datetime]:
    """A pass every ten minutes for an hour in the morning, and some in the afternoon."""
    day = first
    while day <= last:
        yield from (at(day, 8, 30) + timedelta(minutes=10 * n) for n in range(7))
        yield from (at(day, hour) for hour in (12, 15, 18))
        day += DAY


def alarms(subjects: Iterable[str]) -> list[str]:
    return [subject.partition("：")[2] for subject in subjects if "“邮件”" in subject]


@pytest.mark.parametrize("wording", WORDINGS)
def test_a_provider_that_refuses_costs_nobody_a_word_or_an_address(
    many: Database, wording: str
) -> None:
    stage, answer, takes, lasts = WORDINGS[wording]
    server, chat = Refusing(stage, answer, takes), Chat()
    begins, ends = at(MONDAY), at(MONDAY) + lasts
    with provider(many, server, chat) as site:
        for now in instants(MONDAY, date(2026, 4, 3)):
            server.begin(is_strict=begins <= now < ends)
            tick(site, now, owner="test")

    with many.read() as session:
        assert set(session.scalars(select(address.c.state))) == {"ok"}
        assert set(session.scalars(select(notice.c.outcome))) <= {"sent", "folded", "moved"}
        assert session.scalars(select(channel_state.c.channel)).all() == []
        days = select(message.c.person_id, message.c.day).where(
            message.c.state == "sent", message.c.serial >= 0
        )
        assert max(Counter(map(tuple, session.execute(days))).values()) == 1
        ids = select(attempt.c.message_id).where(attempt.c.outcome == "sent")
        assert max(Counter(session.scalars(ids)).values()) == 1
    assert server.refused > 0
    told = [mail for mail in server.taken if not alarms([mail["Subject"]])]
    per_day = Counter((mail["To"], mail["Date"].datetime.date()) for mail in told)
    assert max(per_day.values()) == 1
    assert alarms(letter.subject for letter in chat.letters) == ["“邮件”发不出消息，请处理"]
    assert alarms(mail["Subject"] for mail in server.taken) == ["“邮件”又能发消息了"]
