"""site.toml: the settings it gives, and every fault with its place."""

import stat
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel

from dj_cadence.bootstrap import render_settings
from dj_cadence.errors import Refused
from dj_cadence.settings import ChannelSettings, Settings, SettingsError
from dj_cadence.settings.reading import read_settings
from dj_cadence.settings.schema import OPTIONS, BouncesTable, SiteTable
from dj_cadence.settings.site_key import make_site_key
from dj_cadence.transport.robot_list import parse_robots
from tests.world import ROOT

TEMPLATE = ROOT / "templates" / "site" / "site.toml"
REFERENCE = ROOT / "docs" / "reference" / "settings.md"
NOTIFIERS = "dingtalk_robot、feishu_robot、maildir、smtp、webhook、wecom_app、wecom_robot"
SMTP = """\
[sender]
address = "dangjian@example.cn"
[channels.email]
notifier = "smtp"
host = "smtp.example.cn"
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    make_site_key(tmp_path)
    return tmp_path


def read(site: Path, text: str, **environ: str) -> Settings:
    (site / "site.toml").write_text(text, encoding="utf-8")
    return read_settings(site, environ)


def faults(site: Path, text: str, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read(site, text, **environ)
    assert str(caught.value) == "\n".join(map(str, caught.value.problems))
    return [str(problem) for problem in caught.value.problems]


def test_an_empty_file_gives_the_defaults(site: Path) -> None:
    assert read(site, "") == Settings(
        folder=site,
        name="党建节拍",
        time_zone=ZoneInfo("Asia/Shanghai"),
        database=f"sqlite:///{site}/dj-cadence.db",
        send_at=time(8, 30),
        web_address="http://127.0.0.1:8000",
        sender_name="党建节拍",
        sender_address="dj-cadence@localhost",
        channels={"email": ChannelSettings("email", "maildir", {"folder": "maildir"})},
        local_administrator=False,
        key=(site / "site.key").read_text().strip().encode(),
    )


def test_everything_can_be_said(site: Path) -> None:
    (site / "notifiers").mkdir()
    (site / "notifiers" / "pigeon.py").write_text("")
    (site / "ca.pem").write_text("")

    settings = read(
        site,
        """\
name = "某区教育工委"
time_zone = "Asia/Urumqi"
database = "postgresql+psycopg://dangjian@127.0.0.1/dangjian"
send_at = "07:45"

[web]
address = "https://dangjian.example.cn/jiepai/"
local_administrator = false

[evidence]
megabytes_per_organization = 20

[sender]
name = "党建提醒"
address = "dangjian@example.cn"

[channels.pigeon]
notifier = "pigeon"
loft = "北楼"
api_token_env = "PIGEON"

[channels.email]
notifier = "smtp"
host = "smtp.example.cn"
port = 2525
security = "tls"
username = "dangjian"
password_env = "MAIL"
ca_file = "ca.pem"
timeout_seconds = 10
""",
        MAIL="geheim",
        PIGEON="gurr",
    )

    assert settings.name == "某区教育工委"
    assert settings.time_zone == ZoneInfo("Asia/Urumqi")
    assert settings.database == "postgresql+psycopg://dangjian@127.0.0.1/dangjian"
    assert settings.send_at == time(7, 45)
    assert settings.web_address == "https://dangjian.example.cn/jiepai"
    assert not settings.local_administrator
    assert settings.evidence_megabytes == 20
    assert (settings.sender_name, settings.sender_address) == ("党建提醒", "dangjian@example.cn")
    assert list(settings.channels.values()) == [
        ChannelSettings("pigeon", "pigeon", {"loft": "北楼", "api_token": "gurr"}),
        ChannelSettings(
            "email",
            "smtp",
            {
                "host": "smtp.example.cn",
                "port": 2525,
                "security": "tls",
                "username": "dangjian",
                "password": "geheim",
                "ca_file": "ca.pem",
                "timeout_seconds": 10.0,
            },
        ),
    ]
    assert "geheim" not in repr(settings)
    assert settings.key.decode() not in repr(settings)


def test_a_secret_may_stand_in_a_file(site: Path) -> None:
    (site / "mail-password").write_text("geheim\n")

    settings = read(site, SMTP + 'password_file = "mail-password"\n')

    assert settings.channels["email"].options["password"] == "geheim"


def test_a_relative_database_file_lies_in_the_site(site: Path) -> None:
    settings = read(site, 'database = "sqlite:///data/x.db"\n')

    assert settings.database == f"sqlite:///{site}/data/x.db"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('nmae = "x"', ["site.toml:1:1: 不认识 nmae，是否想写“name”？"]),
        ('name = ""', ["site.toml:1:1: 不能为空"]),
        (
            'time_zone = "Asia/Shanghia"',
            ["site.toml:1:1: 没有时区 Asia/Shanghia，是否想写“Asia/Shanghai”？"],
        ),
        ('send_at = "8:30"', ['site.toml:1:1: “8:30”应为时间，如 "08:30"']),
        ("send_at = 8", ['site.toml:1:1: “8”应为时间，如 "08:30"']),
        ('database = "mysql://x"', ["site.toml:1:1: 应以 sqlite:/// 或 postgresql:// 开头"]),
        ('\n[web]\nadress = "http://x"', ["site.toml:3:1: 不认识 adress，是否想写“address”？"]),
        (
            '[web]\naddress = "dangjian.example.cn"',
            ["site.toml:2:1: “dangjian.example.cn”应为网址，如 https://dangjian.example.cn"],
        ),
        (
            '[web]\nlocal_administrator = "maybe"',
            ["site.toml:2:1: 应为 true 或 false，现在是“maybe”"],
        ),
        ('[web]\nlocal_administrator = "yes"', ["site.toml:2:1: 应为 true 或 false，现在是“yes”"]),
        ("[web]\nlocal_administrator = 1", ["site.toml:2:1: 应为 true 或 false，现在是“1”"]),
        ("name = 5", ["site.toml:1:1: 应为文字，现在是“5”"]),
        (SMTP + 'port = "25"', ["site.toml:6:1: 应为整数，现在是“25”"]),
        (SMTP + "port = true", ["site.toml:6:1: 应为整数，现在是“true”"]),
        (SMTP + 'timeout_seconds = "30"', ["site.toml:6:1: 应为数字，现在是“30”"]),
        (SMTP + "password_env = 5", ["site.toml:6:1: 应为文字，现在是“5”"]),
        ('web = "x"', ["site.toml:1:1: 应为一组“键: 值”，现在是“x”"]),
        (
            '[sender]\naddress = "dangjian"',
            ["site.toml:2:1: “dangjian”不是可用的邮箱地址，应如 name@example.cn"],
        ),
        ("[channels]", ["site.toml:1:2: 至少要有一个通道，如 [channels.email]"]),
        ("[channels.email]", ["site.toml:1:2: 缺少 notifier"]),
        (
            '[channels.email]\nnotifier = "smpt"',
            [f"site.toml:2:1: “smpt”不可用，应为 {NOTIFIERS} 之一，是否想写“smtp”？"],
        ),
        (
            '[channels.email]\nnotifier = "smtp"',
            [
                "site.toml:1:1: 用邮件服务器发信时要写发件地址 [sender] address",
                "site.toml:1:2: 缺少 host",
            ],
        ),
        (
            SMTP + 'username = "dangjian"',
            ["site.toml:6:1: 写了 username，就要写 password_env 或 password_file"],
        ),
        ('[sender]\naddress = ""', ["site.toml:2:1: “”不是可用的邮箱地址，应如 name@example.cn"]),
        (SMTP + "port = 70000", ["site.toml:6:1: 不能大于 65535"]),
        (SMTP + 'security = "ssl"', ["site.toml:6:1: “ssl”不可用，应为 starttls、tls、none 之一"]),
        (SMTP + "timeout_seconds = 0", ["site.toml:6:1: 不能小于 1"]),
        (SMTP + 'hots = "x"', ["site.toml:6:1: 不认识 hots，是否想写“host”？"]),
        (SMTP + 'ca_file = "ca.pem"', ["site.toml:6:1: 没有文件 ca.pem"]),
        (
            SMTP + 'password = "geheim"',
            ["site.toml:6:1: 口令不能写在这里，请改用 password_env 或 password_file"],
        ),
        (
            SMTP + 'password_env = "MAIL_PASSWORD"',
            ["site.toml:6:1: 没有设置环境变量 MAIL_PASSWORD，请把口令放在里面"],
        ),
        (
            SMTP + 'password_file = "secret.txt"',
            ["site.toml:6:1: 文件 secret.txt 不存在、读不了或是空的，请把口令写在里面"],
        ),
        (
            '[channels.group]\nnotifier = "wecom_robot"',
            ["site.toml:1:2: 缺少 robots（写 robots_env 或 robots_file）"],
        ),
        (
            '[channels.group]\nnotifier = "wecom_robot"\nrobots = "x"',
            [
                "site.toml:3:1: 口令不能写在这里，请改用 robots_env 或 robots_file",
                "site.toml:3:1: 缺少 robots（写 robots_env 或 robots_file）",
            ],
        ),
        (
            '[channels.ours]\nnotifier = "webhook"\nurl = "example.cn"\nsecret_env = "W"',
            [
                "site.toml:3:1: 应为 https:// 开头的网址",
                "site.toml:4:1: 没有设置环境变量 W，请把口令放在里面",
            ],
        ),
        (
            '[channels."支部群"]\nnotifier = "maildir"',
            ["site.toml:1:2: 通道名“支部群”只能用小写字母、数字和下划线，并以字母开头"],
        ),
        ("[bounces]", ["site.toml:1:2: folder 和 host 要写一个，也只写一个"]),
        ('[bounces]\nhost = "imap.example.cn"', ["site.toml:2:1: 写了 host，就要写 username"]),
        (
            '[bounces]\nhost = "imap.example.cn"\nusername = "dj"',
            ["site.toml:3:1: 写了 username，就要写 password_env 或 password_file"],
        ),
        ('name = "某区\\n党建"', ["site.toml:1:1: 应为一行文字，不能有换行或控制字符"]),
        ('name = "　 "', ["site.toml:1:1: 只有空格，请写上文字"]),
        ('[sender]\nname = "a\\u2028b"', ["site.toml:2:1: 应为一行文字，不能有换行或控制字符"]),
        (
            SMTP.replace("example.cn", "例子.cn", 1),
            ["site.toml:2:1: “dangjian@例子.cn”不是可用的邮箱地址，应如 name@example.cn"],
        ),
        (
            '[sender]\naddress = "dang,jian@example..cn"',
            ["site.toml:2:1: “dang,jian@example..cn”不是可用的邮箱地址，应如 name@example.cn"],
        ),
        (
            'administrators = ["li@例子.cn"]',
            ["site.toml:1:1: “li@例子.cn”不是可用的邮箱地址，应如 name@example.cn"],
        ),
        *(
            (
                f"[web]\naddress = '{text}'",
                [f"site.toml:2:1: “{text}”应为网址，如 https://dangjian.example.cn"],
            )
            for text in (
                "http://[::1",
                "http://dangjian.example.cn:99999",
                "http://dangjian.example.cn:0",
                'http://a"<b>x',
                "http://-..cn",
                "http://:8000",
            )
        ),
        *(
            (
                SMTP.replace("smtp.example.cn", text),
                [f"site.toml:5:1: “{text}”应为主机名，如 smtp.example.cn；端口另写在 port 里"],
            )
            for text in ("smtp.example.cn:465", "smtps://smtp.example.cn", "smtp example.cn")
        ),
        (
            'heartbeat_url = "https://[hc.example.cn/x"',
            ["site.toml:1:1: “https://[hc.example.cn/x”应为网址，以 http:// 或 https:// 开头"],
        ),
        ("name = 党建", ["site.toml:1:8: 不合 TOML 的写法；文字要加英文引号"]),
        ('name = "x"\nname = "y"', ["site.toml:2:1: 这个名称写了两次，请合并成一处"]),
    ],
)
def test_each_fault_is_told_with_its_place(site: Path, text: str, expected: list[str]) -> None:
    assert faults(site, text) == expected


def test_all_faults_are_told_at_once_in_order(site: Path) -> None:
    text = 'name = ""\nsend_at = "25:00"\n' + "# 说明\n" * 8 + '[channels.email]\nnotifier = "smpt"'
    (site / "site.key").write_text("short")

    assert faults(site, text) == [
        "site.key:1:1: 没有站点密钥，或不完整；请从备份恢复，新站点用 dj-cadence init 生成",
        "site.toml:1:1: 不能为空",
        'site.toml:2:1: “25:00”应为时间，如 "08:30"',
        f"site.toml:12:1: “smpt”不可用，应为 {NOTIFIERS} 之一，是否想写“smtp”？",
    ]


def test_two_sources_of_one_secret_are_a_fault(site: Path) -> None:
    text = SMTP + 'password_env = "MAIL"\npassword_file = "secret.txt"\n'

    assert faults(site, text, MAIL="x") == ["site.toml:7:1: password_env、password_file 只能写一个"]


def test_a_secret_is_never_repeated_in_a_fault(site: Path) -> None:
    text = SMTP + 'password = "geheim"\n'

    assert "geheim" not in "".join(faults(site, text))


def test_a_folder_without_a_site_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path, {})

    assert [problem.message for problem in caught.value.problems] == [
        "没有站点密钥，或不完整；请从备份恢复，新站点用 dj-cadence init 生成",
        "没有 site.toml；请先运行 dj-cadence init",
    ]


def test_the_key_is_for_its_owner_alone_and_never_replaced(tmp_path: Path) -> None:
    make_site_key(tmp_path)
    key = (tmp_path / "site.key").read_text()

    assert stat.S_IMODE((tmp_path / "site.key").stat().st_mode) == 0o600
    assert len(key.strip()) == 64
    with pytest.raises(Refused):
        make_site_key(tmp_path)
    assert (tmp_path / "site.key").read_text() == key


def test_two_sites_have_two_keys(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        make_site_key(tmp_path / name)

    assert (tmp_path / "a" / "site.key").read_text() != (tmp_path / "b" / "site.key").read_text()


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8000", "http://localhost:8001", "http://127.9.9.9", "http://[::1]:8"],
)
def test_who_sits_at_this_machine_may_be_the_administrator_of_a_site_of_its_own(
    site: Path, address: str
) -> None:
    text = f'[web]\nlocal_administrator = true\naddress = "{address}"'
    assert read(site, text).local_administrator


@pytest.mark.parametrize(
    "address",
    [
        "https://dangjian.example.cn",
        "http://10.0.0.5:8000",
        "http://0.0.0.0:8000",
        "http://localhost.example.cn",
        "http://127.0.0.1.example.cn/x",
        "http://[2001:db8::1]:8000",
        "http://user@127.1:80",
    ],
)
def test_a_site_that_others_reach_has_no_administrator_without_login(
    site: Path, address: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        read(site, f'[web]\naddress = "{address}"\nlocal_administrator = true')
    [problem] = refused.value.problems
    assert str(problem) == (
        "site.toml:3:1: 网址 address 不是本机的，这里必须是 false：经过反向代理，"
        "人人看上去都在本机，都会成为管理员。请改为 false，用 login-link 命令取得登录链接"
    )


@pytest.mark.parametrize("local_administrator", [True, False])
def test_the_written_file_reads_back_to_the_defaults(
    site: Path, *, local_administrator: bool
) -> None:
    name = 'a "quoted" \\ 名称'
    text = render_settings(name=name, local_administrator=local_administrator, port=8000)
    defaults = read(site, "")

    written = read(site, text)

    assert written.name == written.sender_name == name
    assert written.local_administrator is local_administrator
    for field in ("time_zone", "database", "send_at", "web_address", "sender_address", "channels"):
        assert getattr(written, field) == getattr(defaults, field), field


SECRETS = {"password", "secret", "robots"}


def every_key() -> set[str]:
    """What a site.toml may say; secrets by the ways to give them."""
    keys = {"notifier", "connections", *all_keys(SiteTable), *all_keys(BouncesTable)}
    for options in OPTIONS.values():
        keys |= all_keys(options)
    ways = {f"{secret}_{way}" for secret in SECRETS for way in ("env", "file")}
    return keys - SECRETS | ways


def test_the_written_file_documents_every_key() -> None:
    text = TEMPLATE.read_text(encoding="utf-8").replace("或写 secret_file", "secret_file =")

    assert sorted(k for k in every_key() if f"{k} =" not in text and f"[{k}" not in text) == []


def test_the_reference_documents_every_key_and_notifier() -> None:
    text = REFERENCE.read_text(encoding="utf-8")

    assert sorted(name for name in {*every_key(), *OPTIONS} if f"`{name}`" not in text) == []


def all_keys(model: type[BaseModel]) -> set[str]:
    found = set(model.model_fields)
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= all_keys(field.annotation)
    return found


ROBOTS = """\
# 群机器人
一小支部群 = https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=geheim
二小 支部群=https://oapi.dingtalk.com/robot/send?access_token=geheim SECgeheim
"""


@pytest.mark.parametrize("way", ["env", "file"])
def test_robots_stand_in_many_lines_of_a_secret(site: Path, way: str) -> None:
    (site / "R").write_text(ROBOTS, encoding="utf-8")
    text = f'[channels.group]\nnotifier = "wecom_robot"\nrobots_{way} = "R"\n'

    settings = read(site, text, R=ROBOTS)

    robots = parse_robots(str(settings.channels["group"].options["robots"]))
    assert [(name, robot.secret) for name, robot in robots.items()] == [
        ("一小支部群", ""),
        ("二小 支部群", "SECgeheim"),
    ]
    assert "geheim" not in repr(settings)


@pytest.mark.parametrize(
    ("robots", "said"),
    [
        ("geheim", "第1行应为“群名 = Webhook 地址”，有加签密钥的空一格写在后面"),
        ("群 = https://x/geheim\n群 = https://x/geheim", "第2行的群名“群”写了两次"),
        ("# geheim", "没有写任何机器人"),
    ],
)
def test_a_fault_in_the_robots_repeats_nothing_of_them(site: Path, robots: str, said: str) -> None:
    text = '[channels.group]\nnotifier = "wecom_robot"\nrobots_env = "R"\n'

    assert faults(site, text, R=robots) == [f"site.toml:1:2: {said}"]
