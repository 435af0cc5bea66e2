"""The tables. Every natural key is a unique constraint over NOT NULL columns.

Dates are local dates of the site; instants are aware UTC. `FIRST_DAY` and `LAST_DAY`
of domain.dates stand for "since always" and "no end"; 0 stands for "none" in ids that
are part of a key.
"""

from dj_cadence.store.schema.base import layout, metadata
from dj_cadence.store.schema.feeds import feed, feed_revision, login, token
from dj_cadence.store.schema.plan import (
    SETTLED_TASK,
    UNSETTLED_TASK,
    act,
    catalogue,
    cohort,
    evidence,
    org_cohort,
    override,
    plan_run,
    plan_snapshot,
    record,
    record_task,
    saved_rules,
    slot,
    start_event,
    task,
)
from dj_cadence.store.schema.roster import address, appointment, org, person, profile, site
from dj_cadence.store.schema.sending import (
    attempt,
    channel_state,
    digest,
    handled_report,
    letter,
    message,
    notice,
    quiet_period,
    rate_token,
    skeleton,
)

__all__ = [
    "SETTLED_TASK",
    "UNSETTLED_TASK",
    "act",
    "address",
    "appointment",
    "attempt",
    "catalogue",
    "channel_state",
    "cohort",
    "digest",
    "evidence",
    "feed",
    "feed_revision",
    "handled_report",
    "layout",
    "letter",
    "login",
    "message",
    "metadata",
    "notice",
    "org",
    "org_cohort",
    "override",
    "person",
    "plan_run",
    "plan_snapshot",
    "profile",
    "quiet_period",
    "rate_token",
    "record",
    "record_task",
    "saved_rules",
    "site",
    "skeleton",
    "slot",
    "start_event",
    "task",
    "token",
]
