"""Whoever has very much to do reads it page by page, and nothing of it is out of reach."""

import re
from datetime import date

import pytest
from sqlalchemy import select, update

from dj_cadence.entrypoints.web.request_context import CARDS, LINES
from dj_cadence.store.schema import appointment, notice, org, person, task
from tests.world.builder import add
from tests.world.web_district import ALICE, BOB, CHARLIE, District

MANY = 450
MOST_BYTES = 600_000


@pytest.fixture
def crowded(any_district: District) -> District:
    """书记博's branch owes very much, all of it in one message; and 500 branches lie below."""
    with any_district.database.write() as session:
        like = dict(session.execute(select(task).where(task.c.id == 3)).mappings().one())
        said = dict(session.execute(select(notice).where(notice.c.task_id == 3)).mappings().first())
        del said["id"]
        tasks = [
            like | {"id": 100 + n, "period": f"p-{n}", "subject_id": n, "sequence": 100 + n}
            for n in range(MANY)
        ]
        add(session, task, *tasks)
        add(session, notice, *(said | {"task_id": row["id"]} for row in tasks))
        session.execute(update(org).where(org.c.id == 5).values(position=5, subtree_end=505))
        session.execute(update(org).where(org.c.id == 1).values(subtree_end=505))
        named = ({"id": 1000 + n, "code": f"Z{n}", "name": f"支部{n}"} for n in range(500))
        add(session, org, *(row | {"position": row["id"] - 994} for row in named), supervisor_id=5)
        persons = ({"id": 1000 + n, "key": f"z-{n}", "name": f"书记{n}"} for n in range(500))
        add(session, person, *persons)
        held = ({"person_id": 1000 + n, "org_id": 1000 + n} for n in range(500))
        add(session, appointment, *held)
    return any_district


def walked(browser: object, address: str) -> list[str]:
    """The text of each page, following the links to the next."""
    texts, path = [], address
    while True:
        page = browser.get(path)  # type: ignore[attr-defined]
        assert page.status_code == 200
        assert len(page.content) < MOST_BYTES
        texts.append(page.text)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        if not following:
            return texts
        path = following[1]


@pytest.mark.parametrize("where", ["message", "organization"])
def test_every_task_stands_on_one_of_the_pages(crowded: District, where: str) -> None:
    if where == "message":
        texts = walked(crowded.client(), crowded.link(1))
    else:
        texts = walked(crowded.login(BOB), "/orgs/S1-1")
    cards = [re.findall(r'<article class="task" id="task-(\d+)"', text) for text in texts]
    assert max(map(len, cards)) == CARDS
    found = sorted(int(number) for some in cards for number in some)
    assert found == sorted({*found})
    assert set(range(100, 100 + MANY)) <= set(found)
    assert f"第 1 页，共 {len(texts)} 页" in texts[0]


def test_a_task_on_a_later_page_is_recorded_as_any_other(crowded: District) -> None:
    browser, page = crowded.client(), f"{crowded.link(1)}?page=5"
    number = int(re.findall(r'id="task-(\d+)"', browser.get(page).text)[-1])
    sent = browser.send_form(page, f"{crowded.link(1)}/done", task=number, on="2026-03-12")
    assert sent.status_code == 303
    assert crowded.state(number) == "done"


def test_all_that_lies_below_is_reached(crowded: District) -> None:
    texts = walked(crowded.login(CHARLIE), "/orgs/S2")
    below = [re.findall(r'<li><a href="/orgs/(Z\d+)"', text) for text in texts]
    assert [len(some) for some in below] == [LINES, LINES, 100]
    assert {code for some in below for code in some} == {f"Z{n}" for n in range(500)}


def test_the_list_of_whom_to_call_has_pages(crowded: District) -> None:
    texts = walked(crowded.login(CHARLIE), "/orgs/S2/people")
    called = [name for text in texts for name in re.findall(r"<td>(书记\d+)</td>", text)]
    assert sorted(called) == sorted(f"书记{n}" for n in range(500))
    assert "需电话通知人员 <small>501</small>" in texts[0]


def test_a_large_start_page_has_pages(crowded: District, monkeypatch: pytest.MonkeyPatch) -> None:
    with crowded.database.write() as session:
        session.execute(update(org).where(org.c.id >= 1000).values(supervisor_id=None))
        rows = [{"person_id": ALICE, "org_id": 1000 + n} for n in range(500)]
        add(session, appointment, *rows, since=date(2026, 1, 1))
    texts = walked(crowded.login(ALICE), "/")
    codes = [
        code for text in texts for code in re.findall(r'class="name" href="/orgs/([^"]+)"', text)
    ]
    assert len(codes) == len(set(codes)) == 503
    assert len(texts) == 2
    assert all("<span>组织 <b>503</b></span>" in text for text in texts)


def test_a_page_that_does_not_exist_leads_back(crowded: District) -> None:
    page = crowded.login(BOB).get("/orgs/S1-1?page=900")
    assert page.status_code == 200
    assert 'rel="prev" href="/orgs/S1-1?page=5"' in page.text
    assert 'rel="next"' not in page.text
