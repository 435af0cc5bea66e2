"""Whether the database can be read as it was written: every page and every index.

SQLite checks its file itself. PostgreSQL is made to read every row whole, and its indexes too
where somebody has installed its extension `amcheck`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Text, cast, func, literal_column, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import metadata

_MOST = 20
_DAMAGE = (
    *("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR"),
    *("XX", "58", "22"),  # PostgreSQL's classes: internal errors, files, values that are none
)
_INDEXES = text(
    """SELECT bt_index_check(i.indexrelid, true) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE a.amname = 'btree' AND c.relnamespace = current_schema()::regnamespace"""
)


def faults(database: Database) -> list[str]:
    """What is wrong with the stored bytes, in the database's own words; empty: nothing.

    Raises the driver's error where the database cannot be asked, which says nothing of its bytes.
    """
    try:
        with database.read() as session:
            if database.is_sqlite:
                lines = session.scalars(text(f"PRAGMA integrity_check({_MOST})")).all()
                return [line for line in lines if line != "ok"]
    except DatabaseError as error:
        return [_of_damage(error)]
    return list(_unreadable(database))


def _unreadable(database: Database) -> Iterator[str]:
    for table in metadata.sorted_tables:
        whole = func.length(cast(literal_column(f'"{table.name}"'), Text))
        query = select(func.count(), func.sum(whole)).select_from(table)
        try:
            with database.read() as session:
                session.execute(query).one()
        except DatabaseError as error:
            yield f"{table.name}: {_of_damage(error)}"
    try:
        with database.read() as session:
            if _has_amcheck(session):
                session.execute(_INDEXES).all()
    except DatabaseError as error:
        yield _of_damage(error)


def _has_amcheck(session: Session) -> bool:
    query = text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")
    return session.execute(query).first() is not None


def _of_damage(error: DatabaseError) -> str:
    """What is said of the stored bytes. Raises the error again where it speaks of other things."""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    if not str(code or "").startswith(_DAMAGE):
        raise error
    return _reason(error)


@contextmanager
def failure_told(tell: Callable[[str], None]) -> Iterator[None]:
    """Go on where something cannot be read or written, once `tell` has heard why, in a line."""
    try:
        yield
    except DatabaseError as error:
        tell(_reason(error))
    except ValueError as error:
        tell(str(error)[:80])


def _reason(error: DatabaseError) -> str:
    """The first line of what the driver says."""
    return str(error.orig).partition("\n")[0]
