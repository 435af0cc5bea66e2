"""Whether the database can be read as it was written: every page and every index.

SQLite checks its file itself. PostgreSQL is made to read every row whole, and its indexes too
where somebody has installed its extension `amcheck`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Text, cast, func, literal_column, select, text
from sqlalchemy.exc import DatabaseError

from dj_cadence.store.core.database import Database
from dj_cadence.store.schema import metadata

_MOST = 20
_DAMAGE = (
    *("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR"),
    *("XX", "58", "22"),  # PostgreSQL's classes: internal errors, files, values that are none
)
FAILURES = (DatabaseError, ValueError)
"""What is raised where something stored cannot be read."""
_AMCHECK = text("SELECT 1 FROM pg_extension WHERE extname = 'amcheck'")
_INDEXES = text(
    """SELECT bt_index_check(i.indexrelid, true) FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
    WHERE a.amname = 'btree' AND c.relnamespace = current_schema()::regnamespace"""
)


def faults(database: Database) -> list[str]:
    """What is wrong with the stored bytes, in the database's own words; empty: nothing.

    Raises the driver's error where the database cannot be asked, which says nothing of its bytes.
    """
    damages: list[str] = []
    if database.is_sqlite:
        with _damage_told(damages), database.read() as session:
            lines = session.scalars(text(f"PRAGMA integrity_check({_MOST})")).all()
            damages += [line for line in lines if line != "ok"]
        return damages
    for table in metadata.sorted_tables:
        whole = func.length(cast(literal_column(f'"{table.name}"'), Text))
        query = select(func.count(), func.sum(whole)).select_from(table)
        with _damage_told(damages, f"{table.name}: "), database.read() as session:
            session.execute(query).one()
    with _damage_told(damages), database.read() as session:
        if session.execute(_AMCHECK).first():
            session.execute(_INDEXES).all()
    return damages


@contextmanager
def _damage_told(damages: list[str], about: str = "") -> Iterator[None]:
    """Note what is said of the stored bytes; what is said of other things is raised on."""
    try:
        yield
    except DatabaseError as error:
        code = getattr(error.orig, "sqlite_errorname", "") or getattr(error.orig, "sqlstate", "")
        if not str(code or "").startswith(_DAMAGE):
            raise
        damages.append(about + reason(error))


def reason(error: Exception) -> str:
    """Why something could not be read or written, in a line."""
    if isinstance(error, DatabaseError):
        return str(error.orig).partition("\n")[0]
    return str(error)[:80]
