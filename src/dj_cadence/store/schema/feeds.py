"""Links, the calendars behind them, and logins."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from dj_cadence.store.core.types import Instant
from dj_cadence.store.schema.base import metadata

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

login = Table(
    "login",  # who is logged in, on which device
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the cookie's secret
    Column("person_id", Integer, ForeignKey("person.id"), nullable=False, index=True),
    Column("device", Text, nullable=False),  # in a few words: 安卓手机·微信
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),  # coarse: written once in some minutes
    Column("ended_at", Instant, nullable=True),
)
