"""Reading site.toml: every fault with its place, and no secret in any of them."""

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from dj_cadence.bounded_file import UnreadableError, read_text
from dj_cadence.domain.reminders.feed_alarm import feed_alarms
from dj_cadence.domain.roster.contact_text import CHANNEL_NAME
from dj_cadence.problem_texts import describe, not_one_of
from dj_cadence.problems import Problem, in_order
from dj_cadence.settings import (
    KEY_FILE,
    SITE_FILE,
    ChannelSettings,
    Settings,
    SettingsError,
    is_loopback,
)
from dj_cadence.settings.schema import (
    DEFAULT_CHANNELS,
    OPTIONS,
    BouncesTable,
    SettingsTable,
    SiteTable,
)
from dj_cadence.settings.site_key import MOST_BYTES, secret_text, site_key
from dj_cadence.settings.toml_positions import nearest_place, toml_places

DATABASE = "dj-cadence.db"
"""The file of a site that names no database."""
MOST_CONNECTIONS = 8
_AS_WRITTEN = {
    *("name", "send_at", "send_until", "digest_when_empty", "administrators"),
    *("tick_seconds", "heartbeat_url"),
}
"""What the file and the settings call alike."""
_COMMON = ("notifier", "connections")
"""What every channel may say; all else is its notifier's."""
_SEEN_FROM_OUTSIDE = (
    "网址 address 不是本机的，这里必须是 false：经过反向代理，人人看上去都在本机，都会成为管理员。"
    "请改为 false，用 login-link 命令取得登录链接"
)
_SECRETS = ("password", "secret", "token", "robots")
_OF_MANY_LINES = "robots"
_PASSWORD_KEYS = {"password", "password_env", "password_file"}


def read_settings(folder: Path, environ: Mapping[str, str]) -> Settings:
    """The settings of the site in `folder`; raises SettingsError with every fault.

    Secrets are looked up in `environ` or in the files that site.toml names.
    """
    folder = folder.resolve()
    reader = _Reader(folder, environ)
    settings = reader.settings()
    if settings is None or reader.problems:
        raise SettingsError(in_order(reader.problems))  # no lines: one may hold a secret
    return settings


def sqlite_file(folder: Path) -> Path:
    """The database file that the site.toml in `folder` names, whatever else may be wrong there."""
    try:
        written = tomllib.loads(read_text(folder / SITE_FILE, MOST_BYTES))
    except (UnreadableError, OSError, ValueError, RecursionError):
        return folder / DATABASE
    return folder / (str(written.get("database", "")).removeprefix("sqlite:///") or DATABASE)


def notifier_names(folder: Path) -> list[str]:
    """The modules that can send: the shipped ones and those in the site's notifiers/."""
    shipped = [entry.name for entry in (files("dj_cadence") / "notifiers").iterdir()]
    own = [path.name for path in (folder / "notifiers").glob("*.py")]
    names = {name.removesuffix(".py") for name in shipped + own if name.endswith(".py")}
    return sorted(name for name in names if not name.startswith("_"))


class _Reader:
    """One reading of a site: what it found so far and what was wrong."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.environ = environ
        self.problems: list[Problem] = []
        self.places: dict[tuple[str, ...], str] = {}

    def settings(self) -> Settings | None:
        """The settings as far as they can be made out; None without a readable site.toml."""
        key = site_key(self.folder)
        if not key:
            message = "没有站点密钥，或不完整；请从备份恢复，新站点用 dj-cadence init 生成"
            self.problems.append(Problem(f"{KEY_FILE}:1:1", message))
        table = self._table()
        if table is None:
            return None
        site = self._validated(SiteTable, table)
        channels = self._channels(table.get("channels", DEFAULT_CHANNELS))
        if site is None:
            return None
        self._check_together(site, channels)
        database = site.database
        if not database.startswith("postgresql"):  # a relative file lies in the site's folder
            file = database.removeprefix("sqlite:///") or DATABASE
            database = f"sqlite:///{self.folder / file}"
        web, sender, contact = site.web, site.sender, site.contact
        return Settings(
            folder=self.folder,
            time_zone=ZoneInfo(site.time_zone),
            database=database,
            web_address=web.address,
            local_administrator=web.local_administrator,
            sender_name=sender.name or site.name,
            sender_address=sender.address,
            channels=channels,
            bounces=self._bounces(table.get("bounces")),
            key=key,
            contact=f"{contact.name}（{contact.phone}）" if contact.name else "",
            feed_alarms=feed_alarms(site.feeds.alarm_hours, site.feeds.whole_day_alarm),
            evidence_megabytes=site.evidence.megabytes_per_organization,
            **site.model_dump(include=_AS_WRITTEN),
        )

    def _check_together(self, site: SiteTable, channels: Mapping[str, ChannelSettings]) -> None:
        """Say what parts of the file owe each other."""
        web, contact = site.web, site.contact
        if site.send_until <= site.send_at:
            begins, ends = f"{site.send_at:%H:%M}", f"{site.send_until:%H:%M}"
            self._fault(("send_until",), f"send_until（{ends}）应晚于 send_at（{begins}）")
        if web.local_administrator and not is_loopback(urlsplit(web.address).hostname):
            self._fault(("web", "local_administrator"), _SEEN_FROM_OUTSIDE)
        by_smtp = any(channel.notifier == "smtp" for channel in channels.values())
        if by_smtp and "address" not in site.sender.model_fields_set:
            self._fault(("sender",), "用邮件服务器发信时要写发件地址 [sender] address")
        if bool(contact.name) != bool(contact.phone):
            self._fault(("contact",), "name 和 phone 要一起写：收信人要知道找谁、打什么电话")

    def _table(self) -> dict[str, Any] | None:
        try:
            text = read_text(self.folder / SITE_FILE, MOST_BYTES)
        except (FileNotFoundError, UnreadableError) as error:
            missing = isinstance(error, FileNotFoundError)
            self._fault(
                (), f"没有 {SITE_FILE}；请先运行 dj-cadence init" if missing else str(error)
            )
            return None
        self.places = toml_places(text)
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            self.problems.append(_syntax_problem(str(error), text))
        except (RecursionError, ValueError):  # so it says of a number of thousands of digits
            self.problems.append(Problem(f"{SITE_FILE}:1:1", "嵌套太深，或有一个数字太大"))
        return None

    def _validated(
        self, model: type[SettingsTable], value: Mapping[str, Any], path: tuple[str, ...] = ()
    ) -> Any:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for fault in error.errors():
                loc = tuple(str(step) for step in fault["loc"])
                text = describe(fault, model)
                if loc and fault["type"] == "missing" and loc[-1].endswith(_SECRETS):
                    text += f"（写 {loc[-1]}_env 或 {loc[-1]}_file）"
                self._fault(path + loc, text)
            return None

    def _channels(self, given: object) -> dict[str, ChannelSettings]:
        tables = given if isinstance(given, dict) else {}
        if given == {}:
            self._fault(("channels",), "至少要有一个通道，如 [channels.email]")
        return {
            n: self._channel(n, table) for n, table in tables.items() if isinstance(table, dict)
        }

    def _channel(self, name: str, given: Mapping[str, Any]) -> ChannelSettings:
        path = ("channels", name)
        notifier = str(given.get("notifier", ""))
        names = notifier_names(self.folder)
        if not CHANNEL_NAME.fullmatch(name):  # the roster could not name it
            self._fault(path, f"通道名“{name}”只能用小写字母、数字和下划线，并以字母开头")
        if "notifier" not in given:
            self._fault(path, "缺少 notifier")
        elif notifier not in names:
            self._fault((*path, "notifier"), not_one_of(notifier, names))
        options = self._options(path, given, OPTIONS.get(notifier))
        return ChannelSettings(name, notifier, options, self._connections(path, given))

    def _options(
        self, path: tuple[str, ...], given: Mapping[str, Any], model: type[SettingsTable] | None
    ) -> dict[str, Any]:
        """What `given` says beside what every channel may; without a model as it stands there."""
        options = self._secrets_looked_up(path, given)
        if model:
            table = self._validated(model, options, path)
            options = table.model_dump(exclude_none=True) if table else {}
            if options.get("username") and not given.keys() & _PASSWORD_KEYS:
                message = "写了 username，就要写 password_env 或 password_file"
                self._fault((*path, "username"), message)
        file = options.get("ca_file")
        if file and not (self.folder / str(file)).is_file():
            self._fault((*path, "ca_file"), f"没有文件 {file}")
        return options

    def _connections(self, path: tuple[str, ...], given: Mapping[str, Any]) -> int:
        number = given.get("connections", 1)
        if type(number) is int and 1 <= number <= MOST_CONNECTIONS:
            return number
        self._fault((*path, "connections"), f"应为 1 到 {MOST_CONNECTIONS} 的整数")
        return 1

    def _bounces(self, given: object) -> dict[str, Any] | None:
        if not isinstance(given, dict):
            return None
        options = self._options(("bounces",), given, BouncesTable)
        if options and bool(options["folder"]) == bool(options["host"]):
            self._fault(("bounces",), "folder 和 host 要写一个，也只写一个")
        if options.get("host") and not options["username"]:
            self._fault(("bounces", "host"), "写了 host，就要写 username")
        return options

    def _secrets_looked_up(self, path: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
        """The options of the notifier's own, each `…_env` and `…_file` replaced by its secret."""
        options: dict[str, Any] = {}
        for name, value in given.items():
            stem, _, way = name.rpartition("_")
            if name.endswith(_SECRETS):
                self._fault((*path, name), f"口令不能写在这里，请改用 {name}_env 或 {name}_file")
            elif stem in options and stem.endswith(_SECRETS):
                self._fault((*path, name), f"{stem}_env、{stem}_file 只能写一个")
            elif way in ("env", "file") and stem.endswith(_SECRETS):
                options[stem] = self._secret((*path, name), way, value)
            elif name not in _COMMON:
                options[name] = value
        return options

    def _secret(self, path: tuple[str, ...], way: str, where: object) -> str:
        if not isinstance(where, str):
            self._fault(path, describe({"type": "string_type", "loc": path, "input": where}))
            return ""
        if way == "env":
            secret = self.environ.get(where, "")
            missing = f"没有设置环境变量 {where}，请把口令放在里面"
        else:
            secret = secret_text(self.folder / where)
            if not path[-1].startswith(_OF_MANY_LINES):
                secret = secret.partition("\n")[0].strip()
            missing = f"文件 {where} 不存在、读不了或是空的，请把口令写在里面"
        if not secret:
            self._fault(path, missing)
        return secret

    def _fault(self, path: tuple[str, ...], message: str) -> None:
        self.problems.append(Problem(f"{SITE_FILE}:{nearest_place(self.places, path)}", message))


def _syntax_problem(message_of_parser: str, text: str) -> Problem:
    match = re.search(r"line (\d+), column (\d+)", message_of_parser)
    place = f"{match[1]}:{match[2]}" if match else f"{len(text.splitlines()) or 1}:1"
    if "overwrite" in message_of_parser or "twice" in message_of_parser:
        message = "这个名称写了两次，请合并成一处"
    else:
        message = "不合 TOML 的写法；文字要加英文引号"
    return Problem(f"{SITE_FILE}:{place}", message)
