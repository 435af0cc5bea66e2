"""A real mail server that takes some mails of a pass and refuses all that follow."""

from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Refusing:
    """Counts what it takes. While `is_strict`, it takes `takes` mails after each `begin`."""

    stage: str
    """connect, MAIL, RCPT or DATA: what it answers with `answer`."""
    answer: str
    takes: int = 0
    is_strict: bool = False
    taken: list[EmailMessage] = field(default_factory=list)
    refused: int = 0
    _brought: int = 0

    def begin(self, *, is_strict: bool) -> None:
        self.is_strict, self._brought = is_strict, 0

    def _says(self, stage: str, fine: str) -> str:
        if self.is_strict and stage == self.stage and self._brought >= self.takes:
            self.refused += 1
            return self.answer
        return fine

    async def handle_EHLO(  # noqa: N802  names that aiosmtpd calls
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        replies: list[str],
    ) -> list[str]:
        session.host_name = hostname
        said = self._says("connect", "")
        return [said] if said else replies

    async def handle_HELO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str
    ) -> str:
        session.host_name = hostname
        return self._says("connect", "250 here")

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        envelope.mail_from = address
        return self._says("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        said = self._says("RCPT", "250 OK")
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        said = self._says("DATA", "250 2.0.0 queued")
        if said.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self._brought += 1
            mail = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.taken.append(mail)
        return said
