"""The box of returned mail: a Maildir on this machine, or a mailbox on an IMAP server."""

import imaplib
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from mailbox import Maildir, MaildirMessage
from pathlib import Path

from dj_cadence.domain.bounce import BounceBox
from dj_cadence.errors import Refused

_REPORTS = ("UNSEEN", "HEADER", "Content-Type", "delivery-status")


def open_box(options: Mapping[str, object], folder: Path) -> BounceBox:
    """The box that the checked table [bounces] describes. Nothing is connected yet."""
    if options["folder"]:
        return MaildirBox(folder / str(options["folder"]))
    ca_file = options.get("ca_file")
    return ImapBox(
        host=str(options["host"]),
        port=int(str(options["port"])),
        username=str(options["username"]),
        password=str(options["password"]),
        mailbox=str(options["mailbox"]),
        ca_file=folder / str(ca_file) if ca_file else None,
        timeout_seconds=float(str(options["timeout_seconds"])),
    )


@dataclass(frozen=True, slots=True)
class MaildirBox:
    """Mail that was handled moves from new/ to cur/, as one that has been seen."""

    folder: Path

    def read(self, handle: Callable[[bytes], bool]) -> None:
        if not self.folder.is_dir():
            raise Refused(f"读不了退信邮箱：没有文件夹 {self.folder}")
        try:
            box = Maildir(self.folder, factory=None, create=False)
            for key, mail in box.iteritems():
                if "S" not in mail.get_flags() and handle(mail.as_bytes()):
                    _mark_seen(box, key, mail)
        except OSError as error:
            raise Refused(f"读不了退信邮箱：{error.strerror}") from error


def _mark_seen(box: Maildir, key: str, mail: MaildirMessage) -> None:
    mail.set_subdir("cur")
    mail.add_flag("S")
    box[key] = mail


@dataclass(frozen=True, slots=True)
class ImapBox:
    """One connection for each reading, encrypted from the first byte."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    mailbox: str
    ca_file: Path | None
    timeout_seconds: float

    def read(self, handle: Callable[[bytes], bool]) -> None:
        try:
            connection = imaplib.IMAP4_SSL(
                self.host,
                self.port,
                ssl_context=ssl.create_default_context(cafile=self.ca_file),
                timeout=self.timeout_seconds,
            )
            try:
                self._read(connection, handle)
            finally:
                with suppress(imaplib.IMAP4.error, OSError):
                    connection.logout()
        except imaplib.IMAP4.error:  # its text may repeat the login
            raise Refused("读不了退信邮箱：服务器不接受登录或命令") from None
        except OSError as error:
            raise Refused(f"读不了退信邮箱：{_why(error)}") from None

    def _read(self, connection: imaplib.IMAP4, handle: Callable[[bytes], bool]) -> None:
        connection.login(self.username, self.password)
        if "ID" in connection.capabilities:  # some servers open no mailbox to the nameless
            connection.xatom("ID", '("name" "dj-cadence")')
        connection.select(_quoted(self.mailbox))
        _, found = connection.uid("SEARCH", *_REPORTS)
        for uid in found[0].split() if found and found[0] else []:
            _, parts = connection.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
            content = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            if handle(content):
                connection.uid("STORE", uid.decode(), "+FLAGS", r"(\Seen)")


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _why(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "服务器证书不受信任"
    if isinstance(error, TimeoutError):
        return "等待超时"
    return error.strerror or type(error).__name__
