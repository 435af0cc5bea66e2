from datetime import date

import pytest

from dj_cadence.store.core.database import Database
from tests.world.engine import apply, found_district
from tests.world.escalation import RULES


@pytest.fixture
def late(database: Database) -> Database:
    """B1's term runs out on 2026-08-31; nobody has been written to yet."""
    found_district(database)
    apply(database, RULES, until=date(2026, 12, 31))
    return database
