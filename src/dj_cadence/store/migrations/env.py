"""How alembic runs our migrations: on the connection it is handed, in its transaction."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import inspect
from sqlalchemy.types import TypeDecorator

from dj_cadence.store.schema import metadata


def render_item(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write our own column types as what they are in the database, so that a migration stays."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=render_item,
    # SQLite cannot alter a table in place; new migrations are written to rebuild it.
    render_as_batch=inspect(connection).has_table("alembic_version"),
)
context.run_migrations()
