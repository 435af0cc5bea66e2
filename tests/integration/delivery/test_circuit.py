"""A channel that refuses us: shut, tried with single letters, and spoken of everywhere."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dj_cadence.bootstrap import load_rules
from dj_cadence.domain.messages.notifier import Audience, Traits
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.services.audit import audit
from dj_cadence.services.delivery.channels import list_channels
from dj_cadence.services.delivery.channels import test_channel as try_channel
from dj_cadence.services.operations.doctor import examine
from dj_cadence.services.operations.metrics import exposition, measure
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site, switch_sending
from dj_cadence.settings import ChannelSettings
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import circuits
from dj_cadence.store.schema import address, attempt, message, person
from tests.world.builder import add
from tests.world.engine import SETTINGS, Channel, a_site, at

MONDAY = date(2026, 3, 2)
LIMIT = DeliveryError("550 Connection frequency limited", Blame.CHANNEL)


class Chat(Channel):
    traits = Traits(Audience.CHAT)


@pytest.fixture
def mail() -> Channel:
    return Channel()


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def site(many: Database, mail: Channel, chat: Chat) -> Site:
    """The administrator has mail and a chat; everybody else has mail."""
    with many.write() as session:
        zhao = session.execute(select(person.c.id).where(person.c.name == "赵干事")).scalar_one()
        add(session, address, person_id=zhao, channel="wecom", value="zhao")
    channels = {name: ChannelSettings(name, "memory", {}) for name in ("email", "wecom")}
    settings = replace(SETTINGS, channels=channels, administrators=("zhao@example.cn",))
    found = a_site(many, mail, settings)
    notifiers = {"email": lambda: mail, "wecom": lambda: chat}
    return replace(found, open_notifiers=lambda: notifiers)


def states(site: Site) -> set[str]:
    with site.database.read() as session:
        return set(session.scalars(select(message.c.state).where(message.c.serial >= 0)))


SENT = message.c.state == "sent"


def waiting_for(site: Site) -> list[str]:
    """The addresses to which something is still to go out."""
    with site.database.read() as session:
        open_ = message.c.state.in_(("ready", "retry"))
        return sorted(session.scalars(select(message.c.address).where(open_)))


def tries(site: Site) -> int:
    with site.database.read() as session:
        mine = select(attempt.c.message_id).join(message, message.c.id == attempt.c.message_id)
        return len(session.execute(mine.where(message.c.channel == "email")).all())


def test_three_refusals_shut_it_and_no_more_tries_are_burnt(site: Site, mail: Channel) -> None:
    mail.fault = LIMIT

    tick(site, at(MONDAY), owner="test")
    assert (tries(site), states(site)) == (3, {"retry"})
    tick(site, at(MONDAY, 8, 31), owner="test")
    assert tries(site) == 3
    tick(site, at(MONDAY, 8, 36), owner="test")
    assert tries(site) == 4  # one letter, to see
    tick(site, at(MONDAY, 8, 41), owner="test")
    assert tries(site) == 4  # the pause has doubled

    mail.fault = None
    tick(site, at(MONDAY, 8, 47), owner="test")
    assert states(site) == {"sent"}


def test_what_is_shut_is_said_everywhere_and_told_once_by_another_way(
    site: Site, mail: Channel, chat: Chat
) -> None:
    mail.fault = LIMIT
    for minute in (30, 36, 41, 47, 55):
        tick(site, at(MONDAY, 8, minute), owner="test")
    now = at(MONDAY, 8, 56)

    (letter,) = chat.letters
    assert letter.subject == "某区学校党建：“邮件”发不出消息，请处理"
    assert "550 Connection frequency limited" in letter.text
    assert "channel test email" in letter.text
    assert (letter.to, letter.form, letter.html) == ("zhao", Audience.CHAT, "")
    rules = load_rules(site.settings.folder)
    said = [one.text for one in examine(site, rules, now=now) if "发不出消息" in one.text]
    assert len(said) == 1
    assert said[0].startswith("“邮件”自2026年3月2日（周一）08:30起发不出消息，已告知管理员：550 ")
    assert ("channel_shut", False) in {(one.kind, one.mended) for one in audit(site, now)}
    found = measure(site.database, now)
    assert found.shut == ("email",)
    assert "dj_cadence_channels_shut 1\n" in exposition(found, 0)
    assert {one.name: one.shut for one in list_channels(site)} == {
        "email": "550 Connection frequency limited",
        "wecom": "",
    }


def test_a_copy_of_a_site_tells_nobody_of_a_shut_channel_before_it_may_send(
    site: Site, mail: Channel, chat: Chat, tmp_path: Path
) -> None:
    """Neither in the pass that holds it, nor while it is held."""
    mail.fault = LIMIT
    tick(site, at(MONDAY), owner="test")
    copy = replace(site, settings=replace(site.settings, folder=tmp_path))

    for minute in (55, 59):
        tick(copy, at(MONDAY, 9, minute), owner="copy")

    with site.database.read() as session:
        assert session.scalars(select(message.c.kind).where(message.c.serial < 0)).all() == []
        (known,) = circuits.every(session)
    assert (known.told_at, chat.letters) == (None, [])
    switch_sending(copy, on=True, today=MONDAY)
    tick(copy, at(MONDAY, 10, 5), owner="copy")
    assert [letter.to for letter in chat.letters] == ["zhao"]


def test_an_administrator_with_mail_alone_hears_of_it_when_mail_works_again(
    site: Site, mail: Channel, chat: Chat
) -> None:
    with site.database.write() as session:
        session.execute(address.delete().where(address.c.channel == "wecom"))
    mail.fault = LIMIT
    for hour in range(8, 18):
        tick(site, at(MONDAY, hour, 30), owner="test")
    assert [one for one in mail.letters if "发不出消息" in one.subject] == []

    mail.fault = None
    for hour in range(18, 24):
        tick(site, at(MONDAY, hour, 30), owner="test")
    for day in (1, 2, 3):
        tick(site, at(MONDAY + timedelta(days=day), 9), owner="test")

    told = [one for one in mail.letters if one.subject.startswith("某区学校党建：")]
    assert [(one.to, one.subject) for one in told] == [
        ("zhao@example.cn", "某区学校党建：“邮件”又能发消息了")
    ]
    assert "3月2日（周一）08:30" in told[0].text
    assert chat.letters == []


def test_a_test_that_gets_through_opens_it_at_once(site: Site, mail: Channel) -> None:
    mail.fault = LIMIT
    tick(site, at(MONDAY), owner="test")
    mail.fault = None

    try_channel(site, "email", "zhao@example.cn", at(MONDAY, 8, 32))
    tick(site, at(MONDAY, 8, 33), owner="test")

    assert states(site) == {"sent"}
    assert measure(site.database, at(MONDAY, 8, 34)).shut == ()


def test_retry_after_is_kept_to(site: Site, mail: Channel) -> None:
    mail.fault = DeliveryError("429", Blame.CHANNEL, retry_after=3600)
    tick(site, at(MONDAY), owner="test")
    mail.fault = None

    tick(site, at(MONDAY, 9, 20), owner="test")
    assert "sent" not in states(site)
    tick(site, at(MONDAY, 9, 31), owner="test")
    assert states(site) == {"sent"}


def test_one_domain_that_refuses_us_holds_up_nobody_else(site: Site, mail: Channel) -> None:
    """The mails to it stand first in the queue."""
    policy = DeliveryError("550 5.7.1 rejected by policy", Blame.CHANNEL)
    elsewhere = [f"p{n}@refusing.cn" for n in range(1, 6)]
    with site.database.write() as session:
        for written in elsewhere:
            old = written.replace("refusing.cn", "example.cn")
            session.execute(address.update().values(value=written).where(address.c.value == old))
    mail.faults = dict.fromkeys(elsewhere, policy)

    tick(site, at(MONDAY), owner="test")

    assert waiting_for(site) == elsewhere
    assert (tries(site), measure(site.database, at(MONDAY)).shut) == (3 + len(mail.letters), ())
    tick(site, at(MONDAY, 8, 31), owner="test")
    tick(site, at(MONDAY, 8, 36), owner="test")
    with site.database.read() as session:
        (known,) = circuits.every(session)
    assert (known.domain, known.is_shut) == ("refusing.cn", True)
    with site.database.write() as session:  # something more for the others, in the pause
        late = message.c.id == max(session.scalars(select(message.c.id).where(SENT)))
        session.execute(message.update().where(late).values(state="ready", send_at=at(MONDAY)))
    before = len(mail.letters)
    tick(site, at(MONDAY, 8, 37), owner="test")
    assert (len(mail.letters), waiting_for(site)) == (before + 1, elsewhere)
    rules = load_rules(site.settings.folder)
    for minute in range(38, 45):
        tick(site, at(MONDAY, 8, minute), owner="test")
    said = [one.text for one in examine(site, rules, now=at(MONDAY, 8, 45))]
    assert [text.partition("：")[0] for text in said if "发不出" in text] == [
        "“邮件”自2026年3月2日（周一）08:30起发不出往 refusing.cn 的消息，已告知管理员"
    ]

    mail.faults = {}
    tick(site, at(MONDAY, 12), owner="test")
    assert waiting_for(site) == []


def test_a_trial_that_fails_for_its_addressee_is_made_with_the_next(
    site: Site, mail: Channel
) -> None:
    mail.fault = LIMIT
    tick(site, at(MONDAY), owner="test")
    mail.fault = None
    gone = DeliveryError("550 5.1.1 no such user", Blame.ADDRESS)
    with site.database.read() as session:
        due = select(message.c.address).where(message.c.send_at <= at(MONDAY, 8, 36))
        first = session.scalars(due.order_by(message.c.send_at, message.c.id)).first()
    mail.faults = {first: gone}

    tick(site, at(MONDAY, 8, 36), owner="test")

    with site.database.read() as session:
        bad = session.scalars(select(address.c.value).where(address.c.state == "bad")).all()
    assert (bad, measure(site.database, at(MONDAY, 8, 37)).shut) == ([first], ())


def test_equal_words_to_most_are_the_channels_fault_and_to_few_are_not(
    site: Site, mail: Channel
) -> None:
    gone = DeliveryError("550 5.1.1 no such user", Blame.ADDRESS)
    mail.faults = {"p1@example.cn": gone, "p2@example.cn": gone}
    tick(site, at(MONDAY), owner="test")
    with site.database.read() as session:
        bad = session.scalars(select(address.c.value).where(address.c.state == "bad")).all()
    assert sorted(bad) == ["p1@example.cn", "p2@example.cn"]
    assert measure(site.database, at(MONDAY, 9)).shut == ()


def test_a_full_mailbox_is_left_alone_for_days_each_time_longer(site: Site, mail: Channel) -> None:
    mail.faults = {"p1@example.cn": DeliveryError("552 5.2.2 full", Blame.MAILBOX)}
    mine = select(address.c.state, address.c.bad_since, address.c.aside_until).where(
        address.c.value == "p1@example.cn"
    )
    found = {}
    for n in range(100):
        tick(site, at(MONDAY) + timedelta(days=n), owner="test")
        with site.database.read() as session:
            row = session.execute(mine).one()
        assert row.state in ("ok", "aside")
        if row.state == "aside":
            found[row.bad_since] = (row.aside_until - row.bad_since).days

    assert list(found.values())[:2] == [2, 4]
    assert [letter.to for letter in mail.letters].count("p1@example.cn") == 0
    mail.faults = {}
    for n in range(100, 160):
        tick(site, at(MONDAY) + timedelta(days=n), owner="test")
    assert "p1@example.cn" in {letter.to for letter in mail.letters}
