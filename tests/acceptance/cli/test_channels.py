"""channel list and channel test, on a site with every kind of channel."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, update

from dj_cadence.store.core.database import open_database
from dj_cadence.store.schema import address
from tests.world.servers.chat_server import CORP, KEY, SECRET, ChatServer, chat_server
from tests.world.terminal import Terminal, type_command

START = date(2026, 11, 1)
SECRETS = {"APP": SECRET, "HOOK": SECRET, "SMTP": "geheim"}
SETTINGS = """\
[sender]
address = "dj@example.cn"
[channels.email]
notifier = "smtp"
host = "127.0.0.1"
port = 9
username = "dj"
password_env = "SMTP"
per_minute = 100
[channels.wecom]
notifier = "wecom_app"
corp_id = "{corp}"
agent_id = 1000002
secret_env = "APP"
api = "{url}"
[channels.wecom_group]
notifier = "wecom_robot"
robots_file = "wecom"
[channels.dingtalk_group]
notifier = "dingtalk_robot"
robots_file = "dingtalk"
[channels.feishu_group]
notifier = "feishu_robot"
robots_file = "feishu"
[channels.ours]
notifier = "webhook"
url = "{url}/webhook?key={key}"
secret_env = "HOOK"
[channels.outbox]
notifier = "maildir"
[channels.pigeon]
notifier = "pigeon"
"""
PIGEON = """\
def open_notifier(options, sender, folder):
    return Pigeon()
class Pigeon:
    def send(self, letter):
        return f"gurr, {letter.to}"
    def close(self):
        pass
"""


@pytest.fixture
def services() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


@pytest.fixture
def terminal(services: ChatServer, tmp_path: Path) -> Terminal:
    folder = tmp_path / "site"
    assert type_command("init", folder, "--starts-on", START).code == 0
    (folder / "site.toml").write_text(
        SETTINGS.format(url=services.url, corp=CORP, key=KEY), encoding="utf-8"
    )
    for name, path in (
        ("wecom", f"/cgi-bin/webhook/send?key={KEY}"),
        ("dingtalk", f"/robot/send?access_token={KEY} {SECRET}"),
        ("feishu", f"/open-apis/bot/v2/hook/{KEY} {SECRET}"),
    ):
        (folder / name).write_text(f"一小支部群 = {services.url}{path}\n", encoding="utf-8")
    (folder / "notifiers").mkdir(exist_ok=True)
    (folder / "notifiers" / "pigeon.py").write_text(PIGEON, encoding="utf-8")
    return Terminal(folder)


def test_the_list_shows_every_channel_and_no_secret(terminal: Terminal) -> None:
    shown = terminal("channel", "list", environ=SECRETS)
    objects = terminal("channel", "list", "--json", environ=SECRETS).objects

    robot = {"messages": 20, "seconds": 60, "per_address": True}
    assert [
        (one["name"], one["notifier"], one["form"], one["shown"], one["limit"]) for one in objects
    ] == [
        (
            "email",
            "smtp",
            "mail",
            "dj @ 127.0.0.1:9（starttls）",
            {"messages": 100, "seconds": 60, "per_address": False},
        ),
        ("wecom", "wecom_app", "chat", "应用 1000002（ww0123）", None),
        ("wecom_group", "wecom_robot", "group", "一小支部群", robot),
        ("dingtalk_group", "dingtalk_robot", "group", "一小支部群", robot),
        ("feishu_group", "feishu_robot", "group", "一小支部群", robot),
        ("ours", "webhook", "chat", "127.0.0.1", None),
        ("outbox", "maildir", "mail", str(terminal.site / "maildir"), None),
        ("pigeon", "pigeon", "mail", "", None),
    ]
    assert (shown.code, len(shown.lines)) == (0, 9)
    assert "每个地址每分钟20条" in shown.out
    for secret in (KEY, SECRET, "geheim"):
        assert secret not in shown.out + str(objects)


@pytest.mark.parametrize(
    ("channel", "to"),
    [
        ("wecom", "lilaoshi"),
        ("wecom_group", "一小支部群"),
        ("dingtalk_group", "一小支部群"),
        ("feishu_group", "一小支部群"),
        ("ours", "li"),
    ],
)
def test_a_test_message_goes_out_though_sending_is_off(
    terminal: Terminal, services: ChatServer, channel: str, to: str
) -> None:
    answer = terminal("channel", "test", channel, to, environ=SECRETS)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("已送达。对方答复：")
    (text,) = services.texts
    assert "这是一条测试消息。收到即说明渠道可用，无需办理。" in text
    assert text.endswith("2026-11-20 10:00:00\n")


def test_a_channel_of_ones_own_is_tested_alike(terminal: Terminal) -> None:
    stored = terminal("channel", "test", "outbox", "li@example.cn", environ=SECRETS)
    answer = terminal("channel", "test", "pigeon", "li", environ=SECRETS)

    assert (stored.code, stored.err) == (0, "")

    assert (answer.code, answer.out) == (0, "已送达。对方答复：gurr, li\n")


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        ("refuse", "没有送达（对方说没有这个地址）：企业微信拒收：93000 "),
        ("busy", "没有送达（对方拒绝的是本站，与地址无关）：企业微信拒收：45009 "),
        ("drop", "没有送达（过一会儿可以再试）：企业微信：对方断开了连接"),
    ],
)
def test_a_test_message_that_fails_is_told_with_its_reason(
    terminal: Terminal, services: ChatServer, mood: str, said: str
) -> None:
    services.mood = mood

    answer = terminal("channel", "test", "wecom_group", "一小支部群", environ=SECRETS)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(said)
    assert KEY not in answer.err


def test_a_name_that_is_no_channel_is_told_the_nearest(terminal: Terminal) -> None:
    answer = terminal("channel", "test", "wecom_grup", "x", environ=SECRETS)

    assert (answer.code, answer.err) == (1, "没有名为“wecom_grup”的通道，是否想写“wecom_group”？\n")


def test_an_address_that_works_again_is_good_again(terminal: Terminal, tmp_path: Path) -> None:
    roster = tmp_path / "people.csv"
    (tmp_path / "orgs.csv").write_text("组织代码,组织名称,类别\nA,第一小学党支部,党支部\n")
    roster.write_text("组织代码,职务,姓名,其他渠道\nA,书记,李老师,wecom_group=一小支部群\n")
    assert terminal("roster", "import", tmp_path / "orgs.csv", roster, environ=SECRETS).code == 0
    database = open_database(f"sqlite:///{terminal.site}/dj-cadence.db")
    with database.write() as session:
        session.execute(update(address).values(state="bad", reason="93000"))

    counted = terminal("channel", "list", "--json", environ=SECRETS).objects[2]
    assert terminal("channel", "test", "wecom_group", "一小支部群", environ=SECRETS).code == 0

    assert (counted["addresses"], counted["bad_addresses"]) == (0, 1)
    with database.read() as session:
        found = session.execute(select(address.c.state, address.c.reason)).all()
    database.engine.dispose()
    assert [tuple(row) for row in found] == [("ok", "")]


def test_a_channel_of_ones_own_that_does_not_open_is_named(terminal: Terminal) -> None:
    own = terminal.site / "notifiers" / "pigeon.py"
    own.write_text("def open_notifier(options, sender, folder):\n    return options['loft']\n")

    answer = terminal("channel", "list", environ=SECRETS)

    assert (answer.code, answer.err) == (
        1,
        "[channels.pigeon]：pigeon 用不了这些设置（KeyError）。请核对 site.toml。\n",
    )
