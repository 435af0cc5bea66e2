"""Sends letters through a mail server (SMTP), all of a pass over one connection.

What is wrong on our side of the matter (connection, certificate, password, sender, the
server's policy) is the channel's: an operator's slip must not strike off everybody's address.
What a refusal means is decided in `domain.refusals`.
"""

import smtplib
import ssl
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dj_cadence.domain import mime
from dj_cadence.domain.letter import Answer, Letter, Limit, Notifier, Sender, Talk, Talking, Traits
from dj_cadence.domain.refusals.mail import Stage, judge_mail
from dj_cadence.domain.refusals.reply import decoded
from dj_cadence.errors import Blame, DeliveryError

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_CLOSING = 421
_LONGEST_REPLY = 300
_ACCEPTED = {"sender": (250,), "recipient": (250, 251), "data": (354,)}
_REASONS = {
    ssl.SSLCertVerificationError: "服务器证书不受信任",
    TimeoutError: "等待超时",
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

    @property
    def traits(self) -> Traits:
        limit = Limit(self.per_minute, 60) if self.per_minute else None
        login = f"{self.username} @ " if self.username else ""
        return Traits(limit=limit, shown=f"{login}{self.host}:{self.port}（{self.security}）")


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


class _Goodbye(DeliveryError):
    """The server ends the connection: to one that has carried mail, it means that one alone."""


class Smtp(Talking):
    """One connection, opened for the first letter and again after every error.

    Not for use by two threads at once.
    """

    def __init__(self, options: Options, sender: Sender) -> None:
        self._options = options
        self._sender = sender
        self._connection: smtplib.SMTP | None = None
        self.traits = options.traits

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def talk(self, letter: Letter) -> Talk:
        content = mime.build(letter, self._sender)
        carried = self.is_connected
        try:
            if self._connection is None:
                self._connection = _connect(self._options, self._sender)
            return (yield from _submit(self._connection, self._sender.address, letter.to, content))
        except _Goodbye as error:
            self._drop()
            raise DeliveryError(error.reply, error.blame, down=not carried) from None
        except DeliveryError:
            self._drop()
            raise
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise DeliveryError(f"与邮件服务器的连接中断：{_why(error)}") from None

    def close(self) -> None:
        if self._connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
        self._drop()

    def _drop(self) -> None:
        """End the connection without a word: a server in trouble may not answer."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connect(options: Options, sender: Sender) -> smtplib.SMTP:
    try:
        connection = _open(options, sender)
    except (smtplib.SMTPException, OSError) as error:
        raise _unreachable(error) from None
    try:
        _secure_and_login(connection, options)
    except BaseException:
        connection.close()
        raise
    return connection


def _open(options: Options, sender: Sender) -> smtplib.SMTP:
    # Our own name is given: looking it up can hang for minutes where DNS is missing.
    name = sender.address.rpartition("@")[2]
    where, timeout = (options.host, options.port, name), options.timeout_seconds
    if options.security == "tls":
        return smtplib.SMTP_SSL(*where, timeout=timeout, context=_trust(options))
    return smtplib.SMTP(*where, timeout=timeout)


def _secure_and_login(connection: smtplib.SMTP, options: Options) -> None:
    try:
        if options.security == "starttls":
            connection.starttls(context=_trust(options))
        if options.username:
            connection.login(options.username, options.password)
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


def _submit(connection: smtplib.SMTP, sender: str, to: str, content: bytes) -> Talk:
    """Hand over one message and return the server's answer. The recipient is one."""
    connection.ehlo_or_helo_if_needed()
    refused, code, reply = yield from _announce(connection, sender, to)
    if refused == "sender":
        reply_text = f"邮件服务器不接受发件人：{_shown(code, reply)}"
        kind = _Goodbye if code == _CLOSING else DeliveryError
        raise kind(reply_text, _blame(Stage.SENDER, code, reply), down=True)
    if refused == "recipient":
        raise DeliveryError(
            f"邮件服务器不接受收件人：{_shown(code, reply)}", _blame(Stage.RECIPIENT, code, reply)
        )
    if not refused:
        code, reply = yield from _hand_over(connection, content)
        if not 200 <= code < 300 and not 400 <= code < 600:
            said = f"邮件服务器的答复看不懂，结果不明：{_shown(code, reply)}"
            raise DeliveryError(said, unknown=True)
    if refused or code >= 400:
        blame = _blame(Stage.TEXT, code, reply)
        raise DeliveryError(f"邮件服务器拒收：{_shown(code, reply)}", blame)
    return _shown(code, reply)


def _announce(
    connection: smtplib.SMTP, sender: str, to: str
) -> Generator[Answer, None, tuple[str, int, bytes]]:
    """What stands before the text: which of it was refused, if any, and the last reply.

    The server gets it all at once where it allows that: then three of the four times that a mail
    waits for a far server are one (RFC 2920).
    """
    commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{to}>", "DATA")  # plain: mime looked
    together = connection.has_extn("pipelining")
    if together:
        connection.send("".join(f"{command}\r\n" for command in commands))
    code, reply, there = 0, b"", 0
    for command, (name, accepted) in zip(commands, _ACCEPTED.items(), strict=True):
        if not together:
            connection.putcmd(command)
        if there <= 0:
            yield _awaited(connection)
            there = _replies_there(connection) or len(commands)  # part of one: the rest follows
        code, reply = connection.getreply()
        there -= 1
        if code not in accepted:
            return name, code, reply
    return "", code, reply


def _awaited(connection: smtplib.SMTP) -> Answer:
    found = connection.sock
    assert found  # something was just sent over it
    return Answer(found.fileno(), connection.timeout)


def _replies_there(connection: smtplib.SMTP) -> int:
    """How many replies came together; of what was read already, nobody would wake us."""
    assert connection.file  # the server was greeted
    lines = connection.file.peek().split(b"\n")[:-1]
    return sum(line[3:4] != b"-" for line in lines)


def _hand_over(
    connection: smtplib.SMTP, content: bytes
) -> Generator[Answer, None, tuple[int, bytes]]:
    """The text itself. Once its end is sent, silence does not mean that it was not taken."""
    connection.send(content + b".\r\n")  # no line of `mime` begins with a dot
    try:
        yield _awaited(connection)
        return connection.getreply()
    except (smtplib.SMTPException, OSError) as error:
        said = f"邮件服务器收下后没有答复，结果不明：{_why(error)}"
        raise DeliveryError(said, unknown=True) from None


def _blame(stage: Stage, code: int, reply: bytes) -> Blame:
    return judge_mail(stage, code, decoded(reply))


def _unreachable(error: Exception) -> DeliveryError:
    blame = Blame.PASSING
    if isinstance(error, smtplib.SMTPResponseException):
        blame = _blame(Stage.GREETING, error.smtp_code, _bytes(error.smtp_error))
    return DeliveryError(f"连不上邮件服务器：{_why(error)}", blame, down=True)


def _why(error: Exception) -> str:
    if isinstance(error.__context__, TimeoutError):  # which smtplib calls a disconnection
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
