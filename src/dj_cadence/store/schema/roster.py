"""The installation, and who is in it: organizations, persons, addresses, offices."""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from dj_cadence.store.core.types import Instant, Json
from dj_cadence.store.schema.base import metadata, partial_index

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
    # Found copied or moved: what fell due since waits.
    Column("sending_paused_on", Date, nullable=True),
    Column("last_tick", Instant, nullable=True),
    Column("bundled_at", Instant, nullable=True),  # what was left then has nobody to go to yet
    Column("last_sending_day", Date, nullable=True),  # the last day on which messages could go out
    Column("pass_count", Integer, nullable=False, server_default="0"),  # only grows; less: a backup
    # What the plan is rolled to.
    Column("planned_with", String(64), nullable=False, server_default=""),
    Column("digest_week", String(8), nullable=False, server_default=""),  # made last: 2026-W48
)

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
    Column("supervisor_id", Integer, ForeignKey("org.id"), nullable=True, index=True),
    Column("approver_id", Integer, ForeignKey("org.id"), nullable=True),
    Column("dissolved", Date, nullable=True),  # its first day no more
    # From when it owes anything where the roster does not say; null: from the site's start.
    Column("joined_on", Date, nullable=True),
    Column("successor_id", Integer, ForeignKey("org.id"), nullable=True),  # takes over what is open
    # The dissolution after which that was done: nothing is planned here any more.
    Column("handed_over", Date, nullable=True),
    # Preorder: the subtree of an organization is position BETWEEN position AND subtree_end,
    # and ordering by position is the organizations' own order.
    Column("position", Integer, nullable=False, index=True),
    Column("subtree_end", Integer, nullable=False),
    Column("profile_id", Integer, ForeignKey("profile.id"), nullable=False, index=True),
    Column("roster", Json, nullable=False),  # the roster row as imported, for export and compare
    # The data version at which something changed that its plan, or its superior's, hangs on.
    Column("changed_at_version", Integer, nullable=False, server_default="0", index=True),
    partial_index("ix_org_successor_id", "successor_id IS NOT NULL", "successor_id"),
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
    Column("state", String(8), nullable=False, server_default="ok"),  # ok, bad, aside
    Column("reason", Text, nullable=False, server_default=""),
    Column("bad_since", Instant, nullable=True),  # or set aside since
    Column("aside_until", Instant, nullable=True),  # stays when it is over, to pause longer
    Column("times_aside", SmallInteger, nullable=False, server_default="0"),
    Column("mended_at", Instant, nullable=True),  # what was sent before speaks of it no more
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
    # When what is open was looked up for a newcomer.
    Column("handover_notified_on", Date, nullable=True),
    UniqueConstraint("org_id", "office", "person_id", "since"),
    partial_index("ix_appointment_handover_pending", "handover_notified_on IS NULL", "since"),
)
