"""A mailbox on a real IMAP server on the loopback: as much of RFC 3501 as reading mail takes."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

USERNAME, PASSWORD = "dj", "correct horse"


@dataclass
class ImapMailbox:
    """Mails by their number from 1, and which of them are marked as read."""

    mails: list[bytes] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    named: bool = False
    """Whether the client said who it is, without which no mailbox opens."""

    def reports(self) -> list[int]:
        """Unread mails whose Content-Type speaks of a delivery status."""
        return [
            n
            for n, mail in enumerate(self.mails, start=1)
            if n not in self.seen
            and "delivery-status" in str(message_from_bytes(mail)["Content-Type"])
        ]

    def answer(self, command: str, rest: str) -> tuple[list[bytes], str]:  # noqa: PLR0911
        """The untagged lines, and the tagged end of the answer."""
        match command, rest.split(" ", maxsplit=1)[0].upper():
            case "CAPABILITY", _:
                return [b"CAPABILITY IMAP4rev1 ID"], "OK"
            case "LOGIN", _:
                good = rest == f'{USERNAME} "{PASSWORD}"'
                return [], "OK" if good else f"NO wrong login {rest}"
            case "ID", _:
                self.named = True
                return [b"ID NIL"], "OK"
            case "SELECT", '"INBOX"':
                return [f"{len(self.mails)} EXISTS".encode()], "OK" if self.named else "NO who"
            case "UID", "SEARCH":
                assert rest == "SEARCH UNSEEN HEADER Content-Type delivery-status"
                return [b"SEARCH " + b" ".join(str(n).encode() for n in self.reports())], "OK"
            case "UID", "FETCH":
                number = int(rest.split(" ")[1])
                mail = self.mails[number - 1][: int(rest.partition("<0.")[2].partition(">")[0])]
                head = f"{number} FETCH (UID {number} BODY[]<0> {{{len(mail)}}}\r\n".encode()
                return [head + mail + b")"], "OK"
            case "UID", "STORE":
                assert rest.endswith(r"+FLAGS (\Seen)")
                self.seen.add(int(rest.split(" ")[1]))
                return [], "OK"
            case "LOGOUT", _:
                return [b"BYE"], "OK"
        return [], "BAD"


@contextmanager
def imap_server(mailbox: ImapMailbox, context: ssl.SSLContext) -> Iterator[int]:
    """The port it listens on, at 127.0.0.1, encrypted from the first byte."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with (
                suppress(OSError),
                context.wrap_socket(self.request, server_side=True) as stream,
                stream.makefile("rwb") as lines,
            ):
                lines.write(b"* OK ready\r\n")
                lines.flush()
                for line in lines:
                    found = re.fullmatch(r"(\S+) (\S+) ?(.*)", line.decode().strip())
                    assert found
                    tag, command, rest = found.groups()
                    untagged, end = mailbox.answer(command.upper(), rest)
                    for one in untagged:
                        lines.write(b"* " + one + b"\r\n")
                    lines.write(f"{tag} {end} done\r\n".encode())
                    lines.flush()
                    if command.upper() == "LOGOUT":
                        return

    class Server(ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
