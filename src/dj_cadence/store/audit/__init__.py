"""What must hold of each table's rows, as SQL: a module for each subject, a value for each rule.

`services.audit` asks all `RULES`. Each is a condition that no row may fulfil, at a moment; what can
be set right safely says how, and is set right only where the condition still holds.
"""

from sqlalchemy import Table

from dj_cadence.store.audit import message_rows, notice_rows, roster_rows, site_rows, task_rows
from dj_cadence.store.audit.columns import forms, instants, of_columns, references
from dj_cadence.store.audit.invariant import Rule

OF_ROWS = (
    *(site_rows.RULES, roster_rows.RULES, task_rows.RULES),
    *(message_rows.RULES, notice_rows.RULES),
)
RULES: dict[Table, list[Rule]] = {}
"""By table, in the order in which they are tried: what was lost first, what hangs on it later."""

for _rules in (
    of_columns(references),
    of_columns(forms),
    *({table: list(named.items()) for table, named in rules.items()} for rules in OF_ROWS),
    of_columns(instants),
):
    for _table, _of_table in _rules.items():
        RULES.setdefault(_table, []).extend(_of_table)
