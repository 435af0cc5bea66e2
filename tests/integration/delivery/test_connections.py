"""Several connections of one channel: none holds up another, and none is used by two."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import trustme

from dj_cadence.domain.messages.notifier import Letter, Sender
from dj_cadence.errors import DeliveryError
from dj_cadence.notifiers import smtp
from dj_cadence.services.delivery.deliver import DeliveryCounts
from dj_cadence.store.core.database import Database
from dj_cadence.store.delivery import claims
from tests.world import queue as rows
from tests.world.queue import MINUTE, MORNING, SETTINGS, Recorder, fill, send_all
from tests.world.servers.smtp_server import Mailbox, smtp_server

FROM = Sender(SETTINGS.sender_name, SETTINGS.sender_address)
LATER = MORNING + 6 * MINUTE


@pytest.fixture(params=[False, True], ids=["one by one", "pipelined"])
def mailbox(request: pytest.FixtureRequest) -> Mailbox:
    found = Mailbox()
    found.pipelining = request.param
    return found


@pytest.fixture
def port(mailbox: Mailbox) -> Iterator[int]:
    with smtp_server(mailbox) as number:
        yield number


@pytest.fixture
def seven(sqlite_database: Database) -> Database:
    """Seven messages that are due."""
    fill(sqlite_database, 7)
    return sqlite_database


def opened(port: int, **options: object) -> smtp.Smtp:
    given = {"host": "127.0.0.1", "port": port, "security": "none", **options}
    found = smtp.open_notifier(given, FROM, Path())
    assert isinstance(found, smtp.Smtp)
    return found


def test_one_that_waits_for_its_answer_holds_up_none_of_the_others(
    seven: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.data["p1@example.cn"] = "last"
    mailbox.others = 6

    assert send_all(seven, opened(port), opened(port)) == DeliveryCounts(sent=7)
    assert mailbox.connections == 2
    assert b"<m1." in mailbox.taken[-1]


def test_a_server_that_thinks_over_a_recipient_holds_up_none_of_the_others(
    seven: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.rcpt["p1@example.cn"] = "last"
    mailbox.others = 6

    assert send_all(seven, opened(port), opened(port)) == DeliveryCounts(sent=7)
    assert b"<m1." in mailbox.taken[-1]


def test_one_that_is_never_answered_gives_up_after_the_others(
    seven: Database, mailbox: Mailbox, port: int
) -> None:
    mailbox.data["p1@example.cn"] = "silence"

    counts = send_all(seven, *(opened(port, timeout_seconds=1) for _ in range(2)))

    assert counts == DeliveryCounts(sent=6, deferred=1)
    first = next(row for row in rows.attempts(seven) if row[0] == 1)
    assert first[2:] == ("unknown", "邮件服务器收下后没有答复，结果不明：等待超时")


@pytest.mark.parametrize(
    ("rcpt", "data", "outcomes"),
    [
        ("451 4.3.0 later", "", ["retry", "sent"]),
        ("550 5.1.1 no such user", "", ["gave_up"]),
        ("drop", "", ["retry", "sent"]),
        ("", "552 5.3.4 too large", ["retry", "sent"]),
        ("", "drop", ["unknown", "sent"]),
        ("", "take and drop", ["unknown", "sent"]),
    ],
)
def test_the_trouble_of_one_connection_is_not_the_others(
    seven: Database, mailbox: Mailbox, port: int, rcpt: str, data: str, outcomes: list[str]
) -> None:
    if rcpt:
        mailbox.rcpt["p3@example.cn"] = rcpt
    if data:
        mailbox.data["p3@example.cn"] = data
    send_all(seven, opened(port), opened(port), opened(port))
    mailbox.rcpt.clear()
    mailbox.data.clear()
    send_all(seven, opened(port), opened(port), opened(port), now=LATER)

    tried = {n: [row[2] for row in rows.attempts(seven) if row[0] == n] for n in range(1, 8)}
    assert tried == {**{n: ["sent"] for n in range(1, 8)}, 3: outcomes}


@contextmanager
def piecemeal(*pieces: bytes) -> Iterator[int]:
    """A server that answers each envelope in these pieces, a while apart."""

    def converse(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 hello\r\n")
            lines.readline()
            connection.sendall(b"250-hello\r\n250 PIPELINING\r\n")
            while lines.readline().startswith(b"MAIL"):
                lines.readline()
                lines.readline()
                for piece in pieces:
                    connection.sendall(piece)
                    time.sleep(0.05)
                while lines.readline() != b".\r\n":
                    pass
                connection.sendall(b"250 queued\r\n")
            connection.sendall(b"221 bye\r\n")

    def serve() -> None:
        for _ in range(2):
            conversations.append(Thread(target=converse, args=(listening.accept()[0],)))
            conversations[-1].start()

    conversations: list[Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=serve)
        thread.start()
        yield int(listening.getsockname()[1])
        for one in (thread, *conversations):
            one.join()


@pytest.mark.parametrize(
    "pieces",
    [
        (b"250 o", b"k\r\n250 ok\r\n354 go\r\n"),
        (b"250 ok\r\n25", b"0 ok\r\n354 go\r\n"),
        (b"250-a\r\n", b"250 b\r\n250 ok\r\n354 go\r\n"),
        (b"250 ok\r\n250 ok\r\n", b"354 go\r\n"),
    ],
)
def test_replies_may_come_in_pieces(sqlite_database: Database, pieces: tuple[bytes, ...]) -> None:
    fill(sqlite_database, 4)
    with piecemeal(*pieces) as number:
        connections = [opened(number, timeout_seconds=2) for _ in range(2)]
        assert send_all(sqlite_database, *connections) == DeliveryCounts(sent=4)


def test_encrypted_connections_hold_up_nobody_either(
    seven: Database, mailbox: Mailbox, tmp_path: Path
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    mailbox.data["p1@example.cn"] = "last"
    mailbox.others = 6
    with smtp_server(mailbox, tls_context=context, require_starttls=True) as number:
        options = {"host": "localhost", "security": "starttls", "ca_file": tmp_path / "ca.pem"}

        counts = send_all(seven, *(opened(number, **options) for _ in range(2)))

    assert counts == DeliveryCounts(sent=7)


def test_a_server_that_is_not_there_ends_the_pass_for_all(
    seven: Database, mailbox: Mailbox
) -> None:
    with smtp_server(mailbox) as number:
        pass

    assert send_all(seven, *(opened(number) for _ in range(4))) == DeliveryCounts(deferred=1)
    assert rows.states(seven) == dict.fromkeys(range(1, 8), "retry")
    assert [row[:3] for row in rows.attempts(seven)] == [(1, 1, "retry")]
    assert rows.column(seven, "attempts", 2) == 0  # handed back, not counted as a try
    assert not mailbox.taken


def test_a_limit_is_used_to_the_full(seven: Database, port: int) -> None:
    """Also where it is reached while several are about to set out."""

    def limited(connections: int, per_minute: int) -> list[smtp.Smtp]:
        return [opened(port, per_minute=per_minute) for _ in range(connections)]

    assert send_all(seven, *limited(1, per_minute=1)).sent == 1
    assert send_all(seven, *limited(4, per_minute=4)).sent == 3
    assert [row[:3] for row in rows.attempts(seven)] == [(n, 1, "sent") for n in range(1, 5)]


class Scripted(Recorder):
    """Does as it is told for some letters, and takes the others."""

    def __init__(self, told: dict[str, Callable[[], str]]) -> None:
        super().__init__()
        self._told = told

    def send(self, letter: Letter) -> str:
        answer = self._told.get(letter.to)
        return answer() if answer else super().send(letter)

    def close(self) -> None:
        super().close()
        raise ValueError("at the end")


def test_a_message_handed_back_is_no_longer_leased(seven: Database) -> None:
    """Another process claims it at once; a slow answer of ours must not take it back."""

    def slow() -> str:
        while rows.column(seven, "state", 3) != "retry":
            time.sleep(0.01)
        with seven.write() as session:
            claims.claim(session, "two", "email", MORNING, LATER)
        return "250 ok"

    def down() -> str:
        raise DeliveryError("421 busy", down=True)

    told = {"p1@example.cn": slow, "p2@example.cn": down}
    send_all(seven, Scripted(told), Scripted(told))

    claimed = dict.fromkeys(range(3, 8), "leased")
    assert rows.states(seven) == {1: "sent", 2: "retry"} | claimed
    assert {n: rows.column(seven, "lease_by", n) for n in claimed} == dict.fromkeys(claimed, "two")


def test_every_connection_is_closed_whatever_another_one_raises(seven: Database) -> None:
    connections = [Scripted({}) for _ in range(3)]
    assert send_all(seven, *connections).sent == 7

    assert [one.closed for one in connections] == [1, 1, 1]
    assert rows.states(seven) == dict.fromkeys(range(1, 8), "sent")
