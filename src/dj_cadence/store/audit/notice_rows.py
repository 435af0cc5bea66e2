"""Reminders: each that fell due has exactly one outcome, and a message that bears it out."""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, func, null, or_, select

from dj_cadence.domain.messages.states import (
    REACHED_NOBODY,
    UNSENT,
    WITHOUT_TASKS,
    MessageState,
    NoticeOutcome,
)
from dj_cadence.domain.organizations.offices import EVERY_OFFICE
from dj_cadence.store.audit.invariant import Invariant, Moment, Rules
from dj_cadence.store.core.shared_conditions import is_asked_for
from dj_cadence.store.reminders.notices import WAITS
from dj_cadence.store.schema import message, notice, quiet_period, site

WAITED_TOO_LONG = timedelta(days=15)
"""Longer than the longest holiday with its make-up days."""
IN_FLIGHT = timedelta(minutes=30)
"""A pass that was sending when the last one began is over by then."""
_WILL_GO_OUT = (*UNSENT, MessageState.QUARANTINED)
_NOT_TOLD = (NoticeOutcome.OPEN, NoticeOutcome.NO_ADDRESSEE)
_bundled, _bundle = notice.alias("bundled"), message.alias("bundle")


def _in(*states: MessageState) -> ColumnElement[bool]:
    return exists().where(message.c.id == notice.c.message_id, message.c.state.in_(states))


def _said_long_ago(moment: Moment) -> ColumnElement[bool]:
    """Its message went out before the last whole pass, which would have closed it."""
    before = min(moment.seen, moment.now - IN_FLIGHT)
    sent = (message.c.state == MessageState.SENT, message.c.sent_at < before)
    return exists().where(message.c.id == notice.c.message_id, *sent)


def _last_bundling() -> ColumnElement[Any]:
    """The last day on which messages were made, some of which reached somebody."""
    usual = (~is_asked_for(_bundle), _bundle.c.kind.not_in(WITHOUT_TASKS))
    return select(func.max(_bundle.c.day)).where(*usual).scalar_subquery()


def _waits_for_ever(moment: Moment) -> ColumnElement[bool]:
    """Others of its age were told long ago, and since then messages were made again.

    So it had its turn more than once, whatever days off and switches there were.
    """
    long_ago = moment.day - WAITED_TOO_LONG
    newest = (
        select(func.max(_bundled.c.id))
        .join(_bundle, _bundle.c.id == _bundled.c.message_id)
        .where(_bundle.c.day <= long_ago, ~is_asked_for(_bundle))
        .scalar_subquery()
    )
    lately = exists().where(_bundle.c.person_id == notice.c.person_id, _bundle.c.day >= long_ago)
    return and_(
        WAITS,
        exists().where(site.c.sending),
        notice.c.due_on < long_ago,
        notice.c.id < newest,
        _last_bundling() >= moment.day - timedelta(days=8),
        ~lately.correlate(notice),
        ~exists().where(quiet_period.c.since <= moment.day, quiet_period.c.until >= long_ago),
    )


def _is_ahead(moment: Moment) -> ColumnElement[bool]:
    """Written down for a day that is still far off, by a pass whose clock was ahead."""
    return notice.c.due_on > moment.waits_until


_AS_ITS_MESSAGE = {
    "outcome": case(
        (_in(MessageState.SENT), NoticeOutcome.SENT.value), else_=NoticeOutcome.UNKNOWN.value
    )
}

RULES: Rules = {
    notice: {
        "notice_outcome": Invariant(
            notice.c.outcome.not_in(tuple(NoticeOutcome)),
            "条提醒的结果不认识；已按所在消息改正",
            _AS_ITS_MESSAGE,
        ),
        "notice_said_without_outcome": Invariant(
            lambda m: and_(
                notice.c.outcome == NoticeOutcome.OPEN,
                notice.c.message_id.is_not(None),
                _said_long_ago(m),
            ),
            "条提醒已随消息发出，却没有记上结果；已补记",
            {"outcome": NoticeOutcome.SENT},
        ),
        "notice_in_unknown_message": Invariant(
            and_(notice.c.outcome == NoticeOutcome.OPEN, _in(MessageState.UNKNOWN)),
            "条提醒所在的消息结果不明，提醒却没有结果；已记为不明，可用 deliveries retry 补发",
            {"outcome": NoticeOutcome.UNKNOWN},
        ),
        "notice_in_dead_message": Invariant(
            and_(notice.c.outcome == NoticeOutcome.OPEN, _in(*REACHED_NOBODY)),
            "条提醒留在已作废的消息里；已放回，随下一封发出",
            {"message_id": null()},
        ),
        "notice_sent_in_unsent": Invariant(
            and_(notice.c.outcome == NoticeOutcome.SENT, _in(*_WILL_GO_OUT)),
            "条提醒记作已发送，所在的消息却还没有发出；已改为待发送",
            {"outcome": NoticeOutcome.OPEN},
        ),
        "notice_sent_in_dead": Invariant(
            and_(notice.c.outcome == NoticeOutcome.SENT, _in(*REACHED_NOBODY)),
            "条提醒记作已发送，所在的消息却已作废；已放回，随下一封发出",
            {"outcome": NoticeOutcome.OPEN, "message_id": null()},
        ),
        "notice_sent_in_nothing": Invariant(
            and_(
                notice.c.outcome.in_((NoticeOutcome.SENT, NoticeOutcome.FOLDED)),
                notice.c.message_id.is_(None),
            ),
            "条提醒记作已发送，却不知在哪封消息里；已记为结果不明",
            {"outcome": NoticeOutcome.UNKNOWN},
        ),
        "notice_waiting": Invariant(
            _waits_for_ever, "条提醒早该发出却一直没有发；请运行 tick，再看日志（编号 {ids}）"
        ),
        "notice_ahead": Invariant(
            lambda m: and_(
                _is_ahead(m), notice.c.outcome.in_(_NOT_TOLD), notice.c.message_id.is_(None)
            ),
            "条提醒还没到日子就写下了（引擎曾按超前的时钟运行）；已撤下，到日子再写",
            remove=True,
        ),
        "notice_said_ahead": Invariant(
            lambda m: and_(_is_ahead(m), notice.c.outcome.not_in(_NOT_TOLD)),
            "条提醒提前发过（引擎曾按超前的时钟运行）；已记到今天，到日子再提醒",
            lambda m: {"due_on": m.latest},
        ),
        "notice_level": Invariant(
            or_(notice.c.level < 0, notice.c.occurrence < 0),
            "条提醒的级别不对；请从备份恢复，或忽略（编号 {ids}）",
        ),
        "notice_office": Invariant(
            and_(
                notice.c.outcome == NoticeOutcome.OPEN, notice.c.office.not_in(sorted(EVERY_OFFICE))
            ),
            "条待发提醒的职务不认识；已改发书记",
            {"office": "书记"},
        ),
        "notice_unaddressed_in_message": Invariant(
            and_(notice.c.outcome == NoticeOutcome.NO_ADDRESSEE, notice.c.message_id.is_not(None)),
            "条提醒记作没有可通知的人，却又在消息里；已按所在消息改正",
            _AS_ITS_MESSAGE,
        ),
    }
}
