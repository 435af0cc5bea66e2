"""Logins on the server: ended by leaving, by the page, by age, and with the office."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from http import HTTPStatus

from sqlalchemy import func, select, update
from starlette.requests import Request

from dj_cadence.entrypoints.web.session import device
from dj_cadence.errors import Refused
from dj_cadence.services.access.link_tokens import ExpiredLink, use_login_link
from dj_cadence.services.delivery import log
from dj_cadence.services.feeds.address import feed_address, rotate
from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import appointment, feed, login, message, record, token
from dj_cadence.store.site.logins import tidy
from tests.world.web_district import ALICE, BOB, NOW, TODAY, Browser, District

PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile MicroMessenger/8.0"


def copy_of(district: District, browser: Browser) -> Browser:
    """Another browser with the same cookie."""
    other = district.client()
    other.cookies = browser.cookies
    return other


def is_out(browser: Browser) -> bool:
    return "请用登录链接进入" in browser.get("/").text


def test_leaving_ends_it_on_the_server_too(any_district: District) -> None:
    bob, other = any_district.login(BOB), any_district.login(BOB)
    stolen = copy_of(any_district, bob)
    assert not is_out(stolen)
    assert bob.send_form("/", "/logout").status_code == 303
    assert is_out(stolen)
    assert not is_out(other)


def test_a_new_login_in_the_same_browser_ends_the_old_one(any_district: District) -> None:
    bob = any_district.login(BOB)
    stolen = copy_of(any_district, bob)
    path = any_district.login_path(BOB)
    assert bob.send_form(path, path).status_code == 303
    assert is_out(stolen)
    assert not is_out(bob)


def test_devices_are_listed_and_ended(any_district: District) -> None:
    bob, path = any_district.login(BOB), any_district.login_path(BOB)
    phone = any_district.client()
    phone.headers["user-agent"] = PHONE
    assert phone.send_form(path, path).status_code == 303
    third = any_district.login(BOB)

    page = bob.get("/access").text
    assert "已登录的设备 <small>3</small>" in page
    assert "安卓手机·微信" in page
    assert "2026-03-12 10:00" in page
    with any_district.database.read() as session:
        [number] = session.scalars(select(login.c.id).where(login.c.device == "安卓手机·微信"))
    assert bob.send_form("/access", "/access/login", number=number).status_code == 303
    assert (is_out(phone), is_out(third), is_out(bob)) == (True, False, False)
    assert bob.send_form("/access", "/access/logins").status_code == 303
    assert (is_out(third), is_out(bob)) == (True, False)


def test_nobody_ends_another_s_login(any_district: District) -> None:
    bob, alice = any_district.login(BOB), any_district.login(ALICE)
    with any_district.database.read() as session:
        [number] = session.scalars(select(login.c.id).where(login.c.person_id == BOB))
    assert alice.send_form("/access", "/access/login", number=number).status_code == 303
    assert not is_out(bob)


def test_a_login_ends_with_the_office_for_good(any_district: District) -> None:
    bob = any_district.login(BOB)
    mine = update(appointment).where(appointment.c.person_id == BOB)
    with any_district.database.write() as session:
        session.execute(mine.values(until=TODAY - timedelta(days=1)))
    assert is_out(bob)
    with any_district.database.write() as session:
        tidy(session, TODAY, NOW)
        session.execute(mine.values(until=date(2030, 1, 1)))
    assert is_out(bob)  # a later office is a new login
    path = any_district.login_path(BOB)
    with any_district.database.write() as session:
        session.execute(mine.values(until=TODAY - timedelta(days=1)))
    refused = any_district.client().send_form(path, path)
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "您目前没有担任职务，不能登录。" in refused.text


def test_when_it_was_used_last_is_written_down_now_and_then(any_district: District) -> None:
    bob = any_district.login(BOB)

    def seen() -> list[object]:
        with any_district.database.read() as session:
            return list(session.scalars(select(login.c.seen_at)))

    for minutes, last in ((14, 0), (15, 15), (29, 15), (31, 31)):
        copy_of(any_district.later(minutes=minutes), bob).get("/")
        assert seen() == [NOW + timedelta(minutes=last)], minutes


def test_ended_logins_are_deleted_after_a_while(any_district: District) -> None:
    bob = any_district.login(BOB)
    assert bob.send_form("/", "/logout").status_code == 303
    for days, left in ((89, 1), (91, 0)):
        with any_district.database.write() as session:
            tidy(session, TODAY, NOW + timedelta(days=days))
            assert session.scalar(select(func.count()).select_from(login)) == left


def test_a_form_of_one_login_is_worth_nothing_in_another(any_district: District) -> None:
    first, second = any_district.login(BOB), any_district.login(BOB)
    form = {"csrf": first.csrf("/"), "task": 3, "on": "2026-03-05"}
    assert second.post("/orgs/S1-1/done", data=form).status_code == HTTPStatus.FORBIDDEN


def test_a_browsers_name_is_read_from_its_user_agent() -> None:
    def said(agent: str) -> str:
        headers = [(b"user-agent", agent.encode())]
        return device(Request({"type": "http", "headers": headers}))

    assert said(PHONE) == "安卓手机·微信"
    assert (
        said("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537 Edg/120") == "Windows 电脑·Edge"
    )
    assert said("Mozilla/5.0 (iPhone; CPU) Safari/604.1") == "苹果手机·Safari"
    assert said("") == said("<script>") == "没有说明的设备"


# --- at once ------------------------------------------------------------------------------------


def at_once(number: int, do: Callable[[], object]) -> list[object]:
    """What comes of doing the same from so many threads; an exception is what came of it."""

    def one(_n: int) -> object:
        try:
            return do()
        except ExpiredLink as error:
            return error

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


def in_one(database: Database, do: Callable[..., object], *given: object) -> object:
    with database.write() as session:
        return do(session, *given)


def test_of_eight_that_send_a_login_link_one_is_let_in(any_district: District) -> None:
    path = any_district.login_path(BOB)
    browsers = [any_district.client() for _ in range(8)]
    forms = [browser.csrf(path) for browser in browsers]
    waiting = iter(list(zip(browsers, forms, strict=True)))

    def send() -> int:
        browser, form = next(waiting)
        return browser.post(path, data={"csrf": form}).status_code

    assert sorted(at_once(8, send), key=str) == [303, *[410] * 7]
    with any_district.database.read() as session:
        assert session.scalar(select(func.count()).select_from(login)) == 1


def test_a_spent_link_is_spent_whatever_the_transactions(any_district: District) -> None:
    word = any_district.login_path(BOB).removeprefix("/login/")
    found = at_once(8, lambda: in_one(any_district.database, use_login_link, word, NOW))
    assert [one for one in found if one == BOB] == [BOB]
    assert sum(isinstance(one, ExpiredLink) for one in found) == 7


def test_a_calendar_address_changed_eight_times_at_once_leaves_one(any_district: District) -> None:
    settings, subject = any_district.context.settings, "org:3"
    feed_address(any_district.database, settings, subject, NOW)
    found = at_once(8, lambda: in_one(any_district.database, rotate, settings, subject, NOW))

    with any_district.database.read() as session:
        valid = select(func.count()).where(token.c.purpose == "feed", token.c.revoked_at.is_(None))
        assert session.scalar(valid) == 1
        last = session.scalar(select(feed.c.generation))
    assert feed_address(any_district.database, settings, subject, NOW) in found
    assert 2 <= int(last or 0) <= 9


def test_a_form_sent_eight_times_at_once_counts_once(any_district: District) -> None:
    bob = any_district.login(BOB)
    form = {"csrf": bob.csrf("/orgs/S1-1"), "task": 3, "on": "2026-03-05"}
    answers = at_once(8, lambda: bob.post("/orgs/S1-1/done", data=form).status_code)
    assert answers == [303] * 8
    with any_district.database.read() as session:
        assert session.scalar(select(func.count()).select_from(record)) == 1


def test_a_message_is_sent_again_only_as_it_was_seen(any_district: District) -> None:
    """It was claimed meanwhile: to put it back would send it twice."""
    with any_district.database.write() as session:
        session.execute(update(message).where(message.c.id == 1).values(state="gave_up"))
    with any_district.database.read() as session:
        [seen] = session.execute(select(message).where(message.c.id == 1))
    leased = update(message).where(message.c.id == 1).values(state="leased")
    with any_district.database.write() as session:
        session.execute(leased)
        assert not log.send_again(session, seen, TODAY, NOW)
        assert session.scalar(select(message.c.state).where(message.c.id == 1)) == "leased"


def test_a_message_that_is_asked_for_eight_times_at_once_is_one(any_district: District) -> None:
    with any_district.database.write() as session:
        session.execute(update(message).where(message.c.id == 1).values(state="gave_up"))

    def again() -> object:
        try:
            return in_one(any_district.database, log.retry, [1], TODAY, NOW)
        except Refused as error:
            return str(error)

    answers = at_once(8, again)
    assert None in answers
    assert {one for one in answers if one} <= {
        "消息 1 正在发送，或刚刚被改动，没有重发。过一会儿再试。"
    }
    with any_district.database.read() as session:
        rows = session.execute(select(message.c.state).where(message.c.person_id == BOB))
        assert [row.state for row in rows] == ["retry"]
