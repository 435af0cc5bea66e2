"""What was said, to whom, with what outcome."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from dj_cadence.domain.messages.states import NoticeOutcome
from dj_cadence.store.core.types import Instant, Json
from dj_cadence.store.schema.base import metadata, partial_index

_OPEN = f"outcome = '{NoticeOutcome.OPEN}'"

quiet_period = Table(
    "quiet_period",  # days on which a subtree is told nothing that can wait
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
    Column("day", Date, nullable=False, index=True),
    # From 0: the day's one, begun again; below: asked for.
    Column("serial", SmallInteger, nullable=False),
    Column("kind", String(8), nullable=False),  # bundle, digest, alert
    Column("channel", String(24), nullable=False),
    Column("address", Text, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("state", String(12), nullable=False),  # a MessageState
    Column("send_at", Instant, nullable=True),  # None: nothing more will be sent
    Column("lease_by", String(64), nullable=False, server_default=""),
    Column("lease_until", Instant, nullable=True),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    # 0: as it was first written; above: written anew, without files, as it was too large.
    Column("edition", SmallInteger, nullable=False, server_default="0"),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant, nullable=True),
    UniqueConstraint("person_id", "day", "serial"),
    partial_index("ix_message_send_at", "send_at IS NOT NULL", "send_at"),
)

skeleton = Table(
    "skeleton",  # what letters say alike, with marks where names stand
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("content", LargeBinary, nullable=False),
)

letter = Table(
    "letter",  # a message as it was written: sent once more, it is the same
    metadata,
    Column("message_id", Integer, ForeignKey("message.id"), primary_key=True),
    Column("skeleton_id", Integer, ForeignKey("skeleton.id"), nullable=False),
    Column("content", LargeBinary, nullable=False),  # names, address, headers and files
)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False),
    Column("due_revision", SmallInteger, nullable=False),
    Column("reminder_step", String(16), nullable=False),
    Column("occurrence", Integer, nullable=False),
    Column("level", SmallInteger, nullable=False),  # 0: the organization itself
    Column("office", String(16), nullable=False),
    Column("due_on", Date, nullable=False),
    # Set by bundling: the organization at that level, and who is written to.
    Column("org_id", Integer, ForeignKey("org.id"), nullable=True),
    Column("person_id", Integer, ForeignKey("person.id"), nullable=True),
    Column("relay", Text, nullable=False, server_default=""),  # 请转告: whom it is meant for
    Column("message_id", Integer, ForeignKey("message.id"), nullable=True),
    Column("outcome", String(16), nullable=False, server_default=NoticeOutcome.OPEN.value),
    UniqueConstraint(
        *("task_id", "due_revision", "reminder_step", "occurrence", "level", "office"),
        name="uq_notice_key",
    ),
    partial_index("ix_notice_unbundled", f"message_id IS NULL AND {_OPEN}", "due_on"),
    # Not of those without one: else SQLite looks there for them.
    partial_index("ix_notice_message_id", "message_id IS NOT NULL", "message_id"),
    # In a message, and without an outcome yet.
    partial_index("ix_notice_open", f"message_id IS NOT NULL AND {_OPEN}", "message_id"),
    partial_index(
        "ix_notice_unreachable",  # superiors that could not be told
        f"outcome = '{NoticeOutcome.NO_ADDRESSEE}' AND level > 0",
        "org_id",
    ),
)

attempt = Table(
    "attempt",
    metadata,
    Column("message_id", Integer, ForeignKey("message.id"), primary_key=True),
    Column("n", SmallInteger, primary_key=True),
    Column("started", Instant, nullable=False),
    Column("ended", Instant, nullable=True),
    Column("outcome", String(12), nullable=False),  # an AttemptOutcome
    Column("reply", Text, nullable=False),
    sqlite_with_rowid=False,
)

digest = Table(
    "digest",
    metadata,
    Column("org_id", Integer, ForeignKey("org.id"), primary_key=True),
    Column("week", String(8), primary_key=True, index=True),  # 2026-W48
    Column("counts", Json, nullable=False),  # what each organization directly below had
    Column("worth_sending", Boolean, nullable=False),  # an empty one is kept to compare with
    Column("message_id", Integer, ForeignKey("message.id"), nullable=True, index=True),
    Column("made_at", Instant, nullable=False),
)

channel_state = Table(
    "channel_state",  # what is wrong with a channel; none where nothing is
    metadata,
    Column("channel", String(24), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("refusals", Integer, nullable=False),  # in a row, about us
    Column("domain", String(255), nullable=False),  # of all that were refused; empty: several
    Column("refused_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=True),  # set: shut until then
    Column("pause_seconds", Integer, nullable=False),
    Column("is_partial", Boolean, nullable=False),  # it took some and refused the rest
    Column("accepted_at", Instant, nullable=True),
    Column("told_at", Instant, nullable=True),  # when the administrators were told
    Column("revision", Integer, nullable=False),  # for compare-and-set
)

handled_report = Table(
    "handled_report",  # delivery reports that were dealt with: some mailboxes bring them again
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

rate_token = Table(
    "rate_token",  # the tokens of limited channels: each comes back some time after it was taken
    metadata,
    Column("bucket", Text, primary_key=True),  # the channel, or channel and address
    Column("n", Integer, primary_key=True),  # from 0, as many as were ever needed at once
    Column("taken_at", Instant, nullable=False),
    sqlite_with_rowid=False,
)
