"""One period of one cohort, dated."""

from dataclasses import dataclass, field
from datetime import date

TERM = "term"
"""The period in the key of a term's slot: the term hangs on its election, not on a label."""
CASE = "case"
"""The period in the key of a case's slot."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One period of one cohort: its dates and how they came about (in Chinese)."""

    period: str
    label: str
    opens: date
    planned: date | None
    due: date
    provisional: bool
    derivation: tuple[str, ...] = field(compare=False)
    target: int = 1
    unit: str = "次"
    step: str = ""
    theme: str = ""
    """What the superior announced it to be about."""
