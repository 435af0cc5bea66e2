"""Run as a program: a mail server that writes down each message before it accepts it.

Argument: the file to write to. Prints its port and serves until its input ends.
"""

import json
import sys
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Counter:
    def __init__(self, log: Path) -> None:
        self._log = log.open("a", encoding="utf-8")

    async def handle_DATA(  # noqa: N802  a name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        mail = {
            "id": str(message_from_bytes(content)["Message-ID"]).strip("<>"),
            "to": envelope.rcpt_tos,
            "content": sha256(content).hexdigest(),
        }
        self._log.write(json.dumps(mail) + "\n")
        self._log.flush()
        return "250 2.0.0 queued"


class OnFreePort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def main(log: str) -> None:
    controller = OnFreePort(Counter(Path(log)), hostname="127.0.0.1", port=0)
    controller.start()
    print(controller.port, flush=True)  # noqa: T201
    sys.stdin.read()
    controller.stop()


if __name__ == "__main__":
    main(sys.argv[1])
