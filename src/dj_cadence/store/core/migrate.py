"""Bringing a database to the layout this version works with.

Most starts find it there already. That is seen by one SELECT; alembic, slow to load,
is imported only when there is something to do.
"""

from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, delete, insert, inspect, null, select, table, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from dj_cadence.errors import Refused
from dj_cadence.store.core.database import Database
from dj_cadence.store.core.layout import compared, fingerprint
from dj_cadence.store.core.unusable import explained, name
from dj_cadence.store.schema import layout

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The newest file in migrations/versions/."""

_VERSION = table("alembic_version", column("version_num"))
_NUMBER = _VERSION.c.version_num
_POSTGRES_LOCK = 20210625  # any number, as long as it stays: migrating is done by one at a time


def migrate(database: Database) -> None:
    """Bring `database` to the newest layout; an empty one gets all its tables.

    Raises Refused, with nothing changed, if it cannot be opened, belongs to another program,
    was written by a later version than this, or has other tables under the same number.
    """
    revision, made_by = layout_of(database)
    if revision != HEAD:
        _upgrade(database, revision)
    elif made_by != fingerprint():
        raise Refused(
            f"{name(database)}：数据库的结构与本程序不同（版本号同为 {HEAD}），"
            "是另一个版本的 dj-cadence 建的。没有改动。"
            "请换用建它的那个版本，或恢复用本版本做的备份"
        )


def configuration(connection: Connection) -> "Config":
    """What alembic needs to work on `connection`, without an alembic.ini."""
    from alembic.config import Config  # noqa: PLC0415 - see the top

    config = Config()
    config.set_main_option("script_location", "dj_cadence.store:migrations")
    config.attributes["connection"] = connection
    return config


def _upgrade(database: Database, revision: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - see the top
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    with explained(database), database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_POSTGRES_LOCK})"))
        config = configuration(connection)
        revisions = {
            script.revision for script in ScriptDirectory.from_config(config).walk_revisions()
        }
        if revision is not None and revision not in revisions:
            raise Refused(
                f"{name(database)}：数据库的版本是 {revision}，比本程序新。"
                "请先升级 dj-cadence，或恢复升级前的备份"
            )
        command.upgrade(config, "head")
        connection.execute(delete(layout))
        connection.execute(insert(layout).values(id=1, fingerprint=fingerprint()))
        if revision is not None and (wrong := sorted(compared(connection))):
            raise Refused(f"{name(database)}：升级后的结构不对，没有改动：{'；'.join(wrong[:3])}")


def layout_of(database: Database) -> tuple[str | None, str | None]:
    """The layout's number and fingerprint, as they were written; None for an empty database.

    Raises Refused if it cannot be read.
    """
    engine = database.engine.execution_options(intent="read")
    made_by = select(layout.c.fingerprint).scalar_subquery()
    with explained(database), engine.connect() as connection:
        for query in (select(_NUMBER, made_by), select(_NUMBER, null())):
            try:
                row = connection.execute(query).one_or_none()
            except (OperationalError, ProgrammingError):
                connection.rollback()  # after an error PostgreSQL answers nothing more
            else:
                return (row[0], row[1]) if row else (None, None)
        tables = inspect(connection).get_table_names()
    if _VERSION.name in tables or not tables:
        return None, None
    raise Refused(
        f"{name(database)}：这个数据库里已有别的程序的数据。请为 dj-cadence 另建一个空数据库"
    )
