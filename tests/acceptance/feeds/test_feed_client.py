"""A real calendar client over real HTTP: vdirsyncer, which phones' programs do not differ from."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from socket import socket
from typing import Any, Self

import aiohttp
import pytest
import uvicorn
from icalendar import Calendar
from sqlalchemy import update
from vdirsyncer.storage.http import HttpStorage

from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.entrypoints.listening import listen
from dj_cadence.entrypoints.web import make_app
from dj_cadence.services.feeds.address import feed_address
from dj_cadence.services.tasks import record
from dj_cadence.store.schema import task
from tests.world.web_district import ADDRESS, BOB, NOW, TODAY, District


class Served:
    """The district's pages on a port of this machine, at an instant of our choosing."""

    def __init__(self, district: District) -> None:
        self.now = NOW
        self.listening: socket = listen("127.0.0.1", 0)
        context = replace(district.context, clock=lambda: self.now)
        config = uvicorn.Config(make_app(context), log_level="error", access_log=False)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self.listening]}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self.listening.close()

    def url(self, address: str) -> str:
        port = self.listening.getsockname()[1]
        return address.replace(ADDRESS, f"http://127.0.0.1:{port}")


@pytest.fixture
def served(district: District) -> Iterator[Served]:
    with Served(district) as served:
        yield served


def read(url: str) -> dict[str, tuple[str, Any]]:
    """What a subscriber has after a sync: each entry by UID, with the client's own etag."""

    async def listed() -> dict[str, tuple[str, Any]]:
        async with aiohttp.TCPConnector() as connector:
            storage = HttpStorage(url, connector=connector)
            storage._ignore_uids = False  # else it numbers what it reads anew
            found = {}
            async for href, etag in storage.list():
                item, _ = await storage.get(href)
                [event] = Calendar.from_ical(item.raw).walk("VEVENT")
                found[str(event["UID"])] = (etag, event)
            return found

    return asyncio.run(listed())


def test_a_client_sees_edits_under_the_same_uid_and_withdrawals_as_cancelled(
    district: District, served: Served
) -> None:
    settings = district.context.settings
    addresses = [
        feed_address(district.database, settings, subject, NOW)
        for subject in ("org:3", f"person:{BOB}")
    ]
    one, gone = "task-3@u1.example", "task-4@u1.example"
    first = [read(served.url(address)) for address in addresses]
    assert [found.keys() for found in first] == [first[0].keys()] * 2
    assert read(served.url(addresses[0])) == first[0]

    with district.database.write() as session:
        record.set_planned(
            session,
            district.context.catalogue(session),
            3,
            Actor("书记博", NOW, TODAY),
            on=date(2026, 3, 20),
            at="15:00",
            place="二楼会议室",
        )
    for address, before in zip(addresses, first, strict=True):
        after = read(served.url(address))
        assert after.keys() == before.keys()
        assert {uid for uid in after if after[uid][0] != before[uid][0]} == {one}
        event = after[one][1]
        assert event["DTSTART"].dt == datetime(2026, 3, 20, 7, tzinfo=UTC)
        assert str(event["LOCATION"]) == "二楼会议室"
        assert int(event["SEQUENCE"]) > int(before[one][1]["SEQUENCE"])

    withdrawn = {"state": "withdrawn", "sequence": task.c.sequence + 1, "changed_at": NOW}
    with district.database.write() as session:
        session.execute(update(task).where(task.c.id == 4).values(withdrawn))
    for address in addresses:
        assert str(read(served.url(address))[gone][1]["STATUS"]) == "CANCELLED"

    served.now = NOW + timedelta(days=21)
    for address in addresses:
        assert str(read(served.url(address))[gone][1]["STATUS"]) == "CANCELLED"
    served.now = NOW + timedelta(days=22)
    for address in addresses:
        assert gone not in read(served.url(address))
