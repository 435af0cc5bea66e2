"""Writes into DingTalk groups (钉钉) through each group's robot, signed where asked for.

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

SERVICE = "钉钉"
MOST_BYTES = 18_000  # of 20,000 for the whole body


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: robots (a line for each, see domain.robot), timeout_seconds."""
    timeout = float(str(options.get("timeout_seconds", TIMEOUT_SECONDS)))
    return DingtalkRobot(parse_robots(str(options["robots"])), timeout)


class DingtalkRobot:
    """The address of a letter is the name of a robot."""

    def __init__(self, robots: Mapping[str, Robot], timeout_seconds: float) -> None:
        self._robots = robots
        self._poster = Poster(SERVICE, timeout_seconds, ("errcode", "errmsg"))
        # More than 20 a minute are punished with ten minutes of silence.
        limit, seconds = Limit(20, 60, per_address=True), self._poster.deadline_seconds
        self.traits = Traits(Audience.GROUP, limit, shown_robots(robots), seconds)

    def send(self, letter: Letter) -> str:
        robot = robot_of(self._robots, letter.to)
        body = {"msgtype": "text", "text": {"content": fit(letter.text, MOST_BYTES)}}
        milliseconds = round(clock.now().timestamp() * 1000)
        query = signature(robot.secret, milliseconds) if robot.secret else None
        answer = self._poster.post(robot.url, body, query=query)
        return reply_of(SERVICE, answer, secrets=robot.secrets)

    def close(self) -> None:
        self._poster.close()


def signature(secret: str, milliseconds: int) -> dict[str, str]:
    """What a signed address asks for. Not quoted: whoever builds the address does that, once."""
    signed = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), sha256)
    return {"timestamp": str(milliseconds), "sign": b64encode(signed.digest()).decode()}
