"""More readers than workers: a short queue, and for the others 503 at once."""

import asyncio
import threading

import pytest
from sqlalchemy import update

from dj_cadence.entrypoints.web import app, workers
from dj_cadence.entrypoints.web.workers import RETRY_AFTER, Busy, Workers
from dj_cadence.store.core.database import open_beside
from dj_cadence.store.schema import task
from tests.world.web_district import District

SORRY = "现在打开网页的人太多"


def test_beyond_the_queue_nobody_waits() -> None:
    async def ask() -> list[object]:
        gate, few = threading.Event(), Workers(at_once=2, queue=3)
        asked = [asyncio.create_task(few.run(gate.wait)) for _ in range(9)]
        await asyncio.sleep(0)
        refused = [task for task in asked if task.done()]
        gate.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(task.exception()) for task in refused] == [Busy] * 4
        return answers

    answers = asyncio.run(ask())
    assert answers[:5] == [True] * 5
    assert [type(answer) for answer in answers[5:]] == [Busy] * 4


def test_the_queue_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.05)

    async def ask() -> list[object]:
        gate, one = threading.Event(), Workers(at_once=1, queue=5)
        first = asyncio.create_task(one.run(gate.wait))
        waiting = [asyncio.create_task(one.run(lambda: None)) for _ in range(3)]
        left = await asyncio.gather(*waiting, return_exceptions=True)
        gate.set()
        return [*left, await first]

    answers = asyncio.run(ask())
    assert [type(answer) for answer in answers[:3]] == [Busy] * 3
    assert answers[3] is True, "what is being made is waited for"


@pytest.mark.parametrize("path", ["/", "/orgs/S1-1", "/t/any", "/feeds/any.ics", "/login/any"])
def test_a_503_says_why_and_when_to_come_again(
    district: District, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    nobody = Workers(at_once=1, queue=-1)
    monkeypatch.setattr(app, "Workers", lambda *at_once: Workers(*at_once) if at_once else nobody)
    client = district.client()

    turned_away = client.get(path)

    assert turned_away.status_code == 503
    assert turned_away.headers["retry-after"] == str(RETRY_AFTER)
    assert SORRY in turned_away.text
    assert turned_away.headers["cache-control"] == "no-store"
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 200


def test_a_database_that_is_held_up_is_no_error_either(
    any_district: District, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act waits for its turn as long as somebody looks at a page, and is not half done."""
    monkeypatch.setattr("dj_cadence.store.core.database.READER_SECONDS", 1)
    url = any_district.database.engine.url.render_as_string(hide_password=False)
    beside = open_beside(url, 2)
    district = any_district.over(beside)
    bob = district.login(3)
    form = {"csrf": bob.csrf("/orgs/S1-1"), "task": "3", "on": "2026-03-12", "seen": "0"}
    before = any_district.contents()
    with any_district.database.write() as session:
        session.execute(update(task).values(amount=task.c.amount))
        answer = bob.post("/orgs/S1-1/done", data=form)
        looked = bob.get("/orgs/S1-1")
    beside.close()
    assert answer.status_code == 503
    assert SORRY in answer.text
    assert looked.status_code == 200, "a reader waits for no writer"
    assert any_district.contents() == before
