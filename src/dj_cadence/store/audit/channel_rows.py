"""Channels that take nothing, and the delivery reports that were dealt with."""

from datetime import timedelta

from sqlalchemy import and_, func, literal, null, or_

from dj_cadence.domain.messages.circuit import LONGEST_ASKED, LONGEST_PAUSE
from dj_cadence.store.audit.invariant import Invariant
from dj_cadence.store.core.types import Instant
from dj_cadence.store.schema import channel_state, handled_report

_LONGEST = LONGEST_ASKED + timedelta(hours=1)
_PAUSE = channel_state.c.pause_seconds
_MOST_SECONDS = int(LONGEST_PAUSE.total_seconds())

INVARIANTS = (
    Invariant(
        "channel_put_off",
        channel_state,
        lambda m: channel_state.c.next_try_at > literal(m.now + _LONGEST, Instant()),
        "个渠道的下一次试发排得太远；已排到现在",
        lambda m: {"next_try_at": m.now},
    ),
    Invariant(
        "channel_counters",
        channel_state,
        lambda _: or_(channel_state.c.refusals < 0, _PAUSE < 0, _PAUSE > _MOST_SECONDS),
        "个渠道的故障计数不对；已改正",
        lambda _: {"refusals": 0, "pause_seconds": 0},
    ),
    Invariant(
        "channel_told_before",
        channel_state,
        lambda _: channel_state.c.told_at < channel_state.c.since,
        "个渠道的故障先告知、后发生；已改为未告知",
        lambda _: {"told_at": null()},
    ),
    Invariant(
        "channel_shut",
        channel_state,
        lambda _: and_(channel_state.c.next_try_at.is_not(None), channel_state.c.channel != ""),
        "个渠道发不出消息（{ids}）；对方的答复和办法见 doctor",
    ),
    Invariant(
        "report_hash",
        handled_report,
        lambda _: func.length(handled_report.c.hash) != 64,
        "条退信记号不对；已删去",
        remove=True,
    ),
)
