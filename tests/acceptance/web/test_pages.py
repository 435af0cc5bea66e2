"""What each visitor is shown, and that looking changes nothing."""

import re
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus

import pytest
from sqlalchemy import update

from dj_cadence.domain.messages.circuit import Circuit
from dj_cadence.store.delivery import circuits
from dj_cadence.store.schema import notice
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, DANA, EVIL, NOW, District

ESCAPED = "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;"


def organizations(page: str) -> list[str]:
    return re.findall(r'class="name" href="/orgs/([^"]+)"', page)


def test_a_stranger_is_told_how_to_get_in_and_nothing_else(district: District) -> None:
    page = district.client().get("/")
    assert page.status_code == HTTPStatus.OK
    assert "请用登录链接进入" in page.text
    assert "青禾" not in page.text
    assert "/orgs/" not in page.text


@pytest.mark.parametrize("path", ["/orgs/S1-1", "/outbox", "/outbox/1"])
def test_a_stranger_opens_no_page(district: District, path: str) -> None:
    page = district.client().get(path)
    assert page.status_code == HTTPStatus.FORBIDDEN
    assert "没有权限" in page.text
    assert "青禾" not in page.text


@pytest.mark.parametrize(
    ("person", "seen"),
    [
        (CLERK, ["E1", "S1", "S1-1", "S1-2", "S2"]),
        (ALICE, ["S1", "S1-1", "S1-2"]),
        (BOB, ["S1-1"]),
        (CHARLIE, ["S2"]),
    ],
)
def test_everyone_sees_their_own_and_what_lies_below_in_the_tree_order(
    any_district: District, person: int, seen: list[str]
) -> None:
    assert organizations(any_district.login(person).get("/").text) == seen


def test_the_start_page_counts_what_is_owed(district: District) -> None:
    page = district.login(ALICE).get("/").text
    assert re.findall(r"<span>(\w+) <b>(\d+)</b></span>", page) == [
        ("组织", "3"),
        ("待办", "2"),
        ("到期待登记", "1"),
        ("逾期", "1"),
        ("本周到期", "1"),  # the one of 第二党支部, due on Friday
    ]


def test_a_large_tree_is_folded_and_counts_stay_whole(
    district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dj_cadence.entrypoints.web.routes.pages.WHOLE_TREE", 4)
    page = district.login(CLERK).get("/").text
    assert organizations(page) == ["E1", "S1", "S2"]
    assert "组织 <b>5</b>" in page
    assert re.findall(r"<i>(\w+) </i>(\d+)", page) == [
        ("待办", "1"),
        *(("逾期", "1"), ("到期待登记", "1"), ("待办", "2"), ("本周到期", "1")),
        ("待办", "1"),
    ]


def test_an_organization_shows_its_tasks_in_the_order_in_which_they_matter(
    district: District,
) -> None:
    page = district.login(BOB).get("/orgs/S1-1").text
    assert re.findall(r'<article class="task" id="task-(\d+)"', page) == ["1", "2", "3"]
    assert re.findall(r"<h2>(\w+) <small>", page) == ["逾期", "到期待登记", "待办"]
    assert "逾期 41 天" in page
    assert "1月30日（周五）" in page
    assert 'value="2026-03-05"' in page  # the planned day of the one that runs, which is past
    assert page.count("暂定") == 1
    assert "迟 2 天" in page
    assert page.count("登记为未按期开展") == 2


def test_the_reminder_to_a_branch_names_the_branch(district: District) -> None:
    page = district.login(CLERK).get("/orgs/E1").text
    assert "：青禾小学第一党支部" in page


@pytest.mark.parametrize(
    ("person", "code", "status"),
    [
        (CHARLIE, "S1-1", HTTPStatus.NOT_FOUND),
        (CHARLIE, "E1", HTTPStatus.NOT_FOUND),
        (BOB, "S1", HTTPStatus.NOT_FOUND),
        (BOB, "S1-2", HTTPStatus.NOT_FOUND),
        (ALICE, "S1-2", HTTPStatus.OK),
        (DANA, "S1-2", HTTPStatus.OK),
        (CLERK, "no-such", HTTPStatus.NOT_FOUND),
        (CLERK, "%00", HTTPStatus.NOT_FOUND),
    ],
)
def test_a_page_that_may_not_be_seen_is_not_found(
    any_district: District, person: int, code: str, status: HTTPStatus
) -> None:
    page = any_district.login(person).get(f"/orgs/{code}")
    assert page.status_code == status


def test_who_may_look_but_not_act_is_offered_no_form(district: District) -> None:
    page = district.login(DANA).get("/orgs/S1-1").text  # 组织委员 of the 党委 above
    assert re.findall(r'action="([^"]*)"', page) == ["/logout"]


@pytest.mark.parametrize(
    ("person", "messages"),
    [(CLERK, ["3", "2", "1"]), (ALICE, ["3", "1"]), (BOB, ["3", "1"]), (CHARLIE, ["2"])],
)
def test_the_outbox_holds_the_messages_of_the_people_in_sight(
    any_district: District, person: int, messages: list[str]
) -> None:
    page = any_district.login(person).get("/outbox").text
    assert re.findall(r'href="/outbox/(\d+)"', page) == messages


@pytest.mark.parametrize("number", ["1", "3", "0", "77", "-1", "x", "9" * 40])
def test_charlie_reads_no_message_of_others(district: District, number: str) -> None:
    page = district.login(CHARLIE).get(f"/outbox/{number}")
    assert page.status_code == HTTPStatus.NOT_FOUND


def test_a_letter_is_shown_as_it_went_out_to_its_addressee(district: District) -> None:
    page = district.login(BOB).get("/outbox/1").text
    assert f'href="{district.link(1)}"' in page
    assert "sandbox srcdoc=" in page


def test_others_do_not_see_the_link_that_acts_as_the_addressee(district: District) -> None:
    page = district.login(ALICE).get("/outbox/1").text
    assert "请办理" in page
    assert "（链接已失效，或只供收件人使用）" in page
    assert "/t/" not in page
    assert district.link(1) not in page


def test_names_and_letters_are_text_and_never_markup(district: District) -> None:
    alice = district.login(ALICE)
    for path in ("/", "/orgs/S1-2", "/outbox", "/outbox/1"):
        page = alice.get(path).text
        assert ESCAPED in page, path
        assert EVIL not in page, path
        assert "<script" not in page, path


def test_looking_changes_nothing(district: District) -> None:
    alice = district.login(ALICE)
    for path in ("/", "/orgs/S1-1"):  # make the addresses of calendars known, the first time
        alice.get(path)
    before = district.contents()
    for path in ("/", "/orgs/S1-1", "/outbox", "/outbox/1", district.link(1), "/healthz"):
        assert alice.get(path).status_code == HTTPStatus.OK, path
    assert district.contents() == before


@pytest.mark.parametrize(
    ("client", "host", "header", "welcome"),
    [
        ("127.0.0.1", "127.0.0.1:8000", "", True),
        ("::1", "localhost", "", True),
        ("203.0.113.7", "localhost", "", False),
        ("127.0.0.1", "dj.example.org", "", False),  # a foreign name bent to this machine
        ("127.0.0.1", "localhost", "X-Forwarded-For", False),
        ("127.0.0.1", "localhost", "Forwarded", False),
    ],
)
def test_only_who_sits_at_this_machine_is_the_administrator(
    district: District, client: str, host: str, header: str, *, welcome: bool
) -> None:
    headers = {header: "203.0.113.9"} if header else {}
    page = district.client(address=client, host=host).get("/", headers=headers)
    outside = replace(district, context=replace(district.context, on_loopback=False))
    there = outside.client(address=client, host=host).get("/", headers=headers)
    assert 'class="who">管理员' not in there.text  # a daemon that others reach has no such seat
    assert ('class="who">管理员' in page.text) is welcome


def test_health_is_told_from_memory(district: District) -> None:
    """Not from the database, which may be the very thing that fails."""
    with district.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE site RENAME TO gone")
    passes = district.context.passes
    passes.begins()
    passes.ends("", NOW)
    answer = district.client().get("/healthz")
    assert answer.status_code == HTTPStatus.OK
    assert answer.json() == {
        "status": "ok",
        "reason": "",
        "last_tick": "2026-03-12T02:00:00+00:00",
        "last_pass_age_seconds": 0,
    }

    passes.begins()
    passes.ends("pass_failed", NOW + timedelta(minutes=1))
    answer = district.client().get("/healthz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json() == {
        "status": "failing",
        "reason": "pass_failed",
        "last_tick": "2026-03-12T02:00:00+00:00",
        "last_pass_age_seconds": 0,
    }


def test_metrics_are_counts_and_name_nobody(district: District) -> None:
    answer = district.client().get("/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    figures = dict(line.split(" ") for line in answer.text.splitlines() if not line.startswith("#"))
    assert list(figures) == [
        "dj_cadence_messages_due",
        "dj_cadence_messages_sent_total",
        "dj_cadence_messages_failed_total",
        "dj_cadence_channels_shut",
        "dj_cadence_messages_unknown",
        "dj_cadence_oldest_unsent_seconds",
        "dj_cadence_last_tick_timestamp_seconds",
        "dj_cadence_last_pass_age_seconds",
    ]
    assert figures["dj_cadence_last_tick_timestamp_seconds"] == "1773280800"
    assert "青禾" not in answer.text


def test_a_task_tells_whom_it_was_said_to(district: District) -> None:
    bob = district.login(BOB)
    assert 'href="/orgs/S1-1/tasks/1">提醒记录</a>' in bob.get("/orgs/S1-1").text
    with district.database.write() as session:
        session.execute(
            update(notice).where(notice.c.id == 1).values(task_id=1, reminder_step="moved")
        )
    page = bob.get("/orgs/S1-1/tasks/1")
    assert page.status_code == HTTPStatus.OK
    assert "2026-02-27 给书记" in page.text
    assert "已发送" in page.text
    assert bob.get("/orgs/S1-1/tasks/999").status_code == HTTPStatus.NOT_FOUND
    stranger = district.login(CHARLIE).get("/orgs/S1-1/tasks/1")
    assert stranger.status_code == HTTPStatus.NOT_FOUND


def test_a_fault_ends_in_a_page_without_a_trace_of_it(district: District) -> None:
    bob = district.login(BOB)
    with district.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE notice RENAME TO gone")
    page = bob.get(district.link(1))
    assert page.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    assert "系统出错了" in page.text
    assert "Traceback" not in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_shut_channel_stands_on_the_start_page_of_administrators_alone(
    district: District,
) -> None:
    shut = Circuit(
        "email", NOW - timedelta(hours=2), "550 Connection frequency limited", 3, NOW,
        next_try_at=NOW + timedelta(minutes=20), pause_seconds=3600,
    )  # fmt: skip
    with district.database.write() as session:
        assert circuits.save(session, shut)
    settings = replace(district.context.settings, administrators=("p-alice",))
    managed = district.under(settings)

    assert "发不出消息" in managed.login(ALICE).get("/").text
    assert "550 Connection frequency limited" in managed.login(ALICE).get("/").text
    assert "发不出消息" not in managed.login(CLERK).get("/").text
    assert "发不出消息" not in managed.login(BOB).get("/").text


def test_an_ended_link_is_shown_to_nobody(district: District) -> None:
    shown = district.login(BOB)
    for number in (2, 3):
        fields = {"task": number, "on": "2026-03-05" if number == 3 else "2026-03-10"}
        assert shown.send_form("/orgs/S1-1", "/orgs/S1-1/done", **fields).status_code == 303
    later = district.later(days=2).client()
    later.cookies = shown.cookies
    page = later.get("/outbox/1").text

    assert "打开信里的办理链接" not in page
    assert "（链接已失效，或只供收件人使用）" in page
    assert "/t/" not in page
