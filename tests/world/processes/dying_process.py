"""Run as a program: delivers a database to a mail server and is killed on the way.

Arguments: database, port, deadly recipient, instant. It dies when the server has accepted
the letter to that recipient, before this is written down.
"""

import os
import signal
import sys
from datetime import datetime
from pathlib import Path

from dj_cadence.domain.messages.notifier import Letter, Notifier, Sender
from dj_cadence.notifiers import smtp
from dj_cadence.store.core.database import open_database
from tests.world.queue import SETTINGS, send_all


class Deadly:
    """Hands letters on, and kills its own process after one of them."""

    def __init__(self, notifier: Notifier, recipient: str) -> None:
        self._notifier = notifier
        self._recipient = recipient

    def send(self, letter: Letter) -> str:
        reply = self._notifier.send(letter)
        if letter.to == self._recipient:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply

    def close(self) -> None:
        self._notifier.close()


def main(url: str, port: str, recipient: str, instant: str) -> None:
    options = {"host": "127.0.0.1", "port": port, "security": "none"}
    sender = Sender(SETTINGS.sender_name, SETTINGS.sender_address)
    channel = Deadly(smtp.open_notifier(options, sender, Path()), recipient)
    now = datetime.fromisoformat(instant)
    send_all(open_database(url), channel, now=now, owner=f"process {os.getpid()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
