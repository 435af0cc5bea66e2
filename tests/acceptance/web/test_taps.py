"""Taps that are easily wrong: elections, second taps, countable tasks, days of rest."""

import re
from datetime import date
from http import HTTPStatus

import pytest
from sqlalchemy import func, insert, select, update

from dj_cadence.store.schema import record, slot, start_event, task
from tests.world.web_district import ADDRESS, ALICE, BOB, CHARLIE, NOW, Browser, District

DONE = {"task": 3, "on": "2026-03-05"}


def card(page: str, number: int) -> str:
    """One task's part of a page."""
    return page.partition(f'id="task-{number}"')[2].partition("</article>")[0]


def records(district: District) -> int:
    with district.database.read() as session:
        return session.execute(select(func.count()).select_from(record)).scalar_one()


def change(district: District, **values: object) -> None:
    """Make task 3 another one."""
    with district.database.write() as session:
        session.execute(update(task).where(task.c.id == 3).values(**values))


class TestElection:
    @pytest.fixture
    def term(self, any_district: District) -> District:
        """Task 3 is the election of a branch that last elected on 2023-05-10."""
        elected = {"org_id": 3, "kind": "election", "day": date(2023, 5, 10)}
        elected |= {"current": True, "source": "roster", "recorded_at": NOW, "recorded_by": ""}
        with any_district.database.write() as session:
            written = session.execute(
                insert(start_event).values(**elected).returning(start_event.c.id)
            )
            number = written.scalar_one()
        change(any_district, duty="committee_term", period="term", start_event_id=number)
        return any_district

    @pytest.mark.parametrize("where", ["/orgs/S1-1", "link"])
    def test_its_day_is_asked_for_and_never_guessed(self, term: District, where: str) -> None:
        client = term.client() if where == "link" else term.login(BOB)
        shown = card(client.get(term.link(1) if where == "link" else where).text, 3)
        [field] = re.findall(r'<input type="date" name="on" required max="2026-03-12"[^>]*>', shown)
        assert 'value=""' in field
        assert re.findall(r"<button>(\w+)</button>", shown) == ["登记换届"]
        assert "登记后开始新一届。" in shown

    def test_recording_an_election_begins_a_new_term(self, term: District) -> None:
        bob = term.login(BOB)
        answer = bob.send_form("/orgs/S1-1", "/orgs/S1-1/done", **DONE, sure=1)
        assert answer.headers["location"] == "/orgs/S1-1?said=election"
        assert "新一届从这一天算起" in bob.get("/orgs/S1-1?said=election").text
        assert term.state(3) == "done"

    @pytest.mark.parametrize("where", ["/orgs/S1-1", "link"])
    def test_a_second_tap_is_asked_about_with_its_day(self, term: District, where: str) -> None:
        client = term.client() if where == "link" else term.login(BOB)
        page = term.link(1) if where == "link" else where
        client.get(page)  # which makes the calendar's address
        before = term.contents()
        asked = client.send_form(page, f"{page}/done", **DONE, note="大会选举")
        assert asked.status_code == HTTPStatus.OK
        assert "<strong>3月5日（周四）（2026年）</strong>" in asked.text
        assert "<dt>上次换届</dt><dd>2023年5月10日</dd>" in asked.text
        assert term.contents() == before

        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', asked.text))
        assert fields | {"csrf": ""} == {
            "csrf": "", "sure": "1", "task": "3", "on": "2026-03-05", "note": "大会选举",
        }  # fmt: skip
        answer = client.post(f"{page}/done", data=fields)
        assert answer.headers["location"] == f"{page}?said=election"
        assert term.state(3) == "done"

    def test_a_second_tap_is_not_recorded_as_another_activity(self, term: District) -> None:
        with term.database.write() as session:
            meeting = {"duty": "branch_general_meeting", "period": "2026-Q1"}
            session.execute(update(task).where(task.c.id == 2).values(meeting))
        form = {"task": 2, "on": "2026-03-05", "also-3": "1"}
        page = term.login(BOB).send_form("/orgs/S1-1", "/orgs/S1-1/done", **form)
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "换届请在换届那一项上登记：它的日期要再核对一次。" in page.text
        link = term.link(1)
        by_link = term.client().send_form(link, f"{link}/done", **form)
        assert by_link.status_code == HTTPStatus.FORBIDDEN
        assert term.state(3) == "open"

    def test_a_day_that_cannot_be_is_refused_before_it_is_asked(self, term: District) -> None:
        page = term.login(BOB).send_form("/orgs/S1-1", "/orgs/S1-1/done", task=3, on="2023-05-10")
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "早于这项任务的开始日2023年5月10日（周三），请检查日期。" in page.text

    def test_without_a_day_nothing_happens(self, term: District) -> None:
        page = term.login(BOB).send_form("/orgs/S1-1", "/orgs/S1-1/done", task=3, on="")
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "请填写日期" in page.text
        assert term.state(3) == "open"

    def test_more_than_a_year_needs_a_tick(self, term: District) -> None:
        alice = term.login(ALICE)
        fields = {"task": 3, "until": "2027-05-01", "reason": "学校合并"}
        page = alice.send_form("/orgs/S1-1", "/orgs/S1-1/postpone", **fields, sure=1)
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        ticked = fields | {"confirmed": "1", "sure": "1"}
        answer = alice.send_form("/orgs/S1-1", "/orgs/S1-1/postpone", **ticked)
        assert answer.headers["location"] == "/orgs/S1-1?said=postpone"


def test_a_second_tap_is_as_good_as_one(any_district: District) -> None:
    bob = any_district.login(BOB)
    form = {"csrf": bob.csrf("/orgs/S1-1")} | DONE
    answers = [bob.post("/orgs/S1-1/done", data=form) for _ in range(2)]
    assert [a.headers.get("location") for a in answers] == ["/orgs/S1-1?said=done"] * 2
    assert "已登记完成。" in bob.get(answers[1].headers["location"]).text
    assert records(any_district) == 1


class TestCounted:
    @pytest.fixture
    def counted(self, any_district: District) -> District:
        """Task 3 is due twice, once for each 党小组."""
        with any_district.database.write() as session:
            session.execute(update(slot).where(slot.c.id == 3).values(target=2, unit="组"))
        change(any_district, target=2)
        return any_district

    def tap(self, client: Browser) -> str:
        """Fill in what the form of task 3 shows, and send it."""
        shown = card(client.get("/orgs/S1-1").text, 3)
        [seen] = re.findall(r'name="seen" value="(\d+)"', shown)
        form = DONE | {"csrf": client.csrf("/"), "seen": seen}
        return client.post("/orgs/S1-1/done", data=form).headers["location"]

    def test_each_tap_counts_one_and_the_last_settles(self, counted: District) -> None:
        bob = counted.login(BOB)
        assert self.tap(bob) == "/orgs/S1-1?said=counted"
        assert "1 / 2 组" in card(bob.get("/orgs/S1-1").text, 3)
        assert self.tap(bob) == "/orgs/S1-1?said=done"
        assert counted.state(3) == "done"

    def test_a_second_tap_does_not_count(self, counted: District) -> None:
        bob = counted.login(BOB)
        form = DONE | {"csrf": bob.csrf("/"), "seen": "0"}
        assert bob.post("/orgs/S1-1/done", data=form).status_code == 303
        page = bob.post("/orgs/S1-1/done", data=form)
        assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
        assert "现在是 1 / 2 组" in page.text
        assert (counted.state(3), records(counted)) == ("open", 1)

    def test_hours_are_counted_as_many_as_there_were(self, district: District) -> None:
        with district.database.write() as session:
            session.execute(update(slot).where(slot.c.id == 3).values(target=32, unit="学时"))
        change(district, target=32)
        bob = district.login(BOB)
        assert 'name="amount"' in card(bob.get("/orgs/S1-1").text, 3)
        bob.send_form("/orgs/S1-1", "/orgs/S1-1/done", **DONE, amount="6")
        assert "6 / 32 学时" in card(bob.get("/orgs/S1-1").text, 3)
        page = bob.send_form("/orgs/S1-1", "/orgs/S1-1/done", **DONE, amount="0")
        assert "请填写这次的学时数" in page.text


@pytest.mark.parametrize(
    ("on", "word", "says"),
    [
        ("2026-03-20", "planned", "日期已定。"),
        ("2026-03-21", "rest", "所选日期不是工作日，已按您的安排保存。"),  # a Saturday
        ("2026-03-07", "rest", "所选日期不是工作日，已按您的安排保存。"),
        ("2026-03-06", "past", "所选日期已经过去，已按您的安排保存。"),
    ],
)
def test_an_odd_day_is_kept_with_a_word(district: District, on: str, word: str, says: str) -> None:
    bob = district.login(BOB)
    answer = bob.send_form("/orgs/S1-1", "/orgs/S1-1/planned", task=3, on=on)
    assert answer.headers["location"] == f"/orgs/S1-1?said={word}"
    assert says in bob.get(answer.headers["location"]).text
    with district.database.read() as session:
        kept = session.execute(select(task.c.planned).where(task.c.id == 3)).scalar_one()
    assert kept == date.fromisoformat(on)


class TestWording:
    def test_a_task_that_is_not_there_or_not_theirs(self, district: District) -> None:
        charlie = district.login(CHARLIE)
        for number in (3, 99, "x"):
            page = charlie.send_form("/orgs/S2", "/orgs/S2/done", **(DONE | {"task": number}))
            assert page.status_code == HTTPStatus.FORBIDDEN
            assert "没有这项任务，或不在您的职责范围内。" in page.text

    def test_a_page_that_is_too_old(self, district: District) -> None:
        page = district.login(BOB).post("/orgs/S1-1/done", data=DONE | {"csrf": "old"})
        assert page.status_code == HTTPStatus.FORBIDDEN
        assert "页面放得太久，请刷新后再试。" in page.text

    def test_a_form_of_another_site_is_refused(self, district: District) -> None:
        bob = district.login(BOB)
        form = DONE | {"csrf": bob.csrf("/")}
        page = bob.post("/orgs/S1-1/done", data=form, headers={"sec-fetch-site": "cross-site"})
        assert "不是从本站的页面发出的" in page.text

    def test_a_new_calendar_address_ends_the_old_one(self, district: District) -> None:
        bob = district.login(BOB)
        answer = bob.send_form("/orgs/S1-1", "/orgs/S1-1/feed")
        assert answer.headers["location"] == "/orgs/S1-1?said=feed#feed"
        section = bob.get("/orgs/S1-1?said=feed").text.partition('id="feed"')[2]
        assert "日历地址已更换，旧地址已失效。" in section
        assert re.search(rf'<p class="address">{ADDRESS}/feeds/[\w-]+\.ics</p>', section)
        assert "日历地址已更换" not in bob.get("/orgs/S1-1").text
