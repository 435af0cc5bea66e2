"""What is owed, and when: rules, facts, cohorts, slots and tasks; what people did about them."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dj_cadence.domain.tasks.task import UNSETTLED
from dj_cadence.store.core.types import Instant, Json
from dj_cadence.store.schema.base import metadata, partial_index

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

start_event = Table(
    "start_event",
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
    Column("voided_at", Instant, nullable=True),  # recorded by mistake: nothing hangs on it
    Index(
        "uq_start_event_current",
        *("org_id", "kind"),
        unique=True,
        sqlite_where=text("current = 1"),  # as queries say it: else SQLite passes it by
        postgresql_where=text("current"),
    ),
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
    partial_index(
        "uq_override_current", "ended_at IS NULL", "org_id", "duty", "period", "key", unique=True
    ),
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
    # What it is about: an organization below (its id), a case (minus its start event's id),
    # or the organization itself (0).
    Column("subject_id", Integer, primary_key=True),
    Column("cohort_id", Integer, ForeignKey("cohort.id"), nullable=False),
    Column("start_event_id", Integer, nullable=False),  # 0: none
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
    Column("asked_on", Date, nullable=True),  # the start, where it was under way by then
    Column("first_on", Date, nullable=False),  # the first day on which something happens
    Column("derivation", Json, nullable=False),  # sentences, in Chinese
    UniqueConstraint("cohort_id", "period", "step"),
)

plan_snapshot = Table(
    "plan_snapshot",  # a reminder plan as it was when a task began to speak
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("content", Json, nullable=False),
)

UNSETTLED_TASK = f"state IN ({', '.join(repr(state.value) for state in sorted(UNSETTLED))})"
SETTLED_TASK = "settled_at IS NOT NULL"
"""Queries have to say it in these very words: else SQLite passes the index by."""

task = Table(
    "task",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, ForeignKey("org.id"), nullable=False),
    Column("duty", String(48), nullable=False),
    Column("subject_id", Integer, nullable=False),
    Column("start_event_id", Integer, nullable=False),
    Column("period", String(16), nullable=False),
    Column("step", String(24), nullable=False),
    Column("slot_id", Integer, ForeignKey("slot.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("opens", Date, nullable=False),
    Column("planned", Date, nullable=True),
    Column("planned_time", String(5), nullable=False, server_default=""),  # HH:MM
    Column("place", Text, nullable=False, server_default=""),
    Column("due", Date, nullable=False),
    Column("asked_on", Date, nullable=True),  # when it was asked whether it is done already
    Column("postponed_to", Date, nullable=True),  # granted by the superior; goes before the plan's
    Column("due_revision", SmallInteger, nullable=False, server_default="0"),
    Column("redated_on", Date, nullable=True),  # when plan or person last changed its dates
    Column("planned_by_person", Boolean, nullable=False, server_default=text("false")),
    Column("target", Integer, nullable=False),
    Column("amount", Integer, nullable=False, server_default="0"),
    Column("plan_snapshot_id", Integer, ForeignKey("plan_snapshot.id"), nullable=False),
    Column("reminded_until", Date, nullable=False),  # reminders up to this day are written down
    Column("next_on", Date, nullable=True),  # None: nothing will happen by itself
    Column("has_acts", Boolean, nullable=False, server_default=text("false")),
    Column("completed_on", Date, nullable=True),
    Column("settled_at", Instant, nullable=True),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("changed_at", Instant, nullable=False),
    # The duty first: a plan is written duty by duty, and so at one place of the index.
    UniqueConstraint("duty", "org_id", "subject_id", "start_event_id", "period", "step"),
    # What superiors are told of: a few tasks among millions that are planned or long settled.
    partial_index("ix_task_state", UNSETTLED_TASK, "state", "due"),
    partial_index("ix_task_settled_at", SETTLED_TASK, "state", "settled_at"),
    Index("ix_task_org_id", "org_id", "sequence"),  # their sum says if a calendar has changed
    partial_index("ix_task_next_on", "next_on IS NOT NULL", "next_on"),
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

saved_rules = Table(
    "saved_rules",  # what the engine found in the saved rule files when it looked last
    metadata,
    Column("id", SmallInteger, primary_key=True),  # always 1
    Column("trouble", String(64), nullable=False),  # hash of what is wrong; empty: nothing
    Column("problems", Json, nullable=False),  # sentences with places; none: only not applied
    Column("since", Instant, nullable=False),
    Column("told_at", Instant, nullable=True),  # the administrators were written to about it
)

record = Table(
    "record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("org_id", Integer, ForeignKey("org.id"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("note", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("voided_at", Instant, nullable=True),  # taken back: it counts for nothing any more
)

record_task = Table(
    "record_task",
    metadata,
    Column("record_id", Integer, ForeignKey("record.id"), primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), primary_key=True, index=True),
    Column("amount", Integer, nullable=False),
    Column("voided_in", Integer, nullable=True),  # the deed that sent it back; None: it counts
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
    Column("added_by", Text, nullable=False),  # who may take it back
    Column("added_at", Instant, nullable=False),
    UniqueConstraint("record_id", "sha256"),
)

act = Table(
    "act",  # every change that a person or a plan made to a task
    metadata,
    Column("id", Integer, primary_key=True),
    Column("task_id", Integer, ForeignKey("task.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # done, missed, planned, move, withdraw, …
    Column("done_by", Text, nullable=False),
    Column("via", String(8), nullable=False, server_default=""),  # link, page, command, import
    Column("at", Instant, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("reason", Text, nullable=False),
    # The first act of the deed that it is part of: what one person did at once is taken back
    # as a whole. None: nobody's deed, but what the plan or the engine made of it.
    Column("deed", Integer, nullable=True, index=True),
    Column("undone_in", Integer, nullable=True),  # the act by which it was taken back
    Column("record_id", Integer, nullable=True),  # what the deed wrote down beside its tasks
    Column("start_event_id", Integer, nullable=True),  # the election that it recorded
)
