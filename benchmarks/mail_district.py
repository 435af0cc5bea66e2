"""A province in which every branch has a 书记 with an address, ready to be written to."""

from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from province import NOW, STARTS_ON, TODAY, province, store
from sqlalchemy import insert, select

from dj_cadence.bootstrap import load_rules, open_templates
from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY
from dj_cadence.domain.dates.date_range import DateRange
from dj_cadence.domain.dates.period import Unit
from dj_cadence.domain.messages.notifier import OpenNotifier
from dj_cadence.domain.rules.duty import Every
from dj_cadence.loading.rules.catalogue import catalogue_from_content
from dj_cadence.services.planning import apply as planner
from dj_cadence.services.site import Site
from dj_cadence.settings import ChannelSettings, Settings
from dj_cadence.store.core.database import open_database
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.schema import address, appointment, org, person
from dj_cadence.store.site import site as sites

SENDER = "dj@example.cn"


def found(
    folder: Path,
    database_address: str,
    branches: int,
    notifiers: Mapping[str, OpenNotifier],
    *,
    today: date = TODAY,
    now: datetime = NOW,
) -> Site:
    """A site whose monthly and quarterly duties are planned, sending switched on."""
    settings = Settings(
        folder=folder,
        name="某省学校党建",
        time_zone=ZoneInfo("Asia/Shanghai"),
        database=database_address,
        send_at=time(8, 30),
        web_address="https://dj.example.cn",
        sender_name="党建节拍",
        sender_address=SENDER,
        channels={"email": ChannelSettings("email", "bench", {})},
        local_administrator=False,
        key=b"0123456789abcdef0123456789abcdef",
    )
    database = open_database(database_address)
    migrate(database)
    site = Site(settings, database, lambda: open_templates(settings), lambda: notifiers)
    store(database, province(branches))
    with database.write() as session:
        sites.set_sending(session, sending=True, home=site.home)
    _appoint(site)
    content = _of_months()
    span = DateRange(STARTS_ON, planner.horizon(today))
    catalogue = catalogue_from_content(content)
    planner.apply(database, catalogue, content, span, by="bench", today=today, now=now)
    return site


def _of_months() -> dict[str, Any]:
    """The shipped rules, of their duties those of a month or a quarter."""
    rules = load_rules()
    kept = {
        key
        for key, duty in rules.catalogue.duties.items()
        if isinstance(duty.recurrence, Every) and duty.recurrence.unit in (Unit.MONTH, Unit.QUARTER)
    }
    duties = [one for one in rules.content["duties"] if one["key"] in kept]
    return {**rules.content, "duties": duties}


def _appoint(site: Site) -> None:
    """A 书记 with an address for each branch."""
    with site.database.write() as session:
        ids = list(session.scalars(select(org.c.id).where(org.c.kind == "branch")))
        session.execute(
            insert(person), [{"id": n, "key": f"P{n}", "name": f"李老师{n}"} for n in ids]
        )
        session.execute(
            insert(address),
            [{"person_id": n, "channel": "email", "value": f"p{n}@example.cn"} for n in ids],
        )
        held = {"office": "书记", "since": FIRST_DAY, "until": LAST_DAY, "acting": False}
        session.execute(insert(appointment), [{"org_id": n, "person_id": n, **held} for n in ids])
