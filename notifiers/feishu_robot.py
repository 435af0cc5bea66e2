"""Writes into Feishu groups (飞书) through each group's robot, signed where asked for."""

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
    seconds = round(clock.now().timestamp())
    signed = signature(robot.secret, seconds) if robot.secret else {}
    return {**signed, "msg_type": "text", "content": {"text": text}}, {}


def signature(secret: str, seconds: int) -> dict[str, str]:
    """What a signed body begins with. Time and secret are the key here, over no message."""
    signed = hmac.new(f"{seconds}\n{secret}".encode(), b"", sha256)
    return {"timestamp": str(seconds), "sign": b64encode(signed.digest()).decode()}


_SERVICE = RobotService("飞书", ("code", "msg"), 18_000, _request)  # of 20 KB for the body
