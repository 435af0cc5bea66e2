"""What site.toml may say, beside the options of its channels."""

import re
from datetime import time
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from dj_cadence.domain.reminders.feed_alarm import feed_alarms
from dj_cadence.problem_texts import checked
from dj_cadence.problems import suggestion
from dj_cadence.settings.channel_options import SettingsTable
from dj_cadence.settings.texts import Line, checked_mail_address, checked_page_address
from dj_cadence.web_url import is_url


def _checked_zone(name: str) -> str:
    zones = available_timezones()
    if name not in zones:
        raise ValueError(f"没有时区 {name}{suggestion(name, zones)}")
    return name


def _checked_time(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    if isinstance(value, time) and value.tzinfo is None:
        return value
    raise ValueError(f'“{value}”应为时间，如 "08:30"')


checked_database = checked(
    lambda text: not text or text.startswith(("sqlite:///", "postgresql")),
    "应以 sqlite:/// 或 postgresql:// 开头",
)
_checked_heartbeat = checked(
    lambda text: not text or is_url(text), "“{}”应为网址，以 http:// 或 https:// 开头"
)


def _checked_administrator(text: str) -> str:
    return checked_mail_address(text) if "@" in text else text


def _checked_alarm(text: str | None) -> str | None:
    feed_alarms(0, text)
    return text


_Administrator = Annotated[
    str, Field(min_length=1, strict=True), AfterValidator(_checked_administrator)
]
TIME_ZONE = "Asia/Shanghai"
DEFAULT_CHANNELS = {"email": {"notifier": "maildir"}}


class WebTable(SettingsTable):
    address: Annotated[str, AfterValidator(checked_page_address)] = "http://127.0.0.1:8000"
    local_administrator: bool = False


class SenderTable(SettingsTable):
    name: Line = ""
    address: Annotated[str, AfterValidator(checked_mail_address)] = "dj-cadence@localhost"


class ContactTable(SettingsTable):
    name: Line = ""
    phone: Line = ""


class FeedsTable(SettingsTable):
    alarm_hours: Annotated[int, Field(ge=0, le=168)] = 0
    whole_day_alarm: Annotated[str | None, AfterValidator(_checked_alarm)] = None


class EvidenceTable(SettingsTable):
    megabytes_per_organization: Annotated[int, Field(ge=1, le=1_000_000)] = 500


class SiteTable(SettingsTable):
    name: Annotated[Line, Field(min_length=1)] = "党建节拍"
    time_zone: Annotated[str, AfterValidator(_checked_zone)] = TIME_ZONE
    database: Annotated[str, AfterValidator(checked_database)] = ""
    send_at: Annotated[time, BeforeValidator(_checked_time)] = time(8, 30)
    send_until: Annotated[time, BeforeValidator(_checked_time)] = time(20)
    digest_when_empty: bool = False
    tick_seconds: Annotated[float, Field(ge=0.05, le=3600)] = 60
    heartbeat_url: Annotated[str, AfterValidator(_checked_heartbeat)] = ""
    web: WebTable = WebTable()
    sender: SenderTable = SenderTable()
    contact: ContactTable = ContactTable()
    feeds: FeedsTable = FeedsTable()
    evidence: EvidenceTable = EvidenceTable()
    channels: dict[str, dict[str, Any]] = DEFAULT_CHANNELS
    bounces: dict[str, Any] | None = None
    # TOML knows lists only; what stands in them is taken as it is.
    administrators: Annotated[tuple[_Administrator, ...], Field(strict=False)] = ()
