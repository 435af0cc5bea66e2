"""Writes into WeCom groups (企业微信) through each group's robot.

Plain text and not markdown: members who read in WeChat do not see markdown.
"""

from collections.abc import Mapping
from pathlib import Path

from dj_cadence.domain.messages.notifier import Notifier, Sender
from dj_cadence.transport.robot_list import Robot
from dj_cadence.transport.robot_notifier import RobotNotifier, RobotService


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: robots, timeout_seconds."""
    return RobotNotifier(_SERVICE, options)


def _request(_robot: Robot, text: str) -> tuple[Mapping[str, object], Mapping[str, str]]:
    return {"msgtype": "text", "text": {"content": text}}, {}


_SERVICE = RobotService("企业微信", ("errcode", "errmsg"), 2048, _request)
