"""The calendar that an organization's people subscribe to, and its address."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from dj_cadence.domain.catalogue import Catalogue
from dj_cadence.domain.citation import basis_text
from dj_cadence.domain.dates import add_months, month_end
from dj_cadence.domain.period import chinese_label
from dj_cadence.domain.task import State
from dj_cadence.domain.token import make_token
from dj_cadence.domain.wording import day_text
from dj_cadence.errors import Refused
from dj_cadence.feeds import FeedEvent, calendar_bytes
from dj_cadence.settings import Settings
from dj_cadence.store import tokens
from dj_cadence.store.database import Database
from dj_cadence.store.schema import org, site
from dj_cadence.store.task_views import TaskRow, tasks

MONTHS_BACK, MONTHS_AHEAD = 2, 13
CANCELLED_SHOWN = timedelta(days=60)
"""A withdrawn task stays so long as a cancelled entry, for programs that ask seldom."""


def feed(
    session: Session, catalogue: Catalogue, settings: Settings, org_id: int, today: date
) -> bytes:
    """The organization's calendar. The bytes depend on the data and on today's month only."""
    month = today.replace(day=1)
    owner = session.execute(select(org.c.code, org.c.name).where(org.c.id == org_id)).one()
    host = session.execute(select(site.c.uid)).scalar_one()
    page = f"{settings.web_address}/orgs/{owner.code}"
    found = tasks(session, catalogue, today=today, org_code=owner.code)
    events = [_event(task, host, page) for task in _shown(found, month, settings)]
    events = events or [_nothing(org_id, host, month)]
    name = f"党建任务 · {owner.name}"
    return calendar_bytes(name, settings.time_zone.key, events)


def feed_address(database: Database, settings: Settings, org_id: int, now: datetime) -> str:
    """The address to subscribe to. Made valid when it is asked for the first time."""
    with database.read() as session:
        token = _token(session, settings, org_id)
        known = tokens.find(session, token) is not None
    if not known:
        with database.write() as session:
            token = _remember(session, settings, org_id, now)
    return _address(settings, token)


def rotate(session: Session, settings: Settings, org_id: int, now: datetime) -> str:
    """A new address; the old one answers 410 from now on."""
    old = _remember(session, settings, org_id, now)
    tokens.revoke(session, old, now)
    session.execute(
        update(org).where(org.c.id == org_id).values(feed_generation=org.c.feed_generation + 1)
    )
    return _address(settings, _remember(session, settings, org_id, now))


def _generation(session: Session, org_id: int) -> int:
    found = session.execute(select(org.c.feed_generation).where(org.c.id == org_id))
    generation = found.scalar_one_or_none()
    if generation is None:
        raise Refused("没有这个组织。")
    return int(generation)


def _token(session: Session, settings: Settings, org_id: int) -> str:
    return make_token(settings.key, "feed", f"org:{org_id}", _generation(session, org_id))


def _remember(session: Session, settings: Settings, org_id: int, now: datetime) -> str:
    token = _token(session, settings, org_id)
    tokens.remember(
        session,
        token,
        purpose="feed",
        subject=f"org:{org_id}",
        generation=_generation(session, org_id),
        now=now,
    )
    return token


def _address(settings: Settings, token: str) -> str:
    return f"{settings.web_address}/feeds/{token}.ics"


def _shown(found: Iterable[TaskRow], month: date, settings: Settings) -> list[TaskRow]:
    """Whole months around `month`, its first day; withdrawn ones only while they are news."""
    first, last = add_months(month, -MONTHS_BACK), month_end(add_months(month, MONTHS_AHEAD))
    # Counted from the month's first day, so that no byte changes within a month by itself.
    news = month - CANCELLED_SHOWN
    return [
        task
        for task in found
        if first <= _day(task) <= last
        and (
            task.state is not State.WITHDRAWN
            or task.changed_at.astimezone(settings.time_zone).date() >= news
        )
    ]


def _day(task: TaskRow) -> date:
    return task.planned or task.due


def _event(task: TaskRow, host: str, page: str) -> FeedEvent:
    return FeedEvent(
        uid=f"task-{task.id}@{host}",
        day=_day(task),
        summary=_summary(task),
        description=_description(task, page),
        address=page,
        category="党建",
        sequence=task.sequence,
        changed_at=task.changed_at,
        cancelled=task.state is State.WITHDRAWN,
    )


def _summary(task: TaskRow) -> str:
    state = State.OPEN if task.state is State.PLANNED else task.state
    provisional = "（暂定）" if task.provisional and not task.state.is_settled else ""
    return f"【{state.label}】{task.title} {chinese_label(task.period)}{provisional}"


def _description(task: TaskRow, page: str) -> str:
    when = f"计划：{day_text(task.planned)}" if task.planned else "计划：尚未定日期"
    lines = [
        when + (f" {task.planned_time}" if task.planned_time else ""),
        f"地点：{task.place}" if task.place else "",
        f"最迟：{day_text(task.due)}",
        f"完成：{day_text(task.completed_on)}" if task.completed_on else "",
        f"依据：{basis_text(task.rule)}" if task.rule else "",
        "日期暂定：放假安排或校历尚未公布。" if task.provisional else "",
        f"登记与查看：{page}",
    ]
    return "\n".join(line for line in lines if line)


def _nothing(org_id: int, host: str, month: date) -> FeedEvent:
    """Some programs take an empty calendar for a broken one."""
    return FeedEvent(
        uid=f"nothing-{org_id}@{host}",
        day=month,
        summary="暂无任务",
        description="这个日历订阅正常，目前没有任务。",
        address="",
        category="党建",
        sequence=0,
        changed_at=datetime(month.year, month.month, 1, tzinfo=UTC),
    )
