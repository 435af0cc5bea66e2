"""All rules about rows, and which tables are looked at otherwise."""

from collections.abc import Mapping, Sequence

from dj_cadence.store.audit import (
    act_rows,
    channel_rows,
    feed_rows,
    forms,
    instants,
    message_rows,
    notice_rows,
    plan_rows,
    references,
    roster_rows,
    site_rows,
)
from dj_cadence.store.audit.invariant import Invariant
from dj_cadence.store.schema import metadata

ROWS: Sequence[Invariant] = (
    *references.invariants(),
    *forms.invariants(),
    *site_rows.INVARIANTS,
    *channel_rows.INVARIANTS,
    *roster_rows.INVARIANTS,
    *plan_rows.INVARIANTS,
    *act_rows.INVARIANTS,
    *message_rows.MESSAGES,
    *message_rows.ATTEMPTS,
    *message_rows.LETTERS,
    *message_rows.RATES,
    *message_rows.DIGESTS,
    *notice_rows.INVARIANTS,
    *feed_rows.TOKENS,
    *feed_rows.LOGINS,
    *feed_rows.FEEDS,
    *feed_rows.REVISIONS,
    *instants.invariants(),
)
"""In the order in which they are tried: what was lost first, what hangs on it later."""

CONTENTS: Mapping[str, str] = {
    "catalogue": "its hash is that of its content, and one version is in force",
    "plan_snapshot": "its hash is that of its content, and it can be read",
    "cohort": "its facts can be read",
    "profile": "its hash is that of its facts",
    "skeleton": "its hash is that of its content",
}
"""Tables of which services look into the contents."""


def by_table(rules: Sequence[Invariant] = ROWS) -> list[tuple[str, list[Invariant]]]:
    """The rules of each table, in the order of the tables' first rules."""
    names = dict.fromkeys(one.table.name for one in rules)
    return [(name, [one for one in rules if one.table.name == name]) for name in names]


def unlooked() -> list[str]:
    """The tables of which no rule says anything but what the database itself keeps."""
    kinds = {"reference_lost", "instant_ahead", *forms.KINDS}
    known = {one.table.name for one in ROWS if one.kind not in kinds} | CONTENTS.keys()
    return sorted(set(metadata.tables) - known)
