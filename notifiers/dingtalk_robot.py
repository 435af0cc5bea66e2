"""Writes into DingTalk groups (钉钉) through each group's robot, signed where asked for."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from dj_cadence import clock
from dj_cadence.domain.messages.notifier import Notifier, Sender
from dj_cadence.transport.robot_list import Robot
from dj_cadence.transport.robot_notifier import RobotNotifier, RobotService


def open_notifier(options: Mapping[str, object], sender: Sender, folder: Path) -> Notifier:
    """Options: robots, timeout_seconds."""
    return RobotNotifier(_SERVICE, options)


def _request(robot: Robot, text: str) -> tuple[Mapping[str, object], Mapping[str, str]]:
    milliseconds = round(clock.now().timestamp() * 1000)
    query = signature(robot.secret, milliseconds) if robot.secret else {}
    return {"msgtype": "text", "text": {"content": text}}, query


def signature(secret: str, milliseconds: int) -> dict[str, str]:
    """What a signed address asks for. Not quoted: whoever builds the address does that, once."""
    signed = hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), sha256)
    return {"timestamp": str(milliseconds), "sign": b64encode(signed.digest()).decode()}


_SERVICE = RobotService("钉钉", ("errcode", "errmsg"), 18_000, _request)  # of 20,000 for the body
