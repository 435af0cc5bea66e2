"""The box of returned mail: a Maildir on this machine, or a mailbox on an IMAP server."""

import imaplib
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from dj_cadence.errors import Refused
from dj_cadence.transport.socket_reader import Allowance, TooMuch, reader

_MOST_MAILS = 500
"""So many at a reading, the newest: what is about others stays unread for ever."""
_MOST_BYTES = 256 * 1024
"""Of each mail: what a report says stands at its beginning, before what it brings back."""
_MOST_OF_ALL = 160 * 1024 * 1024
_ANSWERS = 4
"""A reading may take so many times as long as one answer."""
_UID = re.compile(rb"[0-9]{1,10}")
_REASONS = {
    ssl.SSLCertVerificationError: "服务器证书不受信任",
    TimeoutError: "等待超时",
    TooMuch: "对方的答复没完没了",
}
_REPORTS = ("UNSEEN", "HEADER", "Content-Type", "delivery-status")


@dataclass(frozen=True, slots=True)
class MaildirBox:
    """Mail that was handled moves from new/ to cur/, as one that has been seen."""

    folder: Path

    def read(self, handle: Callable[[bytes], bool]) -> None:
        if not self.folder.is_dir():
            raise Refused(f"读不了退信邮箱：没有文件夹 {self.folder}")
        try:
            for path in self._unread()[-_MOST_MAILS:]:
                with path.open("rb") as file:
                    content = file.read(_MOST_BYTES)
                if handle(content):
                    _mark_seen(path)
        except OSError as error:
            raise Refused(f"读不了退信邮箱：{error.strerror}") from error

    def _unread(self) -> list[Path]:
        """The newest last, as their names begin with the time."""
        places = (self.folder / "new", self.folder / "cur")
        files = [path for place in places if place.is_dir() for path in place.iterdir()]
        unread = [path for path in files if "S" not in _flags(path) and path.is_file()]
        return sorted(unread, key=lambda path: path.name)


def _flags(path: Path) -> str:
    return path.name.partition(":2,")[2]


def _mark_seen(path: Path) -> None:
    stem, flags = path.name.partition(":2,")[0], "".join(sorted({*_flags(path), "S"}))
    path.rename(path.parent.with_name("cur") / f"{stem}:2,{flags}")


class ImapBox:
    """One connection for each reading, encrypted from the first byte."""

    def __init__(self, options: Mapping[str, Any], folder: Path) -> None:
        self._options = options
        self._folder = folder

    def read(self, handle: Callable[[bytes], bool]) -> None:
        try:
            connection = _Connection(self._options, self._folder)
            try:
                self._read(connection, handle)
            finally:
                with suppress(imaplib.IMAP4.error, OSError, ValueError):
                    connection.logout()
                with suppress(OSError):  # a logout that fails leaves it open
                    connection.shutdown()
        except imaplib.IMAP4.error:  # its text may repeat the login
            raise Refused("读不了退信邮箱：服务器不接受登录或命令") from None
        except OSError as error:
            raise Refused(f"读不了退信邮箱：{_why(error)}") from None
        except ValueError:  # numbers that are none, or of more digits than anybody reads
            raise Refused("读不了退信邮箱：服务器的答复看不懂") from None

    def _read(self, connection: imaplib.IMAP4, handle: Callable[[bytes], bool]) -> None:
        connection.login(self._options["username"], self._options["password"])
        if "ID" in connection.capabilities:  # some servers open no mailbox to the nameless
            connection.xatom("ID", '("name" "dj-cadence")')
        connection.select(_quoted(self._options["mailbox"]))
        _, answer = connection.uid("SEARCH", *_REPORTS)
        numbers = answer[0].split() if answer and answer[0] else []
        uids = sorted(int(number) for number in numbers if _UID.fullmatch(number))
        for uid in map(str, uids[-_MOST_MAILS:]):
            _, parts = connection.uid("FETCH", uid, f"(BODY.PEEK[]<0.{_MOST_BYTES}>)")
            content = next((part[1] for part in parts if isinstance(part, tuple)), b"")
            if handle(content):
                connection.uid("STORE", uid, "+FLAGS", r"(\Seen)")


class _Connection(imaplib.IMAP4_SSL):
    """One that ends in time and is not talked to death."""

    def __init__(self, options: Mapping[str, Any], folder: Path) -> None:
        seconds, ca_file = float(options["timeout_seconds"]), options.get("ca_file")
        self._allowance = Allowance(seconds, monotonic() + _ANSWERS * seconds, _MOST_OF_ALL)
        trust = ssl.create_default_context(cafile=folder / ca_file if ca_file else None)
        where = (options["host"], options["port"])
        super().__init__(*where, ssl_context=trust, timeout=seconds)

    def open(self, *where: Any, **how: Any) -> None:
        super().open(*where, **how)
        self.file.close()
        self.file = reader(self.sock, self._allowance)

    def read(self, size: int) -> bytes:
        """What the server announces would be made room for at once."""
        if size > 2 * _MOST_BYTES:  # twice: a server need not know how to send a part
            raise TooMuch
        return super().read(size)


def _quoted(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _why(error: OSError) -> str:
    reason = next((why for kind, why in _REASONS.items() if isinstance(error, kind)), None)
    return reason or error.strerror or type(error).__name__


BounceBox = MaildirBox | ImapBox
"""The mailbox into which servers put what they could not deliver.

`read` gives each unread mail to `handle`; what it answers for with True is marked as read.
Nothing is deleted. Raises Refused where the box cannot be read.
"""


def open_box(options: Mapping[str, object], folder: Path) -> BounceBox:
    """The box that the checked table [bounces] describes. Nothing is connected yet."""
    if options["folder"]:
        return MaildirBox(folder / str(options["folder"]))
    return ImapBox(options, folder)
