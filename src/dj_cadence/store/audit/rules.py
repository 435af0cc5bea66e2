"""All rules about rows, and which tables are looked at otherwise."""

from collections.abc import Mapping

from sqlalchemy import Table

from dj_cadence.store.audit import (
    act_rows,
    columns,
    message_rows,
    notice_rows,
    plan_rows,
    roster_rows,
    site_rows,
)
from dj_cadence.store.audit.columns import Rule, of_columns
from dj_cadence.store.schema import metadata

RULES: dict[Table, list[Rule]] = {}
"""By table, in the order in which they are tried: what was lost first, what hangs on it later."""

for _rules in (
    of_columns(columns.references),
    of_columns(columns.forms),
    site_rows.RULES.items(),
    roster_rows.RULES.items(),
    plan_rows.RULES.items(),
    act_rows.RULES.items(),
    message_rows.RULES.items(),
    notice_rows.RULES.items(),
    of_columns(columns.instants),
):
    for _table, _of_table in _rules:
        _more = _of_table.items() if isinstance(_of_table, Mapping) else _of_table
        RULES.setdefault(_table, []).extend(_more)

CONTENTS: Mapping[str, str] = {
    "catalogue": "its hash is that of its content, and one version is in force",
    "plan_snapshot": "its hash is that of its content, and it can be read",
    "cohort": "its facts can be read",
    "profile": "its hash is that of its facts",
    "skeleton": "its hash is that of its content",
}
"""Tables of which services look into the contents."""


def unlooked() -> list[str]:
    """The tables of which no rule says anything but what the database itself keeps."""
    looked_at = {
        table.name
        for table, rules in RULES.items()
        if any(kind not in columns.KINDS for kind, _ in rules)
    }
    return sorted(set(metadata.tables) - looked_at - CONTENTS.keys())
