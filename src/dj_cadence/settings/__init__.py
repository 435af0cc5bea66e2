"""A site's settings: one frozen object, read from site.toml by `reading`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

from dj_cadence.domain.dates.working_days import WorkCalendar
from dj_cadence.domain.messages.sending_hours import SendingHours
from dj_cadence.domain.reminders.feed_alarm import FeedAlarms
from dj_cadence.errors import DjCadenceError
from dj_cadence.problems import Problem

SITE_FILE = "site.toml"
KEY_FILE = "site.key"


def is_loopback(host: str | None) -> bool:
    """Whether a host, by name or number, is this very machine and reached from nowhere else."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How one kind of address (`email`, …) is served."""

    channel: str
    notifier: str
    """The module in notifiers/ that sends: maildir, smtp, …"""
    options: Mapping[str, object] = field(repr=False)
    """What that module's `Options` understands; secrets are already looked up."""
    connections: int = 1
    """How many letters may be on their way at once."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What site.toml says, checked and complete."""

    folder: Path
    name: str
    time_zone: ZoneInfo
    database: str
    """An SQLAlchemy address; default SQLite in the folder."""
    send_at: time
    """Local hour at which messages go out."""
    web_address: str
    """What links in messages begin with, no slash at the end."""
    sender_name: str
    sender_address: str
    channels: Mapping[str, ChannelSettings]
    """In the order of preference."""
    local_administrator: bool
    """Whether a visitor from this very machine needs no login link."""
    key: bytes = field(repr=False)
    """The site's own secret; signs links and tokens."""
    bounces: Mapping[str, object] | None = field(default=None, repr=False)
    """Where returned mail is read, as `BouncesTable` has it; None: nowhere."""
    digest_when_empty: bool = False
    """Whether a superior is told each week that nothing is overdue."""
    administrators: tuple[str, ...] = ()
    """Who is told when the engine needs help: mail addresses or 人员编号."""
    send_until: time = time(20)
    """Local hour from which on no message is begun."""
    contact: str = ""
    """Whom readers of messages may ask, with a telephone number; empty: whom the roster knows."""
    feed_alarms: FeedAlarms = field(default_factory=FeedAlarms)
    """When phones may ring for entries of a subscribed calendar."""
    tick_seconds: float = 60
    """How often the daemon looks what is due."""
    heartbeat_url: str = ""
    """Is called while all is well; empty: none."""

    evidence_megabytes: int = 500
    """How much an organization may keep in papers."""

    def sending_hours(self, calendar: WorkCalendar) -> SendingHours:
        """When messages may be begun."""
        return SendingHours(calendar, self.time_zone, self.send_at, self.send_until)


class SettingsError(DjCadenceError):
    """The settings cannot be used; `problems` says all that is wrong with them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)
