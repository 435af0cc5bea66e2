"""What people do on the pages, and who is kept from doing it."""

import re
from http import HTTPStatus

import pytest
from sqlalchemy import select, update

from dj_cadence.store.schema import act, record, token
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, DANA, EVIL, NOW, Browser, District

DONE = {"task": 3, "on": "2026-03-05", "note": ""}


def acts(district: District) -> list[tuple[int, str, str]]:
    with district.database.read() as session:
        found = session.execute(select(act.c.task_id, act.c.kind, act.c.done_by).order_by(act.c.id))
        return [tuple(row) for row in found]


@pytest.mark.parametrize(
    ("person", "key"), [(BOB, "p-bob"), (ALICE, "p-alice"), (CLERK, "p-clerk")]
)
def test_done_is_recorded_under_the_name_of_who_did_it(
    any_district: District, person: int, key: str
) -> None:
    client = any_district.login(person)
    answer = client.send_form("/orgs/S1-1", "/orgs/S1-1/done", **DONE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orgs/S1-1?said=done")
    assert any_district.state(3) == "done"
    assert acts(any_district) == [(3, "done", key)]
    assert "已登记完成。" in client.get("/orgs/S1-1?said=done").text


def test_missed_planned_and_reopened_are_written_down_and_shown(district: District) -> None:
    bob = district.login(BOB)
    for name, fields in (
        ("missed", {"task": 1, "reason": "集体外出学习"}),
        ("planned", {"task": 3, "on": "2026-03-20", "at": "15:00", "place": "会议室"}),
        ("reopen", {"task": 1, "reason": "登记错了"}),
    ):
        assert bob.send_form("/orgs/S1-1", f"/orgs/S1-1/{name}", **fields).status_code == 303, name
    assert acts(district) == [(1, "missed", "p-bob"), (3, "planned", "p-bob"), (1, "undo", "p-bob")]
    assert "3月20日（周五） 15:00，会议室" in bob.get("/orgs/S1-1").text


@pytest.mark.parametrize(
    ("name", "fields", "says"),
    [
        ("done", {"task": 3, "on": "2026-03-13"}, "还没有到"),
        ("done", {"task": 3, "on": "tomorrow"}, "请填写日期"),
        ("done", {"task": 3}, "请填写日期"),
        ("done", {"task": 5, "on": "2025-12-20"}, "没有重复登记"),
        ("missed", {"task": 1, "reason": " "}, "请写明未按期开展的原因"),
        ("planned", {"task": 3, "on": "2026-04-01"}, "不在其中"),
    ],
)
def test_a_refused_act_shows_the_page_again_with_the_reason(
    district: District, name: str, fields: dict[str, object], says: str
) -> None:
    bob = district.login(BOB)
    form = bob.csrf("/orgs/S1-1")
    before = district.contents()
    page = bob.post(f"/orgs/S1-1/{name}", data={"csrf": form} | fields)
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says in page.text
    assert "青禾小学第一党支部" in page.text
    assert district.contents() == before


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        (CHARLIE, "/orgs/S1-1/done", HTTPStatus.NOT_FOUND),
        (CHARLIE, "/orgs/S2/done", HTTPStatus.FORBIDDEN),  # a task of another organization
        (DANA, "/orgs/S1-1/done", HTTPStatus.FORBIDDEN),  # sees it, but may not act below
        (CHARLIE, "/orgs/S1-1/feed", HTTPStatus.NOT_FOUND),
        (DANA, "/orgs/S1-1/feed", HTTPStatus.FORBIDDEN),
        (BOB, "/orgs/S1-1/withdraw", HTTPStatus.NOT_FOUND),  # no such act
    ],
)
def test_an_act_without_the_right_is_refused(
    any_district: District, person: int, path: str, status: HTTPStatus
) -> None:
    client = any_district.login(person)
    form = client.csrf("/")
    before = any_district.contents()
    assert client.post(path, data={"csrf": form} | DONE).status_code == status
    assert any_district.contents() == before


class TestForms:
    def refused(self, client: Browser, fields: dict[str, object], **headers: str) -> bool:
        renamed = {name.replace("_", "-"): value for name, value in headers.items()}
        page = client.post("/orgs/S1-1/done", data=DONE | fields, headers=renamed)
        return page.status_code == HTTPStatus.FORBIDDEN

    def test_a_form_without_its_secret_or_with_another_is_refused(self, district: District) -> None:
        bob, charlie = district.login(BOB), district.login(CHARLIE)
        assert self.refused(bob, {})
        assert self.refused(bob, {"csrf": ""})
        assert self.refused(bob, {"csrf": "é"})
        assert self.refused(bob, {"csrf": charlie.csrf("/")})
        assert district.state(3) == "open"

    def test_a_form_from_a_foreign_page_is_refused(self, district: District) -> None:
        bob = district.login(BOB)
        form = {"csrf": bob.csrf("/")}
        assert self.refused(bob, form, sec_fetch_site="cross-site")
        assert self.refused(bob, form, sec_fetch_site="same-site")
        assert self.refused(bob, form, origin="https://evil.example")
        assert self.refused(bob, form, origin="http://dj.example.org")
        assert district.state(3) == "open"

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "https://dj.example.org"},
            {"origin": "null", "sec_fetch_site": "same-origin"},  # a page without a referrer
            {"origin": "null"},
        ],
    )
    def test_a_form_of_this_site_is_accepted(
        self, district: District, headers: dict[str, str]
    ) -> None:
        bob = district.login(BOB)
        assert not self.refused(bob, {"csrf": bob.csrf("/")}, **headers)
        assert district.state(3) == "done"

    def test_a_form_is_small_plain_and_readable(self, district: District) -> None:
        bob = district.login(BOB)
        kind = {"content-type": "application/x-www-form-urlencoded"}
        path = "/orgs/S1-1/done"
        assert bob.post(path, data={"note": "x" * 70_000}).status_code == 413
        assert bob.post(path, content=b"a=%ff", headers=kind).status_code == 400
        assert bob.post(path, content=b"&".join([b"a=1"] * 201), headers=kind).status_code == 400
        assert bob.post(path, json={"task": 3}).status_code == 415

    def test_markup_written_in_a_form_is_kept_as_text(self, any_district: District) -> None:
        bob = any_district.login(BOB)
        fields = DONE | {"note": f"\x00{EVIL}党日"}
        assert bob.send_form("/orgs/S1-1", "/orgs/S1-1/done", **fields).status_code == 303
        with any_district.database.read() as session:
            assert session.execute(select(record.c.note)).scalar_one() == f"{EVIL}党日"


class TestMessageLink:
    def test_a_link_shows_the_tasks_of_its_message_as_they_stand(
        self, any_district: District
    ) -> None:
        page = any_district.client().get(any_district.link(1)).text
        assert re.findall(r'id="task-(\d+)"', page) == ["2", "3"]
        assert "书记博的任务" in page

    def test_a_link_acts_as_the_person_it_was_sent_to(self, any_district: District) -> None:
        link = any_district.link(1)
        answer = any_district.client().send_form(link, f"{link}/done", **DONE)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{link}?said=done")
        assert acts(any_district) == [(3, "done", "p-bob")]

    def test_a_link_opens_no_task_outside_its_message(self, district: District) -> None:
        link, stranger = district.link(1), district.client()
        for other in (1, 6, 7, 99):
            answer = stranger.send_form(link, f"{link}/done", **(DONE | {"task": other}))
            assert answer.status_code == HTTPStatus.FORBIDDEN, other
        assert acts(district) == []

    def test_a_refusal_shows_the_tasks_again(self, district: District) -> None:
        link = district.link(1)
        page = district.client().send_form(link, f"{link}/done", task=3, on="2026-03-13")
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "还没有到" in page.text

    def test_a_login_ends_with_the_office(self, district: District) -> None:
        page = district.client().get(district.link(3))
        assert page.status_code == HTTPStatus.GONE
        assert "已不由您办理，链接到此为止" in page.text
        assert "主题党日" not in page.text

    def test_looking_at_it_changes_nothing(self, district: District) -> None:
        before = district.contents()
        assert district.client().get(district.link(1)).status_code == HTTPStatus.OK
        assert district.contents() == before

    def test_an_unknown_link_is_not_found_and_an_expired_one_gone(self, district: District) -> None:
        client = district.client()
        assert client.get("/t/" + "A" * 27).status_code == HTTPStatus.NOT_FOUND
        assert client.get(district.link(99)).status_code == HTTPStatus.NOT_FOUND
        with district.database.write() as session:
            session.execute(update(token).values(expires_at=NOW))
        page = client.get(district.link(1))
        assert page.status_code == HTTPStatus.GONE
        assert "失效" in page.text

    def test_a_link_of_one_kind_opens_no_other_door(self, district: District) -> None:
        word = district.link(1).removeprefix("/t/")
        client = district.client()
        assert client.get(f"/login/{word}").status_code == HTTPStatus.NOT_FOUND
        assert client.get(f"/feeds/{word}.ics").status_code == HTTPStatus.NOT_FOUND


class TestLogin:
    def test_looking_at_the_link_does_not_use_it_up(self, district: District) -> None:
        path = district.login_path(BOB)
        before = district.contents()
        page = district.client().get(path)
        assert "以“书记博”登录" in page.text
        assert "set-cookie" not in page.headers
        assert district.contents() == before

    def test_a_login_link_works_once(self, any_district: District) -> None:
        path, first = any_district.login_path(BOB), any_district.client()
        second = any_district.client()
        form = second.csrf(path)
        assert first.send_form(path, path).status_code == 303
        assert second.post(path, data={"csrf": form}).status_code == HTTPStatus.GONE
        assert second.get(path).status_code == HTTPStatus.GONE

    def test_the_cookie_is_for_this_site_and_no_script(self, district: District) -> None:
        path = district.login_path(BOB)
        cookie = district.client().send_form(path, path).headers["set-cookie"]
        assert re.match(r"dj_cadence=[\w-]{43}; ", cookie)
        assert cookie.partition("; ")[2] == (
            "HttpOnly; Max-Age=2592000; Path=/; SameSite=lax; Secure"
        )

    @pytest.mark.parametrize(
        "change",
        [
            lambda c: c[::-1],
            lambda c: c.swapcase(),
            lambda c: c[:-1],
            lambda _: "9" * 5000,
            lambda _: "",
        ],
    )
    def test_a_forged_cookie_is_a_stranger_s(self, district: District, change: object) -> None:
        bob = district.login(BOB)
        forged = change(bob.cookies["dj_cadence"])  # type: ignore[operator]
        stranger = district.client()
        stranger.cookies.set("dj_cadence", forged)
        assert "请用登录链接进入" in stranger.get("/").text

    def test_a_login_ends_after_thirty_days_or_by_leaving(self, district: District) -> None:
        bob = district.login(BOB)
        late = district.later(days=29, hours=23).client()
        late.cookies = bob.cookies
        assert "书记博" in late.get("/").text
        later = district.later(days=30).client()
        later.cookies = bob.cookies
        assert "请用登录链接进入" in later.get("/").text
        assert bob.send_form("/", "/logout").status_code == 303
        assert "请用登录链接进入" in bob.get("/").text


def test_every_page_says_what_browsers_must_not_do(district: District) -> None:
    client = district.client()
    for path in ("/", "/nope", "/orgs/S1", "/static/site.css", district.link(1), "/healthz"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; style-src 'self';"
        )
        assert "script" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        kept = "no-cache" if path.startswith("/static/") else "no-store"
        assert headers["cache-control"] == kept, path


@pytest.mark.parametrize("host", ["evil.example", "dj.example.org.evil.example", "a:b:c", ""])
def test_a_foreign_host_name_gets_no_answer(district: District, host: str) -> None:
    page = district.client().get("/", headers={"host": host})
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert page.text == "请使用本站点设置的网址访问。"


def test_pages_load_nothing_from_elsewhere(district: District) -> None:
    page = district.login(BOB).get("/orgs/S1-1").text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert [a for a in loaded if "//" in a and not a.startswith("webcal://dj.example.org/")] == []
    client = district.client()
    for path in ("/static/pico.min.css", "/static/site.css", "/static/icon.svg"):
        assert path in loaded
        assert client.get(path).status_code == HTTPStatus.OK
    assert client.get("/static/../base.html").status_code == HTTPStatus.NOT_FOUND
