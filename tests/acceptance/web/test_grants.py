"""What only a superior may do on a page: more time, let off, confirm, send back."""

import re
from datetime import date
from http import HTTPStatus

import pytest
from sqlalchemy import select, update

from dj_cadence.store.schema import act, org, task
from tests.world.web_district import ALICE, BOB, CHARLIE, CLERK, DANA, Browser, District

POSTPONE = {"task": 3, "until": "2026-04-10", "reason": "校舍维修"}
WAIVE = {"task": 3, "reason": "支部拟撤并"}
ACCEPT = {"task": 6}
RETURN = {"task": 6, "reason": "缺会议记录"}


@pytest.fixture
def reported(any_district: District) -> District:
    """Task 6, of the second branch, waits for its superior."""
    with any_district.database.write() as session:
        values = {"state": "submitted", "completed_on": date(2026, 3, 11), "amount": 1}
        session.execute(update(task).where(task.c.id == 6).values(**values))
    return any_district


def granted(district: District) -> list[tuple[int, str, str, str]]:
    """(task, act, by whom, why) of everything that was done, in order."""
    columns = (act.c.task_id, act.c.kind, act.c.done_by, act.c.reason)
    with district.database.read() as session:
        return [tuple(row) for row in session.execute(select(*columns).order_by(act.c.id))]


def offered(client: Browser, code: str) -> set[str]:
    """The acts for which a page has forms."""
    page = client.get(f"/orgs/{code}").text
    return set(re.findall(r'action="/orgs/[^/"]+/(\w+)[#"]', page)) - {"feed"}


@pytest.mark.parametrize(("person", "key"), [(ALICE, "p-alice"), (CLERK, "p-clerk")])
def test_a_superior_postpones_a_task(any_district: District, person: int, key: str) -> None:
    client = any_district.login(person)
    answer = client.send_form("/orgs/S1-1", "/orgs/S1-1/postpone", **POSTPONE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/orgs/S1-1?said=postpone")
    page = client.get("/orgs/S1-1?said=postpone").text
    assert "期限已改。" in page
    assert "4月10日（周五）" in page
    assert granted(any_district) == [(3, "postpone", key, "校舍维修")]


def test_a_superior_waives_a_task(any_district: District) -> None:
    alice = any_district.login(ALICE)
    answer = alice.send_form("/orgs/S1-1", "/orgs/S1-1/waive", **WAIVE, sure=1)
    assert answer.headers["location"] == "/orgs/S1-1?said=waive"
    assert any_district.state(3) == "waived"
    assert granted(any_district) == [(3, "waive", "p-alice", "支部拟撤并")]


def test_an_approver_grants_and_does_not_record(any_district: District) -> None:
    with any_district.database.write() as session:
        session.execute(update(org).where(org.c.id == 5).values(approver_id=2))
    alice, form = any_district.login(ALICE), {"task": 7, "on": "2026-03-12", "reason": "迎检"}
    assert offered(alice, "S2") == {"postpone", "waive"}
    done = alice.send_form("/orgs/S2", "/orgs/S2/done", **form)
    assert done.status_code == HTTPStatus.FORBIDDEN
    assert alice.send_form("/orgs/S2", "/orgs/S2/waive", **form, sure=1).status_code == 303
    assert any_district.state(7) == "waived"


def test_a_superior_confirms_a_handed_up_task(reported: District) -> None:
    alice = reported.login(ALICE)
    page = alice.get("/orgs/S1-2").text
    assert "<h2>待上级确认 <small>1</small></h2>" in page
    answer = alice.send_form("/orgs/S1-2", "/orgs/S1-2/accept", **ACCEPT)
    assert answer.headers["location"] == "/orgs/S1-2?said=accept"
    assert reported.state(6) == "done"
    assert granted(reported) == [(6, "accept", "p-alice", "")]


def test_a_superior_sends_a_handed_up_task_back_with_the_reason(reported: District) -> None:
    alice = reported.login(ALICE)
    answer = alice.send_form("/orgs/S1-2", "/orgs/S1-2/return", **RETURN)
    assert answer.headers["location"] == "/orgs/S1-2?said=return"
    assert reported.state(6) == "returned"
    assert granted(reported) == [(6, "return", "p-alice", "缺会议记录")]
    assert "已退回" in alice.get("/orgs/S1-2").text


def test_what_waits_for_a_decision_is_on_the_start_page_of_who_decides(reported: District) -> None:
    alice, bob = reported.login(ALICE), reported.login(BOB)

    page = alice.get("/").text
    assert "<h2>待您确认 <small>1</small></h2>" in page
    assert '<a href="/orgs/S1-2#task-6">' in page
    assert "待您确认" not in bob.get("/").text

    alice.send_form("/orgs/S1-2", "/orgs/S1-2/return", **RETURN)
    assert "待您确认" not in alice.get("/").text
    assert "上级退回，原因：缺会议记录" in alice.get("/orgs/S1-2").text


@pytest.mark.parametrize(
    ("person", "code", "forms"),
    [
        (ALICE, "S1-1", {"done", "missed", "planned", "evidence", "postpone", "waive"}),
        (ALICE, "S1-2", {"accept", "return"}),
        (BOB, "S1-1", {"done", "missed", "planned", "evidence"}),  # the branch's own 书记
        (DANA, "S1-1", set()),  # 组织委员 above: looks only
        (DANA, "S1-2", set()),
    ],
)
def test_only_who_may_grant_is_offered_the_forms(
    reported: District, person: int, code: str, forms: set[str]
) -> None:
    assert offered(reported.login(person), code) == forms


def test_what_a_superior_granted_only_a_superior_is_offered_to_take_back(
    district: District,
) -> None:
    alice, bob = district.login(ALICE), district.login(BOB)
    alice.send_form("/orgs/S1-1", "/orgs/S1-1/waive", **WAIVE, sure=1)

    assert "撤回不再办理的决定" in alice.get("/orgs/S1-1").text
    assert "撤回" not in bob.get("/orgs/S1-1").text
    mistake = {"task": 3, "reason": "看错了支部"}
    assert bob.send_form("/orgs/S1-1", "/orgs/S1-1/reopen", **mistake).status_code == 403
    answer = alice.send_form("/orgs/S1-1", "/orgs/S1-1/reopen", **mistake)
    assert answer.headers["location"] == "/orgs/S1-1?said=reopen"
    assert district.state(3) == "open"


@pytest.mark.parametrize(
    ("name", "fields"),
    [("postpone", POSTPONE), ("waive", WAIVE), ("accept", ACCEPT), ("return", RETURN)],
)
def test_a_grant_without_the_right_is_refused(
    reported: District, name: str, fields: dict[str, object]
) -> None:
    code = "S1-1" if fields["task"] == 3 else "S1-2"
    people = (
        (reported.login(BOB), f"/orgs/S1-1/{name}", HTTPStatus.FORBIDDEN),
        (reported.login(DANA), f"/orgs/{code}/{name}", HTTPStatus.FORBIDDEN),
        (reported.login(ALICE), f"/orgs/S1/{name}", HTTPStatus.FORBIDDEN),  # not of her 党委
        (reported.login(CHARLIE), f"/orgs/{code}/{name}", HTTPStatus.NOT_FOUND),
    )
    form = {id(client): client.csrf("/") for client, _, _ in people}
    before = reported.contents()
    for client, path, status in people:
        answer = client.post(path, data={"csrf": form[id(client)]} | fields)
        assert answer.status_code == status, path
    stranger = reported.client().post(f"/orgs/{code}/{name}", data=fields)
    assert stranger.status_code == HTTPStatus.FORBIDDEN
    assert reported.contents() == before


def test_a_link_in_a_message_grants_nothing(any_district: District) -> None:
    link = any_district.link(1)
    answer = any_district.client().send_form(link, f"{link}/waive", **WAIVE)
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert any_district.state(3) == "open"


@pytest.mark.parametrize(
    ("name", "fields", "says"),
    [
        ("postpone", POSTPONE | {"until": "2026-03-31"}, "截止日本来就是"),
        ("postpone", POSTPONE | {"until": ""}, "请填写日期"),
        ("postpone", POSTPONE | {"reason": ""}, "请写明延期的原因"),
        ("waive", WAIVE | {"reason": " "}, "请写明不再办理的原因"),
        ("accept", {"task": 3}, "没有等待确认的报送"),
    ],
)
def test_a_grant_that_is_refused_says_why(
    district: District, name: str, fields: dict[str, object], says: str
) -> None:
    page = district.login(ALICE).send_form("/orgs/S1-1", f"/orgs/S1-1/{name}", **fields)
    assert page.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert says in page.text
    assert granted(district) == []
