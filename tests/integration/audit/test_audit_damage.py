"""What can happen to a site's data: each is found, and set right or named with what to do.

Every damage is done to a copy of one walked, sound site, in SQL and past the database's own
keys; nothing else may be found, and what was mended stays so.
"""

import pytest
from sqlalchemy import select

from dj_cadence.services.audit import audit
from dj_cadence.store.audit import RULES
from dj_cadence.store.schema import metadata
from tests.world.audit.damages import DAMAGES, Damage
from tests.world.audit.harm import EVENING, harm, look_twice
from tests.world.audit.walked_site import World


def test_the_walked_site_has_something_of_everything(world: World) -> None:
    # These have tests of their own.
    empty = {
        "override",
        "quiet_period",
        "rate_token",
        "saved_rules",
        "channel_state",
        "handled_report",
    }
    with world.database.read() as session:
        assert {
            table.name
            for table in metadata.sorted_tables
            if session.execute(select(table).limit(1)).first() is None
        } <= empty


def test_each_rule_is_tried() -> None:
    tried = {kind for damage in DAMAGES for kind, _ in damage.expected}
    only_on_sqlite = {"date_unreadable"}  # PostgreSQL keeps days as days
    assert {kind for rules in RULES.values() for kind, _ in rules} - tried == only_on_sqlite


def test_a_day_that_is_none_is_named_and_holds_up_nothing(world: World) -> None:
    soon = "UPDATE task SET due = 'soon' WHERE id = 1"
    harm(world.database, Damage("", "", (soon,)))

    found = {(one.kind, one.mended) for one in audit(world.site, EVENING)}

    assert found == {("date_unreadable", False)}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.name)
def test_a_damage_is_found_and_mended_or_named(damage: Damage, world: World) -> None:
    harm(world.database, damage)
    look_twice(world, damage)
