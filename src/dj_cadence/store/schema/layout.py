"""Which layout a database has: the tables' fingerprint, written when it was migrated."""

from sqlalchemy import Column, SmallInteger, String, Table

from dj_cadence.store.schema.base import metadata

layout = Table(
    "layout",
    metadata,
    Column("id", SmallInteger, primary_key=True),  # always 1
    Column("fingerprint", String(64), nullable=False),
)
