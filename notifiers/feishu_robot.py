"""Writes into Feishu groups (飞书) through each group's robot, signed where asked for.

A refusal by the robot's safety settings (signature, keyword, address range) is the
operator's to mend and passing: it must not strike off the group's address.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from dj_cadence import clock
from dj_cadence.domain.messages.notifier import Audience, Letter, Limit, Notifier, Sender, Traits
from dj_cadence.transport.chat_text import fit
from dj_cadence.transport.http import TIMEOUT_SECONDS, Poster, reply_of
from dj_cadence.transport.robots import Robot, parse_robots, robot_of, shown_robots

SERVICE = "飞书"
MOST_BYTES = 18_000  # of 20 KB for the whole body


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: robots (a line for each, see domain.robot), timeout_seconds."""
    timeout = float(str(options.get("timeout_seconds", TIMEOUT_SECONDS)))
    return FeishuRobot(parse_robots(str(options["robots"])), timeout)


class FeishuRobot:
    """The address of a letter is the name of a robot."""

    def __init__(self, robots: Mapping[str, Robot], timeout_seconds: float) -> None:
        self._robots = robots
        self._poster = Poster(SERVICE, timeout_seconds, ("code", "msg"))
        # Feishu takes 100 a minute but only 5 a second; 20 a minute keeps clear of both.
        limit, seconds = Limit(20, 60, per_address=True), self._poster.deadline_seconds
        self.traits = Traits(Audience.GROUP, limit, shown_robots(robots), seconds)

    def send(self, letter: Letter) -> str:
        robot = robot_of(self._robots, letter.to)
        seconds = round(clock.now().timestamp())
        content = {"msg_type": "text", "content": {"text": fit(letter.text, MOST_BYTES)}}
        signed = signature(robot.secret, seconds) if robot.secret else {}
        answer = self._poster.post(robot.url, {**signed, **content})
        return reply_of(SERVICE, answer, secrets=robot.secrets)

    def close(self) -> None:
        self._poster.close()


def signature(secret: str, seconds: int) -> dict[str, str]:
    """What a signed body begins with. Time and secret are the key here, over no message."""
    signed = hmac.new(f"{seconds}\n{secret}".encode(), b"", sha256)
    return {"timestamp": str(seconds), "sign": b64encode(signed.digest()).decode()}
