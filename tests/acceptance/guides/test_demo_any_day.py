"""Whatever the day and hour, a demonstration site just made has something of everything."""

from datetime import datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from sqlalchemy import func, select

from dj_cadence.bootstrap import open_site, render_settings
from dj_cadence.domain.tasks.task import State
from dj_cadence.services.feeds.cache import Feeds
from dj_cadence.services.operations import setup
from dj_cadence.services.rules.applied import applied_catalogue
from dj_cadence.store.roster import orgs
from dj_cadence.store.schema import message
from dj_cadence.store.tasks.task_list import tasks
from tests.world.shipped import shipped


@pytest.mark.parametrize(
    "instant",
    [
        "2026-02-20T03:00+08:00",  # in the night, in the Spring Festival
        "2027-01-01T00:10+08:00",  # a year whose holiday notice is not in
        "2028-02-29T23:59+08:00",  # a leap day, a year of which nothing is known
    ],
)
def test_there_are_messages_a_feed_and_tasks_in_every_state(tmp_path: Path, instant: str) -> None:
    now, rules = datetime.fromisoformat(instant), shipped()
    settings = render_settings(name="演示", local_administrator=True, port=8000)
    start = (now.date() - timedelta(weeks=8)).replace(day=1)
    setup.lay_out_folder(tmp_path / "demo", settings, start)
    site = open_site(tmp_path / "demo", {})

    setup.fill_with_demo(site, rules, start, now)

    with site.database.read() as session:
        catalogue, today = applied_catalogue(session), site.today(now)
        found = {row.state for row in tasks(session, catalogue, today=today)}
        sent = session.scalar(select(func.count()).where(message.c.state == "sent"))
        branch = orgs.find_org(session, "QH-1").id
    feeds = Feeds(site.database, site.settings, lambda _session: catalogue)
    calendar = icalendar.Calendar.from_ical(feeds.body(f"org:{branch}", now))
    site.database.engine.dispose()
    assert found >= {State.OPEN, State.OVERDUE, State.DONE}
    assert sent == len(list((tmp_path / "demo" / "maildir" / "new").iterdir())) > 50
    assert len(calendar.walk("VEVENT")) > 20
