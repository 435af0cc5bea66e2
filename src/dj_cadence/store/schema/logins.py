"""Who is logged in, on which device."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from dj_cadence.store.core.types import Instant
from dj_cadence.store.schema.base import metadata

login = Table(
    "login",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the cookie's secret
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("device", Text, nullable=False),  # in a few words: 安卓手机·微信
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # coarse: written once in some minutes
    Column("ended_at", Instant, nullable=True),
)
