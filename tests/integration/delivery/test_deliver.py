"""Delivery against the ledger: each state a message can take, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import TypeVar

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.messages.claim import Claim, StoredLetter
from dj_cadence.domain.messages.notifier import Audience, Letter, Traits
from dj_cadence.domain.reminders.plan import ESCALATED
from dj_cadence.domain.rules.basis import Basis, Certainty
from dj_cadence.domain.rules.citation import STANDARD, basis_line
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.services.delivery.deliver import DeliveryCounts, recover, supersede_stale
from dj_cadence.services.delivery.skeletons import unpack
from dj_cadence.signing import make_token, message_token
from dj_cadence.store import schema
from dj_cadence.store.core.compiled import DriverTransaction
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import attempts, letters
from dj_cadence.store.delivery import claims as ledger
from dj_cadence.store.reminders import notices
from dj_cadence.store.site import tokens
from dj_cadence.transport.refusals.mail import Stage, judge_mail
from tests.world import queue as rows
from tests.world.builder import add
from tests.world.queue import DAY, MINUTE, MORNING, Recorder, fill, send_all

_Done = TypeVar("_Done")
TUESDAY = date(2026, 3, 3)
TUESDAY_MORNING = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)


def test_a_message_is_sent_and_all_of_it_recorded(database: Database) -> None:
    fill(database, 1)
    channel = Recorder()

    counts = send_all(database, channel)

    token = make_token(rows.SETTINGS.key, "message", "message:1", 1)
    (letter,) = channel.letters
    assert counts == DeliveryCounts(sent=1)
    assert letter.message_id == rows.message_id(1)
    assert letter.to == "p1@example.cn"
    assert letter.date == "2026-03-02T08:30:00+08:00"
    assert letter.headers == (
        ("Auto-Submitted", "auto-generated"),
        ("In-Reply-To", "<t1.2026-03.5eed@example.cn>"),
        ("References", "<t1.2026-03.5eed@example.cn>"),
    )
    assert letter.subject == "党建提醒：主题党日，计划5日"
    assert f"https://dj.example.cn/t/{token}\n" in letter.text
    assert rows.states(database) == {1: "sent"}
    assert rows.outcomes(database) == {1: "sent"}
    assert rows.attempts(database) == [(1, 1, "sent", "250 ok")]
    assert rows.column(database, "send_at") is None
    assert rows.column(database, "sent_at") == MORNING
    assert channel.closed == 1
    with database.read() as session:
        found = tokens.find(session, token)
    assert found is not None
    assert (found.subject, found.expires_at) == (
        "message:1",
        datetime(2026, 4, 16, 0, 30, tzinfo=UTC),
    )


def test_nothing_is_sent_before_its_time_or_twice(database: Database) -> None:
    fill(database, 1)
    channel = Recorder()

    assert send_all(database, channel, now=MORNING - MINUTE) == DeliveryCounts()
    assert send_all(database, channel) == DeliveryCounts(sent=1)
    assert send_all(database, channel, now=MORNING + MINUTE) == DeliveryCounts()
    assert len(channel.letters) == 1


def test_nothing_is_sent_while_sending_is_off(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        session.execute(update(schema.site).values(sending=False))

    assert send_all(database, Recorder()) == DeliveryCounts()
    assert rows.states(database) == {1: "ready"}


def test_a_queue_longer_than_a_batch_is_emptied_in_one_pass(database: Database) -> None:
    fill(database, ledger.BATCH + 5)
    channel = Recorder()

    assert send_all(database, channel).sent == ledger.BATCH + 5
    assert len({letter.to for letter in channel.letters}) == ledger.BATCH + 5


def test_what_many_are_told_alike_is_kept_once_and_comes_back_whole(database: Database) -> None:
    fill(database, 3)
    later = Recorder(*[DeliveryError("451 later")] * 3)
    send_all(database, later)
    with database.read() as session:
        (said,) = session.scalars(select(schema.skeleton.c.content))
        query = select(schema.letter.c.message_id, schema.letter.c.content)
        found = session.execute(query).all()
    kept = {
        unpack(StoredLetter(said, content), message_token(rows.SETTINGS.key, id_))
        for id_, content in found
    }

    again = Recorder()
    send_all(database, again, now=MORNING + 5 * MINUTE)

    assert set(again.letters) == kept
    links = {letter.text.partition("/t/")[2].partition("\n")[0] for letter in kept}
    assert len(links) == 3


def test_the_subject_of_what_goes_up_cuts_a_long_name(database: Database) -> None:
    fill(database, 1)
    long = "某某县第一高级中学教职工第三党支部委员会"
    with database.write() as session:
        session.execute(update(schema.org).values(name=long))
        session.execute(update(schema.notice).values(level=1, reminder_step=ESCALATED))
        _change_task(session, 1, state="overdue", due=date(2026, 2, 27))
    channel = Recorder()

    send_all(database, channel)

    subject = channel.letters[0].subject
    assert subject == "逾期报告：某某县第一高级中学教职工第三党…主题党日已逾期3天"


def test_a_task_settled_meanwhile_is_left_out_of_the_letter(database: Database) -> None:
    fill(database, 2)
    with database.write() as session:
        rows.add_task(session, 3, 2, state="done")
        rows.add_notice(session, 3, 3, 2)
        session.execute(update(schema.task).where(schema.task.c.id == 1).values(state="missed"))
    channel = Recorder()

    assert send_all(database, channel) == DeliveryCounts(sent=1, settled=1)
    assert rows.states(database) == {1: "settled", 2: "sent"}
    assert rows.outcomes(database) == {1: "settled_before", 2: "sent", 3: "settled_before"}
    assert channel.letters[0].subject == "党建提醒：主题党日，计划5日"


def test_an_item_about_another_organization_names_it(database: Database) -> None:
    fill(database, 2)
    with database.write() as session:
        session.execute(update(schema.org).where(schema.org.c.id == 2).values(name="第二小学"))
        _change_task(session, 1, subject_id=2)
        _change_task(session, 2, duty="gone")
    channel = Recorder()

    send_all(database, channel)

    assert [letter.subject for letter in channel.letters] == [
        "党建提醒：主题党日：第二小学，计划5日",
        "党建提醒：gone，计划5日",
    ]


def _change_task(session: Session, task_id: int, **values: object) -> None:
    session.execute(update(schema.task).where(schema.task.c.id == task_id).values(values))


@pytest.mark.parametrize(
    ("basis", "line"),
    [
        (
            [Basis(Certainty.STANDARD, ("duty", "period"), STANDARD)],
            f"《{STANDARD}》“组织建设”部分",
        ),
        (
            [Basis(Certainty.VERIFIED, ("period",), "支部工作条例", "11、14")],
            "《支部工作条例》第十一条、第十四条",
        ),
        (
            [Basis(Certainty.VERIFIED, ("duty",), "支部工作条例", "第五章")],
            "《支部工作条例》第五章（周期为系统默认）",
        ),
        ([Basis(Certainty.RECALLED, ("period",), "某通知")], "《某通知》（未核实）"),
        ([Basis(Certainty.DEFAULT, ("period",))], "本系统默认，无条文依据"),
        ([Basis(Certainty.VERIFIED, ("notice",), "某通知")], ""),
        (
            [
                Basis(Certainty.DEFAULT, ("period",)),
                Basis(Certainty.SECONDARY, ("duty",), "某通知", "3"),
            ],
            "《某通知》第三条（据转述，未见原文）（周期为系统默认）",
        ),
    ],
)
def test_the_surest_basis_is_named(basis: list[Basis], line: str) -> None:
    assert basis_line(replace(rows.DUTY, basis=tuple(basis))) == line


def test_of_several_notices_of_a_task_the_newest_speaks(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        rows.add_notice(session, 2, 1, 1, reminder_step="nudge", due_on=date(2026, 2, 27))
        rows.add_notice(session, 3, 1, 1, reminder_step="nudge")
        rows.add_notice(session, 4, 1, 1, reminder_step="nudge", due_on=date(2026, 2, 27))
        notices.fold(session, [1])

    send_all(database, Recorder())

    assert rows.outcomes(database) == {1: "folded", 2: "folded", 3: "sent", 4: "folded"}


def test_what_passes_takes_nothing_with_it_that_was_to_be_said_besides(database: Database) -> None:
    """The secretary is the superior too; the task was postponed while the message waited."""
    fill(database, 2)
    with database.write() as session:
        for first, message_id in ((11, 1), (21, 2)):
            rows.add_notice(session, first, message_id, message_id, reminder_step="late")
            rows.add_notice(
                session, first + 1, message_id, message_id, reminder_step=ESCALATED, level=1
            )
        still = update(schema.task).where(schema.task.c.id == 2)
        session.execute(still.values(state="overdue"))
        notices.fold(session, [1, 2])
    channel = Recorder()

    assert send_all(database, channel).sent == 2
    found = rows.outcomes(database)
    assert (found[11], found[12]) == ("sent", "moved")
    assert (found[21], found[22]) == ("sent", "sent")
    assert channel.letters[1].text.count("主题党日") == 1


@pytest.mark.parametrize("answer", ["552 5.3.4 too large", "552 message size exceeds limit"])
def test_a_digest_that_is_too_large_goes_without_its_workbook(
    database: Database, answer: str
) -> None:
    fill(database, 1)
    with database.write() as session:
        add(session, schema.digest, message_id=1)
    blame = judge_mail(Stage.TEXT, 552, answer.partition(" ")[2])

    class Small(Recorder):
        def send(self, letter: Letter) -> str:
            self.letters.append(letter)
            if letter.attachments:
                raise DeliveryError(answer, blame)
            return "250 ok"

    channel = Small()
    send_all(database, channel)
    send_all(database, channel, now=MORNING + 6 * MINUTE)

    whole, light = channel.letters
    assert (len(whole.attachments), len(light.attachments)) == (1, 0)
    assert (whole.message_id, light.message_id) == (rows.message_id(1), rows.message_id(1, 1))
    page = f"{rows.SETTINGS.web_address}/orgs/1/digest"
    assert f"这一封不带表格。表格请在页面上看：\n{page}\n" in light.text
    assert page in light.html
    assert page not in whole.text
    assert rows.states(database) == {1: "sent"}
    with database.read() as session:
        assert session.scalars(select(schema.address.c.state)).all() == ["ok"]


def test_a_digest_goes_out_though_nothing_else_is_in_it(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        rows.add_person(session, 2)
        rows.add_message(session, 2, 2, kind="digest")
        add(session, schema.digest, message_id=2)
    channel = Recorder()

    send_all(database, channel)

    assert channel.letters[1].subject == "党建工作周报：下级无逾期"
    unsubscribe = ("List-Unsubscribe", "<mailto:dj@example.cn?subject=unsubscribe>")
    assert unsubscribe in channel.letters[1].headers
    assert unsubscribe not in channel.letters[0].headers


def test_a_message_in_which_nothing_is_left_to_say_is_settled(database: Database) -> None:
    fill(database, 2)
    with database.write() as session:
        session.execute(
            update(schema.notice).where(schema.notice.c.id == 1).values(outcome="moved")
        )
    channel = Recorder()

    assert send_all(database, channel) == DeliveryCounts(sent=1, settled=1)
    assert rows.states(database) == {1: "settled", 2: "sent"}
    assert [letter.to for letter in channel.letters] == ["p2@example.cn"]


def test_a_passing_fault_is_tried_again_with_longer_pauses(database: Database) -> None:
    fill(database, 1)
    busy = DeliveryError("451 busy")
    channel = Recorder(busy, busy, busy, busy, busy)
    now, pauses = MORNING, []

    for _ in range(5):
        assert send_all(database, channel, now=now) == DeliveryCounts(deferred=1)
        send_at = rows.column(database, "send_at")
        assert isinstance(send_at, datetime)
        pauses.append((send_at - now) // MINUTE)
        now = send_at
    send_all(database, channel, now=now)

    assert pauses == [5, 15, 60, 120, 120]
    assert rows.attempts(database) == [
        *((1, n, "retry", "451 busy") for n in range(1, 6)),
        (1, 6, "sent", "250 ok"),
    ]
    assert channel.letters[0].date == "2026-03-02T08:30:00+08:00"  # as it was first made


def test_a_letter_once_made_is_never_changed(database: Database) -> None:
    fill(database, 1)
    channel = Recorder(DeliveryError("451 busy"))
    send_all(database, channel)
    with database.write() as session:
        session.execute(update(schema.task).values(state="done"))

    assert send_all(database, channel, now=MORNING + 5 * MINUTE) == DeliveryCounts(sent=1)
    assert rows.outcomes(database) == {1: "sent"}


def test_a_refusal_frees_the_notices_and_marks_the_address(database: Database) -> None:
    fill(database, 2)
    with database.write() as session:
        add(session, schema.digest, message_id=1)

    counts = send_all(database, Recorder(DeliveryError("550 no such user", Blame.ADDRESS)))

    assert counts == DeliveryCounts(sent=1, gave_up=1)
    assert rows.states(database) == {1: "gave_up", 2: "sent"}
    assert rows.attempts(database)[0] == (1, 1, "gave_up", "550 no such user")
    with database.read() as session:
        notices = session.execute(
            select(schema.notice.c.message_id, schema.notice.c.outcome).order_by(schema.notice.c.id)
        ).all()
        digests = session.scalars(select(schema.digest.c.message_id)).all()
        addresses = session.execute(
            select(schema.address.c.state, schema.address.c.reason).order_by(schema.address.c.id)
        ).all()
    assert [tuple(row) for row in notices] == [(None, ""), (2, "sent")]
    assert digests == [None]
    assert [tuple(row) for row in addresses] == [("bad", "550 no such user"), ("ok", "")]


def test_a_fault_of_the_notifier_itself_is_passing(database: Database) -> None:
    fill(database, 2)

    assert send_all(database, Recorder(KeyError("secret"))) == DeliveryCounts(sent=1, deferred=1)
    assert rows.attempts(database)[0] == (1, 1, "retry", "渠道程序出错：KeyError")


def test_a_channel_that_is_not_set_up_is_passing(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        session.execute(update(schema.message).values(channel="wecom"))

    assert send_all(database, Recorder()) == DeliveryCounts(deferred=1)
    assert rows.attempts(database) == [(1, 1, "retry", "没有设置渠道“wecom”")]


def test_a_faulty_row_or_template_holds_up_nobody_else(database: Database, tmp_path: Path) -> None:
    fill(database, 3)
    own = tmp_path / "mail"
    own.mkdir()
    own.joinpath("message.subject.txt").write_text(
        "{% if message.items[0].task_id == 1 %}{{ nothing.here }}{% endif %}有事", encoding="utf-8"
    )
    with database.write() as session:
        _change_task(session, 2, state="odd")
    channel = Recorder()

    assert send_all(database, channel, templates=tmp_path) == DeliveryCounts(sent=1, deferred=2)
    assert [letter.to for letter in channel.letters] == ["p3@example.cn"]
    assert rows.attempts(database)[:2] == [
        (1, 1, "retry", "UndefinedError: 'nothing' is undefined"),
        (2, 1, "retry", "ValueError: 'odd' is not a valid State"),
    ]
    assert send_all(database, channel, now=MORNING + 5 * MINUTE).sent == 1  # the template mended


# --- deaths and ends of days ------------------------------------------------------------------


def _die_while_sending(database: Database, now: datetime) -> None:
    """A process claims, writes down the attempt, and is never heard of again."""
    with database.write() as session:
        (claim,) = ledger.claim(session, "dead", "email", now, now + 10 * MINUTE)
    _begin(database, claim, now)


def _begin(database: Database, claim: Claim, now: datetime) -> bool:
    return _in_book(database, lambda book: attempts.begin(book, claim, now))


def _in_book(database: Database, work: Callable[[DriverTransaction], _Done]) -> _Done:
    book = DriverTransaction(database)
    try:
        return book.transaction(work)
    finally:
        book.close()


def test_a_living_lease_is_respected(database: Database) -> None:
    fill(database, 1)
    _die_while_sending(database, MORNING)

    assert send_all(database, Recorder(), now=MORNING + 10 * MINUTE) == DeliveryCounts()
    assert send_all(database, Recorder(), now=MORNING + 11 * MINUTE) == DeliveryCounts(sent=1)
    assert rows.attempts(database) == [(1, 1, "unknown", ""), (1, 2, "sent", "250 ok")]


def test_twice_in_the_dark_waits_for_a_person(database: Database) -> None:
    fill(database, 1)
    _die_while_sending(database, MORNING)
    recover(database, rows.SETTINGS.folder, "one", DAY, MORNING + 11 * MINUTE)
    _die_while_sending(database, MORNING + 11 * MINUTE)
    recover(database, rows.SETTINGS.folder, "one", DAY, MORNING + 22 * MINUTE)

    assert rows.states(database) == {1: "quarantined"}
    assert rows.column(database, "send_at") is None
    assert send_all(database, Recorder(), now=MORNING + 60 * MINUTE) == DeliveryCounts()


def test_death_before_the_attempt_leaves_nothing_in_the_dark(database: Database) -> None:
    fill(database, 1)
    for minutes in (0, 11, 22):
        with database.write() as session:
            ledger.claim(session, "dead", "email", MORNING, MORNING + (minutes + 10) * MINUTE)
        recover(database, rows.SETTINGS.folder, "one", DAY, MORNING + (minutes + 11) * MINUTE)

    assert rows.attempts(database) == []
    assert rows.states(database) == {1: "retry"}


def test_a_message_that_may_be_out_is_tried_again_as_that_of_today(database: Database) -> None:
    fill(database, 2)
    with database.write() as session:
        rows.add_message(session, 3, 2, day=TUESDAY, send_at=None, state="sent")
        claims = ledger.claim(session, "dead", "email", MORNING, MORNING + 10 * MINUTE)
    for claim in claims:
        _begin(database, claim, MORNING)

    recover(database, rows.SETTINGS.folder, "one", TUESDAY, TUESDAY_MORNING)

    assert supersede_stale(database, TUESDAY) == 0
    assert [rows.column(database, "day", n) for n in (1, 2)] == [TUESDAY, DAY]
    assert send_all(database, Recorder(), now=TUESDAY_MORNING).sent == 2


def test_an_unsent_message_is_folded_into_that_of_the_next_day(database: Database) -> None:
    fill(database, 4)
    with database.write() as session:
        _change(session, 2, state="retry")
        _change(session, 3, state="sent", send_at=None)
        _change(session, 4, day=TUESDAY)
        session.execute(update(schema.notice).where(_NOTICE == 3).values(outcome="sent"))
        rows.add_notice(session, 5, 1, 1, outcome="folded")
        add(session, schema.digest, message_id=1)

    assert supersede_stale(database, TUESDAY) == 2
    assert rows.states(database) == {1: "superseded", 2: "superseded", 3: "sent", 4: "ready"}
    assert [rows.column(database, "send_at", n) for n in (1, 2)] == [None, None]
    with database.read() as session:
        freed = session.scalars(select(_NOTICE).where(schema.notice.c.message_id.is_(None))).all()
        digests = session.scalars(select(schema.digest.c.message_id)).all()
    assert sorted(freed) == [1, 2]
    assert digests == [None]


_NOTICE = schema.notice.c.id


def _change(session: Session, message_id: int, **values: object) -> None:
    session.execute(update(schema.message).where(schema.message.c.id == message_id).values(values))


def test_a_claim_that_was_lost_is_not_sent(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        (slow,) = ledger.claim(session, "slow", "email", MORNING, MORNING + 10 * MINUTE)
    recover(database, rows.SETTINGS.folder, "one", DAY, MORNING + 11 * MINUTE)
    with database.write() as session:
        (quick,) = ledger.claim(
            session, "quick", "email", MORNING + 11 * MINUTE, MORNING + 21 * MINUTE
        )

    assert not _begin(database, slow, MORNING)
    assert _begin(database, quick, MORNING)


def test_what_a_slow_process_did_send_counts_all_the_same(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        (slow,) = ledger.claim(session, "slow", "email", MORNING, MORNING + 10 * MINUTE)
    _begin(database, slow, MORNING)
    recover(database, rows.SETTINGS.folder, "one", DAY, MORNING + 11 * MINUTE)
    _in_book(database, lambda book: attempts.sent(book, slow, "250 ok", MORNING))

    assert send_all(database, Recorder(), now=MORNING + 12 * MINUTE) == DeliveryCounts()
    assert rows.states(database) == {1: "sent"}
    assert rows.attempts(database) == [(1, 1, "sent", "250 ok")]


def test_death_after_the_outcome_leaves_no_notice_without_one(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        (claim,) = ledger.claim(session, "dead", "email", MORNING, MORNING + 10 * MINUTE)
    _begin(database, claim, MORNING)
    _in_book(database, lambda book: attempts.sent(book, claim, "250 ok", MORNING))
    with database.read() as session:
        assert session.scalars(select(schema.notice.c.outcome)).all() == [""]

    recover(database, rows.SETTINGS.folder, "one", DAY, MORNING + MINUTE)

    with database.read() as session:
        assert session.scalars(select(schema.notice.c.outcome)).all() == ["sent"]


def test_a_letter_is_kept_only_by_whom_it_was_claimed(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        (slow,) = ledger.claim(session, "slow", "email", MORNING, MORNING + 10 * MINUTE)
    recover(database, rows.SETTINGS.folder, "one", DAY, MORNING + 11 * MINUTE)
    later = MORNING + 11 * MINUTE
    with database.write() as session:
        (quick,) = ledger.claim(session, "quick", "email", later, later + 10 * MINUTE)
        letters.keep(session, [(slow, StoredLetter(b"alike", b"slow"))])
        letters.keep(session, [(quick, StoredLetter(b"alike", b"quick"))])

    with database.read() as session:
        assert session.scalars(select(schema.letter.c.content)).all() == [b"quick"]


def test_a_message_held_too_long_is_handed_back(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, 3)
    monkeypatch.setattr("dj_cadence.services.delivery.worker.channel_worker.LEASE", timedelta(0))
    channel = Recorder()

    assert [send_all(database, channel) for _ in range(3)] == [DeliveryCounts(sent=1)] * 3
    assert [letter.to for letter in channel.letters] == [f"p{n}@example.cn" for n in (1, 2, 3)]
    assert rows.attempts(database) == [(n, 1, "sent", "250 ok") for n in (1, 2, 3)]


def test_two_at_once_do_not_double(database: Database) -> None:
    fill(database, 120)
    start = Barrier(2)
    channels = [Recorder(), Recorder()]

    def work(number: int) -> None:
        start.wait()
        send_all(database, channels[number], owner=f"worker {number}")

    workers = [Thread(target=work, args=(number,)) for number in (0, 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    letters: list[Letter] = [letter for channel in channels for letter in channel.letters]
    assert sorted(letter.to for letter in letters) == sorted(
        f"p{n}@example.cn" for n in range(1, 121)
    )
    assert set(rows.states(database).values()) == {"sent"}
    assert set(rows.outcomes(database).values()) == {"sent"}


@pytest.mark.parametrize(
    ("answer", "kept"),
    [(None, ""), ({"code": 250}, "{'code': 250}"), ("250 \ud800\0ok", "250 ? ok")],
)
def test_whatever_a_channel_answers_is_written_down(
    database: Database, answer: object, kept: str
) -> None:
    class Odd(Recorder):
        def send(self, letter: Letter) -> str:
            super().send(letter)
            return answer  # type: ignore[return-value]

    fill(database, 2)

    assert send_all(database, Odd()).sent == 2
    assert rows.attempts(database) == [(1, 1, "sent", kept), (2, 1, "sent", kept)]


def test_twice_in_the_dark_is_twice_though_a_number_is_missing(database: Database) -> None:
    """A claim that came to nothing, of a process that died, was counted and left no row."""
    fill(database, 1)
    lost = DeliveryError("no answer", unknown=True)
    send_all(database, Recorder(lost))
    with database.write() as session:
        session.execute(update(schema.message).values(attempts=2))

    send_all(database, Recorder(lost), now=MORNING + 6 * MINUTE)

    assert [row[1:3] for row in rows.attempts(database)] == [(1, "unknown"), (3, "unknown")]
    assert rows.states(database) == {1: "quarantined"}


def test_nothing_is_written_for_a_channel_of_which_nothing_is_known(database: Database) -> None:
    """It may be a chat: a mail that was written for it could never go out."""

    class Broken(Recorder):
        @property
        def traits(self) -> Traits:
            raise OSError("no such device")

    class Chat(Recorder):
        traits = Traits(Audience.CHAT)

    fill(database, 1)
    channel = Chat()

    assert send_all(database, Broken()) == DeliveryCounts(deferred=1)
    assert send_all(database, Broken(), channel, now=MORNING + 6 * MINUTE).sent == 1
    assert [letter.form for letter in channel.letters] == [Audience.CHAT]
    assert rows.attempts(database) == [
        (1, 1, "retry", "渠道程序出错：OSError"),
        (1, 2, "sent", "250 ok"),
    ]
