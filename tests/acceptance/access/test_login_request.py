"""Whoever enters their own address gets a link to log in, and nobody learns who has one."""

import email
import re
import sqlite3
from datetime import UTC, datetime, timedelta
from email.policy import default
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import text

from dj_cadence.services.delivery.login_request import request_login
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.operations.tidy import tidy
from dj_cadence.services.site import Site, switch_sending
from tests.world.sites.managed_site import FAR, browser
from tests.world.terminal import NOW, TODAY

LI, LI_PHONE = "li@example.cn", "13800000003"


@pytest.fixture
def sending(planned_site: Site) -> Site:
    """With a first pass behind it, so that what comes now was asked for."""
    switch_sending(planned_site, on=True, today=TODAY)
    tick(planned_site, NOW, owner="w")
    return planned_site


def mails(site: Site) -> list[tuple[str, str]]:
    """(address, text) of each mail about logging in that went out."""
    files = sorted((site.settings.folder / "maildir" / "new").iterdir())
    letters = [email.message_from_bytes(path.read_bytes(), policy=default) for path in files]
    texts = [
        (letter["To"].addresses[0].addr_spec, letter.get_body().get_content(), letter["Subject"])
        for letter in letters
    ]
    return [(to, text) for to, text, subject in texts if "登录链接" in subject]


def ask(site: Site, written: str) -> Response:
    return browser(site, client=FAR).send_form("/", "/login", address=written)


def link(site: Site) -> str:
    """The path of the link in the only mail."""
    [(_, text)] = mails(site)
    found = re.search(r"/login/[\w-]+", text)
    assert found
    return found[0]


@pytest.mark.parametrize(
    "written", [LI, " LI@Example.CN ", "李强 <li@example.cn>", LI_PHONE, "+86 138-0000-0003"]
)
def test_an_address_or_number_of_ones_own_brings_a_link(sending: Site, written: str) -> None:
    ask(sending, written)
    tick(sending, NOW + timedelta(seconds=10), owner="w")

    assert [to for to, _ in mails(sending)] == [LI]
    client, path = browser(sending, client=FAR), link(sending)
    assert "李强，您好" in client.get(path).text
    assert client.send_form(path, path).status_code == 303
    assert "青禾中学第一党支部" in client.get("/").text
    assert client.get(path).status_code == 410


def test_the_answer_is_the_same_whoever_there_is(sending: Site) -> None:
    written = (LI, LI_PHONE, "nobody@example.cn", "13900000000", "李强", "", "@", "%" * 300)
    pages = [ask(sending, address) for address in written]
    answers = {(page.status_code, page.headers["location"], page.text) for page in pages}

    assert len(answers) == 1
    page = browser(sending, client=FAR).get(pages[0].headers["location"]).text
    assert "如果这个邮箱或手机号登记过" in page


@pytest.mark.parametrize(
    "written", ["nobody@example.cn", "", "李强", "B1", "@", "1", "x" * 9999, "a@li@example.cn"]
)
def test_nothing_goes_out_to_anybody_else(sending: Site, written: str) -> None:
    assert request_login(sending, written, FAR, NOW) == 0


def test_an_address_is_written_to_three_times_an_hour_at_most(sending: Site) -> None:
    written = [request_login(sending, LI, f"203.0.113.{n}", NOW) for n in range(6)]

    assert written == [1, 1, 1, 0, 0, 0]
    assert request_login(sending, LI, FAR, NOW + timedelta(hours=1, seconds=1)) == 1


@pytest.mark.parametrize(
    "spelt", ["1:li@example.cn", "<li@example.cn>", "LI@example.cn", " l i@example.cn", LI]
)
def test_however_it_is_spelt_it_is_one_address(sending: Site, spelt: str) -> None:
    for number in range(3):
        request_login(sending, LI, f"203.0.113.{number}", NOW)

    assert request_login(sending, spelt, FAR, NOW) == 0


def test_a_subscriber_of_ipv6_is_one_source(sending: Site) -> None:
    for number in range(30):
        request_login(sending, f"{number}@example.cn", f"2001:db8:1:2::{number:x}", NOW)

    assert request_login(sending, LI, "2001:db8:1:2:ffff::1", NOW) == 0
    assert request_login(sending, LI, "2001:db8:1:3::1", NOW) == 1


def test_while_nothing_is_sent_no_link_is_written(planned_site: Site) -> None:
    assert request_login(planned_site, LI, FAR, NOW) == 0


def test_a_link_asked_for_before_midnight_comes_after_it(sending: Site) -> None:
    midnight = datetime(2026, 11, 23, 16, tzinfo=UTC)  # of Monday
    tick(sending, midnight - timedelta(minutes=2), owner="w")
    assert request_login(sending, LI, FAR, midnight - timedelta(seconds=5)) == 1
    tick(sending, midnight + timedelta(seconds=20), owner="w")

    assert [to for to, _ in mails(sending)] == [LI]


def test_what_was_counted_is_forgotten_after_an_hour(sending: Site) -> None:
    request_login(sending, LI, FAR, NOW)
    tidy(sending, NOW + timedelta(hours=1, seconds=1))

    with sending.database.read() as session:
        counted = "SELECT bucket FROM rate_token WHERE bucket LIKE 'login:%'"
        assert session.scalars(text(counted)).all() == []


def test_one_source_asks_thirty_times_an_hour_at_most(sending: Site) -> None:
    for number in range(30):
        request_login(sending, f"{number}@example.cn", FAR, NOW)

    assert request_login(sending, LI, FAR, NOW) == 0
    assert request_login(sending, LI, "198.51.100.1", NOW) == 1


def test_who_holds_no_office_any_more_gets_none(sending: Site) -> None:
    database = sqlite3.connect(sending.settings.folder / "dj-cadence.db")
    with database:
        database.execute("UPDATE appointment SET until = '2026-11-19'")
    database.close()

    assert request_login(sending, LI, FAR, NOW) == 0


def test_a_link_is_over_after_two_hours(sending: Site) -> None:
    ask(sending, LI)
    tick(sending, NOW + timedelta(seconds=10), owner="w")

    late = browser(sending, client=FAR, now=NOW + timedelta(hours=2, seconds=1))
    assert late.get(link(sending)).status_code == 410


def test_the_link_is_not_in_the_database(sending: Site) -> None:
    ask(sending, LI)
    tick(sending, NOW + timedelta(seconds=10), owner="w")

    secret = link(sending).rpartition("/")[2].encode()
    files = [path for path in sending.settings.folder.glob("dj-cadence.db*") if path.is_file()]
    assert all(secret not in path.read_bytes() for path in files)


def test_the_days_one_message_still_comes(sending: Site, tmp_path: Path) -> None:
    """A link that was asked for is no message of the day."""
    before = len(list((sending.settings.folder / "maildir" / "new").iterdir()))
    ask(sending, LI)
    tick(sending, NOW + timedelta(seconds=10), owner="w")
    after = len(list((sending.settings.folder / "maildir" / "new").iterdir()))

    assert after == before + 1


def test_while_nothing_is_sent_the_page_says_whom_to_ask(planned_site: Site) -> None:
    page = browser(planned_site, client=FAR).get("/").text

    assert "本站还没有开始发消息" in page
    assert 'action="/login"' not in page
