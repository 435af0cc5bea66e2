"""The SMTP notifier against a real server that fails in each way servers fail."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from dj_cadence.domain.messages.notifier import Letter, Notifier, Sender
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.notifiers.smtp import open_notifier
from tests.world.servers.smtp_server import (
    LETTER,
    PASSWORD,
    USERNAME,
    Mailbox,
    login_required,
    smtp_server,
)

SENDER = Sender("党建节拍", "dj@example.cn")


@pytest.fixture
def server_context(tmp_path: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1; its authority is in ca.pem."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture(params=[False, True], ids=["one by one", "pipelining"])
def open_relay(
    mailbox: Mailbox, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Notifier]:
    """A notifier for a server without encryption or login."""
    mailbox.pipelining = request.param
    with smtp_server(mailbox) as port:
        options = {"host": "127.0.0.1", "port": port, "security": "none", "timeout_seconds": 5}
        notifier = open_notifier(options, SENDER, tmp_path)
        yield notifier
        notifier.close()


def _refusal(notifier: Notifier, letter: Letter = LETTER) -> tuple[str, Blame]:
    with pytest.raises(DeliveryError) as caught:
        notifier.send(letter)
    return caught.value.reply, caught.value.blame


def test_one_connection_serves_all_letters_of_a_pass(
    open_relay: Notifier, mailbox: Mailbox
) -> None:
    for _ in range(3):
        assert open_relay.send(LETTER) == "250 2.0.0 queued"

    assert len(mailbox.taken) == 3
    assert mailbox.connections == 1


@pytest.mark.parametrize(
    ("answer", "reply", "blame"),
    [
        ("451 4.7.1 later", "邮件服务器不接受收件人：451 4.7.1 later", Blame.PASSING),
        ("550 5.1.1 no such user", "邮件服务器不接受收件人：550 5.1.1 no such user", Blame.ADDRESS),
        ("553 no mailbox", "邮件服务器不接受收件人：553 no mailbox", Blame.ADDRESS),
        ("554 5.7.1 no relaying", "邮件服务器不接受收件人：554 5.7.1 no relaying", Blame.CHANNEL),
        ("530 log in first", "邮件服务器不接受收件人：530 log in first", Blame.CHANNEL),
        ("drop", "与邮件服务器的连接中断：对方断开了连接", Blame.PASSING),
    ],
)
def test_a_refused_recipient(
    open_relay: Notifier, mailbox: Mailbox, answer: str, reply: str, blame: Blame
) -> None:
    mailbox.rcpt["bad@example.cn"] = answer

    assert _refusal(open_relay, replace(LETTER, to="bad@example.cn")) == (reply, blame)

    open_relay.send(LETTER)
    assert len(mailbox.taken) == 1
    assert mailbox.connections == 2


@pytest.mark.parametrize(
    ("answer", "blame"),
    [
        ("452 disk full", Blame.PASSING),
        ("552 too big", Blame.LETTER),
        ("554 5.7.1 looks like spam", Blame.CHANNEL),
        ("550 5.1.1 no such user", Blame.CHANNEL),
    ],
)
def test_a_refused_message(
    open_relay: Notifier, mailbox: Mailbox, answer: str, blame: Blame
) -> None:
    mailbox.data[LETTER.to] = answer

    assert _refusal(open_relay) == (f"邮件服务器拒收：{answer}", blame)


def test_a_refused_sender_is_our_fault_and_passing(open_relay: Notifier, mailbox: Mailbox) -> None:
    mailbox.sender = "553 not yours"

    assert _refusal(open_relay) == ("邮件服务器不接受发件人：553 not yours", Blame.CHANNEL)


@pytest.mark.parametrize("without", ["LOGIN", "PLAIN"])
def test_a_letter_is_sent_after_login_over_starttls(
    server_context: ssl.SSLContext, mailbox: Mailbox, tmp_path: Path, without: str
) -> None:
    with smtp_server(mailbox, **login_required(server_context, without=without)) as port:
        notifier = open_notifier(_login(port), SENDER, tmp_path)
        notifier.send(LETTER)
        notifier.close()

    assert len(mailbox.taken) == 1


def test_a_letter_is_sent_over_tls_from_the_first_byte(
    server_context: ssl.SSLContext, mailbox: Mailbox, tmp_path: Path
) -> None:
    with smtp_server(mailbox, ssl_context=server_context) as port:
        options = {"host": "127.0.0.1", "port": port, "security": "tls", "ca_file": "ca.pem"}
        notifier = open_notifier(options, SENDER, tmp_path)
        notifier.send(LETTER)
        notifier.close()

    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("change", "reply", "blame"),
    [
        ({"password": "wrong"}, "邮件服务器不接受用户名或密码（535）", Blame.CHANNEL),
        ({"password": "密码"}, "邮箱用户名和密码只能用英文字符", Blame.CHANNEL),
        (
            {"username": ""},
            "邮件服务器不接受发件人：530 5.7.0 Authentication required",
            Blame.CHANNEL,
        ),
        ({"ca_file": None}, "连不上邮件服务器：服务器证书不受信任", Blame.PASSING),
        ({"ca_file": "none.pem"}, "连不上邮件服务器：No such file or directory", Blame.PASSING),
    ],
)
def test_a_setting_that_is_wrong_strikes_nobody_off(
    server_context: ssl.SSLContext,
    mailbox: Mailbox,
    tmp_path: Path,
    change: dict[str, object],
    reply: str,
    blame: Blame,
) -> None:
    with smtp_server(mailbox, **login_required(server_context)) as port:
        notifier = open_notifier({**_login(port), **change}, SENDER, tmp_path)

        assert _refusal(notifier) == (reply, blame)
    assert mailbox.taken == []


@pytest.mark.usefixtures("server_context")
def test_a_server_without_encryption_gets_no_password(mailbox: Mailbox, tmp_path: Path) -> None:
    with smtp_server(mailbox) as port:
        notifier = open_notifier(_login(port), SENDER, tmp_path)

        assert _refusal(notifier) == (
            "连不上邮件服务器：服务器不支持所设的加密或登录方式",
            Blame.PASSING,
        )


def test_a_closed_port_is_a_passing_fault_of_the_server(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, but never listening
        taken.bind(("127.0.0.1", 0))
        options = {"host": "127.0.0.1", "port": taken.getsockname()[1], "security": "none"}

        assert _refusal(open_notifier(options, SENDER, tmp_path)) == (
            "连不上邮件服务器：Connection refused",
            Blame.PASSING,
        )


def test_a_server_that_never_answers_is_a_passing_fault(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        options = {
            "host": "127.0.0.1",
            "port": silent.getsockname()[1],
            "security": "none",
            "timeout_seconds": 0.2,
        }

        assert _refusal(open_notifier(options, SENDER, tmp_path)) == (
            "连不上邮件服务器：等待超时",
            Blame.PASSING,
        )


def _login(port: int) -> dict[str, object]:
    return {
        "host": "127.0.0.1",
        "port": port,
        "security": "starttls",
        "username": USERNAME,
        "password": PASSWORD,
        "ca_file": "ca.pem",
        "timeout_seconds": 5,
    }
