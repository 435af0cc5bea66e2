"""One suite that every channel has to pass; a channel only says how it is made."""

import logging
import shutil
import ssl
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
import trustme

from dj_cadence.bootstrap import open_notifiers
from dj_cadence.domain.messages.notifier import Audience, Letter, Notifier, Sender, traits
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.notifiers import (
    dingtalk_robot,
    feishu_robot,
    maildir,
    smtp,
    webhook,
    wecom_app,
    wecom_robot,
)
from dj_cadence.settings.reading import read_settings
from dj_cadence.settings.site_key import make_site_key
from tests.world.queue import text_of
from tests.world.servers.chat_server import CORP, KEY, SECRET, ChatServer, chat_server
from tests.world.servers.smtp_server import PASSWORD, USERNAME, Mailbox, login_required, smtp_server

SENDER = Sender("党建节拍", "dj@example.cn")
TIMEOUT = 0.3
LINK = "https://dj.example.cn/t/abc"
BODY_WORD = "主题党日"


@dataclass
class Bench:
    """A channel, and what is at its other end."""

    notifier: Notifier
    to: str
    arrived: Callable[[], list[str]]
    """The texts that came out."""
    behave: Callable[["Bench", str], None]
    """Make the other end behave: refuse (for good), busy, hang, drop; empty: well again."""
    most_bytes: int | None = None
    secrets: tuple[str, ...] = ()

    def letter(self, text: str = f"您有1项待办。\n{LINK}\n· {BODY_WORD}\n") -> Letter:
        return Letter(
            message_id="m1.5eed@example.cn",
            to=self.to,
            to_name="李老师",
            subject="党建提醒",
            text=text,
            html="<p>正文</p>\n",
            date="2026-03-02T08:30:00+08:00",
            form=traits(self.notifier).form,
        )


def _mail_text(content: bytes) -> str:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return text_of(message)


@pytest.fixture
def maildir_bench(tmp_path: Path) -> Bench:
    folder = tmp_path / "maildir"

    def arrived() -> list[str]:
        return [_mail_text(path.read_bytes()) for path in sorted(folder.glob("new/*"))]

    def behave(bench: Bench, mood: str) -> None:
        bench.to = "李老师" if mood == "refuse" else "li@example.cn"
        if mood == "busy":
            shutil.rmtree(folder, ignore_errors=True)
            folder.write_text("a file where the folder should be", encoding="utf-8")
        elif folder.is_file():
            folder.unlink()

    return Bench(maildir.open_notifier({}, SENDER, tmp_path), "li@example.cn", arrived, behave)


@pytest.fixture
def smtp_bench(tmp_path: Path) -> Iterator[Bench]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    mailbox = Mailbox()
    answers = {"": "250 OK", "refuse": "550 5.1.1 no such user", "busy": "451 4.7.1 later"}

    def behave(bench: Bench, mood: str) -> None:
        mailbox.rcpt[bench.to] = answers.get(mood, mood)

    with smtp_server(mailbox, **login_required(context)) as port:
        options = {
            "host": "127.0.0.1",
            "port": port,
            "username": USERNAME,
            "password": PASSWORD,
            "ca_file": "ca.pem",
            "timeout_seconds": TIMEOUT,
        }
        notifier = smtp.open_notifier(options, SENDER, tmp_path)
        taken = lambda: [_mail_text(content) for content in mailbox.taken]  # noqa: E731
        yield Bench(notifier, "li@example.cn", taken, behave, secrets=(PASSWORD,))
        notifier.close()


@pytest.fixture
def services() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


def _chat_bench(services: ChatServer, notifier: Notifier, to: str, most: int | None) -> Bench:
    def behave(_bench: Bench, mood: str) -> None:
        services.mood = mood

    secrets = (KEY, SECRET, "token1", "token2")
    return Bench(notifier, to, lambda: services.texts, behave, most, secrets)


def _robots(services: ChatServer, path: str, secret: str = "") -> Mapping[str, object]:
    robots = f"一小支部群 = {services.url}{path} {secret}\n二小群 = http://127.0.0.1:9/{KEY}"
    return {"robots": robots, "timeout_seconds": TIMEOUT}


@pytest.fixture
def wecom_robot_bench(services: ChatServer, tmp_path: Path) -> Bench:
    options = _robots(services, f"/cgi-bin/webhook/send?key={KEY}")
    notifier = wecom_robot.open_notifier(options, SENDER, tmp_path)
    return _chat_bench(services, notifier, "一小支部群", 2048)


@pytest.fixture
def dingtalk_robot_bench(services: ChatServer, tmp_path: Path) -> Bench:
    options = _robots(services, f"/robot/send?access_token={KEY}", SECRET)
    notifier = dingtalk_robot.open_notifier(options, SENDER, tmp_path)
    return _chat_bench(services, notifier, "一小支部群", 20_000)


@pytest.fixture
def feishu_robot_bench(services: ChatServer, tmp_path: Path) -> Bench:
    options = _robots(services, f"/open-apis/bot/v2/hook/{KEY}", SECRET)
    notifier = feishu_robot.open_notifier(options, SENDER, tmp_path)
    return _chat_bench(services, notifier, "一小支部群", 20_000)


@pytest.fixture
def wecom_app_bench(services: ChatServer, tmp_path: Path) -> Bench:
    options = {
        "corp_id": CORP,
        "agent_id": 1000002,
        "secret": SECRET,
        "api": services.url,
        "timeout_seconds": TIMEOUT,
    }
    notifier = wecom_app.open_notifier(options, SENDER, tmp_path)
    return _chat_bench(services, notifier, "lilaoshi", 2048)


@pytest.fixture
def webhook_bench(services: ChatServer, tmp_path: Path) -> Bench:
    options = {
        "url": f"{services.url}/webhook?key={KEY}",
        "secret": SECRET,
        "timeout_seconds": TIMEOUT,
    }
    notifier = webhook.open_notifier(options, SENDER, tmp_path)
    return _chat_bench(services, notifier, "li", 60_000)


OWN_NOTIFIER = '''\
"""Our gateway for short messages."""

from dj_cadence.transport.chat_text import fit
from dj_cadence.errors import Blame, DeliveryError
from dj_cadence.transport.http import Poster, reply_of


def open_notifier(options, sender, folder):
    return Gateway(options["url"], options["password"])


class Gateway:
    def __init__(self, url, password):
        self._url, self._password = url, password
        self._poster = Poster("短信", 0.3, ("code", "said"))

    def send(self, letter):
        text = fit(letter.text, 500)
        body = {"phone": letter.to, "text": text, "password": self._password}
        answer = self._poster.post(self._url, body)
        if answer.verdict == 4:
            raise DeliveryError("号码不存在", Blame.ADDRESS)
        return reply_of("短信", answer, secrets=[self._password])

    def close(self):
        self._poster.close()
'''


@pytest.fixture
def own_bench(services: ChatServer, tmp_path: Path) -> Bench:
    """A notifier that an operator dropped into the site's own notifiers/."""
    (tmp_path / "notifiers").mkdir()
    (tmp_path / "notifiers" / "gateway.py").write_text(OWN_NOTIFIER, encoding="utf-8")
    (tmp_path / "site.toml").write_text(
        f'[channels.sms]\nnotifier = "gateway"\npassword_env = "SMS"\nurl = "{services.url}/sms"\n',
        encoding="utf-8",
    )
    make_site_key(tmp_path)
    notifiers = open_notifiers(read_settings(tmp_path, {"SMS": SECRET}))
    return _chat_bench(services, notifiers["sms"](), "13800000000", 500)


HTTP = ["wecom_robot", "dingtalk_robot", "feishu_robot", "wecom_app", "webhook", "own"]
NETWORK = ["smtp", *HTTP]
ALL = ["maildir", *NETWORK]
ROBOTS = HTTP[:3]


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    found: Bench = request.getfixturevalue(f"{request.param}_bench")
    yield found
    found.notifier.close()


def every(names: list[str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("bench", names, indirect=True)


def _refusal(bench: Bench, mood: str) -> DeliveryError:
    bench.behave(bench, mood)
    with pytest.raises(DeliveryError) as caught:
        bench.notifier.send(bench.letter())
    return caught.value


@every(ALL)
def test_an_accepted_letter_arrives_and_has_an_answer(bench: Bench) -> None:
    assert bench.notifier.send(bench.letter())

    assert bench.arrived() == [bench.letter().text]


@every(ALL)
def test_a_refusal_for_good_is_told_from_one_for_now(bench: Bench) -> None:
    assert _refusal(bench, "refuse").blame is not Blame.PASSING
    assert _refusal(bench, "busy").blame is not Blame.ADDRESS

    assert bench.arrived() == []
    bench.behave(bench, "")
    bench.notifier.send(bench.letter())
    assert len(bench.arrived()) == 1


@every(NETWORK)
@pytest.mark.parametrize(("mood", "said"), [("hang", "等待超时"), ("drop", "断开了连接")])
def test_silence_and_a_lost_connection_are_passing(bench: Bench, mood: str, said: str) -> None:
    error = _refusal(bench, mood)

    assert said in error.reply
    assert error.blame is Blame.PASSING
    bench.behave(bench, "")
    bench.notifier.send(bench.letter())
    assert len(bench.arrived()) == 1


@every(HTTP)
@pytest.mark.parametrize(
    ("status", "blame"),
    [
        ("301", Blame.PASSING),
        ("400", Blame.CHANNEL),
        ("403", Blame.CHANNEL),
        ("404", Blame.CHANNEL),
        ("408", Blame.PASSING),
        ("413", Blame.LETTER),
        ("429", Blame.CHANNEL),
        ("503", Blame.PASSING),
    ],
)
def test_a_status_alone_strikes_no_address_off(bench: Bench, status: str, blame: Blame) -> None:
    error = _refusal(bench, status)

    assert error.reply.endswith(f"拒收：HTTP {status}")
    assert error.blame is blame


@every(ALL)
def test_too_long_a_list_loses_whole_items_and_says_how_many(bench: Bench) -> None:
    items = [f"· 第{n}小学党支部，主题党日，最迟3月31日" for n in range(1, 1501)]
    text = "\n".join(["您有1500项待办。", LINK, *items, "有疑问请联系县教育工委", ""])

    bench.notifier.send(bench.letter(text))

    (arrived,) = bench.arrived()
    if bench.most_bytes is None:
        assert arrived == text
        return
    lines = arrived.split("\n")
    kept = [line for line in lines if line.startswith("·")]
    assert len(arrived.encode()) <= bench.most_bytes
    assert len(arrived.encode()) > bench.most_bytes * 0.88  # no more is left out than must be
    assert kept == items[: len(kept)]
    assert f"…另有 {1500 - len(kept)} 项" in lines
    assert lines[:2] == ["您有1500项待办。", LINK]
    assert lines[-2:] == ["有疑问请联系县教育工委", ""]


@every(ALL)
def test_a_text_that_is_one_long_line_is_cut_between_characters(bench: Bench) -> None:
    text = "党🚩" * 10_000 + "\n"

    bench.notifier.send(bench.letter(text))

    (arrived,) = bench.arrived()
    assert bench.most_bytes is None or len(arrived.encode()) <= bench.most_bytes
    assert text.startswith(arrived.removesuffix("…"))


@every(ALL)
def test_nothing_secret_gets_out(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen = [repr(bench.notifier), traits(bench.notifier).shown]
    for mood in ("", "refuse", "busy", "drop", "503", "stale"):
        bench.behave(bench, mood)
        try:
            seen.append(bench.notifier.send(bench.letter()))
        except DeliveryError as error:
            seen += [error.reply, repr(error), *traceback.format_exception(error)]
    seen.append(caplog.text)

    told = "\n".join(seen)
    assert [secret for secret in (*bench.secrets, BODY_WORD, "/t/abc") if secret in told] == []


@every(ALL)
def test_closing_twice_ends_nothing_for_good(bench: Bench) -> None:
    bench.notifier.close()
    bench.notifier.send(bench.letter())
    bench.notifier.close()
    bench.notifier.close()
    bench.notifier.send(bench.letter())

    assert len(bench.arrived()) == 2


# --- what only some do ------------------------------------------------------------------------


@every(ROBOTS)
def test_a_robot_speaks_to_a_group_and_is_found_by_name(bench: Bench) -> None:
    told = traits(bench.notifier)

    assert (told.form, told.shown) == (Audience.GROUP, "一小支部群、二小群")
    assert told.limit
    assert (told.limit.messages, told.limit.seconds, told.limit.per_address) == (20, 60, True)
    bench.to = "三小群"
    error = _refusal(bench, "")
    assert (error.reply, error.blame) == ("没有设置群机器人“三小群”", Blame.ADDRESS)


def test_a_wrong_signing_secret_strikes_no_address_off(
    services: ChatServer, tmp_path: Path
) -> None:
    for module, path in (
        (dingtalk_robot, f"/robot/send?access_token={KEY}"),
        (feishu_robot, f"/open-apis/bot/v2/hook/{KEY}"),
    ):
        notifier = module.open_notifier(_robots(services, path, "SECwrong"), SENDER, tmp_path)
        bench = _chat_bench(services, notifier, "一小支部群", None)

        error = _refusal(bench, "")

        assert "sign" in error.reply
        assert error.blame is Blame.CHANNEL
        notifier.close()


def test_signatures_are_those_of_the_services() -> None:
    """The values were computed with `openssl dgst -sha256 -mac HMAC`."""
    assert dingtalk_robot.signature("this is secret", 1772411400000) == {
        "timestamp": "1772411400000",
        "sign": "odrBb3NBDCegrNB7Lh6lZjiDVKoa2RPG1XkeXSyv+iY=",
    }
    assert feishu_robot.signature("this is secret", 1772411400) == {
        "timestamp": "1772411400",
        "sign": "XYNl6xq9iYSN0i/G9AzNHkfVHzBheyDiPGqaCz5LM64=",
    }
    assert webhook.sign(b"this is secret", "1772411400", b'{"id":"m1"}') == (
        "0cfd80a8c4f582829627d378c108545543ddd6fbc3d0ee7965ffe64a51af536e"
    )


def test_the_app_keeps_its_token_until_it_is_stale(
    wecom_app_bench: Bench, services: ChatServer
) -> None:
    notifier, letter = wecom_app_bench.notifier, wecom_app_bench.letter()
    for _ in range(2):
        notifier.send(letter)
        notifier.close()
    assert services.requests.count("/cgi-bin/gettoken") == 1

    services.token_number += 1  # somebody else had a new one made
    notifier.send(letter)

    assert services.requests.count("/cgi-bin/gettoken") == 2
    assert len(services.texts) == 3
    assert services.bodies[0]["enable_duplicate_check"] == 1
    notifier.close()


def test_a_token_is_renewed_once_and_not_for_ever(
    wecom_app_bench: Bench, services: ChatServer
) -> None:
    error = _refusal(wecom_app_bench, "stale")

    assert error.blame is Blame.CHANNEL
    assert services.requests.count("/cgi-bin/message/send") == 2
    wecom_app_bench.notifier.close()


def test_who_does_not_see_the_app_is_left_alone_for_a_while(wecom_app_bench: Bench) -> None:
    error = _refusal(wecom_app_bench, "stranger")

    assert (error.reply, error.blame) == ("企业微信拒收：不是应用可见的成员", Blame.MAILBOX)
    wecom_app_bench.notifier.close()


@pytest.mark.parametrize("account", ["@all", "li|wang", "", "李老师", "li wang"])
def test_an_account_is_one_member_and_nobody_else(
    wecom_app_bench: Bench, services: ChatServer, account: str
) -> None:
    wecom_app_bench.to = account

    assert _refusal(wecom_app_bench, "").blame is Blame.ADDRESS
    assert services.requests == []


def test_a_wrong_secret_of_a_webhook_strikes_no_address_off(
    services: ChatServer, tmp_path: Path
) -> None:
    options = {"url": f"{services.url}/webhook", "secret": "wrong"}
    notifier = webhook.open_notifier(options, SENDER, tmp_path)

    error = _refusal(_chat_bench(services, notifier, "li", None), "")

    assert (error.reply, error.blame) == ("Webhook拒收：HTTP 403", Blame.CHANNEL)
    notifier.close()


def test_a_webhook_may_speak_to_a_group(services: ChatServer, tmp_path: Path) -> None:
    options = {"url": f"{services.url}/webhook", "secret": SECRET, "to_group": True}

    opened = webhook.open_notifier({**options, "per_minute": 30}, SENDER, tmp_path)

    assert traits(opened).form is Audience.GROUP
    assert traits(opened).limit is not None
    assert traits(opened).shown == "127.0.0.1"
