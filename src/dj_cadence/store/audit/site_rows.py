"""The installation and its channels, links, logins and calendars."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from dj_cadence.domain.dates.arithmetic import DAY
from dj_cadence.domain.messages.circuit import LONGEST_ASKED, LONGEST_PAUSE
from dj_cadence.store.audit.invariant import Invariant, Moment, Rules
from dj_cadence.store.core.types import Instant
from dj_cadence.store.schema import (
    channel_state,
    digest,
    feed,
    feed_revision,
    handled_report,
    layout,
    login,
    org,
    plan_run,
    saved_rules,
    site,
    token,
)

_LONGEST = LONGEST_ASKED + timedelta(hours=1)
_PAUSE = channel_state.c.pause_seconds
_MOST_SECONDS = int(LONGEST_PAUSE.total_seconds())
_YEAR = 366 * DAY
_CHANGED = func.coalesce(select(func.max(org.c.changed_at_version)).scalar_subquery(), 0)
_PLANNED = func.coalesce(select(func.max(plan_run.c.data_version)).scalar_subquery(), 0)
_NEWEST_VERSION = case((_CHANGED > _PLANNED, _CHANGED), else_=_PLANNED)
"""Of the data that anything was planned or changed at."""


def _last_week(moment: Moment) -> ColumnElement[str]:
    made = select(func.max(digest.c.week)).where(digest.c.week <= moment.latest_week)
    return func.coalesce(made.scalar_subquery(), "")


RULES: Rules = {
    site: {
        "site_unnamed": Invariant(or_(site.c.uid == "", site.c.id != 1)),
        "site_start": Invariant(
            lambda m: or_(
                site.c.starts_on > m.latest + _YEAR, site.c.starts_on < m.latest - 100 * _YEAR
            )
        ),
        "site_held_and_sending": Invariant(
            and_(site.c.sending, site.c.sending_paused_on.is_not(None)), {"sending": False}
        ),
        "site_held_ahead": Invariant(
            lambda m: site.c.sending_paused_on > m.latest, lambda m: {"sending_paused_on": m.latest}
        ),
        "site_spoke_ahead": Invariant(
            lambda m: site.c.last_sending_day > m.latest, lambda m: {"last_sending_day": m.latest}
        ),
        "site_digest_week": Invariant(
            lambda m: or_(
                site.c.digest_week > m.latest_week,
                and_(site.c.digest_week != "", site.c.digest_week.not_like("____-W__")),
            ),
            lambda m: {"digest_week": _last_week(m)},
        ),
        "site_data_version": Invariant(
            site.c.data_version < _NEWEST_VERSION, {"data_version": _NEWEST_VERSION + 1}
        ),
        "site_counters": Invariant(
            or_(site.c.pass_count < 0, site.c.shown_version < 0),
            {
                "pass_count": case((site.c.pass_count < 0, 0), else_=site.c.pass_count),
                "shown_version": case((site.c.shown_version < 0, 1), else_=site.c.shown_version),
            },
        ),
    },
    layout: {"layout_row": Invariant(layout.c.id != 1, remove=True)},
    saved_rules: {
        "saved_rules_row": Invariant(saved_rules.c.id != 1, remove=True),
        "saved_rules_told": Invariant(
            saved_rules.c.told_at < saved_rules.c.since, {"told_at": None}
        ),
    },
    channel_state: {
        "channel_put_off": Invariant(
            lambda m: channel_state.c.next_try_at > literal(m.now + _LONGEST, Instant()),
            lambda m: {"next_try_at": m.now},
        ),
        "channel_counters": Invariant(
            or_(channel_state.c.refusals < 0, _PAUSE < 0, _PAUSE > _MOST_SECONDS),
            {"refusals": 0, "pause_seconds": 0},
        ),
        "channel_told_before": Invariant(
            channel_state.c.told_at < channel_state.c.since, {"told_at": None}
        ),
        "channel_shut": Invariant(
            and_(channel_state.c.next_try_at.is_not(None), channel_state.c.channel != "")
        ),
    },
    handled_report: {
        "report_hash": Invariant(func.length(handled_report.c.hash) != 64, remove=True)
    },
    token: {
        "token_purpose": Invariant(
            and_(
                token.c.purpose.not_in(("feed", "message", "login")), token.c.revoked_at.is_(None)
            ),
            remove=True,
        )
    },
    login: {
        "login_hash": Invariant(func.length(login.c.hash) != 64, remove=True),
        "login_backwards": Invariant(
            or_(login.c.seen_at < login.c.made_at, login.c.ended_at < login.c.made_at),
            {"seen_at": login.c.made_at, "ended_at": login.c.made_at},
        ),
    },
    feed: {
        "feed_generation": Invariant(feed.c.generation < 1, {"generation": 1}),
        "feed_copy": Invariant(
            and_(
                feed.c.key != "",
                or_(
                    feed.c.body.is_(None),
                    feed.c.packed.is_(None),
                    feed.c.etag == "",
                    feed.c.modified_at.is_(None),
                ),
            ),
            {"key": ""},
        ),
    },
    feed_revision: {"feed_revision_number": Invariant(feed_revision.c.number < 0, {"number": 0})},
}
