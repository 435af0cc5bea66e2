"""Mail servers that drag on, never come to an end, or are gone when the next letter comes."""

import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from dj_cadence.domain.messages.notifier import Sender
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.notifiers import smtp
from dj_cadence.services.delivery.deliver import DeliveryCounts
from dj_cadence.store.core.database import Database
from tests.world import queue as rows
from tests.world.queue import SETTINGS, fill, send_all
from tests.world.servers.scripted_server import Peer, Script, scripted_server
from tests.world.servers.smtp_server import LETTER

FROM = Sender(SETTINGS.sender_name, SETTINGS.sender_address)
SECONDS = 0.3
LONGEST = 4 * SECONDS


def channel(port: int, folder: Path = Path(), **options: object) -> smtp.Smtp:
    given = {"host": "localhost", "port": port, "security": "none", "timeout_seconds": SECONDS}
    opened = smtp.open_notifier({**given, **options}, FROM, folder)
    assert isinstance(opened, smtp.Smtp)
    return opened


def greet(peer: Peer, *abilities: str) -> None:
    peer.say("220 hello")
    peer.hear()
    peer.say("250-hello", *[f"250-{one}" for one in abilities], "250 8BITMIME")


def envelope(peer: Peer) -> None:
    """From MAIL to the 354 that asks for the text."""
    for answer in ("250 ok", "250 ok", "354 go on"):
        peer.hear()
        peer.say(answer)


def text(peer: Peer) -> None:
    while peer.hear() != ".":
        pass


def take(peer: Peer) -> None:
    envelope(peer)
    text(peer)
    peer.say("250 queued")


def take_all(peer: Peer) -> None:
    """A server as it should be."""
    greet(peer)
    while command := peer.hear():
        answers = {"MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", "QUIT": "221 bye"}
        peer.say(answers[command[:4].upper()])
        if command == "DATA":
            text(peer)
            peer.say("250 queued")


# --- one that drags on ------------------------------------------------------------------------

DRIP = b"250-still thinking\r\n"


def dripping_banner(peer: Peer) -> None:
    peer.drip(b"220-welcome\r\n")


def dripping_greeting(peer: Peer) -> None:
    peer.say("220 hello")
    peer.drip(DRIP)


def dripping_envelope(peer: Peer) -> None:
    greet(peer)
    peer.drip(DRIP)


def dripping_answer(peer: Peer) -> None:
    greet(peer)
    envelope(peer)
    text(peer)
    peer.drip(DRIP)


def endless_greeting(peer: Peer) -> None:
    peer.say("220 hello")
    peer.pour(b"250-more\r\n" * 1000)


def endless_line(peer: Peer) -> None:
    greet(peer)
    envelope(peer)
    text(peer)
    peer.pour(b"250 " + b"x" * 10_000)


def endless_answer(peer: Peer) -> None:
    greet(peer)
    envelope(peer)
    text(peer)
    peer.pour(b"250-more\r\n" * 1000)


def reads_nothing(peer: Peer) -> None:
    greet(peer)
    envelope(peer)
    peer.hang()


def no_encryption_after_all(peer: Peer) -> None:
    greet(peer, "STARTTLS")
    peer.hear()
    peer.say("220 go ahead")
    peer.hang()


def dripping_handshake(peer: Peer) -> None:
    greet(peer, "STARTTLS")
    peer.hear()
    peer.say("220 go ahead")
    peer.drip(b"\x16\x03\x03\x40\x00" + bytes(100))


UNREACHED = "连不上邮件服务器：等待超时"
LOST = "收下后没有答复，结果不明"


@pytest.mark.parametrize(
    ("script", "options", "reply", "is_unknown"),
    [
        (dripping_banner, {}, UNREACHED, False),
        (dripping_greeting, {}, UNREACHED, False),
        (dripping_envelope, {}, "与邮件服务器的连接中断：等待超时", False),
        (dripping_answer, {}, f"邮件服务器{LOST}：等待超时", True),
        (endless_greeting, {}, "连不上邮件服务器：对方的答复没完没了", False),
        (endless_line, {}, f"邮件服务器{LOST}：500 Line too long.", True),
        (endless_answer, {}, f"邮件服务器{LOST}：对方的答复没完没了", True),
        (no_encryption_after_all, {"security": "starttls"}, UNREACHED, False),
        (dripping_handshake, {"security": "starttls"}, UNREACHED, False),
        (Peer.hang, {"security": "tls"}, UNREACHED, False),
        (dripping_banner, {"security": "tls"}, "", False),
    ],
)
def test_a_server_that_drags_on_is_left_in_time(
    script: Script, options: dict[str, object], reply: str, *, is_unknown: bool
) -> None:
    with scripted_server(script) as port:
        began = time.monotonic()
        with pytest.raises(DeliveryError) as caught:
            channel(port, **options).send(LETTER)
        took = time.monotonic() - began

    assert took < LONGEST + 0.5
    assert reply in caught.value.reply
    assert (caught.value.blame, caught.value.unknown) == (Blame.PASSING, is_unknown)


def test_a_letter_that_nobody_reads_is_left_in_time() -> None:
    with scripted_server(reads_nothing) as port:
        began = time.monotonic()
        heavy = replace(LETTER, text="字" * 10_000_000)
        with pytest.raises(DeliveryError) as caught:
            channel(port).send(heavy)
        took = time.monotonic() - began

    assert took < LONGEST + 3  # to build it takes its time
    assert (caught.value.reply, caught.value.unknown) == ("与邮件服务器的连接中断：等待超时", False)


# --- one that is gone when the next letter comes ----------------------------------------------


def closes(peer: Peer) -> None:
    greet(peer)
    take(peer)


def closes_its_half(peer: Peer) -> None:
    closes(peer)
    peer.connection.shutdown(1)
    peer.hang()


def resets(peer: Peer) -> None:
    closes(peer)
    peer.reset()


def says(reply: str, after: int) -> Script:
    """To the command of that number after the first letter."""

    def script(peer: Peer) -> None:
        closes(peer)
        for _ in range(after - 1):
            peer.hear()
            peer.say("250 ok")
        peer.hear()
        peer.say(reply)

    return script


def drops(after: int) -> Script:
    """In place of an answer to the command of that number after the first letter."""

    def script(peer: Peer) -> None:
        closes(peer)
        for _ in range(after - 1):
            peer.hear()
            peer.say("250 ok")
        peer.hear()

    return script


def says_goodbye_unasked(peer: Peer) -> None:
    closes(peer)
    peer.say("421 4.4.2 idle for too long")


GOING = [
    closes,
    closes_its_half,
    resets,
    says_goodbye_unasked,
    *(says("421 4.7.0 that is enough", after) for after in (1, 2, 3)),
    *(drops(after) for after in (1, 2, 3)),
]


@pytest.mark.parametrize("script", GOING)
def test_a_letter_that_finds_its_connection_gone_goes_out_over_a_new_one(
    sqlite_database: Database, script: Script
) -> None:
    fill(sqlite_database, 3)
    with scripted_server(script, script, take_all) as port:
        counts = send_all(sqlite_database, channel(port, timeout_seconds=2))

    assert counts == DeliveryCounts(sent=3)
    assert [row[1:3] for row in rows.attempts(sqlite_database)] == [(1, "sent")] * 3


def encrypted(script: Script, context: ssl.SSLContext) -> Script:
    def after_the_handshake(peer: Peer) -> None:
        peer.encrypt(context)
        script(peer)
        assert isinstance(peer.connection, ssl.SSLSocket)
        with suppress(OSError):
            peer.connection.unwrap()  # says that it closes, and waits for the same

    return after_the_handshake


def test_an_encrypted_connection_that_is_closed_in_due_form(
    sqlite_database: Database, tmp_path: Path
) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    fill(sqlite_database, 3)
    closing = encrypted(closes, context)
    with scripted_server(closing, closing, encrypted(take_all, context)) as port:
        options = {"security": "tls", "ca_file": "ca.pem", "timeout_seconds": 2}
        counts = send_all(sqlite_database, channel(port, tmp_path, **options))

    assert counts == DeliveryCounts(sent=3)


def opens_and_drops(peer: Peer) -> None:
    greet(peer)
    peer.hear()


@pytest.mark.parametrize(
    ("second", "counts"),
    [
        (opens_and_drops, DeliveryCounts(sent=2, deferred=1)),
        (lambda peer: peer.say("421 no more"), DeliveryCounts(sent=1, deferred=1)),
    ],
    ids=["it drops again", "it wants no connection"],
)
def test_a_second_failure_in_a_row_puts_the_letter_off(
    sqlite_database: Database, second: Callable[[Peer], None], counts: DeliveryCounts
) -> None:
    fill(sqlite_database, 3)
    with scripted_server(closes, second, take_all) as port:
        assert send_all(sqlite_database, channel(port, timeout_seconds=2)) == counts

    assert rows.attempts(sqlite_database)[1][2] == "retry"


def takes_half_of_the_text(peer: Peer) -> None:
    greet(peer)
    take(peer)
    envelope(peer)
    peer.hear()
    peer.reset()


def test_a_letter_of_whose_text_something_was_said_waits(sqlite_database: Database) -> None:
    """The server may have more of it than it says."""
    fill(sqlite_database, 3)
    with scripted_server(takes_half_of_the_text, take_all) as port:
        counts = send_all(sqlite_database, channel(port, timeout_seconds=2))

    assert counts == DeliveryCounts(sent=2, deferred=1)
    assert rows.states(sqlite_database) == {1: "sent", 2: "retry", 3: "sent"}
