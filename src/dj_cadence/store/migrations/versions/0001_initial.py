"""Layout 0001: initial. Until a version is released it is what the schema says.

What is in a database made by another state of the schema is told by the layout's fingerprint.
With the first release these tables are written out here, and stay.
"""

from alembic import op

from dj_cadence.store.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
