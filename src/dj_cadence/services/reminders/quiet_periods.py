"""Quiet periods: what can wait is held in a subtree until they are over."""

from collections.abc import Sequence
from datetime import date

from dj_cadence.chinese import day_text
from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.reminders.notice import QuietPeriod
from dj_cadence.domain.tasks.actor import Actor
from dj_cadence.errors import Refused
from dj_cadence.services.tasks.record import checked_text
from dj_cadence.store.core.database import Session
from dj_cadence.store.reminders import quiet_periods
from dj_cadence.store.roster import orgs

_LONGEST = 100
"""Days: longer than the longest vacation, shorter than a semester that somebody forgot."""


def add(
    session: Session, org_code: str, actor: Actor, *, since: date, until: date, reason: str
) -> None:
    """Keep a subtree, or with an empty code the whole site, quiet from `since` to `until`.

    Raises Refused without a reason, for an end that is past, before the beginning or more
    than 100 days after it, and where one begins there on that day already.
    """
    reason = checked_text(reason, "原因")
    faults = [
        *_faults(since, until, actor.today),
        *([] if reason else ["请用 --reason 写明原因。"]),
    ]
    if faults:
        raise Refused("\n".join(faults))
    org_id = orgs.find_org(session, org_code).id if org_code else quiet_periods.EVERYWHERE
    if not quiet_periods.add(session, org_id, since, until, actor, reason=reason):
        raise Refused(f"已有一段从{day_text(since)}开始的暂缓提醒期，请先用 quiet end 结束它。")


def _faults(since: date, until: date, today: date) -> Sequence[str]:
    if until < since:
        return [f"--until {until} 早于 --from {since}。"]
    if until < today:
        return [f"--until {until} 已经过去。"]
    if until - since > _LONGEST * DAY:
        return [f"暂缓提醒期最长 {_LONGEST} 天，最迟到{day_text(since + _LONGEST * DAY)}。"]
    return []


def end(session: Session, number: int, today: date) -> None:
    """Let one be over: from today on its organizations are spoken to again."""
    until = quiet_periods.end_of(session, number)
    if until is None:
        raise Refused(f"没有编号为 {number} 的暂缓提醒期。用 quiet list 查看。")
    if until < today:
        raise Refused(f"这段暂缓提醒期在{day_text(until)}已经结束。")
    quiet_periods.shorten(session, number, today - DAY)


def listed(session: Session) -> list[QuietPeriod]:
    """All of them, the latest first."""
    return quiet_periods.every(session)[::-1]


def running_at(session: Session, position: int, today: date) -> list[QuietPeriod]:
    """Those that keep the organization at this position quiet today."""
    return [period for period in quiet_periods.every(session) if period.holds(position, today)]
