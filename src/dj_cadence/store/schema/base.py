"""What all tables share, and which layout they have."""

from sqlalchemy import Column, Index, MetaData, SmallInteger, String, Table, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

layout = Table(
    "layout",  # the tables' fingerprint, written when the database was migrated
    metadata,
    Column("id", SmallInteger, primary_key=True),  # always 1
    Column("fingerprint", String(64), nullable=False),
)


def partial_index(name: str, where: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows for which the condition holds, whatever the database."""
    return Index(
        name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where)
    )
