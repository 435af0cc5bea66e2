"""What site.toml may say, each thing such that what is read can also be used.

The options of a site's own notifiers are its own matter.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from dj_cadence.domain.reminders.feed_alarm import feed_alarms
from dj_cadence.mail_address import is_address
from dj_cadence.problem_texts import checked
from dj_cadence.problems import suggestion
from dj_cadence.transport.robot_list import parse_robots
from dj_cadence.web_url import is_host, is_url

# By the rule of what builds the mail: another one would be refused with every mail.
checked_mail_address = checked(is_address, "“{}”不是可用的邮箱地址，应如 name@example.cn".format)
checked_url = checked(is_url, "应为 https:// 开头的网址".format)
_checked_host = checked(is_host, "“{}”应为主机名，如 smtp.example.cn；端口另写在 port 里".format)
_checked_page = checked(
    lambda text: is_url(text) and "?" not in text and "#" not in text,
    "“{}”应为网址，如 https://dangjian.example.cn".format,
)


def checked_page_address(text: str) -> str:
    """The address that links to pages begin with, without a slash at its end."""
    return _checked_page(text).rstrip("/")


def _checked_line(text: str) -> str:
    """It stands in headers of mails: one line, and something to be seen if it is written."""
    if any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
        raise ValueError("应为一行文字，不能有换行或控制字符")
    if text and not text.strip():
        raise ValueError("只有空格，请写上文字")
    return text.strip()


def _checked_time(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    if isinstance(value, time) and value.tzinfo is None:
        return value
    raise ValueError(f'“{value}”应为时间，如 "08:30"')


_checked_zone = checked(
    lambda name: name in available_timezones(),
    lambda name: f"没有时区 {name}{suggestion(name, available_timezones())}",
)
checked_database = checked(
    lambda text: not text or text.startswith(("sqlite:///", "postgresql")),
    "应以 sqlite:/// 或 postgresql:// 开头".format,
)
_checked_heartbeat = checked(
    lambda text: not text or is_url(text), "“{}”应为网址，以 http:// 或 https:// 开头".format
)


def _checked_alarm(text: str | None) -> str | None:
    feed_alarms(0, text)
    return text


def _checked_robots(text: str) -> str:
    if text:  # an empty one is a secret that was not found, which has been said
        parse_robots(text)
    return text


Line = Annotated[str, AfterValidator(_checked_line)]
Host = Annotated[str, AfterValidator(_checked_host)]
Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=1, le=600)]
Port = Annotated[int, Field(ge=1, le=65535)]
PerMinute = Annotated[int, Field(ge=1, le=100_000)]
_Administrator = Annotated[
    str,
    Field(min_length=1, strict=True),
    AfterValidator(lambda text: checked_mail_address(text) if "@" in text else text),
]
TIME_ZONE = "Asia/Shanghai"
DEFAULT_CHANNELS = {"email": {"notifier": "maildir"}}


class SettingsTable(BaseModel):
    """A table of site.toml: nothing in it is converted, nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


# --- channels and the box of returned mail -----------------------------------------------------


class MaildirOptions(SettingsTable):
    folder: Text = "maildir"


class SmtpOptions(SettingsTable):
    host: Host
    port: Port | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    password: str = ""
    ca_file: str | None = None
    per_minute: PerMinute | None = None
    timeout_seconds: Seconds = 30


class RobotOptions(SettingsTable):
    robots: Annotated[str, AfterValidator(_checked_robots)]
    timeout_seconds: Seconds = 10


class WecomAppOptions(SettingsTable):
    corp_id: Text
    agent_id: int
    secret: str
    api: Annotated[str, AfterValidator(checked_page_address)] = "https://qyapi.weixin.qq.com"
    timeout_seconds: Seconds = 10


class WebhookOptions(SettingsTable):
    url: Annotated[str, AfterValidator(checked_url)]
    secret: str
    to_group: bool = False
    per_minute: PerMinute | None = None
    timeout_seconds: Seconds = 10


class BouncesTable(SettingsTable):
    """Either a Maildir (`folder`) or a mailbox on an IMAP server."""

    folder: str = ""
    host: Host | Literal[""] = ""
    port: Port = 993
    username: str = ""
    password: str = ""
    mailbox: Text = "INBOX"
    ca_file: str | None = None
    timeout_seconds: Seconds = 30


OPTIONS: Mapping[str, type[SettingsTable]] = {
    "maildir": MaildirOptions,
    "smtp": SmtpOptions,
    "wecom_robot": RobotOptions,
    "wecom_app": WecomAppOptions,
    "dingtalk_robot": RobotOptions,
    "feishu_robot": RobotOptions,
    "webhook": WebhookOptions,
}
"""By the notifier's name."""


# --- the site ---------------------------------------------------------------------------------


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
