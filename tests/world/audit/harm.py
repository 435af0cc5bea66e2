"""Doing a damage, and looking at what the auditor makes of it."""

from dj_cadence.services.audit import audit
from dj_cadence.store.core.database import Database
from tests.world.audit.damages import LAST, Damage
from tests.world.audit.walked_site import World
from tests.world.engine import at

EVENING = at(LAST, 18)


def harm(database: Database, damage: Damage) -> None:
    """Do it, past all keys."""
    off = (
        "PRAGMA foreign_keys=OFF" if database.is_sqlite else "SET session_replication_role=replica"
    )
    changed = 0
    with database.engine.execution_options(intent="read").connect() as connection:
        raw = connection.connection.cursor()
        if database.is_sqlite:
            connection.rollback()
        raw.execute(off)
        for statement in damage.sql:
            raw.execute(statement if database.is_sqlite else _for_postgres(statement))
            changed += raw.rowcount
        connection.connection.commit()
        connection.invalidate()
    assert changed, "nothing was harmed"


def look_twice(world: World, damage: Damage) -> None:
    """Once it is found, and once more only what a person has to see to."""
    found = {(one.kind, one.mended) for one in audit(world.site, EVENING)}
    assert found == damage.expected
    if any(mended for _, mended in found):  # what is only named is as it was
        left = {(one.kind, one.mended) for one in audit(world.site, EVENING)}
        assert left == {one for one in damage.expected if not one[1]}


def _for_postgres(statement: str) -> str:
    return statement.replace("X'00'", "'\\x00'")
