"""Four processes over one database: none errs, and nobody is told twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import date, timedelta
from threading import Barrier

from sqlalchemy import func, select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.services.operations.tick import tick
from dj_cadence.services.site import Site
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.schema import digest, message, notice
from tests.world.engine import START, Channel, a_site, at

DAEMONS = 4
MONDAYS = 2


def test_they_make_the_digests_of_a_week_together(shipped_district: Database) -> None:
    channel = Channel()
    url = shipped_district.engine.url.render_as_string(hide_password=False)
    with ExitStack() as opened:
        databases = [opened.enter_context(closing(open_database(url))) for _ in range(DAEMONS)]
        sites = [a_site(database, channel) for database in databases]
        pool = opened.enter_context(ThreadPoolExecutor(DAEMONS))
        together = Barrier(DAEMONS)

        def one_pass(site: Site, day: date) -> None:
            together.wait(60)
            tick(site, at(day), owner=f"daemon-{sites.index(site)}")

        first = START + timedelta(days=-START.weekday() % 7)
        for number in range(MONDAYS):
            day = first + number * 7 * DAY
            passes = [pool.submit(one_pass, site, day) for site in sites]
            for done in passes:
                done.result(120)

    with shipped_district.read() as session:
        made = session.execute(select(digest.c.week, func.count()).group_by(digest.c.week)).all()
        days = select(message.c.person_id, message.c.day)
        told = Counter(map(tuple, session.execute(days.where(message.c.state == "sent"))))
        owed = session.scalar(
            select(func.count()).where(notice.c.outcome == "", notice.c.due_on <= day)
        )
    assert len({number for _, number in made}) == 1
    assert len(made) == MONDAYS
    assert set(told.values()) == {1}
    assert owed == 0
    ids = [letter.message_id for letter in channel.letters]
    assert len(ids) == len(set(ids)) == sum(told.values())
