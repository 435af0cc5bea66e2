"""Run as a program: delivers what is due in a database to one group's robot.

Arguments: database, the robot's line, instant.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from dj_cadence.domain.messages.notifier import Sender
from dj_cadence.notifiers import wecom_robot
from dj_cadence.store.core.database import open_database
from tests.world.queue import SETTINGS, send_all


def main(url: str, robot: str, instant: str) -> None:
    sender = Sender(SETTINGS.sender_name, SETTINGS.sender_address)
    channel = wecom_robot.open_notifier({"robots": robot}, sender, Path())
    now = datetime.fromisoformat(instant)
    send_all(open_database(url), channel, now=now, owner=f"process {os.getpid()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
