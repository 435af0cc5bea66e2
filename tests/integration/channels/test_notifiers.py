"""One suite that every notifier for e-mail has to pass."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from mailbox import Maildir
from pathlib import Path

import pytest
import trustme

from dj_cadence.domain.messages.notifier import Letter, Notifier, Sender
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.notifiers import maildir, smtp
from tests.world.servers.smtp_server import PASSWORD, USERNAME, Mailbox, login_required, smtp_server

SENDER = Sender("党建节拍（某县教育工委）", "dj@example.cn")
LETTER = Letter(
    message_id="m1.5eed@example.cn",
    to="li@example.cn",
    to_name="李老师",
    subject="党建提醒：3月有4项待办，最近一项5日主题党日",
    text="李老师：\n\n3月有4项待办。\n.\n..\n",
    html="<p>3月有<b>4项</b>待办。</p>\n",
    date="2026-03-02T08:30:00+08:00",
    headers=(("Auto-Submitted", "auto-generated"),),
)


@dataclass(frozen=True)
class Channel:
    """A notifier, and how to see what came out at its other end."""

    notifier: Notifier
    arrived: Callable[[], list[EmailMessage]]


@pytest.fixture
def maildir_channel(tmp_path: Path) -> Channel:
    def arrived() -> list[EmailMessage]:
        box = Maildir(tmp_path / "post", create=False)
        return [_parsed(box.get_bytes(key)) for key in sorted(box.keys())]

    return Channel(maildir.open_notifier({"folder": "post"}, SENDER, tmp_path), arrived)


@pytest.fixture
def smtp_channel(tmp_path: Path) -> Iterator[Channel]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    mailbox = Mailbox()
    with smtp_server(mailbox, **login_required(context)) as port:
        options = {
            "host": "127.0.0.1",
            "port": port,
            "username": USERNAME,
            "password": PASSWORD,
            "ca_file": "ca.pem",
        }
        notifier = smtp.open_notifier(options, SENDER, tmp_path)
        yield Channel(notifier, lambda: [_parsed(content) for content in mailbox.taken])
        notifier.close()


@pytest.fixture(params=["maildir", "smtp"])
def channel(request: pytest.FixtureRequest) -> Channel:
    found: Channel = request.getfixturevalue(f"{request.param}_channel")
    return found


def _parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def _content(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_letter_arrives_as_it_was_sent(channel: Channel) -> None:
    reply = channel.notifier.send(LETTER)

    (message,) = channel.arrived()
    assert reply
    assert message["Subject"] == LETTER.subject
    assert message["From"].addresses[0].display_name == SENDER.name
    assert message["From"].addresses[0].addr_spec == SENDER.address
    assert message["To"].addresses[0].display_name == LETTER.to_name
    assert message["To"].addresses[0].addr_spec == LETTER.to
    assert message["Date"].datetime.isoformat() == LETTER.date
    assert message["Message-ID"] == f"<{LETTER.message_id}>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert _content(message, "plain") == LETTER.text
    assert _content(message, "html") == LETTER.html


def test_a_letter_sent_twice_arrives_twice_and_alike(channel: Channel) -> None:
    channel.notifier.send(LETTER)
    channel.notifier.send(LETTER)

    first, second = (message.as_bytes() for message in channel.arrived())
    assert first == second


def test_closing_ends_nothing_for_good(channel: Channel) -> None:
    channel.notifier.close()
    channel.notifier.send(LETTER)
    channel.notifier.close()
    channel.notifier.close()
    channel.notifier.send(replace(LETTER, message_id="m2.5eed@example.cn"))

    assert [message["Message-ID"] for message in channel.arrived()] == [
        "<m1.5eed@example.cn>",
        "<m2.5eed@example.cn>",
    ]


@pytest.mark.parametrize(
    "address",
    ["", "李老师", "li@", "@example.cn", "li example.cn", "li@example.cn\r\nBcc: all@example.cn"],
)
def test_an_invalid_address_is_refused_for_good(channel: Channel, address: str) -> None:
    channel.notifier.send(LETTER)

    with pytest.raises(DeliveryError, match="不是可用的邮箱地址") as caught:
        channel.notifier.send(replace(LETTER, to=address))

    assert caught.value.blame is Blame.ADDRESS
    assert len(channel.arrived()) == 1


def test_no_header_can_be_smuggled_in(channel: Channel) -> None:
    channel.notifier.send(replace(LETTER, to_name="李\r\nBcc: x@y.cn", subject="a\nBcc: x@y.cn"))

    (message,) = channel.arrived()
    assert message["Bcc"] is None
    assert message["Subject"] == "a Bcc: x@y.cn"


def test_maildir_keeps_to_its_convention(tmp_path: Path) -> None:
    notifier = maildir.open_notifier({}, SENDER, tmp_path)

    reply = notifier.send(replace(LETTER, message_id="../m1:2/x@example.cn"))

    assert [path.name for path in sorted((tmp_path / "maildir").iterdir())] == ["cur", "new", "tmp"]
    (file,) = (tmp_path / "maildir").rglob("*_m1_2*")
    assert reply == f"new/{file.name}"
    assert b"\r" not in file.read_bytes()


def test_maildir_that_cannot_be_written_is_passing(tmp_path: Path) -> None:
    (tmp_path / "maildir").write_text("not a folder", encoding="utf-8")

    with pytest.raises(DeliveryError, match="写不进") as caught:
        maildir.open_notifier({}, SENDER, tmp_path).send(LETTER)

    assert caught.value.blame is Blame.PASSING
