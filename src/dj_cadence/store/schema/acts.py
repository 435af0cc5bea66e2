"""What people did, with which evidence, and every change."""

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from dj_cadence.store.core.types import Instant, Json
from dj_cadence.store.schema.base import metadata

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
