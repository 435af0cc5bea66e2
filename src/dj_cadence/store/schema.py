"""The tables. Every natural key is a unique constraint over NOT NULL columns.

Dates are local dates of the site; instants are aware UTC. `FIRST_DAY` and `LAST_DAY`
of domain.dates stand for "since always" and "no end"; 0 stands for "none" in ids that
are part of a key.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dj_cadence.store.types import Instant, Json

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# --- the installation ------------------------------------------------------------------

site = Table(
    "site",
    metadata,
    Column("id", SmallInteger, primary_key=True),  # always 1
    Column("uid", String(32), nullable=False),  # in Message-IDs and feed UIDs, for ever
    Column("starts_on", Date, nullable=False),
    Column("data_version", Integer, nullable=False, server_default="0"),  # roster and elections
    Column("shown_version", Integer, nullable=False, server_default="0"),  # names, offices, rules
    Column("sending", Boolean, nullable=False),
    Column("home", Text, nullable=False),  # where it lived when sending was switched on
    Column("held_on", Date, nullable=True),  # found copied or moved: what fell due since waits
    Column("last_tick", Instant, nullable=True),
    Column("bundled_at", Instant, nullable=True),  # what was left then has nobody to go to yet
    Column("passes", Integer, nullable=False, server_default="0"),  # only grows; less: a backup
    Column("rolled", String(64), nullable=False, server_default=""),  # what the plan is rolled to
    Column("digest_week", String(8), nullable=False, server_default=""),  # made last: 2026-W48
)

# --- who ---------------------------------------------------------------------------------

profile = Table(
    "profile",  # what rules may test; organizations alike share one
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("facts", Json, nullable=False),
)

org = Table(
    "org",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", String(24), nullable=False),
    Column("supervisor_id", Integer, ForeignKey("org.id"), nullable=True),
    Column("approver_id", Integer, ForeignKey("org.id"), nullable=True),
    Column("dissolved", Date, nullable=True),  # its first day no more
    Column("successor_id", Integer, ForeignKey("org.id"), nullable=True),  # takes over what is open
    # Preorder: the subtree of an organization is position BETWEEN position AND subtree_end,
    # and ordering by position is the organizations' own order.
    Column("position", Integer, nullable=False, index=True),
    Column("subtree_end", Integer, nullable=False),
    Column("profile_id", Integer, ForeignKey("profile.id"), nullable=False, index=True),
    Column("roster", Json, nullable=False),  # the roster row as imported, for export and compare
    # The data version at which something changed that its plan, or its superior's, hangs on.
    Column("changed_in", Integer, nullable=False, server_default="0", index=True),
)
Index("ix_org_supervisor_id", org.c.supervisor_id)
Index(
    "ix_org_successor_id",
    org.c.successor_id,
    sqlite_where=text("successor_id IS NOT NULL"),
    postgresql_where=text("successor_id IS NOT NULL"),
)

person = Table(
    "person",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
)

address = Table(
    "address",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("channel", String(24), nullable=False),  # email, phone, wecom, …
    Column("value", Text, nullable=False),
    Column("state", String(8), nullable=False, server_default="ok"),  # ok, bad
    Column("reason", Text, nullable=False, server_default=""),
    Column("bad_since", Instant, nullable=True),
    UniqueConstraint("person_id", "channel", "value"),
)

appointment = Table(
    "appointment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, ForeignKey("org.id"), nullable=False),
    Column("office", String(16), nullable=False),  # canonical Chinese name
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("since", Date, nullable=False),  # FIRST_DAY: since always
    Column("until", Date, nullable=False),  # last day in office; LAST_DAY: no end
    Column("acting", Boolean, nullable=False),
    Column("welcomed_on", Date, nullable=True),  # when what is open was looked up for a newcomer
    UniqueConstraint("org_id", "office", "person_id", "since"),
    Index(
        "ix_appointment_unwelcomed",
        "since",
        sqlite_where=text("welcomed_on IS NULL"),
        postgresql_where=text("welcomed_on IS NULL"),
    ),
)

# --- what is owed, and when -----------------------------------------------------------------

catalogue = Table(
    "catalogue",
    metadata,
    Column("id", Integer, primary_key=True),  # the version
    Column("hash", String(64), nullable=False, unique=True),
    Column("content", Json, nullable=False),
    Column("applied_at", Instant, nullable=False),
    Column("applied_by", Text, nullable=False),
    Column("current", Boolean, nullable=False),
)

anchor = Table(
    "anchor",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, ForeignKey("org.id"), nullable=False),
    Column("kind", String(24), nullable=False),  # election, or the event that began a case
    Column("day", Date, nullable=False),
    Column("current", Boolean, nullable=False),  # the one whose term is running
    Column("source", Text, nullable=False),  # roster, record
    Column("ref", Text, nullable=False, server_default=""),  # an internal number, never a name
    # Since when it is known here: a notice whose day had passed by then is due at once.
    Column("known_on", Date, nullable=False, server_default="0001-01-01"),
    Column("recorded_at", Instant, nullable=False),
    Column("recorded_by", Text, nullable=False),
)
Index(
    "uq_anchor_current",
    anchor.c.org_id,
    anchor.c.kind,
    unique=True,
    sqlite_where=text("current = 1"),  # as queries say it: else SQLite passes it by
    postgresql_where=text("current"),
)

override = Table(
    "override",  # what a superior laid over a rule for its subtree
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, ForeignKey("org.id"), nullable=False),
    Column("duty", String(48), nullable=False),
    Column("period", String(16), nullable=False),  # empty: every period
    Column("key", String(12), nullable=False),  # due, planned, theme, vacation, adopted, escalate
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended_at", Instant, nullable=True),
)
Index(
    "uq_override_current",
    override.c.org_id,
    override.c.duty,
    override.c.period,
    override.c.key,
    unique=True,
    sqlite_where=text("ended_at IS NULL"),
    postgresql_where=text("ended_at IS NULL"),
)

cohort = Table(
    "cohort",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("duty", String(48), nullable=False),
    Column("signature", String(64), nullable=False, unique=True),
    Column("facts", Json, nullable=False),
)

org_cohort = Table(
    "org_cohort",
    metadata,
    Column("duty", String(48), primary_key=True),  # first: plans are written duty by duty
    Column("org_id", Integer, ForeignKey("org.id"), primary_key=True),
    # What it is about: an organization below (its id), a case (minus its anchor's id), itself (0).
    Column("instance", Integer, primary_key=True),
    Column("cohort_id", Integer, ForeignKey("cohort.id"), nullable=False),
    Column("anchor_id", Integer, nullable=False),  # 0: none
    sqlite_with_rowid=False,
)

slot = Table(
    "slot",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cohort_id", Integer, ForeignKey("cohort.id"), nullable=False),
    Column("period", String(16), nullable=False),  # part of the key: 2026-03; term for terms
    Column("step", String(24), nullable=False),
    Column("label", String(32), nullable=False),  # what is shown: term-2023-05-10
    Column("opens", Date, nullable=False),
    Column("planned", Date, nullable=True),
    Column("due", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("target", Integer, nullable=False),
    Column("unit", String(8), nullable=False),  # 次, 组, 学时
    Column("theme", Text, nullable=False, server_default=""),  # as the superior announced it
    Column("first_on", Date, nullable=False),  # the first day on which something happens
    Column("derivation", Json, nullable=False),  # sentences, in Chinese
    UniqueConstraint("cohort_id", "period", "step"),
)

chain = Table(
    "chain",  # a reminder plan as it was when a task began to speak
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("content", Json, nullable=False),
)

UNSETTLED = "state IN ('open', 'overdue', 'returned', 'submitted', 'unrecorded')"
SETTLED = "settled_at IS NOT NULL"
"""Queries have to say it in these very words: else SQLite passes the index by."""

task = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, ForeignKey("org.id"), nullable=False),
    Column("duty", String(48), nullable=False),
    Column("instance", Integer, nullable=False),
    Column("anchor_id", Integer, nullable=False),
    Column("period", String(16), nullable=False),
    Column("step", String(24), nullable=False),
    Column("slot_id", Integer, ForeignKey("slot.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("opens", Date, nullable=False),
    Column("planned", Date, nullable=True),
    Column("planned_time", String(5), nullable=False, server_default=""),  # HH:MM
    Column("place", Text, nullable=False, server_default=""),
    Column("due", Date, nullable=False),
    Column("postponed_to", Date, nullable=True),  # granted by the superior; goes before the plan's
    Column("due_revision", SmallInteger, nullable=False, server_default="0"),
    Column("dated_on", Date, nullable=True),  # when plan or person last changed its dates
    Column("planned_by_person", Boolean, nullable=False, server_default=text("false")),
    Column("target", Integer, nullable=False),
    Column("amount", Integer, nullable=False, server_default="0"),
    Column("chain_id", Integer, ForeignKey("chain.id"), nullable=False),
    Column("raised_to", Date, nullable=False),  # reminders up to this day are written down
    Column("next_on", Date, nullable=True),  # None: nothing will happen by itself
    Column("touched", Boolean, nullable=False, server_default=text("false")),
    Column("completed_on", Date, nullable=True),
    Column("settled_at", Instant, nullable=True),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("changed_at", Instant, nullable=False),
    # The duty first: a plan is written duty by duty, and so at one place of the index.
    UniqueConstraint("duty", "org_id", "instance", "anchor_id", "period", "step"),
    # What superiors are told of: a few tasks among millions that are planned or long settled.
    Index(
        "ix_task_state",
        "state",
        "due",
        sqlite_where=text(UNSETTLED),
        postgresql_where=text(UNSETTLED),
    ),
    Index(
        "ix_task_settled_at",
        "state",
        "settled_at",
        sqlite_where=text(SETTLED),
        postgresql_where=text(SETTLED),
    ),
    Index(
        "ix_task_org_id", "org_id", "sequence"
    ),  # whether a calendar has changed is a sum of these
    Index(
        "ix_task_next_on",
        "next_on",
        sqlite_where=text("next_on IS NOT NULL"),
        postgresql_where=text("next_on IS NOT NULL"),
    ),
)

# --- what people did ------------------------------------------------------------------------

record = Table(
    "record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, ForeignKey("org.id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("note", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("voided_at", Instant, nullable=True),
)

record_task = Table(
    "record_task",
    metadata,
    Column("record_id", Integer, ForeignKey("record.id"), primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True, index=True),
    Column("amount", Integer, nullable=False),
)

evidence = Table(
    "evidence",  # a paper about a record; its content lies in the site's evidence/, named by hash
    metadata,
    Column("id", Integer, primary_key=True),
    Column("record_id", Integer, ForeignKey("record.id"), nullable=False),
    Column("name", Text, nullable=False),  # as it is offered for download
    Column("media_type", String(80), nullable=False),
    Column("size", Integer, nullable=False),  # bytes
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("record_id", "sha256"),
)

act = Table(
    "act",  # every change that a person or a plan made to a task
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # done, missed, planned, move, withdraw, …
    Column("done_by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("reason", Text, nullable=False),
)

# --- what was said, to whom, with what outcome --------------------------------------------

quiet = Table(
    "quiet",  # days on which a subtree is told nothing that can wait
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, nullable=False),  # 0: the whole site
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),  # the last day
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    UniqueConstraint("org_id", "since"),
)

message = Table(
    "message",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column(
        "serial", SmallInteger, nullable=False
    ),  # from 0: the day's one, begun again; below: asked for
    Column("kind", String(8), nullable=False),  # bundle, digest, alert, test
    Column("channel", String(24), nullable=False),
    Column("address", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    # ready, leased, retry, sent, gave_up, unknown, quarantined, superseded, settled
    Column("state", String(12), nullable=False),
    Column("send_at", Instant, nullable=True),  # None: nothing more will be sent
    Column("lease_by", String(64), nullable=False, server_default=""),
    Column("lease_until", Instant, nullable=True),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant, nullable=True),
    UniqueConstraint("person_id", "day", "serial"),
    Index("ix_message_day", "day"),
    Index(
        "ix_message_send_at",
        "send_at",
        sqlite_where=text("send_at IS NOT NULL"),
        postgresql_where=text("send_at IS NOT NULL"),
    ),
)

letter = Table(
    "letter",  # a message as it was written: sent once more, it is the same; apart, as it is large
    metadata,
    Column("message_id", Integer, ForeignKey("message.id"), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("due_revision", SmallInteger, nullable=False),
    Column("rung", String(16), nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("level", SmallInteger, nullable=False),  # 0: the organization itself
    Column("office", String(16), nullable=False),
    Column("due_on", Date, nullable=False),
    # Set by bundling: the organization at that level, and who is written to.
    Column("org_id", Integer, ForeignKey("org.id"), nullable=True),
    Column("person_id", Integer, ForeignKey("person.id"), nullable=True),
    Column("relay", Text, nullable=False, server_default=""),  # 请转告: whom it is meant for
    Column("message_id", Integer, ForeignKey("message.id"), nullable=True),
    # empty while open; sent, folded, settled_before, moved, no_addressee, unknown
    Column("outcome", String(16), nullable=False, server_default=""),
    UniqueConstraint("task_id", "due_revision", "rung", "occurrence", "level", "office"),
    Index(
        "ix_notice_unbundled",
        "due_on",
        sqlite_where=text("message_id IS NULL AND outcome = ''"),
        postgresql_where=text("message_id IS NULL AND outcome = ''"),
    ),
    Index(
        "ix_notice_message_id",  # not of those without one: else SQLite looks there for them
        "message_id",
        sqlite_where=text("message_id IS NOT NULL"),
        postgresql_where=text("message_id IS NOT NULL"),
    ),
    Index(
        "ix_notice_open",  # in a message, and without an outcome yet
        "message_id",
        sqlite_where=text("message_id IS NOT NULL AND outcome = ''"),
        postgresql_where=text("message_id IS NOT NULL AND outcome = ''"),
    ),
    Index(
        "ix_notice_passed_over",  # superiors that could not be told
        "org_id",
        sqlite_where=text("outcome = 'no_addressee' AND level > 0"),
        postgresql_where=text("outcome = 'no_addressee' AND level > 0"),
    ),
)

attempt = Table(
    "attempt",
    metadata,
    Column("message_id", Integer, ForeignKey("message.id"), primary_key=True),
    Column("n", SmallInteger, primary_key=True),
    Column("started", Instant, nullable=False),
    Column("ended", Instant, nullable=True),
    Column("outcome", String(12), nullable=False),  # sending, sent, retry, gave_up, unknown
    Column("reply", Text, nullable=False),
    sqlite_with_rowid=False,
)

digest = Table(
    "digest",
    metadata,
    Column("org_id", Integer, ForeignKey("org.id"), primary_key=True),
    Column("week", String(8), primary_key=True),  # 2026-W48
    Column("counts", Json, nullable=False),  # what each organization directly below had
    Column("worth_sending", Boolean, nullable=False),  # an empty one is kept to compare with
    Column("message_id", Integer, ForeignKey("message.id"), nullable=True),
    Column("made_at", Instant, nullable=False),
    Index("ix_digest_message_id", "message_id"),
    Index("ix_digest_week", "week"),
)

token = Table(
    "token",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256 of the token; the token is not kept
    Column("purpose", String(8), nullable=False),  # feed, message, login
    Column("subject", Text, nullable=False),  # org:12, message:34, person:5
    Column("generation", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=True),
    Column("revoked_at", Instant, nullable=True),
)

feed = Table(
    "feed",  # a calendar to subscribe to; the copy is made anew when its key is no longer true
    metadata,
    Column("subject", Text, primary_key=True),  # org:12, person:5
    Column("generation", Integer, nullable=False),  # of its address
    Column("key", String(64), nullable=False, server_default=""),  # hash of what the copy is of
    Column("etag", String(64), nullable=False, server_default=""),
    Column("modified_at", Instant, nullable=True),  # when the bytes became other ones
    Column("body", LargeBinary, nullable=True),
    Column("packed", LargeBinary, nullable=True),  # by gzip
)

feed_revision = Table(
    "feed_revision",  # what feeds show beside tasks: duty:KEY, org:12, week:12:2026-W48, site
    metadata,
    Column("name", Text, primary_key=True),
    Column("hash", String(64), nullable=False),  # of what is shown
    Column("number", Integer, nullable=False),  # how often that has changed
    Column("changed_at", Instant, nullable=False),
)

plan_run = Table(
    "plan_run",  # how far each duty is planned; written together with its tasks
    metadata,
    Column("duty", String(48), primary_key=True),
    Column("inputs", String(64), nullable=False),  # hash of what its dates hang on; empty: broken
    Column("since", Date, nullable=False),  # the window that is planned, both days included
    Column("until", Date, nullable=False),
    Column("data_version", Integer, nullable=False),  # of the organizations that were planned
    Column("at", Instant, nullable=False),
)

rate = Table(
    "rate",  # the tokens of limited channels: each comes back some time after it was taken
    metadata,
    Column("bucket", Text, primary_key=True),  # the channel, or channel and address
    Column("n", Integer, primary_key=True),  # from 0, as many as were ever needed at once
    Column("taken_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

saved_rules = Table(
    "saved_rules",  # what the engine found in the saved rule files when it looked last
    metadata,
    Column("id", SmallInteger, primary_key=True),  # always 1
    Column("trouble", String(64), nullable=False),  # hash of what is wrong; empty: nothing
    Column("problems", Json, nullable=False),  # sentences with places; none: only not applied
    Column("since", Instant, nullable=False),
    Column("told_at", Instant, nullable=True),  # the administrators were written to about it
)
