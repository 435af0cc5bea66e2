"""Each line that `init` offers in site.toml, uncommented by itself and with all others, is read.

The lines are taken from the template as they stand there, so a new one is tried as well.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import time
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme

from dj_cadence.bootstrap import open_notifiers, render_settings
from dj_cadence.domain.reminders.feed_alarm import feed_alarms
from dj_cadence.settings import Settings, SettingsError
from dj_cadence.settings.reading import read_settings
from dj_cadence.settings.schema import OPTIONS, BouncesTable, SiteTable
from dj_cadence.settings.site_key import make_site_key

TEXT = render_settings(name="某区党建", local_administrator=False, port=8000)
HEADER = re.compile(r"(# )?\[([\w.]+)\]$")
SETTING = re.compile(r"(# )?(\w+) = .+$")
ROBOTS = "一小支部群 = https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=geheim"
SECRETS = {
    "DJ_CADENCE_SMTP_PASSWORD": "geheim",
    "DJ_CADENCE_WECOM_SECRET": "geheim",
    "DJ_CADENCE_WECOM_ROBOTS": ROBOTS,
    "DJ_CADENCE_WEBHOOK_SECRET": "geheim",
}
FILES = {"smtp-password": "geheim\n", "wecom-robots": f"{ROBOTS}\n"}
TOGETHER = {
    "smtp": {"host", "notifier"},
    "username": {"password_env"},
    "password_env": {"username"},
    "password_file": {"username"},
    "name": {"phone"},
    "phone": {"name"},
    "host": {"username", "password_env"},
}
"""What a line needs of its own table, beside what its notifier cannot do without."""
INSTEAD = ({"password_env", "password_file"}, {"robots_env", "robots_file"}, {"folder", "host"})
"""Of each of these a table says one."""


@dataclass(frozen=True)
class Line:
    """One setting of the template."""

    number: int
    table: str
    part: int
    """Which of the notifiers that the table may have."""
    key: str
    offered: bool
    """Whether it is commented."""

    @property
    def id(self) -> str:
        return f"{self.table}.{self.key}:{self.number}"


def template_lines() -> Iterator[Line]:
    table, part = "", 0
    for number, text in enumerate(TEXT.splitlines()):
        if header := HEADER.match(text):
            table, part = header[2], 0
        elif setting := SETTING.match(text):
            part += setting[2] == "notifier"
            yield Line(number, table, part, setting[2], bool(setting[1]))


LINES = list(template_lines())
OFFERED = [line for line in LINES if line.offered]


def needed(line: Line) -> set[str]:
    """The keys of its table without which `line` cannot stand."""
    own = [one for one in LINES if (one.table, one.part) == (line.table, line.part)]
    notifier = next(
        (tomllib.loads(bare(one))["notifier"] for one in own if one.key == "notifier"), ""
    )
    model = BouncesTable if line.table == "bounces" else OPTIONS.get(notifier)
    required = {k for k, f in model.model_fields.items() if f.is_required()} if model else set()
    keys = {one.key for one in own}
    found = {next(k for k in (key, f"{key}_env") if k in keys) for key in required}
    found |= {"notifier"} if notifier else set()
    if line.table == "bounces" and line.key != "folder":
        found.add("host")
    wanted = {line.key, *found}
    if line.table != "sender":
        for key in list(wanted):
            wanted |= TOGETHER.get(key, set()) & keys
    for group in INSTEAD:
        if line.key in group:
            wanted -= group - {line.key}
    return wanted


def bare(line: Line) -> str:
    return TEXT.splitlines()[line.number].removeprefix("# ")


def uncommented(*wanted: Line) -> str:
    """The template with these lines in force; of a table with two notifiers only theirs."""
    numbers = {line.number for line in wanted}
    tables = {line.table for line in wanted}
    parts = {line.table: line.part for line in wanted if line.part}
    written = []
    known = {line.number: line for line in LINES}
    for number, text in enumerate(TEXT.splitlines()):
        header, line = HEADER.match(text), known.get(number)
        if (header and header[2] in tables) or number in numbers:
            written.append(text.removeprefix("# "))
        elif line and not line.offered and parts.get(line.table, line.part) != line.part:
            written.append(f"# {text}")
        else:
            written.append(text)
    return "\n".join(written) + "\n"


def with_needs(line: Line) -> list[Line]:
    wanted = needed(line)
    found = [
        one
        for one in LINES
        if (one.table, one.part) == (line.table, line.part) and one.key in wanted
    ]
    if any(bare(one).startswith('notifier = "smtp"') for one in found):
        found += [one for one in LINES if (one.table, one.key) == ("sender", "address")]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_site_key(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    (tmp_path / "bounces").mkdir()
    return tmp_path


def read(folder: Path, text: str) -> Settings:
    (folder / "site.toml").write_text(text, encoding="utf-8")
    return read_settings(folder, SECRETS)


def set_to(settings: Settings, table: str, key: str) -> Any:
    """What came of a line, in the words of site.toml."""
    if table.startswith("channels."):
        channel = settings.channels[table.removeprefix("channels.")]
        return _secret({**asdict(channel), **channel.options}, key)
    if table == "bounces":
        assert settings.bounces is not None
        return _secret(settings.bounces, key)
    if table == "contact":
        return settings.contact
    if table == "feeds":
        return (
            settings.feed_alarms.hours if key == "alarm_hours" else settings.feed_alarms.whole_day
        )
    return _written(settings, table, key)


def _attribute(whole: str, key: str) -> str:
    """The attribute called as the key, with or without its table, or with a shorter name."""
    names = [field.name for field in fields(Settings)]
    exact = [name for name in (whole, key) if name in names]
    return exact[0] if exact else get_close_matches(whole, names, n=1)[0]


def _written(settings: Settings, table: str, key: str) -> Any:
    value = getattr(settings, _attribute(f"{table}_{key}".strip("_"), key))
    match value:
        case time():
            return f"{value:%H:%M}"
        case ZoneInfo():
            return value.key
        case tuple():
            return list(value)
        case _:
            return value


def _secret(options: Mapping[str, Any], key: str) -> Any:
    stem, _, way = key.rpartition("_")
    return options[stem] if way in ("env", "file") and stem in options else options[key]


def said(line: Line) -> Any:
    """What the template sets, as it must come out."""
    value = tomllib.loads(bare(line))[line.key]
    _, _, way = line.key.rpartition("_")
    if line.key == "whole_day_alarm":
        return feed_alarms(0, value).whole_day
    if line.table == "contact":
        return "某区教育工委党建办王老师（0531-00000000）"
    if way in ("env", "file") and line.key != "ca_file":
        text = SECRETS[value] if way == "env" else FILES[value]
        return text.strip()
    return value


@pytest.mark.parametrize("line", OFFERED, ids=[line.id for line in OFFERED])
def test_each_line_is_read_by_itself(folder: Path, line: Line) -> None:
    settings = read(folder, uncommented(*with_needs(line)))

    assert set_to(settings, line.table, line.key) == said(line)
    assert list(open_notifiers(settings)) == list(settings.channels)


def test_all_lines_are_read_together(folder: Path) -> None:
    both = {"password_file", "robots_env"}  # each is the other way to give a secret
    unchosen = {("channels.email", "folder"), ("bounces", "folder")}
    chosen = [
        line
        for line in OFFERED
        if line.key not in both
        and (line.table, line.key) not in unchosen
        and not (line.table == "channels.email" and line.part == 1)
    ]

    settings = read(folder, uncommented(*chosen))

    assert {line.id: set_to(settings, line.table, line.key) for line in chosen} == {
        line.id: said(line) for line in chosen
    }
    assert list(open_notifiers(settings)) == ["email", "wecom", "wecom_group", "ours"]


def test_the_template_as_it_is_written_is_read(folder: Path) -> None:
    assert read(folder, TEXT).name == "某区党建"


WRONG: Mapping[type, tuple[str, ...]] = {
    str: ("5", "true", "[]", "{}"),
    int: ('"5"', "true", "1.5", "[]"),
    float: ('"5"', "true", "[]"),
    bool: ('"true"', "1", "[]"),
    list: ('"admin@example.cn"', "5", "[5]", '[""]', "{}", "[[]]"),
}


def wrong_values() -> Iterator[Any]:
    for line in LINES:
        kind = type(tomllib.loads(bare(line))[line.key])
        is_float = kind is int and line.key.endswith("_seconds")
        for value in WRONG[float if is_float else kind]:
            yield pytest.param(line, value, id=f"{line.id}={value}")


@pytest.mark.parametrize(("line", "value"), list(wrong_values()))
def test_a_value_of_another_kind_is_a_fault_of_its_line(
    folder: Path, line: Line, value: str
) -> None:
    lines = uncommented(*with_needs(line)).splitlines()
    lines[line.number] = f"{line.key} = {value}"

    with pytest.raises(SettingsError) as caught:
        read(folder, "\n".join(lines) + "\n")

    found = [str(problem) for problem in caught.value.problems]
    assert any(one.startswith(f"site.toml:{line.number + 1}:1: ") for one in found), found
    assert all(re.search(r"[\u4e00-\u9fff]", one) for one in found), found


def test_what_the_settings_know_is_what_the_schema_has() -> None:
    tables = {line.table.partition(".")[0] for line in LINES} - {""}
    top = {line.key for line in LINES if not line.table}

    assert top | tables == set(SiteTable.model_fields)
