"""Sends letters through a mail server (SMTP), all of a pass over one connection.

What is wrong on our side of the matter (connection, certificate, password, sender, the
server's policy) is the channel's: an operator's slip must not strike off everybody's address.
What a refusal means is decided in `transport.refusals`.
"""

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from dj_cadence.domain.messages.notifier import Letter, Limit, Notifier, Sender, Traits
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.transport import mime
from dj_cadence.transport.refusals.mail import Stage, judge_mail
from dj_cadence.transport.refusals.reply import decoded
from dj_cadence.transport.socket_reader import Allowance, TooMuch, reader

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_CLOSING = 421
_LONGEST_REPLY = 300
_LONGEST_ANSWERS = 64 * 1024
"""Bytes that a server may say to one letter, or to be greeted and logged in to."""
_ANSWERS_PER_LETTER = 4
"""Of all answers that a letter may have to wait for, so many may take their longest."""
_FAREWELL_SECONDS = 2.0
_REFUSED = {"sender": "不接受发件人", "recipient": "不接受收件人", "data": "拒收"}
_STAGES = {"sender": Stage.SENDER, "recipient": Stage.RECIPIENT, "data": Stage.TEXT}
_ACCEPTED = {"sender": (250,), "recipient": (250, 251), "data": (354,)}
_REASONS = {
    ssl.SSLCertVerificationError: "服务器证书不受信任",
    TimeoutError: "等待超时",
    TooMuch: "对方的答复没完没了",
    smtplib.SMTPServerDisconnected: "对方断开了连接",
    smtplib.SMTPNotSupportedError: "服务器不支持所设的加密或登录方式",
}


@dataclass(frozen=True, slots=True, repr=False)  # the password must not get into a traceback
class Options:
    """How to reach the server."""

    host: str
    port: int
    security: str
    """starttls, tls or none."""
    username: str
    """Empty: no login."""
    password: str
    ca_file: Path | None
    """Certificates to trust in place of the machine's own."""
    per_minute: int | None
    timeout_seconds: float
    """For one answer; a letter may take four times as long."""

    @property
    def traits(self) -> Traits:
        limit = Limit(self.per_minute, 60) if self.per_minute else None
        login = f"{self.username} @ " if self.username else ""
        shown = f"{login}{self.host}:{self.port}（{self.security}）"
        seconds = _ANSWERS_PER_LETTER * self.timeout_seconds
        return Traits(limit=limit, shown=shown, deadline_seconds=seconds)


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: host, port, security, username, password, ca_file, per_minute, timeout_seconds.

    Nothing is connected yet. `ca_file` is relative to the site's folder.
    """
    security = str(options.get("security", "starttls"))
    ca_file = options.get("ca_file")
    per_minute = options.get("per_minute")
    return Smtp(
        Options(
            host=str(options["host"]),
            port=int(str(options.get("port") or _PORTS[security])),
            security=security,
            username=str(options.get("username") or ""),
            password=str(options.get("password") or ""),
            ca_file=folder / str(ca_file) if ca_file else None,
            per_minute=int(str(per_minute)) if per_minute else None,
            timeout_seconds=float(str(options.get("timeout_seconds") or 30)),
        ),
        sender,
    )


class _Lost(DeliveryError):
    """The connection ended before a word of the text: over another one the letter may go out."""


class Smtp:
    """One connection, opened for the first letter and again after every error.

    Servers end connections as they please: after each mail, after so many, or with a 421 to the
    next. A letter that finds its connection gone goes out over a new one at once.
    """

    def __init__(self, options: Options, sender: Sender) -> None:
        self._options = options
        self._sender = sender
        self._connection: _Conversation | None = None
        self.traits = options.traits
        self.may_be_out = False

    def send(self, letter: Letter) -> str:
        self.may_be_out = False
        content = mime.build(letter, self._sender)
        until = monotonic() + self.traits.deadline_seconds
        if self._connection is not None:
            with suppress(_Lost):
                return self._sent(self._connection, letter.to, content, until)
        self._connection = _connect(self._options, self._sender, until)
        return self._sent(self._connection, letter.to, content, until)

    def _sent(self, connection: "_Conversation", to: str, content: bytes, until: float) -> str:
        connection.allow(until)
        try:
            _announce(connection, self._sender.address, to)
            self.may_be_out = True
            return _hand_over(connection, content)
        except DeliveryError:
            self._drop()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            reply = f"与邮件服务器的连接中断：{_why(error)}"
            kind = DeliveryError if self.may_be_out else _Lost
            raise kind(reply) from None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.allow(monotonic() + _FAREWELL_SECONDS)
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
        self._drop()

    def _drop(self) -> None:
        """End the connection without a word: a server in trouble may not answer."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Conversation(smtplib.SMTP):
    """A connection that ends in time, however the server drags out what it says."""

    def __init__(self, options: Options, name: str, until: float, **rest: Any) -> None:
        self._allowance = Allowance(options.timeout_seconds, until, _LONGEST_ANSWERS)
        seconds = self._allowance.timeout()
        super().__init__(options.host, options.port, name, timeout=seconds, **rest)

    def allow(self, until: float) -> None:
        """Begin something new, which has to be over at `until`."""
        self._allowance.until = until
        self._allowance.bytes_left = _LONGEST_ANSWERS

    def send(self, s: Any) -> None:
        if self.sock:
            self.sock.settimeout(self._allowance.timeout())
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = reader(self.sock, self._allowance)
        return super().getreply()


class _EncryptedConversation(_Conversation, smtplib.SMTP_SSL):
    """Encrypted from the first byte."""


def _connect(options: Options, sender: Sender, until: float) -> _Conversation:
    try:
        connection = _open(options, sender, until)
    except (smtplib.SMTPException, OSError) as error:
        raise _unreachable(error) from None
    try:
        _secure_and_login(connection, options)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(options: Options, sender: Sender, until: float) -> _Conversation:
    # Our own name is given: looking it up can hang for minutes where DNS is missing.
    name = sender.address.rpartition("@")[2]
    if options.security == "tls":
        return _EncryptedConversation(options, name, until, context=_trust(options))
    return _Conversation(options, name, until)


def _secure_and_login(connection: smtplib.SMTP, options: Options) -> None:
    """And greet the server, which says then what it can do."""
    try:
        if options.security == "starttls":
            connection.starttls(context=_trust(options))
        if options.username:
            connection.login(options.username, options.password)
        connection.ehlo_or_helo_if_needed()
    except smtplib.SMTPAuthenticationError as error:
        # The answer is left out: some servers repeat in it what they were told.
        reply = f"邮件服务器不接受用户名或密码（{error.smtp_code}）"
        raise DeliveryError(reply, Blame.CHANNEL, down=True) from None
    except UnicodeEncodeError:
        reply = "邮箱用户名和密码只能用英文字符"
        raise DeliveryError(reply, Blame.CHANNEL, down=True) from None
    except (smtplib.SMTPException, OSError) as error:
        raise _unreachable(error) from None


def _trust(options: Options) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=options.ca_file)


def _announce(connection: smtplib.SMTP, sender: str, to: str) -> None:
    """What stands before the text. The recipient is one.

    The server gets it all at once where it allows that: then three of the four times that a mail
    waits for a far server are one (RFC 2920).
    """
    commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA")  # plain: mime looked
    together = connection.has_extn("pipelining")
    if together:
        connection.send("".join(f"{command}\r\n" for command in commands))
    for command, (step, accepted) in zip(commands, _ACCEPTED.items(), strict=True):
        if not together:
            connection.putcmd(command)
        code, reply = connection.getreply()
        if code not in accepted:
            raise _refused(step, code, reply)


def _refused(step: str, code: int, reply: bytes) -> DeliveryError:
    """What a refusal before the text means."""
    said = f"邮件服务器{_REFUSED[step]}：{_shown(code, reply)}"
    kind = _Lost if code == _CLOSING else DeliveryError
    return kind(said, _blame(_STAGES[step], code, reply), down=step == "sender")


def _hand_over(connection: smtplib.SMTP, content: bytes) -> str:
    """The text itself. Once its end is sent, silence does not mean that it was not taken."""
    connection.send(content + b".\r\n")  # no line of `mime` begins with a dot
    try:
        code, reply = connection.getreply()
    except (smtplib.SMTPException, OSError) as error:
        said = f"邮件服务器收下后没有答复，结果不明：{_why(error)}"
        raise DeliveryError(said, unknown=True) from None
    if code >= 400:
        said = f"邮件服务器拒收：{_shown(code, reply)}"
        raise DeliveryError(said, _blame(Stage.TEXT, code, reply))
    if not 200 <= code < 300:
        said = f"邮件服务器的答复看不懂，结果不明：{_shown(code, reply)}"
        raise DeliveryError(said, unknown=True)
    return _shown(code, reply)


def _blame(stage: Stage, code: int, reply: bytes) -> Blame:
    return judge_mail(stage, code, decoded(reply))


def _unreachable(error: Exception) -> DeliveryError:
    blame = Blame.PASSING
    if isinstance(error, smtplib.SMTPResponseException):
        blame = _blame(Stage.GREETING, error.smtp_code, _bytes(error.smtp_error))
    return DeliveryError(f"连不上邮件服务器：{_why(error)}", blame, down=True)


def _why(error: Exception) -> str:
    if isinstance(error.__context__, TimeoutError | TooMuch):  # smtplib says "disconnected"
        error = error.__context__
    for kind, reason in _REASONS.items():
        if isinstance(error, kind):
            return reason
    if isinstance(error, smtplib.SMTPResponseException):
        return _shown(error.smtp_code, _bytes(error.smtp_error))
    return getattr(error, "strerror", None) or type(error).__name__


def _shown(code: int, reply: bytes) -> str:
    text = " ".join(decoded(reply).split())
    return f"{code} {text}"[:_LONGEST_REPLY]


def _bytes(reply: bytes | str) -> bytes:
    return reply.encode() if isinstance(reply, str) else reply
