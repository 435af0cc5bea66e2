"""Limits of channels: kept in the database, counted for all processes, never a failed try."""

import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from dj_cadence.domain.messages.notifier import Audience, Letter, Limit, Traits
from dj_cadence.services.delivery.deliver import DeliveryCounts
from dj_cadence.store import schema
from dj_cadence.store.core.compiled import DriverTransaction
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import rate_limits
from tests.world import ROOT
from tests.world import queue as rows
from tests.world.queue import MINUTE, MORNING, Recorder, fill, send_all
from tests.world.servers.chat_server import KEY, chat_server

PROGRAM = "tests.world.processes.sending_process"
GROUP = "一小支部群"
SECOND = timedelta(seconds=1)


def _take(database: Database, now: datetime, *, bucket: str = "b", messages: int = 3) -> object:
    with closing(DriverTransaction(database)) as ledger:
        return ledger.transaction(
            lambda book: rate_limits.take(book, bucket, Limit(messages, 60), now)
        )


def test_a_token_comes_back_a_whole_while_after_it_was_taken(database: Database) -> None:
    taken = [_take(database, MORNING + n * 10 * SECOND) for n in range(5)]

    assert taken == [None, None, None, MORNING + MINUTE, MORNING + MINUTE]
    assert _take(database, MORNING + MINUTE) is None
    assert _take(database, MORNING + MINUTE) == MORNING + MINUTE + 10 * SECOND
    assert _take(database, MORNING + MINUTE, bucket="another") is None


def test_no_stretch_of_time_sees_more_than_the_limit(database: Database) -> None:
    """Asked every second, for three minutes."""
    instants = [MORNING + n * SECOND for n in range(180)]
    went = [at for at in instants if _take(database, at, messages=7) is None]

    busiest = max(sum(at <= other < at + MINUTE for other in went) for at in went)
    assert busiest == 7
    assert len(went) == 21


def test_a_lowered_limit_holds_at_once(database: Database) -> None:
    for _ in range(5):
        _take(database, MORNING, messages=5)

    assert _take(database, MORNING + MINUTE, messages=2) is None
    assert _take(database, MORNING + MINUTE, messages=2) is None
    assert _take(database, MORNING + MINUTE, messages=2) == MORNING + 2 * MINUTE


def test_a_clock_that_is_set_back_shuts_no_channel(database: Database) -> None:
    for _ in range(3):
        _take(database, MORNING)

    assert _take(database, MORNING - 120 * MINUTE) is None


class Limited(Recorder):
    """A channel with a limit."""

    def __init__(self, *, per_address: bool) -> None:
        super().__init__()
        self.traits = Traits(limit=Limit(2, 60, per_address=per_address))


def test_letters_over_the_limit_wait_and_no_attempt_is_counted(database: Database) -> None:
    fill(database, 5)
    channel = Limited(per_address=False)

    assert send_all(database, channel) == DeliveryCounts(sent=2)
    assert rows.attempts(database) == [(1, 1, "sent", "250 ok"), (2, 1, "sent", "250 ok")]
    assert [rows.column(database, "attempts", n) for n in (1, 2, 3, 4, 5)] == [1, 1, 0, 0, 0]
    assert rows.states(database) == {1: "sent", 2: "sent", 3: "retry", 4: "retry", 5: "ready"}
    with database.read() as session:  # the last is written when its turn comes
        assert set(session.scalars(select(schema.letter.c.message_id))) == {1, 2, 3, 4}

    assert send_all(database, channel, now=MORNING + 30 * SECOND) == DeliveryCounts()
    assert send_all(database, channel, now=MORNING + 2 * MINUTE) == DeliveryCounts(sent=2)
    assert send_all(database, channel, now=MORNING + 4 * MINUTE) == DeliveryCounts(sent=1)
    assert {letter.to for letter in channel.letters} == {f"p{n}@example.cn" for n in range(1, 6)}
    assert len(channel.letters) == 5
    assert {row[2] for row in rows.attempts(database)} == {"sent"}


def test_a_limit_for_each_address_holds_up_nobody_else(database: Database) -> None:
    fill(database, 4)
    with database.write() as session:
        first = schema.message.c.id <= 3
        session.execute(update(schema.message).where(first).values(address="same@example.cn"))

    assert send_all(database, Limited(per_address=True)) == DeliveryCounts(sent=3)
    assert rows.states(database) == {1: "sent", 2: "sent", 3: "retry", 4: "sent"}


def test_two_processes_together_keep_to_a_robots_limit(database: Database) -> None:
    fill(database, 60)
    with database.write() as session:
        session.execute(update(schema.message).values(address=GROUP))
    url = database.engine.url.render_as_string(hide_password=False)

    with chat_server() as services:
        robot = f"{GROUP} = {services.url}/cgi-bin/webhook/send?key={KEY}"
        arguments = [sys.executable, "-m", PROGRAM, url, robot, MORNING.isoformat()]
        both = [
            subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, text=True)
            for _ in range(2)
        ]
        errors = [process.communicate(timeout=60)[1] for process in both]
        assert errors == ["", ""]
        assert [process.returncode for process in both] == [0, 0]
        assert len(services.texts) == 20

    with database.read() as session:
        outcomes = session.execute(
            select(schema.attempt.c.outcome, func.count()).group_by(schema.attempt.c.outcome)
        ).all()
    assert [tuple(row) for row in outcomes] == [("sent", 20)]
    assert sorted(rows.states(database).values()) == ["retry"] * 40 + ["sent"] * 20


# --- the form of a channel -------------------------------------------------------------------


class Group(Recorder):
    """A channel that speaks to a group."""

    traits = Traits(form=Audience.GROUP)


def test_a_group_gets_a_letter_of_its_own(database: Database) -> None:
    fill(database, 1)
    channel = Group()

    send_all(database, channel)

    (letter,) = channel.letters
    assert (letter.form, letter.headers, letter.html) == (Audience.GROUP, (), "")
    assert letter.text == (
        "【党建提醒】某县学校党建\n"
        "\n"
        "【第一小学党支部】\n"
        "· 主题党日（2026年3月），计划3月5日（周四），最迟3月31日（周二）\n"
        "\n"
        "办理和查看请登录：https://dj.example.cn\n"
    )


class Chat(Recorder):
    """A channel that speaks to one person in a chat."""

    traits = Traits(form=Audience.CHAT)


def test_a_chat_with_one_person_carries_their_link(database: Database) -> None:
    fill(database, 1)
    channel = Chat()

    send_all(database, channel)

    (letter,) = channel.letters
    head, who_writes, act_here, link, *rest = letter.text.split("\n")
    assert head == "李老师同志：您有1项待办。"
    assert who_writes.startswith("这是“某县学校党建”第一次给您发消息。")
    assert act_here == "办完点这里登记，不用密码，请勿转发："
    assert link.startswith("https://dj.example.cn/t/")
    assert rest == [
        "",
        "【本月清单】第一小学党支部",
        "· 主题党日（2026年3月），计划3月5日（周四），最迟3月31日（周二）",
        "",
    ]


@pytest.mark.parametrize("becomes", [Group, Chat])
def test_a_letter_written_for_another_form_is_held_back(
    database: Database, becomes: type[Recorder]
) -> None:
    """A mail with somebody's link must not reach the group that took over the channel."""
    fill(database, 1)
    busy = Recorder(KeyError("down"))
    send_all(database, busy)
    channel = becomes()
    letters: list[Letter] = channel.letters

    assert send_all(database, channel, now=MORNING + 5 * MINUTE) == DeliveryCounts(deferred=1)
    assert letters == []
    assert rows.attempts(database)[1][2:] == ("retry", "渠道改了用途，旧消息不再从这里发出")
