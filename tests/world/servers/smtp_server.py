"""A real mail server on the loopback, which keeps what it takes and fails as it is told."""

import asyncio
import ssl
from asyncio import Event
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from dj_cadence.domain.messages.notifier import Letter

_LONGER_THAN_ANY_TEST = 3600
USERNAME, PASSWORD = "dj", "correct horse"
LETTER = Letter(
    message_id="m1.5eed@example.cn",
    to="li@example.cn",
    to_name="李老师",
    subject="党建提醒",
    text="正文\n",
    html="<p>正文</p>\n",
    date="2026-03-02T08:30:00+08:00",
)


class Mailbox:
    """Keeps every message. `rcpt` and `data` map a recipient to the reply, or to drop or hang.

    A letter whose reply is `last` is answered when so many others were taken as `others` says.
    """

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.connections = 0
        self.rcpt: dict[str, str] = {}
        self.data: dict[str, str] = {}
        self.sender = "250 OK"
        self.senders = 0
        self.ended_at = 0
        """Which mail of all gets `later` instead."""
        self.later = "421 4.7.0 too many mails over this connection"
        self.others = 0
        self._enough = Event()
        self.pipelining = False
        """Whether it allows several commands to be sent together."""

    async def handle_EHLO(  # noqa: N802  names that aiosmtpd calls
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, replies: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return ["250-PIPELINING", *replies] if self.pipelining else replies

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        envelope.mail_from = address
        self.senders += 1
        return self.later if self.senders == self.ended_at else self.sender

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        answer = self.rcpt.get(address, "250 OK")
        if answer == "last":
            await self._enough.wait()
            answer = "250 OK"
        if answer == "drop":
            server.transport.abort()
        if answer == "hang":
            await Event().wait()  # until the server is stopped
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        answer = self.data.get(envelope.rcpt_tos[0], "250 2.0.0 queued")
        if answer == "last":
            await self._enough.wait()
            answer = "250 2.0.0 queued"
        if answer.startswith("250") or answer == "take and drop":
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
            if len(self.taken) == self.others:
                self._enough.set()
        if answer.endswith("drop"):
            server.transport.abort()
        if answer == "silence":
            await asyncio.sleep(_LONGER_THAN_ANY_TEST)
        return answer


class _Controller(Controller):
    """On a free port, which the parent class cannot find by itself."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def smtp_server(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """The port it listens on, at 127.0.0.1."""
    controller = _Controller(mailbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    mailbox.connections = 0  # the controller tries its own server
    try:
        yield controller.port
    finally:
        controller.stop()


def login_required(context: ssl.SSLContext, *, without: str = "CRAM-MD5") -> dict[str, Any]:
    """Options of a server with STARTTLS where everybody must log in."""

    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        known = data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
        return AuthResult(success=known, handled=False)

    return {
        "tls_context": context,
        "require_starttls": True,
        "auth_required": True,
        "authenticator": check,
        "auth_exclude_mechanism": [without],
    }
