"""Reminders: each that fell due has exactly one outcome, and a message that bears it out."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

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
_USUAL = (~is_asked_for(_bundle), _bundle.c.kind.not_in(WITHOUT_TASKS))
_LAST_BUNDLING = select(func.max(_bundle.c.day)).where(*_USUAL).scalar_subquery()
"""The last day on which messages were made, some of which reached somebody."""


def _in(*states: MessageState) -> ColumnElement[bool]:
    return exists().where(message.c.id == notice.c.message_id, message.c.state.in_(states))


def _said_long_ago(moment: Moment) -> ColumnElement[bool]:
    """Its message went out before the last whole pass, which would have closed it."""
    before = min(moment.seen, moment.now - IN_FLIGHT)
    sent = (message.c.state == MessageState.SENT, message.c.sent_at < before)
    return exists().where(message.c.id == notice.c.message_id, *sent)


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
        moment.day - timedelta(days=8) <= _LAST_BUNDLING,
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
        "notice_outcome": Invariant(notice.c.outcome.not_in(tuple(NoticeOutcome)), _AS_ITS_MESSAGE),
        "notice_said_without_outcome": Invariant(
            lambda m: and_(
                notice.c.outcome == NoticeOutcome.OPEN,
                notice.c.message_id.is_not(None),
                _said_long_ago(m),
            ),
            {"outcome": NoticeOutcome.SENT},
        ),
        "notice_in_unknown_message": Invariant(
            and_(notice.c.outcome == NoticeOutcome.OPEN, _in(MessageState.UNKNOWN)),
            {"outcome": NoticeOutcome.UNKNOWN},
        ),
        "notice_in_dead_message": Invariant(
            and_(notice.c.outcome == NoticeOutcome.OPEN, _in(*REACHED_NOBODY)), {"message_id": None}
        ),
        "notice_sent_in_unsent": Invariant(
            and_(notice.c.outcome == NoticeOutcome.SENT, _in(*_WILL_GO_OUT)),
            {"outcome": NoticeOutcome.OPEN},
        ),
        "notice_sent_in_dead": Invariant(
            and_(notice.c.outcome == NoticeOutcome.SENT, _in(*REACHED_NOBODY)),
            {"outcome": NoticeOutcome.OPEN, "message_id": None},
        ),
        "notice_sent_in_nothing": Invariant(
            and_(
                notice.c.outcome.in_((NoticeOutcome.SENT, NoticeOutcome.FOLDED)),
                notice.c.message_id.is_(None),
            ),
            {"outcome": NoticeOutcome.UNKNOWN},
        ),
        "notice_waiting": Invariant(_waits_for_ever),
        "notice_ahead": Invariant(
            lambda m: and_(
                _is_ahead(m), notice.c.outcome.in_(_NOT_TOLD), notice.c.message_id.is_(None)
            ),
            remove=True,
        ),
        "notice_said_ahead": Invariant(
            lambda m: and_(_is_ahead(m), notice.c.outcome.not_in(_NOT_TOLD)),
            lambda m: {"due_on": m.latest},
        ),
        "notice_level": Invariant(or_(notice.c.level < 0, notice.c.occurrence < 0)),
        "notice_office": Invariant(
            and_(
                notice.c.outcome == NoticeOutcome.OPEN, notice.c.office.not_in(sorted(EVERY_OFFICE))
            ),
            {"office": "书记"},
        ),
        "notice_unaddressed_in_message": Invariant(
            and_(notice.c.outcome == NoticeOutcome.NO_ADDRESSEE, notice.c.message_id.is_not(None)),
            _AS_ITS_MESSAGE,
        ),
    }
}
