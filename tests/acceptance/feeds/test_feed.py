"""The calendar address: what it serves, when it changes, and how it ends."""

import re
from datetime import date, datetime, time
from http import HTTPStatus

import pytest
import segno
from icalendar import Calendar, Event
from sqlalchemy import select, update

from dj_cadence.errors import Refused
from dj_cadence.services.feeds.address import feed_address, rotate
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.store.schema import task, token
from tests.world.web_district import ADDRESS, ALICE, BOB, CHARLIE, DANA, GONE, NOW, TODAY, District

BRANCH = 3


def path_of(district: District, org_id: int = BRANCH) -> str:
    return path_for(district, f"org:{org_id}")


def path_for(district: District, subject: str) -> str:
    address = feed_address(district.database, district.context.settings, subject, NOW)
    return address.removeprefix(ADDRESS)


def feed_on(district: District, day: date, subject: str = f"org:{BRANCH}") -> bytes:
    context = district.context
    now = datetime.combine(day, time(9), context.settings.time_zone)
    return Feeds(context.database, context.settings, context.catalogue).body(subject, now)


def entries(data: bytes) -> dict[str, Event]:
    return {str(entry["UID"]): entry for entry in Calendar.from_ical(data).walk("VEVENT")}


def qr_of(address: str) -> str:
    """The points of the code that a camera reads this address from."""
    code = segno.make(address, micro=False, boost_error=False)
    drawn = code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True)
    return re.findall(r' d="([^"]+)"', drawn)[-1]


def test_every_task_is_one_entry_that_says_how_it_stands(any_district: District) -> None:
    answer = any_district.client().get(path_of(any_district))
    assert answer.status_code == HTTPStatus.OK
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "content-disposition" not in answer.headers
    found = entries(answer.content)
    assert {uid: str(entry["SUMMARY"]) for uid, entry in found.items()} == {
        "task-1@u1.example": "【逾期】主题党日 2026年1月",
        "task-2@u1.example": "【到期待登记】主题党日 2026年2月",
        "task-3@u1.example": "【待办】主题党日 2026年3月",
        "task-4@u1.example": "【待办】主题党日 2026年4月（暂定）",
        "task-9@u1.example": "【已撤回】主题党日 2025年11月",
    }  # task 5 was due before the window
    assert str(found["task-9@u1.example"]["STATUS"]) == "CANCELLED"
    entry = found["task-3@u1.example"]
    assert entry["DTSTART"].dt == date(2026, 3, 5)  # the planned day
    assert found["task-4@u1.example"]["DTSTART"].dt == date(2026, 4, 30)  # due, none planned
    assert int(entry["SEQUENCE"]) == 3
    assert str(entry["DESCRIPTION"]).split("\n")[:3] == [
        "组织：青禾小学第一党支部",
        "计划：2026年3月5日（周四）",
        "最迟：2026年3月31日（周二）",
    ]
    assert str(entry["URL"]) == "https://dj.example.org/orgs/S1-1#task-3"


def test_the_bytes_change_with_the_month_and_not_with_the_day(district: District) -> None:
    first, last = date(2026, 3, 1), date(2026, 3, 31)
    with district.database.write() as session:
        session.execute(update(task).where(task.c.id == 9).values(changed_at=NOW))
    assert feed_on(district, first) == feed_on(district, last)
    assert feed_on(district, date(2026, 4, 1)) != feed_on(district, last)


def test_a_withdrawn_task_is_shown_for_21_days(district: District) -> None:
    gone = "task-9@u1.example"
    with district.database.write() as session:
        changed = datetime(2026, 3, 20, 23, 30, tzinfo=district.context.settings.time_zone)
        session.execute(update(task).where(task.c.id == 9).values(changed_at=changed))
    context = district.context
    feeds = Feeds(context.database, context.settings, context.catalogue)
    for day, is_shown in (
        (date(2026, 3, 20), True),
        (date(2026, 4, 10), True),
        (date(2026, 4, 11), False),
        (date(2026, 4, 30), False),
    ):
        for hour in (0, 9, 23):
            now = datetime.combine(day, time(hour, 59), context.settings.time_zone)
            assert (day, gone in entries(feeds.body(f"org:{BRANCH}", now))) == (day, is_shown)


def test_whoever_has_no_tasks_has_a_calendar_that_says_so(district: District) -> None:
    [entry] = entries(feed_on(district, TODAY, f"person:{GONE}")).values()
    assert str(entry["SUMMARY"]) == "暂无任务"
    assert entry["DTSTART"].dt == date(2026, 3, 1)


class TestUnchanged:
    def tag(self, district: District) -> str:
        return district.client().get(path_of(district)).headers["etag"]

    @pytest.mark.parametrize("header", ["{}", "W/{}", '"x", {}', 'W/"x",W/{} , "y"', "*"])
    def test_the_same_bytes_are_not_sent_again(self, district: District, header: str) -> None:
        tag = self.tag(district)
        assert re.fullmatch('"[0-9a-f]{64}-gzip"', tag)
        known = {"if-none-match": header.format(tag)}
        answer = district.client().get(path_of(district), headers=known)
        assert (answer.status_code, answer.content) == (HTTPStatus.NOT_MODIFIED, b"")
        assert answer.headers["etag"] == tag

    @pytest.mark.parametrize("header", ["", '"x"', "x*", 'W/"x", "y"'])
    def test_another_etag_gets_the_whole_calendar(self, district: District, header: str) -> None:
        answer = district.client().get(path_of(district), headers={"if-none-match": header})
        assert answer.status_code == HTTPStatus.OK

    def test_a_list_may_be_spread_over_lines(self, district: District) -> None:
        tag = self.tag(district)
        known = [("if-none-match", '"x"'), ("if-none-match", tag)]
        wanted = [("accept-encoding", "br"), ("accept-encoding", "gzip")]
        answer = district.client().get(path_of(district), headers=[*known, *wanted])
        assert (answer.status_code, answer.headers["etag"]) == (HTTPStatus.NOT_MODIFIED, tag)

    def test_head_tells_the_same_without_the_bytes(self, district: District) -> None:
        answer = district.client().head(path_of(district))
        assert (answer.status_code, answer.headers["etag"]) == (200, self.tag(district))

    def test_an_act_changes_the_tag(self, district: District) -> None:
        before = self.tag(district)
        district.login(BOB).send_form("/orgs/S1-1", "/orgs/S1-1/done", task=3, on="2026-03-05")
        assert self.tag(district) != before

    def test_bytes_by_gzip_have_a_tag_of_their_own(self, district: District) -> None:
        client, path = district.client(), path_of(district)
        plain = client.get(path, headers={"accept-encoding": "identity"})
        packed = client.get(path, headers={"accept-encoding": "br, gzip;q=0.5"})
        assert "content-encoding" not in plain.headers
        assert packed.headers["content-encoding"] == "gzip"
        assert packed.content == plain.content
        assert packed.headers["etag"] == plain.headers["etag"][:-1] + '-gzip"'
        assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
        assert plain.headers["cache-control"] == "private, no-cache"
        for known, wanted in ((plain, "gzip"), (packed, "gzip;q=0")):
            asked = {"if-none-match": known.headers["etag"], "accept-encoding": wanted}
            assert client.get(path, headers=asked).status_code == HTTPStatus.NOT_MODIFIED

    def test_a_date_stands_in_where_there_is_no_tag(self, district: District) -> None:
        client, path = district.client(), path_of(district)
        changed = client.get(path).headers["last-modified"]
        assert changed == "Thu, 12 Mar 2026 02:00:00 GMT"
        later = district.later(hours=1).client()
        for since, status in (
            (changed, 304),
            ("Thu, 12 Mar 2026 03:00:00 GMT", 304),
            ("Thu, 12 Mar 2026 01:59:59 GMT", 200),
            ("Thu, 12 Mar 2026 02:00:00 -0000", 200),
            ("yesterday", 200),
        ):
            answer = later.get(path, headers={"if-modified-since": since})
            assert (since, answer.status_code) == (since, status)
            assert answer.headers["last-modified"] == changed
        both = {"if-modified-since": changed, "if-none-match": '"x"'}
        assert later.get(path, headers=both).status_code == HTTPStatus.OK

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PROPFIND", "OPTIONS", "TRACE"])
    def test_other_methods_than_get_and_head_are_refused(
        self, district: District, method: str
    ) -> None:
        answer = district.client().request(method, path_of(district))
        assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}

    @pytest.mark.parametrize(
        "name",
        ["if-none-match", "if-modified-since", "accept-encoding", "range", "if-range", "accept"],
    )
    @pytest.mark.parametrize(
        "value",
        [b"", b",", b'"', b"W/", b"\xff\xfe", b";;q==,gzip;q=;", b"x" * 5000, b"0", b"gzip;q=x"],
    )
    def test_no_header_is_a_fault(self, district: District, name: str, value: bytes) -> None:
        answer = district.client().get(path_of(district), headers={name.encode(): value})
        assert answer.status_code == HTTPStatus.OK

    def test_a_reading_is_logged_without_the_address(
        self, district: District, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG", logger="dj_cadence")
        district.client().get(path_of(district))
        assert [r.getMessage() for r in caplog.records] == ["feed_read subject=org:3 status=200"]


class TestOwnCalendar:
    def test_it_stands_on_the_first_page_of_whoever_holds_an_office(
        self, any_district: District
    ) -> None:
        page = any_district.login(BOB).get("/").text
        path = path_for(any_district, f"person:{BOB}")
        assert f'href="webcal://dj.example.org{path}"' in page
        assert qr_of(f"https://dj.example.org{path}") in page
        found = entries(any_district.client().get(path).content)
        assert str(found["task-3@u1.example"]["SUMMARY"]) == (
            "【待办】主题党日 2026年3月 · 青禾小学第一党支部"
        )

    def test_its_owner_alone_changes_the_address(self, any_district: District) -> None:
        bob, alice = (path_for(any_district, f"person:{n}") for n in (BOB, ALICE))
        client = any_district.login(BOB)
        assert client.send_form("/", "/feed").headers["location"] == "/?said=feed#feed"
        assert "旧地址已失效" in client.get("/?said=feed").text
        assert client.get(bob).status_code == HTTPStatus.GONE
        assert client.get(alice).status_code == HTTPStatus.OK
        assert client.get(path_for(any_district, f"person:{BOB}")).status_code == HTTPStatus.OK

    def test_the_administrator_has_none(self, district: District) -> None:
        local = district.client(address="127.0.0.1", host="127.0.0.1")
        page = local.get("/").text
        assert 'id="feed"' not in page
        csrf = local.csrf("/orgs/S1-1")
        assert local.post("/feed", data={"csrf": csrf}).status_code == HTTPStatus.FORBIDDEN


class TestAddress:
    def test_it_stands_on_the_page_and_stays_the_same(self, any_district: District) -> None:
        page = any_district.login(BOB).get("/orgs/S1-1").text
        path = path_of(any_district)
        assert f"https://dj.example.org{path}" in page
        assert f"webcal://dj.example.org{path}" in page
        assert path_of(any_district) == path

    def test_the_database_does_not_hold_it(self, district: District) -> None:
        word = path_of(district).removeprefix("/feeds/").removesuffix(".ics")
        with district.database.read() as session:
            assert all(word not in map(str, row) for row in session.execute(select(token)))

    @pytest.mark.parametrize("person", [BOB, ALICE])
    def test_after_a_change_the_old_one_is_gone(self, any_district: District, person: int) -> None:
        old = path_of(any_district)
        other = path_of(any_district, 4)
        client = any_district.login(person)
        assert client.send_form("/orgs/S1-1", "/orgs/S1-1/feed").status_code == 303
        new = path_of(any_district)
        assert new != old
        gone = client.get(old)
        assert gone.status_code == HTTPStatus.GONE
        assert "失效" in gone.text
        assert client.get(new).status_code == HTTPStatus.OK
        assert client.get(other).status_code == HTTPStatus.OK

    @pytest.mark.parametrize("person", [CHARLIE, DANA])
    def test_others_may_not_change_it(self, district: District, person: int) -> None:
        path, client = path_of(district), district.login(person)
        client.post("/orgs/S1-1/feed", data={"csrf": client.csrf("/")})
        assert client.get(path).status_code == HTTPStatus.OK

    def test_a_guess_finds_nothing(self, district: District) -> None:
        path_of(district)
        for guess in ("A" * 27, "1", "S1-1", "x" * 2000):
            assert district.client().get(f"/feeds/{guess}.ics").status_code == HTTPStatus.NOT_FOUND

    def test_an_organization_that_does_not_exist_has_none(self, district: District) -> None:
        settings = district.context.settings
        with pytest.raises(Refused, match="没有这个组织"):
            feed_address(district.database, settings, "org:99", NOW)
        with district.database.write() as session, pytest.raises(Refused, match="没有这个组织"):
            rotate(session, settings, "org:99", NOW)
