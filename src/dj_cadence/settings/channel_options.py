"""What site.toml may say about each shipped notifier, and about the box of returned mail.

The options of a site's own notifiers are its own matter.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dj_cadence.settings.texts import Host, checked_page_address, checked_url
from dj_cadence.transport.robots import parse_robots

Text = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(ge=1, le=600)]
Port = Annotated[int, Field(ge=1, le=65535)]
PerMinute = Annotated[int, Field(ge=1, le=100_000)]


class SettingsTable(BaseModel):
    """A table of site.toml: nothing in it is converted, nothing unknown is passed over."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _checked_robots(text: str) -> str:
    if text:  # an empty one is a secret that was not found, which has been said
        parse_robots(text)
    return text


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
