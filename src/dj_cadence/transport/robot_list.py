"""The robots of chat groups, as an operator writes them down: one a line, all of it secret."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.web_url import is_url

_LINE = re.compile(r"(?P<name>[^=＝\s][^=＝]*)[=＝]\s*(?P<url>https?://\S+)(?:\s+(?P<secret>\S+))?")


@dataclass(frozen=True, slots=True)
class Robot:
    """Where one group's robot is reached. Whoever knows the address can write to the group."""

    url: str = field(repr=False)
    secret: str = field(repr=False)
    """What its messages are signed with; empty where the group does not ask for it."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be shown nowhere: the address, the key within it, the signing secret."""
        parts = urlsplit(self.url)
        keys = [value for _, value in parse_qsl(parts.query)] or [parts.path.rpartition("/")[2]]
        return (self.url, *keys, self.secret)


def parse_robots(text: str) -> Mapping[str, Robot]:
    """Robots by the name that stands for them in the roster.

    A line is `name = webhook address [signing secret]`; empty lines and lines that begin
    with # say nothing. Raises ValueError, which repeats nothing of the line.
    """
    robots: dict[str, Robot] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if not line or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if not match or not is_url(match["url"]):
            raise ValueError(f"第{number}行应为“群名 = Webhook 地址”，有加签密钥的空一格写在后面")
        name = match["name"].strip()
        if name in robots:
            raise ValueError(f"第{number}行的群名“{name}”写了两次")
        robots[name] = Robot(match["url"], match["secret"] or "")
    if not robots:
        raise ValueError("没有写任何机器人")
    return robots


def robot_of(robots: Mapping[str, Robot], name: str) -> Robot:
    """The robot of a group; a name that stands for none is a bad address, for good."""
    if name not in robots:
        raise DeliveryError(f"没有设置群机器人“{name}”", Blame.ADDRESS)
    return robots[name]


def shown_robots(robots: Mapping[str, Robot]) -> str:
    """The groups, by their names alone."""
    names = "、".join(list(robots)[:3])
    return names if len(robots) <= 3 else f"{names}等{len(robots)}个群"
