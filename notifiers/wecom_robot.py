"""Writes into WeCom groups (企业微信) through each group's robot.

Plain text and not markdown: members who read in WeChat do not see markdown.
"""

from collections.abc import Mapping
from pathlib import Path

from dj_cadence.domain.messages.notifier import Audience, Letter, Limit, Notifier, Sender, Traits
from dj_cadence.transport.chat_text import fit
from dj_cadence.transport.http import TIMEOUT_SECONDS, Poster, reply_of
from dj_cadence.transport.robots import Robot, parse_robots, robot_of, shown_robots

SERVICE = "企业微信"
MOST_BYTES = 2048


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: robots (a line for each, see domain.robot), timeout_seconds."""
    timeout = float(str(options.get("timeout_seconds", TIMEOUT_SECONDS)))
    return WecomRobot(parse_robots(str(options["robots"])), timeout)


class WecomRobot:
    """The address of a letter is the name of a robot."""

    def __init__(self, robots: Mapping[str, Robot], timeout_seconds: float) -> None:
        self._robots = robots
        self._poster = Poster(SERVICE, timeout_seconds, ("errcode", "errmsg"))
        limit, seconds = Limit(20, 60, per_address=True), self._poster.deadline_seconds
        self.traits = Traits(Audience.GROUP, limit, shown_robots(robots), seconds)

    def send(self, letter: Letter) -> str:
        robot = robot_of(self._robots, letter.to)
        body = {"msgtype": "text", "text": {"content": fit(letter.text, MOST_BYTES)}}
        return reply_of(SERVICE, self._poster.post(robot.url, body), secrets=robot.secrets)

    def close(self) -> None:
        self._poster.close()
