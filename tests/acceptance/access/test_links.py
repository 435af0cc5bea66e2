"""For what a message's link acts, until when, by which door an act came in, and its withdrawal."""

from datetime import date, timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import delete, select, update

from dj_cadence.services.explain import explain
from dj_cadence.store.schema import act, appointment, message, notice, slot, task, token
from tests.world.builder import add
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, NOW, TODAY, District

DONE = {"on": "2026-03-05", "seen": "0"}


def add_task(district: District, number: int, org_id: int, duty: str, **values: object) -> int:
    """One more open task of March, like task 3 but of another duty."""
    with district.database.write() as session:
        add(session, slot, id=number)
        named = {"duty": duty, "period": "2026-03", "slot_id": number, "changed_at": NOW}
        add(session, task, named | values, id=number, org_id=org_id)
    return number


def post(district: District, link: str, name: str, **fields: object) -> int:
    """What comes of sending a form to a link, as somebody does who has only the link."""
    stranger = district.client()
    page = stranger.get(link)
    if page.status_code != HTTPStatus.OK:
        return page.status_code
    return stranger.send_form(link, f"{link}/{name}", **fields).status_code


class TestWhatItActsFor:
    def test_no_joint_form_reaches_another_organization(self, any_district: District) -> None:
        """Charlie serves at three; the link is about one task of one of them."""
        with any_district.database.write() as session:
            orgs = ({"org_id": 3}, {"org_id": 4})
            add(session, appointment, *orgs, person_id=CHARLIE, since=date(2020, 1, 1))
        link = any_district.link(2)
        for others in ([3], [6], [3, 6]):
            ticks = {f"also-{one}": "1" for one in others}
            assert post(any_district, link, "done", task=7, **DONE, **ticks) == 403
        assert [any_district.state(n) for n in (3, 6, 7)] == ["open", "open", "open"]
        assert "also-" not in any_district.client().get(link).text

    def test_one_activity_settles_what_counts_together_at_the_same_organization(
        self, any_district: District
    ) -> None:
        with any_district.database.write() as session:
            session.execute(delete(notice).where(notice.c.task_id == 2))
        lecture = add_task(any_district, 20, 3, "party_lecture_branch")
        other = add_task(any_district, 21, 3, "branch_committee_meeting")
        link = any_district.link(1)

        assert 'name="also-20"' in any_district.client().get(link).text
        ticks = {f"also-{other}": "1"}
        assert post(any_district, link, "done", task=3, **DONE, **ticks) == 403
        ticks = {f"also-{lecture}": "1"}
        assert post(any_district, link, "done", task=3, **DONE, **ticks) == 303
        assert [any_district.state(n) for n in (3, lecture, other)] == ["done", "done", "open"]

    def test_an_escalated_task_can_only_be_looked_at(self, any_district: District) -> None:
        """書记爱 of the committee is told that a branch is late, and owes a task of her own."""
        with any_district.database.write() as session:
            session.execute(
                update(notice).where(notice.c.message_id == 1).values(level=1, person_id=ALICE)
            )
            session.execute(update(message).where(message.c.id == 1).values(person_id=ALICE))
        link = any_district.link(1)
        page = any_district.client().get(link)

        assert page.status_code == HTTPStatus.OK
        assert "这是下级组织的事，请督促它办理。" in page.text
        assert 'href="/orgs/S1-1#task-3"' in page.text
        assert "<form" not in page.text
        assert "<button" not in page.text
        form = {"csrf": "x", "task": 3} | DONE
        assert any_district.client().post(f"{link}/done", data=form).status_code == 403

    def test_an_election_below_is_not_recorded_from_above(self, any_district: District) -> None:
        with any_district.database.write() as session:
            session.execute(update(task).where(task.c.id == 3).values(duty="committee_term"))
            session.execute(update(message).where(message.c.id == 1).values(person_id=CLERK))
            session.execute(update(notice).where(notice.c.message_id == 1).values(level=2))
        link = any_district.link(1)
        assert "登记换届" not in any_district.client().get(link).text

    def test_an_old_link_does_not_act_below_after_its_reader_moved_up(
        self, any_district: District
    ) -> None:
        with any_district.database.write() as session:
            session.execute(
                update(appointment).where(appointment.c.person_id == BOB).values(org_id=2)
            )
        link = any_district.link(1)
        assert "<form" not in any_district.client().get(link).text


class TestUntilWhen:
    def test_a_link_ends_when_all_is_settled_and_the_day_is_over(
        self, any_district: District
    ) -> None:
        link = any_district.link(1)
        assert post(any_district, link, "done", task=3, **DONE) == 303
        assert post(any_district, link, "missed", task=2, reason="停课") == 303

        same_day = any_district.later(hours=13)  # 23:00 in Shanghai
        assert same_day.client().get(link).status_code == HTTPStatus.OK
        over = any_district.later(hours=14)
        page = over.client().get(link)
        assert page.status_code == HTTPStatus.GONE
        assert "这条消息里的事都已办结，或已不由您办理，链接到此为止。" in page.text
        form = {"csrf": "x", "task": 3, "reason": "错了"}
        assert over.client().post(f"{link}/reopen", data=form).status_code in (403, 410)

    def test_a_slip_is_taken_back_on_the_same_day(self, any_district: District) -> None:
        link = any_district.link(1)
        assert post(any_district, link, "done", task=3, **DONE) == 303
        assert post(any_district, link, "reopen", task=3, reason="日期错了") == 303
        assert any_district.state(3) == "open"

    @pytest.mark.parametrize("state", ["withdrawn", "waived"])
    def test_a_link_ends_when_its_tasks_are_owed_no_more(
        self, any_district: District, state: str
    ) -> None:
        with any_district.database.write() as session:
            gone = {"state": state, "settled_at": NOW}
            session.execute(update(task).where(task.c.id.in_([2, 3])).values(gone))
        assert any_district.client().get(any_district.link(1)).status_code == HTTPStatus.GONE

    def test_a_link_ends_with_the_office_though_the_task_is_owed(
        self, any_district: District
    ) -> None:
        with any_district.database.write() as session:
            mine = update(appointment).where(appointment.c.person_id == BOB)
            session.execute(mine.values(until=TODAY - timedelta(days=1)))
        assert any_district.client().get(any_district.link(1)).status_code == HTTPStatus.GONE

    @pytest.mark.parametrize("since", [date(2026, 3, 1), date(2026, 2, 1)])
    def test_a_link_ends_when_another_holds_the_office(
        self, any_district: District, since: date
    ) -> None:
        """Bob is 组织委员 now; what he was told as 书记 is his successor's."""
        with any_district.database.write() as session:
            mine = update(appointment).where(appointment.c.person_id == BOB)
            session.execute(mine.values(until=since - timedelta(days=1)))
            for person, office in ((BOB, "组织委员"), (CHARLIE, "书记")):
                held = {"person_id": person, "org_id": 3, "office": office}
                add(session, appointment, held, since=since)
        assert any_district.client().get(any_district.link(1)).status_code == HTTPStatus.GONE

    def test_a_link_about_another_office_stays_with_whom_it_was_sent_to(
        self, any_district: District
    ) -> None:
        """The 党小组长 has no address: the 书记 was told, and records for them."""
        with any_district.database.write() as session:
            session.execute(update(notice).values(office="党小组长"))
            held = {"person_id": CHARLIE, "org_id": 3, "office": "党小组长"}
            add(session, appointment, held, since=date(2020, 1, 1))
        assert post(any_district, any_district.link(1), "done", task=3, **DONE) == 303

    def test_an_old_link_opens_what_is_still_owed_and_nothing_else(
        self, any_district: District
    ) -> None:
        """87 days old, with one task of one organization: the rest of its message is settled."""
        with any_district.database.write() as session:
            settled = {"state": "done", "settled_at": NOW - timedelta(days=80)}
            session.execute(update(task).where(task.c.id == 2).values(settled))
            session.execute(update(token).values(expires_at=NOW + timedelta(days=1)))
        link = any_district.link(1)
        assert post(any_district, link, "reopen", task=2, reason="x") == 403
        assert post(any_district, link, "done", task=1, **DONE) == 403
        assert post(any_district, link, "done", task=3, **DONE) == 303
        with any_district.database.write() as session:
            session.execute(update(token).values(expires_at=NOW))
        assert any_district.client().get(link).status_code == HTTPStatus.GONE


class TestByWhichDoor:
    def test_the_trail_says_link_or_page(self, any_district: District) -> None:
        link = any_district.link(1)
        assert post(any_district, link, "done", task=3, **DONE) == 303
        bob = any_district.login(BOB)
        form = {"task": 2, "reason": "停课"}
        assert bob.send_form("/orgs/S1-1", "/orgs/S1-1/missed", **form).status_code == 303
        with any_district.database.read() as session:
            found = session.execute(select(act.c.task_id, act.c.via).order_by(act.c.id))
            assert [tuple(row) for row in found] == [(3, "link"), (2, "page")]
            zone = any_district.context.settings.time_zone
            rules = any_district.context.catalogue(session)
            told = explain(session, rules, 3, today=TODAY, zone=zone)
        assert "  2026-03-12 书记博（用消息里的链接）：登记完成。" in told
        shown = bob.get("/orgs/S1-1/tasks/3").text
        assert "2026-03-12 书记博（用消息里的链接）：登记完成。" in shown


class TestListedAndWithdrawn:
    def test_each_link_that_acts_is_listed_and_withdrawn_by_itself(
        self, any_district: District
    ) -> None:
        bob, link = any_district.login(BOB), any_district.link(1)
        page = bob.get("/access").text
        assert "消息里的链接 <small>1</small>" in page
        assert "主题党日" in page

        answer = bob.send_form("/access", "/access/link", number=1)
        assert answer.headers["location"] == "/access?said=link"
        assert "链接已撤销" in bob.get("/access?said=link").text
        assert "没有还能用的链接" in bob.get("/access").text
        assert any_district.client().get(link).status_code == HTTPStatus.GONE

    def test_all_links_of_a_person_end_at_once_and_no_other(self, any_district: District) -> None:
        charlie = any_district.login(CHARLIE)
        assert charlie.send_form("/access", "/access/link", number=1).status_code == 303
        assert any_district.client().get(any_district.link(1)).status_code == HTTPStatus.OK
        form = {"person": BOB}
        assert charlie.send_form("/access", "/access/links", **form).status_code == 303
        assert any_district.client().get(any_district.link(1)).status_code == HTTPStatus.OK
        assert any_district.client().get(any_district.link(2)).status_code == HTTPStatus.GONE

    def test_the_administrator_ends_anybody_s(self, district: District) -> None:
        bob = district.login(BOB)
        chair = district.client(address="127.0.0.1", host="localhost")
        assert "书记博" in chair.get("/access").text
        page = f"/access?person={BOB}"
        for what in ("links", "logins"):
            answer = chair.send_form(page, f"/access/{what}", person=BOB)
            assert answer.status_code == 303, answer.text
        assert district.client().get(district.link(1)).status_code == HTTPStatus.GONE
        assert "请用登录链接进入" in bob.get("/").text

    @pytest.mark.parametrize("what", ["nothing", "login", "link"])
    def test_an_unknown_link_cannot_be_ended(self, district: District, what: str) -> None:
        bob = district.login(BOB)
        assert bob.send_form("/access", f"/access/{what}").status_code == HTTPStatus.NOT_FOUND
        assert district.client().get("/access").status_code == HTTPStatus.FORBIDDEN
