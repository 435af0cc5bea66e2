"""How fast the digests of a week are made for a province, beside plain references.

The reference for counting is one plain SQL aggregation of the same tables to the same numbers,
for each superior by organization directly below and duty, and one plain selection of the rows
that are listed; and, beside it, one that counts for direct superiors only. The reference for
rendering is the same templates and workbooks filled from views that are at hand. Seconds are
those of the processor.
"""

import argparse
import resource
import tempfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

from bench_plan import SPAN, _rules
from province import NOW, TODAY, province, store
from sqlalchemy import CTE, ColumnElement, and_, case, func, insert, or_, select, update
from sqlalchemy.orm import Session

from dj_cadence.bootstrap import template_folders
from dj_cadence.domain.dates.arithmetic import FIRST_DAY, LAST_DAY
from dj_cadence.domain.digest.digest import DigestView
from dj_cadence.domain.messages.notifier import Audience, Letter
from dj_cadence.domain.messages.view import MessageView
from dj_cadence.domain.organizations.organization import WHOLE_TREE
from dj_cadence.rendering.templates import Templates
from dj_cadence.rendering.workbooks import digest_workbook
from dj_cadence.services.delivery.bundle import bundle
from dj_cadence.services.delivery.compose import Composer
from dj_cadence.services.delivery.skeletons import HIDDEN, pack, whole
from dj_cadence.services.digest.making import make_digests
from dj_cadence.services.digest.views import Digests, digests_of_a_pass
from dj_cadence.services.planning import apply as planner
from dj_cadence.settings import ChannelSettings, Settings
from dj_cadence.store.core.database import Database, open_database
from dj_cadence.store.core.migrate import migrate
from dj_cadence.store.delivery import claims as ledger
from dj_cadence.store.digest import digests
from dj_cadence.store.schema import address, appointment, org, person, slot, task
from dj_cadence.store.site import site as sites

WEEK = "2026-W10"
SHANGHAI = ZoneInfo("Asia/Shanghai")
AT = datetime.combine(TODAY, time(8, 30), SHANGHAI)
SETTINGS = Settings(
    folder=Path("/nowhere"),
    name="某省学校党建",
    time_zone=SHANGHAI,
    database="",
    send_at=time(8, 30),
    web_address="https://dj.example.cn",
    sender_name="党建节拍",
    sender_address="dj@example.cn",
    channels={"email": ChannelSettings("email", "memory", {})},
    local_administrator=False,
    key=b"0123456789abcdef0123456789abcdef",
)
RULES = _rules()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--branches", type=int, default=2500)
    asked.add_argument("--doublings", type=int, default=1, help="how often growth is halved first")
    branches, doublings = asked.parse_args().branches, asked.parse_args().doublings
    before = 0.0
    for n in range(doublings, -1, -1):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            database = _found(Path(folder) / "province.db", branches // 2**n)
            before = _measured(database, branches // 2**n, before)
            database.engine.dispose()


def _measured(database: Database, branches: int, before: float) -> float:
    """Print the figures of one province; returns the seconds of its digests."""
    numbers, rows, plain = (_best(work, database) for work in (_same_numbers, _same_rows, _plain))
    made, views = min(
        (_timed(partial(_views, database)) for _ in range(3)), key=lambda found: found[0]
    )
    grown = f", {made / before:.2f} x one half as large" if before else ""
    print(f"{branches:,} branches, {len(views):,} digests: {made:.2f} s{grown}")
    print(
        f"  beside one plain aggregation to the same numbers, {numbers:.2f} s, and one plain"
        f" selection of the same rows, {rows:.2f} s: {_judged(made / (numbers + rows), 3)}"
    )
    print(
        f"  beside one that counts for direct superiors only and lists nothing, {plain:.2f} s:"
        f" {made / plain:.2f} x (no goal: it gives neither the numbers nor the rows)"
    )
    with database.write(durable=False) as session:
        kept, _ = _timed(partial(make_digests, session, RULES, SETTINGS, WEEK, AT))
    print(
        f"  counting and keeping the numbers of all, {kept:.2f} s, beside the numbers:"
        f" {_judged(kept / numbers, 3)}"
    )
    _rendered(database, views)
    return made


def _best(work: Callable[[Database], int], database: Database) -> float:
    return min(_timed(partial(work, database))[0] for _ in range(3))


def _judged(ratio: float, most: float) -> str:
    return f"{ratio:.2f} x (goal at most {most}: {'met' if ratio <= most else 'MISSED'})"


def _rendered(database: Database, views: list[DigestView]) -> None:
    worth = _unsent(database)
    wanted = [view for view in views if view.org_code in worth]
    bundled, count = _timed(partial(bundle, database, RULES, SETTINGS, now=AT))
    written, letters = _timed(partial(_write_letters, database))
    assert letters == count == len(wanted), (letters, count, len(wanted))
    at_hand, _ = _timed(partial(_by_hand, wanted))
    print(f"  {count:,} messages bundled, rendered and frozen: {bundled + written:.2f} s")
    print(
        f"  beside rendering with the numbers at hand, {at_hand:.2f} s:"
        f" {_judged((bundled + written) / at_hand, 1.5)}"
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory {memory:.0f} MB, with all views kept")


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = process_time()
    found = work()
    return process_time() - begun, found


# --- the province -----------------------------------------------------------------------------


def _found(file: Path, branches: int) -> Database:
    """Planned, in the state of a Monday in March, with a reachable 书记 everywhere."""
    database = open_database(f"sqlite:///{file}")
    migrate(database)
    store(database, province(branches))
    planner.roll(database, RULES, until=SPAN.until, today=TODAY, now=NOW)
    with database.write(durable=False) as session:
        _live_through(session)
        _appoint(session)
        sites.set_sending(session, sending=True, home=str(SETTINGS.folder))
    return database


def _live_through(session: Session) -> None:
    """Nine in ten did what was due; each knows from its number which it is."""
    kind = (task.c.id * 7919) % 1000
    past, fresh = task.c.due < date(2026, 2, 23), task.c.due < TODAY
    late = case((kind < 900, "done"), (kind < 930, "missed"), else_="overdue")
    lately = case((kind < 700, "done"), else_="unrecorded")
    begun = case((kind < 100, "done"), else_="open")
    state = case((past, late), (fresh, lately), else_=begun)
    session.execute(update(task).where(task.c.opens <= TODAY).values(state=state, next_on=None))
    settled = task.c.state.in_(("done", "missed"))
    week = case((kind % 5 == 0, AT - timedelta(days=4)), else_=AT - timedelta(days=25))
    session.execute(update(task).where(settled).values(settled_at=week))


def _appoint(session: Session) -> None:
    ids = session.scalars(select(org.c.id)).all()
    session.execute(insert(person), [{"id": n, "key": str(n), "name": "王书记"} for n in ids])
    values = [{"person_id": n, "channel": "email", "value": f"{n}@example.cn"} for n in ids]
    session.execute(insert(address), values)
    held = {"office": "书记", "since": FIRST_DAY, "until": LAST_DAY, "acting": False}
    session.execute(insert(appointment), [{"org_id": n, "person_id": n, **held} for n in ids])


# --- what is measured ----------------------------------------------------------------------------


def _views(database: Database) -> list[DigestView]:
    with database.read() as session:
        week = Digests(session, RULES, SETTINGS, WEEK, today=TODAY, span=WHOLE_TREE)
        return [week.view(org_id) for org_id in digests.superiors_without(session, WEEK)]


def _unsent(database: Database) -> set[str]:
    with database.read() as session:
        ids = digests.unsent(session, WEEK)
        return set(session.scalars(select(org.c.code).where(org.c.id.in_(ids))))


def _write_letters(database: Database) -> int:
    """Claimed, rendered and frozen, batch by batch, as a pass does before it sends."""
    digest_of = digests_of_a_pass(RULES, SETTINGS, TODAY)
    composer = Composer(_templates(), RULES, SETTINGS, "5eed", digest_of, Audience.MAIL)
    letters = 0
    while True:
        with database.write() as session:
            claims = ledger.claim(session, "benchmark", "email", AT, AT + timedelta(hours=1))
        if not claims:
            return letters
        letters += len(composer.write(database, claims, AT)[0])


# --- the references ------------------------------------------------------------------------------


def _plain(database: Database) -> int:
    """The same tasks, counted by one statement for each organization's own superior alone.

    Less than what digests say: neither whole subtrees nor what each duty comes to.
    """
    query = select(org.c.supervisor_id, *_counted()).join_from(task, org, org.c.id == task.c.org_id)
    with database.read() as session:
        return len(session.execute(query.where(_of_note()).group_by(org.c.supervisor_id)).all())


def _same_numbers(database: Database) -> int:
    """What digests count: for each superior, each organization directly below and each duty."""
    up = _superiors()
    query = select(up.c.above_id, up.c.child_id, task.c.duty, *_counted())
    query = query.join_from(task, up, up.c.org_id == task.c.org_id).where(_of_note())
    with database.read() as session:
        grouped = query.group_by(up.c.above_id, up.c.child_id, task.c.duty)
        return len(session.execute(grouped).all())


def _same_rows(database: Database) -> int:
    """What digests list: for each superior the tasks below it that are late or not done."""
    up, child = _superiors(), org.alias("child")
    listed = task.c.state.in_(("overdue", "submitted")) | (task.c.state == "missed") & _news()
    query = (
        select(up.c.above_id, child.c.name, org.c.name, task.c.duty, task.c.due, slot.c.label)
        .join_from(task, up, up.c.org_id == task.c.org_id)
        .join(org, org.c.id == task.c.org_id)
        .join(child, child.c.id == up.c.child_id)
        .join(slot, slot.c.id == task.c.slot_id)
        .where(task.c.duty.in_(RULES.binding()), task.c.step == "", listed)
        .order_by(up.c.above_id, org.c.position, task.c.due)
    )
    with database.read() as session:
        return len(session.execute(query).all())


def _superiors() -> CTE:
    """(org_id, child_id, above_id): each organization above, and by which child it leads down."""
    first = (
        select(org.c.id.label("org_id"), org.c.id.label("child_id"))
        .add_columns(org.c.supervisor_id.label("above_id"))
        .where(org.c.supervisor_id.is_not(None))
        .cte("up", recursive=True)
    )
    further = select(first.c.org_id, org.c.id, org.c.supervisor_id).join_from(
        first, org, org.c.id == first.c.above_id
    )
    return first.union_all(further.where(org.c.supervisor_id.is_not(None)))


def _news() -> ColumnElement[bool]:
    since = datetime.combine(TODAY - timedelta(days=7), time(0), SHANGHAI)
    return task.c.settled_at.between(since, datetime.combine(TODAY, time(0), SHANGHAI))


def _counted() -> list[ColumnElement[int]]:
    late = task.c.state == "overdue"
    conditions = (
        late,
        late & (task.c.due > date(2026, 2, 12)),
        task.c.state.in_(("open", "returned")),
        task.c.state == "done",
        task.c.state == "missed",
        task.c.state == "submitted",
    )
    return [func.sum(case((condition, 1), else_=0)) for condition in conditions]


def _of_note() -> ColumnElement[bool]:
    monday, sunday = TODAY, TODAY + timedelta(days=6)
    return and_(
        task.c.duty.in_(RULES.binding()),
        task.c.step == "",
        or_(
            task.c.state.in_(("overdue", "submitted")),
            task.c.state.in_(("open", "returned")) & task.c.due.between(monday, sunday),
            task.c.state.in_(("done", "missed")) & _news(),
        ),
    )


def _templates() -> Templates:
    return Templates(template_folders(SETTINGS))


def _by_hand(views: list[DigestView]) -> int:
    """Rendering alone: text, HTML and workbook of each, as the ledger keeps them."""
    templates, size = _templates(), 0
    for view in views:
        rendered = templates.render_message(
            MessageView(
                site_name=SETTINGS.name,
                person_name="王书记",
                day=TODAY,
                late=False,
                items=(),
                digests=(view,),
                link=SETTINGS.web_address,
            )
        )
        letter = Letter("m", "a", "王书记", rendered.subject, rendered.text, rendered.html, "")
        size += len(pack(letter, whole(rendered), HIDDEN).skeleton) + len(digest_workbook(view))
    return size


if __name__ == "__main__":
    main()
