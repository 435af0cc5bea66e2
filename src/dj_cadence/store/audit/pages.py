"""Whether the database can be read as it was written: every page and every index.

SQLite checks its file itself. PostgreSQL is made to read every row whole, and its indexes too
where somebody has installed its extension `amcheck`.
"""

from collections.abc import Iterator

from sqlalchemy import Text, cast, func, literal_column, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from dj_cadence.store.database import Database
from dj_cadence.store.schema import metadata

_MOST = 20
_INDEXES = text(
    """SELECT bt_index_check(i.indexrelid, true) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE a.amname = 'btree' AND c.relnamespace = current_schema()::regnamespace"""
)


def faults(database: Database) -> list[str]:
    """What is wrong with the stored bytes, in the database's own words; empty: nothing."""
    try:
        with database.read() as session:
            if database.is_sqlite:
                said = session.scalars(text(f"PRAGMA integrity_check({_MOST})")).all()
                return [one for one in said if one != "ok"]
    except DatabaseError as error:
        return [reason(error)]
    return list(_unreadable(database))


def _unreadable(database: Database) -> Iterator[str]:
    for table in metadata.sorted_tables:
        whole = func.length(cast(literal_column(f'"{table.name}"'), Text))
        query = select(func.count(), func.sum(whole)).select_from(table)
        try:
            with database.read() as session:
                session.execute(query).one()
        except DatabaseError as error:
            yield f"{table.name}: {reason(error)}"
    try:
        with database.read() as session:
            if _has_amcheck(session):
                session.execute(_INDEXES).all()
    except DatabaseError as error:
        yield reason(error)


def _has_amcheck(session: Session) -> bool:
    found = text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")
    return session.execute(found).first() is not None


def reason(error: DatabaseError) -> str:
    """The first line of what the driver says."""
    return str(error.orig).partition("\n")[0]
