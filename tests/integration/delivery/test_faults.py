"""Each way in which a server or our own machine fails, with what the ledger makes of it."""

import socket
import sqlite3
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
import trustme
from sqlalchemy import bindparam, event, select, update
from sqlalchemy.exc import OperationalError

from dj_cadence.domain.messages.notifier import Letter, Sender
from dj_cadence.notifiers import smtp
from dj_cadence.rendering.templates import Templates
from dj_cadence.services.delivery.deliver import DeliveryCounts, deliver, recover
from dj_cadence.services.delivery.worker import channel_worker
from dj_cadence.services.delivery.worker.channel_worker import ChannelWorker
from dj_cadence.store import schema
from dj_cadence.store.core.compiled import CompiledStatement, DriverTransaction, NotWritten
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.delivery import claims
from dj_cadence.store.delivery.sign_of_life import give_sign_of_life
from tests.world import queue as rows
from tests.world.queue import DAY, MINUTE, MORNING, SETTINGS, Recorder, fill, send_all
from tests.world.servers.smtp_server import Mailbox, login_required, smtp_server

FROM = Sender(SETTINGS.sender_name, SETTINGS.sender_address)
LATER = MORNING + 6 * MINUTE


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    with smtp_server(mailbox) as number:
        yield number


@pytest.fixture
def three(sqlite_database: Database) -> Database:
    """Three messages that are due."""
    fill(sqlite_database, 3)
    return sqlite_database


def channel(port: int, **options: object) -> smtp.Smtp:
    given = {"host": "127.0.0.1", "port": port, "security": "none", **options}
    opened = smtp.open_notifier(given, FROM, Path())
    assert isinstance(opened, smtp.Smtp)
    return opened


def results(database: Database) -> dict[int, tuple[str, list[str]]]:
    """Of each message: its state, and the outcomes of its tries."""
    tried: dict[int, list[str]] = {}
    for number, _, outcome, _ in rows.attempts(database):
        tried.setdefault(number, []).append(outcome)
    return {n: (state, tried.get(n, [])) for n, state in rows.states(database).items()}


ONCE = ("sent", ["sent"])

# --- the server's side ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer", ["451 4.3.0 try later", "450 4.2.0 greylisted", "421 4.3.2 busy"]
)
@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_a_deferred_letter_arrives_at_the_next_try(
    three: Database, mailbox: Mailbox, port: int, where: str, answer: str
) -> None:
    getattr(mailbox, where)["p2@example.cn"] = answer
    assert send_all(three, channel(port)) == DeliveryCounts(sent=2, deferred=1)
    getattr(mailbox, where).clear()

    assert send_all(three, channel(port), now=LATER).sent == 1
    assert results(three) == {1: ONCE, 2: ("sent", ["retry", "sent"]), 3: ONCE}
    assert len(mailbox.taken) == 3


def test_one_unknown_recipient_holds_up_no_other(
    three: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.rcpt["p2@example.cn"] = "550 5.1.1 no such user"

    assert send_all(three, channel(port)) == DeliveryCounts(sent=2, gave_up=1)
    assert results(three) == {1: ONCE, 2: ("gave_up", ["gave_up"]), 3: ONCE}
    with three.read() as session:
        bad = session.execute(
            select(schema.address.c.value, schema.address.c.bad_since).where(
                schema.address.c.state == "bad"
            )
        ).all()
    assert [tuple(row) for row in bad] == [("p2@example.cn", MORNING)]


def test_a_connection_that_drops_before_the_text_is_sent(
    three: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.rcpt["p2@example.cn"] = "drop"

    assert send_all(three, channel(port)) == DeliveryCounts(sent=2, deferred=1)
    assert results(three) == {1: ONCE, 2: ("retry", ["retry"]), 3: ONCE}


@pytest.mark.parametrize(("answer", "copies"), [("drop", 1), ("take and drop", 2)])
def test_a_connection_that_drops_before_the_final_reply_is_unknown(
    three: Database, mailbox: Mailbox, port: int, answer: str, copies: int
) -> None:
    mailbox.data["p2@example.cn"] = answer
    assert send_all(three, channel(port)) == DeliveryCounts(sent=2, deferred=1)
    mailbox.data.clear()

    assert send_all(three, channel(port), now=LATER).sent == 1
    assert results(three) == {1: ONCE, 2: ("sent", ["unknown", "sent"]), 3: ONCE}
    second = [content for content in mailbox.taken if b"<m2." in content]
    assert len(second) == copies
    assert len(set(second)) == 1


@pytest.mark.parametrize("answer", ["354 go on", "199 what"])
def test_a_final_reply_that_makes_no_sense_is_unknown(
    three: Database, mailbox: Mailbox, port: int, answer: str
) -> None:
    mailbox.data["p2@example.cn"] = answer

    assert send_all(three, channel(port)) == DeliveryCounts(sent=2, deferred=1)
    assert results(three) == {1: ONCE, 2: ("retry", ["unknown"]), 3: ONCE}


def test_a_server_that_ends_one_connection_is_not_gone(
    three: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.ended_at = 2

    assert send_all(three, channel(port)) == DeliveryCounts(sent=3)
    assert results(three) == {1: ONCE, 2: ONCE, 3: ONCE}
    assert mailbox.connections == 2


def test_a_server_that_ends_each_new_connection_is_left_alone(
    three: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.sender = mailbox.later

    assert send_all(three, channel(port)) == DeliveryCounts(deferred=1)
    assert mailbox.connections == 1


def test_twice_without_a_final_reply_waits_for_a_person(
    three: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.data["p2@example.cn"] = "take and drop"
    send_all(three, channel(port))
    send_all(three, channel(port), now=LATER)

    assert results(three)[2] == ("quarantined", ["unknown", "unknown"])
    assert send_all(three, channel(port), now=LATER + timedelta(days=1)) == DeliveryCounts()


def test_a_connection_that_drops_after_the_final_reply_sends_nothing_twice(
    three: Database, mailbox: Mailbox, port: int
) -> None:
    """The letter is in; the connection is noticed to be gone with the next one."""

    class Dropping(smtp.Smtp):
        def send(self, letter: Letter) -> str:
            reply = super().send(letter)
            if letter.to == "p1@example.cn":
                assert self._connection
                assert self._connection.sock
                self._connection.sock.shutdown(socket.SHUT_RDWR)
            return reply

    plain = channel(port)
    dropping = Dropping(plain._options, FROM)
    send_all(three, dropping)

    assert results(three) == {1: ONCE, 2: ONCE, 3: ONCE}
    assert len(mailbox.taken) == 3


@contextmanager
def resetting_server() -> Iterator[int]:
    """Takes the beginning of a text and resets the connection."""

    def serve(listening: socket.socket) -> None:
        for _ in range(3):
            connection, _ = listening.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(b"220 hello\r\n")
                while not (line := lines.readline()).upper().startswith(b"DATA"):
                    assert line
                    connection.sendall(b"250 OK\r\n")
                connection.sendall(b"354 go on\r\n")
                lines.readline()
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve, args=(listening,))
        thread.start()
        yield int(listening.getsockname()[1])
        thread.join()


def test_a_reset_in_the_middle_of_the_text_is_unknown(three: Database) -> None:
    with resetting_server() as number:
        assert send_all(three, channel(number)) == DeliveryCounts(deferred=3)

    assert results(three) == dict.fromkeys((1, 2, 3), ("retry", ["unknown"]))


def test_silence_costs_one_timeout_and_delays_nobody_more(
    three: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.data["p1@example.cn"] = "silence"

    counts = send_all(three, channel(port, timeout_seconds=1))

    assert counts == DeliveryCounts(sent=2, deferred=1)
    assert results(three) == {1: ("retry", ["unknown"]), 2: ONCE, 3: ONCE}


def test_a_message_that_is_too_large(three: Database, mailbox: Mailbox) -> None:
    with smtp_server(mailbox, data_size_limit=500) as number:
        assert send_all(three, channel(number)) == DeliveryCounts(deferred=3)

    assert {reply.split("：")[1][:3] for *_, reply in rows.attempts(three)} == {"552"}


def _tls(port: int, authority: trustme.CA, folder: Path, password: str) -> smtp.Smtp:
    file = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return channel(
        port,
        security="starttls",
        host="localhost",
        ca_file=str(file),
        username="dj",
        password=password,
    )


@pytest.mark.parametrize(
    ("trusted", "reply"), [(False, "服务器证书不受信任"), (True, "不接受用户名或密码")]
)
def test_a_server_that_we_or_that_does_not_trust_us_ends_the_pass(
    three: Database, mailbox: Mailbox, tmp_path: Path, trusted: bool, reply: str
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    known = authority if trusted else trustme.CA()
    with smtp_server(mailbox, **login_required(context)) as number:
        one = _tls(number, known, tmp_path, "wrong")
        assert send_all(three, one) == DeliveryCounts(deferred=1)

    assert results(three) == {1: ("retry", ["retry"]), 2: ("retry", []), 3: ("retry", [])}
    assert reply in rows.attempts(three)[0][3]
    assert rows.column(three, "attempts", 2) == 0  # handed back, not counted as a try


def test_a_name_that_does_not_resolve_ends_the_pass(three: Database) -> None:
    nowhere = channel(25, host="mail.invalid")

    assert send_all(three, nowhere) == DeliveryCounts(deferred=1)
    assert "连不上邮件服务器" in rows.attempts(three)[0][3]


# --- our side ---------------------------------------------------------------------------------


@contextmanager
def pragma(database: Database, words: str, undo: str) -> Iterator[None]:
    """Every connection under a PRAGMA, until the block ends."""

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {words}")

    event.listen(database.engine, "connect", prepare)
    database.engine.dispose()
    yield
    event.remove(database.engine, "connect", prepare)
    database.engine.dispose()
    with database.engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA {undo}")


def test_a_full_disk_sends_nothing_and_loses_nothing(sqlite_database: Database) -> None:
    many = 50  # more than there is room for in the pages that are there
    fill(sqlite_database, many)
    with sqlite_database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    taken = Recorder()
    with (
        pragma(sqlite_database, f"max_page_count={pages}", "max_page_count=1000000"),
        pytest.raises(OperationalError, match="full"),
    ):
        send_all(sqlite_database, taken)
    assert taken.letters == []

    assert send_all(sqlite_database, taken, now=MORNING + MINUTE).sent == many


def test_a_file_system_that_became_read_only(three: Database) -> None:
    taken = Recorder()
    with (
        pragma(three, "query_only=ON", "query_only=OFF"),
        pytest.raises(OperationalError, match="readonly"),
    ):
        send_all(three, taken)

    assert taken.letters == []
    assert send_all(three, taken).sent == 3


def test_an_outcome_waits_for_a_locked_database(
    three: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(three.engine.url.database)
    monkeypatch.setattr("dj_cadence.store.core.database.BUSY_SECONDS", 0.05)
    impatient = open_database(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:

        class Locking(Recorder):
            def send(self, letter: Letter) -> str:
                if not self.letters:
                    other.execute("BEGIN IMMEDIATE")
                return super().send(letter)

        pauses: list[float] = []

        def wait(_: ChannelWorker, seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 3:
                other.execute("ROLLBACK")

        monkeypatch.setattr(ChannelWorker, "pause", wait)
        taken = Locking()
        assert send_all(impatient, taken) == DeliveryCounts(sent=3)

    assert pauses == [1, 2, 4]
    assert results(impatient) == {1: ONCE, 2: ONCE, 3: ONCE}
    assert len(taken.letters) == 3
    impatient.engine.dispose()


def test_an_outcome_waits_for_a_database_that_takes_no_connections(
    three: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As while a server restarts: the connection breaks, and for a while there is no other."""
    connect, refusals = three.engine.raw_connection, [0, 1, 1]

    def refuse() -> object:
        if refusals and refusals.pop(0):
            raise sqlite3.OperationalError("connection refused")
        return connect()

    monkeypatch.setattr(three.engine, "raw_connection", refuse)
    pauses: list[float] = []
    monkeypatch.setattr(ChannelWorker, "pause", lambda _, seconds: pauses.append(seconds))
    broken = [1]

    class Breaking(Recorder):
        def send(self, letter: Letter) -> str:
            if broken.pop() if broken else 0:
                monkeypatch.setattr(DriverTransaction, "run", _failing_once(monkeypatch))
            return super().send(letter)

    taken = Breaking()

    assert send_all(three, taken) == DeliveryCounts(sent=3)
    assert pauses == [1, 2, 4]
    assert results(three) == {1: ONCE, 2: ONCE, 3: ONCE}
    assert len(taken.letters) == 3


def test_a_transaction_that_failed_locks_nobody_out(three: Database) -> None:
    """While its error is still looked at, which keeps all that it has seen."""
    book, nonsense = (
        DriverTransaction(three),
        CompiledStatement(update(schema.message).values(state=bindparam("x"))),
    )

    with pytest.raises(NotWritten) as caught:
        book.transaction(lambda same: same.run(nonsense, x=object()))

    with closing(sqlite3.connect(str(three.engine.url.database), timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    assert caught.value
    book.close()


def _failing_once(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    run = DriverTransaction.run

    def fail(book: DriverTransaction, prepared: CompiledStatement, **values: object) -> int:
        monkeypatch.setattr(DriverTransaction, "run", run)
        return run(book, prepared, **values | {"this": object()})  # nothing can be bound to it

    return fail


def test_an_outcome_that_can_never_be_written_is_unknown_and_sent_again(
    three: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(three.engine.url.database)
    monkeypatch.setattr("dj_cadence.store.core.database.BUSY_SECONDS", 0.05)
    monkeypatch.setattr(channel_worker, "COMMIT_RETRY_DELAYS", ())
    impatient = open_database(f"sqlite:///{path}")
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:

        class Locking(Recorder):
            def send(self, letter: Letter) -> str:
                other.execute("BEGIN IMMEDIATE")
                return super().send(letter)

        with pytest.raises(NotWritten, match="locked"):
            send_all(impatient, Locking())
    impatient.engine.dispose()

    assert send_all(three, Recorder()) == DeliveryCounts(sent=3)
    assert results(three) == {1: ("sent", ["unknown", "sent"]), 2: ONCE, 3: ONCE}


def test_an_address_that_is_no_address(three: Database, mailbox: Mailbox, port: int) -> None:
    with three.write() as session:
        odd = update(schema.message).where(schema.message.c.id == 2)
        session.execute(odd.values(address="李老师"))

    assert send_all(three, channel(port)) == DeliveryCounts(sent=2, gave_up=1)
    assert results(three)[2] == ("gave_up", ["gave_up"])


@pytest.mark.parametrize("jump", [timedelta(hours=-2), timedelta(days=40)])
def test_a_clock_that_jumps_frees_nothing_that_a_living_process_is_sending(
    database: Database, tmp_path: Path, jump: timedelta
) -> None:
    fill(database, 1)
    with give_sign_of_life(database, tmp_path, "slow") as life:
        with database.write() as session:
            claims.claim(session, life.name, "email", MORNING, MORNING + 10 * MINUTE)

        recover(database, tmp_path, "other", DAY, MORNING + jump)
        assert rows.states(database) == {1: "leased"}


def test_on_postgres_the_lock_is_seen_from_another_machine(
    postgres_database: Database, tmp_path: Path
) -> None:
    fill(postgres_database, 1)
    with give_sign_of_life(postgres_database, tmp_path, "far") as life:
        with postgres_database.write() as session:
            claims.claim(session, life.name, "email", MORNING, MORNING + 10 * MINUTE)
        elsewhere = tmp_path / "another machine"

        recover(postgres_database, elsewhere, "other", DAY, MORNING + timedelta(days=40))
        assert rows.states(postgres_database) == {1: "leased"}

    recover(postgres_database, elsewhere, "other", DAY, MORNING + timedelta(days=40))
    assert rows.states(postgres_database) == {1: "retry"}


def test_the_death_of_a_process_frees_its_messages_at_once(
    database: Database, tmp_path: Path
) -> None:
    fill(database, 1)
    file = tmp_path / "locks" / "dead.lock"
    file.parent.mkdir()
    file.touch()  # and nobody holds it
    with database.write() as session:
        claims.claim(session, "dead", "email", MORNING, MORNING + 10 * MINUTE)

    recover(database, tmp_path, "other", DAY, MORNING)

    assert rows.states(database) == {1: "retry"}


# --- nobody holds up anybody else -------------------------------------------------------------


def test_a_channel_whose_server_hangs_delays_nobody_on_another(three: Database) -> None:
    with three.write() as session:
        hanging = update(schema.message).where(schema.message.c.id == 1)
        session.execute(hanging.values(channel="wecom"))
    others_done = Event()

    class Hanging(Recorder):
        def send(self, letter: Letter) -> str:
            assert others_done.wait(60)
            return super().send(letter)

    class Quick(Recorder):
        def send(self, letter: Letter) -> str:
            reply = super().send(letter)
            if len(self.letters) == 2:
                others_done.set()
            return reply

    quick, slow = Quick(), Hanging()
    counts = deliver(
        three,
        templates=Templates([rows.SHIPPED]),
        notifiers={"email": lambda: quick, "wecom": lambda: slow},
        catalogue=rows.CATALOGUE,
        settings=SETTINGS,
        owner="one",
        now=MORNING,
        digest_view=rows.digest_of,
    )

    assert counts == DeliveryCounts(sent=3)


def test_a_channel_that_cannot_be_opened_delays_nobody_on_another(three: Database) -> None:
    with three.write() as session:
        broken = update(schema.message).where(schema.message.c.id == 1)
        session.execute(broken.values(channel="wecom"))
    taken = Recorder()

    def refuse() -> Recorder:
        raise KeyError("url")

    counts = deliver(
        three,
        templates=Templates([rows.SHIPPED]),
        notifiers={"email": lambda: taken, "wecom": refuse},
        catalogue=rows.CATALOGUE,
        settings=SETTINGS,
        owner="one",
        now=MORNING,
        digest_view=rows.digest_of,
    )

    assert counts == DeliveryCounts(sent=2, deferred=1)
    assert rows.attempts(three)[0] == (1, 1, "retry", "渠道程序出错：KeyError")
