"""What the notifiers of chat robots have in common: a text for each group, through its own robot.

A refusal by a robot's safety settings (signature, keyword, address range) is the operator's to
mend and passing: it must not strike off the group's address.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from dj_cadence.domain.messages.notifier import Audience, Letter, Limit, Traits
from dj_cadence.transport.chat_text import fit
from dj_cadence.transport.http import TIMEOUT_SECONDS, Poster, reply_of
from dj_cadence.transport.robot_list import Robot, parse_robots, robot_of, shown_robots

LIMIT = Limit(20, 60, per_address=True)
"""WeCom's and DingTalk's; Feishu takes 100 a minute but only 5 a second."""


class RobotService(NamedTuple):
    """How a service's robots are spoken to."""

    name: str
    verdict: tuple[str, str]
    """The fields of an answer in which its code and its words stand."""
    most_bytes: int
    """Of the text of a message."""
    request: Callable[[Robot, str], tuple[Mapping[str, object], Mapping[str, str]]]
    """The body and the query that bring a text to a group."""


class RobotNotifier:
    """The address of a letter is the name of a robot."""

    def __init__(self, service: RobotService, options: Mapping[str, object]) -> None:
        """Options: robots (a line for each, see `parse_robots`), timeout_seconds."""
        self._service = service
        self._robots = parse_robots(str(options["robots"]))
        seconds = float(str(options.get("timeout_seconds", TIMEOUT_SECONDS)))
        self._poster = Poster(service.name, seconds, service.verdict)
        shown, deadline = shown_robots(self._robots), self._poster.deadline_seconds
        self.traits = Traits(Audience.GROUP, LIMIT, shown, deadline)

    def send(self, letter: Letter) -> str:
        robot = robot_of(self._robots, letter.to)
        text = fit(letter.text, self._service.most_bytes)
        body, query = self._service.request(robot, text)
        answer = self._poster.post(robot.url, body, query=query)
        return reply_of(self._service.name, answer, secrets=robot.secrets)

    def close(self) -> None:
        self._poster.close()
